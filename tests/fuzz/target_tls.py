"""TLS: the fields of a certificate, and what a peer that speaks no proper TLS answers to our first flight."""

import ssl
from collections.abc import Iterator
from contextlib import suppress

from probes.engine.tls import BANNER_CAP, NotTlsError, Session, TlsError, client_context
from probes.engine.x509 import NAMES_CAP, TEXT_CAP, certificate
from tests.fuzz.made import der_certificate

CONTEXT = client_context()


def one_input(data: bytes) -> None:
    flags, data = (data[0] if data else 0), data[1:]
    if flags & 1:
        return _shake(data, 1 + (flags >> 1) * 5)
    seen = certificate(data)
    assert len(seen.names) <= NAMES_CAP
    assert all(len(name) <= TEXT_CAP for name in seen.names)
    assert len(seen.subject or "") <= 4 * TEXT_CAP
    assert seen == certificate(data)
    return None


def _shake(data: bytes, step: int) -> None:
    session = Session(CONTEXT, "a.lab")
    session.begin()
    assert session.outgoing()
    try:
        for at in range(0, len(data), max(step, len(data) // 64)):
            session.receive(data[at : at + max(step, len(data) // 64)])
            session.outgoing()
        session.receive(b"")
    except TlsError:
        pass
    except NotTlsError as error:
        assert len(error.banner) <= BANNER_CAP
    assert not session.ready, "no bytes made without a key end a handshake"


def seeds() -> Iterator[bytes]:
    yield b"\x00" + der_certificate()
    yield b"\x01" + b"\x15\x03\x01\x00\x02\x02\x46"
    yield b"\x03" + b"SSH-2.0-OpenSSH\r\n"
    yield b"\x09" + _first_flight()


def _first_flight() -> bytes:
    """What a server says first: hello, certificate, the rest; recorded anew each time."""
    ours = Session(CONTEXT, "a.lab")
    ours.begin()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.set_ciphers("aNULL:@SECLEVEL=0")
    server.maximum_version = ssl.TLSVersion.TLSv1_2
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    there.write(ours.outgoing())
    with suppress(ssl.SSLError):
        server.wrap_bio(there, back, server_side=True).do_handshake()
    return back.read()
