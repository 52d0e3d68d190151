"""TLS that is old, weak, foreign, heavy or none at all: rows 32, 33 and 51 of the matrix, through `discover`."""

import socket
import ssl
import threading
from collections.abc import Callable
from itertools import repeat
from typing import Any

import pytest

from tests.hostile.arena import PORT, Arena
from tests.hostile.certificates import Pair, context, dated, made, names_of, rsa
from tests.hostile.conftest import Table
from tests.hostile.peers import SECONDS, Behaviour, answer, everything, greets, pour, serving

pytestmark = pytest.mark.hostile

HELLO = everything(b"hello")
OLD = ssl.TLSVersion.TLSv1_2


def _huge_chain() -> ssl.SSLContext:
    large = made(names=names_of([b"n%05d." % n + b"x" * 200 for n in range(200)]))
    return context(large, chain=large.certificate * 240)


def _wants_ours() -> ssl.SSLContext:
    own = made()
    demanding = context(own, version=OLD)
    demanding.verify_mode = ssl.CERT_REQUIRED
    demanding.load_verify_locations(cadata=own.certificate)
    return demanding


def _by_name() -> ssl.SSLContext:
    choosy = context(made())
    choosy.sni_callback = lambda _socket, name, _own: None if name else ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
    return choosy


def _tickets() -> ssl.SSLContext:
    generous = context(made())
    generous.num_tickets = 5000
    return generous


def _wrong_times(begins: bytes, ends: bytes) -> Callable[[], ssl.SSLContext]:
    return lambda: context(dated(made(), begins, ends))


ESCAPES = [b"\x1b[31mred", b"nul\0.lab", b"a\r\nb", b"\x9b2J", b"\xe2\x80\xae"]

MET: dict[str, tuple[str, Callable[[], ssl.SSLContext], dict[str, Any]]] = {
    "expired": ("32", _wrong_times(b"990101000000Z", b"000101000000Z"), {"not_after": "2000-01-01T00:00:00Z"}),
    "valid from 2049 to 1950": (
        "51",
        _wrong_times(b"491231235959Z", b"500101000000Z"),
        {"not_before": "2049-12-31T23:59:59Z", "not_after": "1950-01-01T00:00:00Z"},
    ),
    "times that are none": ("51", _wrong_times(b"999999999999Z", b"\x1b[31m-000000Z"), {"subject": "CN=hostile.lab"}),
    "self-signed": ("32", lambda: context(made()), {"self_signed": True}),
    "the name of another": ("32", lambda: context(made(subject="/CN=bank.lab")), {"subject": "CN=bank.lab"}),
    "SHA-1": ("32", lambda: context(made("-sha1", key=rsa(2048)), version=OLD), {"version": "TLSv1.2"}),
    "RSA of 512 bits": ("32", lambda: context(made(key=rsa(512)), version=OLD), {"version": "TLSv1.2"}),
    "RSA of 16,384 bits": ("32", lambda: context(made(key=rsa(16384))), {"version": "TLSv1.3"}),
    "100 names with ESC and NUL": (
        "32",
        lambda: context(made(names=names_of(ESCAPES * 20))),
        {"version": "TLSv1.3", "self_signed": True},
    ),
    "TLS 1.0 and nothing else": ("32", lambda: context(made(), version=ssl.TLSVersion.TLSv1), {"version": "TLSv1"}),
    "5,000 session tickets": ("own", _tickets, {"version": "TLSv1.3"}),
}


@pytest.mark.parametrize("case", MET)
def test_what_nobody_should_trust_is_met_and_told(arena: Arena, table: Table, case: str) -> None:
    row, make, facts = MET[case]
    service, outcome = arena.meet(HELLO, tls=make())
    assert service is not None
    told = service["tls"] or {}
    table.tell(row, case, f"{service['outcome']}, {told.get('version')} {_seen(told, facts)}", outcome)
    assert (service["outcome"], service["scheme"]) == ("ok", "https")
    assert {name: told[name] for name in facts} == facts
    assert "\x1b" not in outcome.errors


def _seen(told: dict[str, Any], facts: dict[str, Any]) -> str:
    return ", ".join(f"{name} {told.get(name)}" for name in facts if name != "version")


