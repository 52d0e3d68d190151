"""TLS without a socket: bytes from the wire in, plain bytes out, and the facts of a certificate nobody verified."""

import hashlib
import ipaddress
import ssl

from livebom.bom.service import TlsFacts
from probes.engine.x509 import certificate

HANDSHAKE_SECONDS = 3.0
BANNER_CAP = 256
NAME_CAP = 253
"""Most characters of a host name (RFC 1035 section 2.3.4)."""
_RECORDS = range(0x14, 0x19)
"""Content types of a TLS record: change cipher spec, alert, handshake, application data, heartbeat (RFC 8446)."""
_PLAIN_CAP = 1 << 16


class TlsError(Exception):
    """The peer speaks TLS, but it came to nothing: an alert, no common version or cipher, broken records."""


class NotTlsError(Exception):
    """The peer answered with something else; `banner` holds its first bytes."""

    def __init__(self, banner: bytes) -> None:
        super().__init__("not TLS")
        self.banner = banner


def client_context() -> ssl.SSLContext:
    """A context that talks to anything, old and misconfigured servers most of all, and trusts nothing.

    What is met is what is reported; a scanner that refuses TLS 1.0 or an expired certificate would not see them.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_TICKET | ssl.OP_NO_SSLv3
    context.options |= 0x4  # SSL_OP_LEGACY_SERVER_CONNECT, which has no name before Python 3.12
    context.set_alpn_protocols(["http/1.1"])
    return context


def server_name(name: str | None) -> str | None:
    """The name to send as SNI: None where it is none or an address (RFC 6066 section 3)."""
    if not name:
        return None
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        pass
    else:
        return None
    try:
        sent = name.rstrip(".").encode("idna").decode("ascii")
    except UnicodeError:
        return None
    return sent if 0 < len(sent) <= NAME_CAP else None


class Session:
    """One TLS connection. Give it what the socket reads, send what `outgoing` returns."""

    __slots__ = ("_greeted", "_in", "_out", "_tls", "ended", "facts", "ready")

    def __init__(self, context: ssl.SSLContext, name: str | None) -> None:
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_hostname=server_name(name))
        self._greeted = False
        self.ready = False
        """The handshake is done; `facts` are known."""
        self.facts: TlsFacts | None = None
        self.ended = False
        """The peer closed its side; nothing more will come."""

    def begin(self) -> None:
        """Prepare the first flight."""
        self._handshake()

    def outgoing(self) -> bytes:
        """What is to be sent now."""
        return self._out.read() if self._out.pending else b""

    def send(self, plain: bytes) -> None:
        """Encrypt; only once `ready`. Raises TlsError."""
        try:
            self._tls.write(plain)
        except ssl.SSLError as fault:
            raise TlsError(fault.reason or "write") from fault

    def receive(self, data: bytes) -> bytes | None:
        """Decrypt what came (b"" is the end of the stream): plain bytes, None where there are none yet, b"" at the end.

        Last bytes and the end may come together: then `ended` is true already when the bytes are returned.
        Raises NotTlsError where the first bytes are no TLS record, TlsError where TLS fails.
        """
        if data:
            if not self._greeted and (data[0] not in _RECORDS or data[1:2] not in (b"", b"\x03")):
                raise NotTlsError(data[:BANNER_CAP])
            self._greeted = True
            self._in.write(data)
        elif not self.ready and self._greeted:
            raise TlsError("closed during the handshake")
        else:
            self.ended = True
            return b""
        if not self.ready and not self._handshake():
            return None
        return self._plain()

    def _handshake(self) -> bool:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        except ssl.SSLError as fault:
            raise TlsError(fault.reason or "handshake") from fault
        self.ready = True
        self.facts = tls_facts(self._tls)
        return True

    def _plain(self) -> bytes | None:
        parts: list[bytes] = []
        while not self.ended:
            try:
                part = self._tls.read(_PLAIN_CAP)
            except ssl.SSLWantReadError:
                break
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                part = b""
            except ssl.SSLError as fault:
                if not parts:
                    raise TlsError(fault.reason or "read") from fault
                part = b""  # what was read before counts, and is all there will be
            self.ended = not part
            parts.append(part)
        return b"".join(parts) if parts or self.ended else None


def tls_facts(session: ssl.SSLObject) -> TlsFacts:
    """What a finished handshake showed."""
    der = session.getpeercert(binary_form=True) or b""
    cipher = session.cipher()
    seen = certificate(der)
    return TlsFacts(
        version=session.version(),
        cipher=cipher[0] if cipher else None,
        subject=seen.subject,
        issuer=seen.issuer,
        names=seen.names,
        not_before=seen.not_before,
        not_after=seen.not_after,
        sha256=hashlib.sha256(der).hexdigest() if der else None,
        self_signed=seen.self_signed,
    )
