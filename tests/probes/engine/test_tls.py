"""TLS that nobody should trust: certificate facts, old versions, wrong ports, and certificates that are garbage."""

import hashlib
import itertools
import socket
import ssl
import subprocess
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livebom.bom.observation import Outcome
from probes.engine.tls import server_name
from probes.engine.x509 import NAMES_CAP, TEXT_CAP, Certificate, certificate
from tests.probes.engine.peers import OK, Handler, Peer, ask, flowing, hold, keeping, meet, read_request

SAN = "subjectAltName=DNS:ollama.lab,DNS:*.ollama.lab,IP:127.0.0.1,IP:2001:db8::1,email:x@example.org"


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate and its key in one file."""
    folder = tmp_path_factory.mktemp("tls")
    key, made = folder / "key.pem", folder / "certificate.pem"
    argv = ["openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    argv += ["-days", "30", "-subj", "/C=DE/O=Ex\u00e4mple/CN=ollama.lab", "-utf8", "-addext", SAN]
    subprocess.run([*argv, "-keyout", key, "-out", made], check=True, capture_output=True, timeout=30)
    both = folder / "both.pem"
    both.write_text(key.read_text() + made.read_text())
    return both


@pytest.fixture(scope="module")
def der(pem: Path) -> bytes:
    return ssl.PEM_cert_to_DER_cert(pem.read_text()[pem.read_text().index("-----BEGIN CERTIFICATE") :])


@pytest.fixture
def server(pem: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


def over(context: ssl.SSLContext, handler: Handler) -> Handler:
    """The same peer behind TLS, which it ends properly."""

    def secured(connection: socket.socket) -> None:
        with context.wrap_socket(connection.dup(), server_side=True) as wrapped:
            handler(wrapped)
            wrapped.unwrap()

    return secured


# -- facts -------------------------------------------------------------------------------------------------------------


def test_the_facts_of_a_self_signed_certificate(server: ssl.SSLContext, der: bytes) -> None:
    with Peer(over(server, keeping())) as peer:
        (reply,) = meet(peer, ask(scheme="https"))
    assert (reply.status, reply.body) == (200, b"ok")
    facts = reply.tls
    assert facts is not None
    assert (facts.version, facts.cipher) == ("TLSv1.3", "TLS_AES_256_GCM_SHA384")
    assert facts.subject == facts.issuer == "C=DE, O=Ex\u00e4mple, CN=ollama.lab"
    assert facts.names == ("ollama.lab", "*.ollama.lab", "127.0.0.1", "2001:db8::1")
    assert facts.sha256 == hashlib.sha256(der).hexdigest()
    assert facts.self_signed is True


def test_validity_is_what_openssl_reads(der: bytes) -> None:
    read = subprocess.run(
        ["openssl", "x509", "-inform", "DER", "-noout", "-dates", "-dateopt", "iso_8601"],
        input=der,
        capture_output=True,
        check=True,
        timeout=30,
    )
    dates = [line.partition("=")[2].replace(" ", "T") for line in read.stdout.decode().splitlines()]
    found = certificate(der)
    assert [found.not_before, found.not_after] == dates


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_connection_is_used_again(server: ssl.SSLContext, version: ssl.TLSVersion) -> None:
    server.minimum_version = server.maximum_version = version
    with Peer(over(server, keeping())) as peer:
        replies = meet(peer, *[ask(scheme="https")] * 3)
    assert [reply.body for reply in replies] == [b"ok"] * 3
    assert len({reply.tls for reply in replies}) == 1
    assert peer.connections == 1


def test_a_server_of_the_last_century_is_still_seen(server: ssl.SSLContext) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        server.set_ciphers("DEFAULT:@SECLEVEL=0")
        server.minimum_version = server.maximum_version = ssl.TLSVersion.TLSv1
    with Peer(over(server, keeping())) as peer:
        (reply,) = meet(peer, ask(scheme="https"))
    assert reply.tls is not None
    assert (reply.status, reply.tls.version) == (200, "TLSv1")


@pytest.mark.parametrize(("name", "sent"), [("Ollama.lab", "Ollama.lab"), (None, None), ("10.0.0.1", None)])
def test_the_name_is_sent_where_it_is_one(server: ssl.SSLContext, name: str | None, sent: str | None) -> None:
    names: list[str | None] = []
    server.sni_callback = lambda _socket, given, _context: names.append(given)
    with Peer(over(server, keeping())) as peer:
        assert meet(peer, ask(scheme="https"), name=name)[0].status == 200
    assert names == [sent]


def test_names_for_sni() -> None:
    assert server_name("b\u00fccher.example.") == "xn--bcher-kva.example"
    assert [server_name(name) for name in ("", "[::1]", "a..b", "x" * 300, "x." * 200)] == [None] * 5


# -- wrong ports and broken handshakes ---------------------------------------------------------------------------------


def test_one_port_with_and_without_tls(server: ssl.SSLContext) -> None:
    secured = over(server, keeping())

    def either(connection: socket.socket) -> None:
        tls = connection.recv(1, socket.MSG_PEEK) == b"\x16"
        (secured if tls else keeping())(connection)

    with Peer(either) as peer:
        replies = meet(peer, ask(), ask(scheme="https"), ask(scheme="https"), ask())
    assert [reply.body for reply in replies] == [b"ok"] * 4
    assert [reply.tls is not None for reply in replies] == [False, True, True, False]
    assert peer.connections == 3


def test_plain_http_asked_of_a_tls_port_is_no_answer(server: ssl.SSLContext) -> None:
    with Peer(over(server, keeping())) as peer:
        (reply,) = meet(peer, ask())
    assert reply.outcome in (Outcome.PROTOCOL_ERROR, Outcome.CLOSED)


def saying(data: bytes) -> Handler:
    def handler(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(data)

    return handler


@pytest.mark.parametrize(
    "answer",
    [b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", b"SSH-2.0-OpenSSH_9.2p1\r\n", b"\x16\x05garbage"],
)
def test_tls_asked_of_a_port_without_it_leaves_the_banner(answer: bytes) -> None:
    with Peer(saying(answer)) as peer:
        (reply,) = meet(peer, ask(scheme="https"))
    assert (reply.outcome, reply.banner) == (Outcome.PROTOCOL_ERROR, answer)


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        (saying(b""), Outcome.CLOSED),
        (hold, Outcome.TIMEOUT),
        (saying(b"\x16\x03\x03\x40\x00half a record"), Outcome.TLS_ERROR),
        (saying(b"\x16\x03\x03\x00\x05wrong" * 10), Outcome.TLS_ERROR),
        (saying(b"\x15\x03\x03\x00\x02\x02\x28"), Outcome.TLS_ERROR),
        (saying(b"\x15\x03\x03\x00\x02\x01\x70" * 1000), Outcome.TLS_ERROR),
    ],
    ids=["closed", "silent", "half", "garbage", "alert", "alerts"],
)
def test_handshakes_that_come_to_nothing(handler: Handler, expected: Outcome) -> None:
    with Peer(handler) as peer:
        (reply,) = meet(peer, ask(scheme="https"), timeout=0.3)
    assert (reply.outcome, reply.tls) == (expected, None)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_server_that_wants_our_certificate(server: ssl.SSLContext, pem: Path, version: ssl.TLSVersion) -> None:
    server.verify_mode = ssl.CERT_REQUIRED
    server.load_verify_locations(pem)
    server.minimum_version = server.maximum_version = version
    with Peer(over(server, keeping())) as peer:
        (reply,) = meet(peer, ask(scheme="https"))
    assert reply.outcome is Outcome.TLS_ERROR
    assert (reply.tls is not None) == (version is ssl.TLSVersion.TLSv1_3)  # there the alert comes after the handshake


# -- bodies ------------------------------------------------------------------------------------------------------------

UNTIL_CLOSE = b"HTTP/1.1 200 OK\r\n\r\nall of it"


def test_the_end_of_tls_ends_a_body(server: ssl.SSLContext) -> None:
    def waits_for_us(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(UNTIL_CLOSE)

    def ragged(connection: socket.socket) -> None:
        with server.wrap_socket(connection.dup(), server_side=True) as wrapped:
            waits_for_us(wrapped)

    for handler in (over(server, waits_for_us), ragged):
        with Peer(handler) as peer:
            (reply,) = meet(peer, ask(scheme="https"))
        assert (reply.outcome, reply.body, reply.truncated) == (Outcome.OK, b"all of it", False)
        assert reply.elapsed < 3


def test_an_endless_body_is_cut(server: ssl.SSLContext) -> None:
    with Peer(over(server, flowing(b"HTTP/1.1 200 OK\r\n\r\n", itertools.repeat(b"A" * 65536)))) as peer:
        (reply,) = meet(peer, ask(scheme="https"))
    assert (len(reply.body), reply.truncated) == (1 << 20, True)


def test_garbage_after_the_handshake(server: ssl.SSLContext) -> None:
    def breaks(start: bytes) -> Handler:
        def handler(connection: socket.socket) -> None:
            with server.wrap_socket(connection.dup(), server_side=True) as wrapped:
                read_request(wrapped)
                wrapped.sendall(start)
                connection.sendall(b"\x17\x03\x03\x00\x20" + b"x" * 32)
                hold(connection)

        return handler

    with Peer(breaks(OK[:-1])) as peer:
        (reply,) = meet(peer, ask(scheme="https"))
        assert (reply.outcome, reply.body, reply.truncated) == (Outcome.OK, b"o", True)
    with Peer(breaks(b"")) as peer:
        (reply,) = meet(peer, ask(scheme="https"))
        assert reply.outcome is Outcome.TLS_ERROR
        assert reply.tls is not None


# -- certificates ------------------------------------------------------------------------------------------------------


def field(tag: int, *parts: bytes) -> bytes:
    """One DER field."""
    content = b"".join(parts)
    size = len(content)
    width = (size.bit_length() + 7) // 8
    length = bytes([size]) if size < 128 else bytes([0x80 | width]) + size.to_bytes(width, "big")
    return bytes([tag]) + length + content


def name(text: bytes, tag: int = 0x0C, kind: bytes = b"\x55\x04\x03") -> bytes:
    return field(0x30, field(0x31, field(0x30, field(6, kind), field(tag, text))))


def made(
    subject: bytes = field(0x30), times: tuple[bytes, bytes] = (b"", b""), names: bytes = b"", tag: int = 0x17
) -> Certificate:
    """What is read of a certificate with these fields."""
    alternative = field(0x30, field(6, b"\x55\x1d\x11"), field(4, field(0x30, names)))
    body = field(
        0x30,
        field(0xA0, field(2, b"\x02")),
        field(2, b"\x01"),
        field(0x30),
        name(b"issuer"),
        field(0x30, field(tag, times[0]), field(tag, times[1])),
        subject,
        field(0x30),
        field(0xA3, field(0x30, alternative)),
    )
    return certificate(field(0x30, body))


@pytest.mark.parametrize(
    ("tag", "raw", "text"),
    [
        (0x0C, "\u540d\x1b[31m".encode(), "\u540d\x1b[31m"),
        (0x13, b"plain", "plain"),
        (0x14, b"caf\xe9", "caf\u00e9"),
        (0x1E, "b\u00fc".encode("utf-16-be"), "b\u00fc"),
        (0x1C, "b\u00fc".encode("utf-32-be"), "b\u00fc"),
        (0x0C, b"\xff", "\ufffd"),
        (0x0C, b"a" * 5000, "a" * TEXT_CAP),
    ],
)
def test_names_in_their_encodings(tag: int, raw: bytes, text: str) -> None:
    found = made(subject=name(raw, tag))
    assert (found.subject, found.issuer, found.self_signed) == (f"CN={text}", "CN=issuer", False)


@pytest.mark.parametrize(
    ("tag", "raw", "read"),
    [
        (0x17, b"491231235959Z", "2049-12-31T23:59:59Z"),
        (0x17, b"500101000000Z", "1950-01-01T00:00:00Z"),
        (0x18, b"99991231235959Z", "9999-12-31T23:59:59Z"),
        (0x18, b"00000101000000Z", None),
        (0x17, b"260230000000Z", None),
        (0x17, b"tomorrow", None),
    ],
)
def test_times(tag: int, raw: bytes, read: str | None) -> None:
    found = made(times=(raw, raw), tag=tag)
    assert (found.not_before, found.not_after) == (read, read)


def test_alternative_names_are_kept_up_to_a_cap() -> None:
    many = b"".join(field(0x82, b"n%d.lab" % n) for n in range(1000))
    assert made(names=many).names == tuple(f"n{n}.lab" for n in range(NAMES_CAP))
    assert made(names=field(0x87, b"\x7f\0\0\1") + field(0x87, b"12345") + field(0x82, b"\x1b\0")).names == (
        "127.0.0.1",
        "\x1b\0",
    )


@settings(max_examples=100, deadline=None)
@given(data=st.binary(max_size=300))
def test_garbage_is_no_certificate(data: bytes) -> None:
    for der in (data, field(0x30, data), field(0x30, field(0x30, data))):
        assert isinstance(certificate(der), Certificate)


@settings(max_examples=100, deadline=None)
@given(
    changes=st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), min_size=1, max_size=8),
    cut=st.integers(0, 500),
)
def test_a_damaged_certificate_never_raises(der: bytes, changes: list[tuple[int, int]], cut: int) -> None:
    damaged = bytearray(der)
    for at, byte in changes:
        damaged[at % len(damaged)] = byte
    for data in (bytes(damaged), bytes(damaged[:cut])):
        found = certificate(data)
        assert len(found.names) <= NAMES_CAP


def spent(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def test_a_huge_certificate_costs_little() -> None:
    crowd = field(0x30, field(0x31, *[field(0x30, field(6, b"\x55\x04\x03"), field(0x0C, b"x"))] * 20000))
    assert spent(lambda: made(subject=crowd)) < 0.2
    assert len(made(subject=crowd).subject or "") <= 4 * TEXT_CAP
