"""One connection of a conversation: a non-blocking socket, with TLS on it or without."""

import errno
import select
import socket
import ssl
import struct

from livebom.bom.observation import Outcome
from livebom.bom.service import TlsFacts
from probes.engine.tls import Session, TlsError

READ_SIZE = 1 << 16
"""Most bytes taken from one socket before the others get their turn."""
UNSENT_CAP = 1 << 21
"""Most bytes that wait for a peer that does not read."""

_ABORT = struct.pack("ii", 1, 0)
_FAILURES = {
    0: Outcome.CLOSED,
    errno.EPIPE: Outcome.CLOSED,
    errno.ECONNREFUSED: Outcome.REFUSED,
    errno.ECONNRESET: Outcome.CLOSED,
    errno.ECONNABORTED: Outcome.CLOSED,
    errno.ETIMEDOUT: Outcome.TIMEOUT,
    errno.EHOSTUNREACH: Outcome.TIMEOUT,
    errno.ENETUNREACH: Outcome.TIMEOUT,
    errno.EACCES: Outcome.DENIED,
    errno.EPERM: Outcome.DENIED,
}


def failure(code: int | None) -> Outcome:
    """What an errno of connect(2) says; what is our own lack (descriptors, ports, memory) is `gave_up`.

    0 is a connection that was made and is gone already.
    """
    return Outcome.GAVE_UP if code is None else _FAILURES.get(code, Outcome.GAVE_UP)


SocketAddress = tuple[socket.AddressFamily, tuple[str, int] | tuple[str, int, int, int]]


def socket_address(address: str, port: int) -> SocketAddress:
    """Family and address as connect(2) wants them, so that nothing is left for a resolver to look up.

    Raises ValueError for a name, a wrong port, or the scope of an interface that is not there.
    """
    host, percent, scope = address.partition("%")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.inet_pton(family, host)
        index = 0 if not percent else int(scope) if scope.isdecimal() else socket.if_nametoindex(scope)
    except OSError as fault:
        raise ValueError(f"no address: {address[:80]!r}") from fault
    if not 0 < port < 1 << 16:
        raise ValueError(f"no port: {port}")
    return family, (host, port) if family == socket.AF_INET else (host, port, 0, index)


class Link:
    """A connection; whoever opened it says when it is used and closes it. One that has `begun` elsewhere is taken over.

    Raises OSError where no socket is to be had or the kernel refuses at once.
    """

    __slots__ = ("_socket", "_tls", "_unsent", "fd", "mask", "received", "scheme", "used")

    def __init__(
        self, address: SocketAddress, tls: tuple[ssl.SSLContext, str | None] | None, begun: socket.socket | None = None
    ) -> None:
        family, target = address
        self._tls = Session(*tls) if tls else None
        self._socket = begun or socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        self._unsent = b""
        self.fd = self._socket.fileno()
        self.scheme = "https" if tls else "http"
        self.mask = 0
        """The events asked for; kept here so that asking twice costs no call."""
        self.used = 0
        """How many answers came over it."""
        self.received = 0
        """Bytes read from the wire by the last `read`."""
        code = 0 if begun else self._socket.connect_ex(target)
        if code not in (0, errno.EINPROGRESS):
            self.close(abort=True)
            raise OSError(code, "connect")

    @property
    def wanted(self) -> int:
        """The events to wait for, once connected."""
        return select.EPOLLIN | select.EPOLLOUT if self._unsent else select.EPOLLIN

    @property
    def facts(self) -> TlsFacts | None:
        """What the handshake showed, once it is done."""
        return self._tls.facts if self._tls else None

    @property
    def ready(self) -> bool:
        """Whether a request can be written: without TLS at once, with it after the handshake."""
        return self._tls is None or self._tls.ready

    @property
    def ended(self) -> bool:
        """Whether the TLS peer said that nothing more will come, while its socket is still open."""
        return self._tls is not None and self._tls.ended

    def error(self) -> Outcome:
        """Why the connection could not be made."""
        return failure(self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))

    def begin(self) -> None:
        """Send the first flight of the handshake, where there is one."""
        if self._tls:
            self._tls.begin()
            self._send(self._tls.outgoing())

    def write(self, data: bytes) -> None:
        """Send, or keep for `flush` what the kernel does not take. Raises TlsError."""
        if self._tls:
            self._tls.send(data)
            data = self._tls.outgoing()
        self._send(data)

    def flush(self) -> None:
        """Send what was kept. A broken pipe is not told here: the next `read` sees it, and what came before it."""
        try:
            sent = self._socket.send(self._unsent)
        except BlockingIOError:
            return
        except OSError:
            sent = len(self._unsent)
        self._unsent = self._unsent[sent:] if sent < len(self._unsent) else b""

    def read(self) -> bytes | None:
        """Plain bytes, at most some READ_SIZE; None where there are none now; b"" at the end, or after a reset.

        Raises TlsError and NotTlsError.
        """
        self.received = 0
        try:
            data = self._socket.recv(READ_SIZE)
        except BlockingIOError:
            return None
        except OSError:
            data = b""
        self.received = len(data)
        if self._tls is None:
            return data
        plain = self._tls.receive(data)
        self._send(self._tls.outgoing())
        if len(self._unsent) > UNSENT_CAP:
            raise TlsError("asks for more and more answers, and reads none")
        return plain

    def close(self, *, abort: bool = False) -> None:
        """Close; `abort` resets, so that a peer that would go on sending learns at once and no port is held."""
        if abort:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
        self._socket.close()

    def _send(self, data: bytes) -> None:
        if self._unsent or not data:
            self._unsent += data
            return
        self._unsent = data
        self.flush()