def _if_tls(behave: Behaviour) -> Behaviour:
    """Plain HTTP is hung up on; what begins a handshake gets this."""

    def either(connection: socket.socket) -> None:
        if connection.recv(1, socket.MSG_PEEK) == b"\x16":
            connection.recv(65536)
            behave(connection)

    return either


def _pouring(unit: bytes, pause: float = 0.0) -> Behaviour:
    return _if_tls(lambda connection: pour(connection, repeat(unit), pause))


def _stalls(_connection: socket.socket) -> None:
    threading.Event().wait(SECONDS)


def _two(connection: socket.socket) -> None:
    """The first bytes of HTTP/2: an empty SETTINGS frame."""
    connection.sendall(b"\0\0\0\x04\0\0\0\0\0")
    connection.recv(65536)


FAILED: dict[str, tuple[str, Behaviour, Callable[[], ssl.SSLContext] | None, str]] = {
    "10 MB of chain": ("32", HELLO, _huge_chain, "tls_error"),
    "it wants a certificate of ours": ("32", HELLO, _wants_ours, "tls_error"),
    "only with a name": ("32", HELLO, _by_name, "tls_error"),
    "HTTP/2 and nothing else": ("32", _two, lambda: context(made()), "protocol_error"),
    "an alert for no protocol in common": ("32", _pouring(b"\x15\x03\x03\0\x02\x02\x78"), None, "tls_error"),
    "alerts without end": ("33", _pouring(b"\x15\x03\x03\0\x02\x01\0" * 64), None, "tls_error"),
    "records without end": ("33", _pouring(b"\x16\x03\x03\x40\0" + b"\x02\0\x3f\xfc" * 4096), None, "tls_error"),
    "SSLv2": ("33", _if_tls(greets(b"\x80\x2e\x04\0\x01\0\x02" + b"x" * 40)), None, "protocol_error"),
}


@pytest.mark.parametrize("case", FAILED)
def test_a_handshake_that_comes_to_nothing_is_told_as_that(arena: Arena, table: Table, case: str) -> None:
    row, behaviour, make, expected = FAILED[case]
    service, outcome = arena.meet(behaviour, tls=make and make())
    assert service is not None
    table.tell(row, case, f"{service['outcome']}, {service['requests']} asks", outcome)
    assert (service["outcome"], service["product"]) == (expected, None)


SLOW: dict[str, Behaviour] = {
    "a handshake that stalls": _if_tls(_stalls),
    "a handshake, a byte a second": _pouring(b"\x16", 1.0),
}


@pytest.mark.parametrize("case", SLOW)
def test_a_handshake_has_three_seconds(arena: Arena, table: Table, case: str) -> None:
    host = arena.lab.address()
    with serving(host, PORT, SLOW[case]):
        _, outcome = arena.meet_at(f"https://{host}:{PORT}")
    said = outcome.services[host]
    table.tell("32", case, f"{said['outcome']}, {said['requests']} asks", outcome)
    assert (said["outcome"], said["product"], said["tls"]) == ("timeout", None, None)


def _plain(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(answer(b"no HTTP", status=b"400 Bad Request"))


def test_plain_http_where_tls_was_named(arena: Arena, table: Table) -> None:
    host = arena.lab.address()
    with serving(host, PORT, _plain):
        service, outcome = arena.meet_at(f"https://{host}:{PORT}")
    assert service is None  # no address stands so in a report
    said = outcome.services[host]
    table.tell("32", "plain HTTP where TLS was named", f"{said['outcome']}, {said['requests']} asks", outcome)
    assert (said["outcome"], said["product"], said["tls"]) == ("protocol_error", None, None)


def test_tls_where_plain_http_was_named(arena: Arena, table: Table) -> None:
    host = arena.lab.address()
    with serving(host, PORT, HELLO, context(made())):
        _, outcome = arena.meet_at(f"http://{host}:{PORT}")
    said = outcome.services[host]
    table.tell("32", "TLS where plain HTTP was named", f"{said['outcome']}, {said['scheme']}", outcome)
    assert (said["outcome"], said["scheme"]) == ("ok", "https")


def test_a_certificate_is_whole_or_no_key_fits() -> None:
    """The patched one is what it claims, so that the rows above test what they say."""
    pair: Pair = dated(made(), b"990101000000Z", b"000101000000Z")
    assert b"000101000000Z" in ssl.PEM_cert_to_DER_cert(pair.certificate)
