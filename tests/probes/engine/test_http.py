"""One conversation over real sockets: reuse, what is sent, and what peers answer that mean no good."""

import gzip
import itertools
import socket
import threading
from collections.abc import Generator

import pytest

from livebom.bom.observation import Outcome
from livebom.net.reply import BODY_CAP, Ask, Reply
from probes.engine.http import Job
from tests.probes.engine.peers import (
    OK,
    Handler,
    Peer,
    ask,
    asking,
    dripping,
    flowing,
    have,
    hold,
    keeping,
    meet,
    read_request,
    reset,
    serving,
)

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
SSH = b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n"


def outcomes(replies: list[Reply]) -> list[Outcome]:
    return [reply.outcome for reply in replies]


# -- connections -------------------------------------------------------------------------------------------------------


def test_one_connection_carries_many_asks() -> None:
    with Peer(keeping()) as peer:
        replies = meet(peer, *[ask(f"/{n}") for n in range(5)])
    assert [reply.body for reply in replies] == [b"ok"] * 5
    assert peer.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        OK + b"and something nobody asked for",
    ],
)
def test_a_connection_that_is_not_to_be_kept_is_not(answer: bytes) -> None:
    with Peer(keeping(answer)) as peer:
        replies = meet(peer, ask(), ask(), ask())
    assert [reply.body for reply in replies] == [b"ok"] * 3
    assert peer.connections == 3


def test_a_server_that_closes_silently_is_asked_over_a_new_connection() -> None:
    with Peer(serving(OK)) as peer:
        replies = meet(peer, ask(), ask(), ask())
    assert [reply.body for reply in replies] == [b"ok"] * 3
    assert peer.connections == 3


def leaving_the_second() -> Handler:
    """Takes the second request of its first connection and closes without a byte; later connections are served."""
    first = threading.Event()

    def handler(connection: socket.socket) -> None:
        if first.is_set():
            keeping()(connection)
        first.set()
        read_request(connection)
        connection.sendall(OK)
        read_request(connection)

    return handler


@pytest.mark.parametrize(
    ("method", "expected", "connections"),
    [("GET", Outcome.OK, 2), ("HEAD", Outcome.OK, 2), ("POST", Outcome.CLOSED, 1)],
)
def test_an_idle_connection_found_closed_is_retried_once_where_that_is_harmless(
    method: str, expected: Outcome, connections: int
) -> None:
    answers = leaving_the_second()
    with Peer(answers) as peer:
        replies = meet(peer, ask(), ask(method=method))
    assert outcomes(replies) == [Outcome.OK, expected]
    assert peer.connections == connections


def test_only_one_retry() -> None:
    turns = itertools.count()

    def handler(connection: socket.socket) -> None:
        if next(turns) == 0:
            read_request(connection)
            connection.sendall(OK)
        read_request(connection)

    with Peer(handler) as peer:
        replies = meet(peer, ask(), ask())
    assert outcomes(replies) == [Outcome.OK, Outcome.CLOSED]
    assert peer.connections == 2


def test_over_ipv6() -> None:
    requests: list[bytes] = []

    def handler(connection: socket.socket) -> None:
        requests.append(read_request(connection))
        connection.sendall(OK)

    with Peer(handler, host="::1") as peer:
        assert meet(peer)[0].body == b"ok"
    assert f"Host: [::1]:{peer.port}\r\n".encode() in requests[0]


# -- what is sent ------------------------------------------------------------------------------------------------------


def heard(one: Ask, name: str | None = None) -> bytes:
    """The request as a server hears it."""
    requests: list[bytes] = []

    def handler(connection: socket.socket) -> None:
        requests.append(read_request(connection))
        connection.sendall(OK)

    with Peer(handler) as peer:
        assert meet(peer, one, name=name)[0].body == b"ok"
    return requests[0].replace(f":{peer.port}".encode(), b":PORT")


def test_the_headers_of_a_plain_ask() -> None:
    assert heard(ask("/v1/models?x=1")).decode().split("\r\n") == [
        "GET /v1/models?x=1 HTTP/1.1",
        "Host: 127.0.0.1:PORT",
        "User-Agent: livebom/test",
        "Accept: application/json, */*;q=0.5",
        "Accept-Encoding: identity",
        "Connection: keep-alive",
        "",
        "",
    ]


def test_an_ask_replaces_headers_and_has_its_body_measured() -> None:
    sent = heard(ask(method="POST", headers=(("accept", "text/html"), ("X-Own", "1")), body=b'{"model":"x"}'), "a.lab")
    assert b"\r\nHost: a.lab:PORT\r\n" in sent
    assert b"application/json" not in sent
    assert b"\r\naccept: text/html\r\nX-Own: 1\r\nContent-Length: 13\r\n\r\n" in sent
    assert sent.endswith(b'{"model":"x"}')


@pytest.mark.parametrize(
    "bad",
    [
        ask(headers=(("X", "a\r\nInjected: b"),)),
        ask(headers=(("X", "a\0b"),)),
        ask(headers=(("X\r\n", "a"),)),
        ask(headers=(("Content-Length", "4"),)),
        ask("/ HTTP/1.1\r\nInjected: b"),
        ask("/a b"),
        ask("no-slash"),
        ask("/caf\u00e9"),
        ask(method="GET /"),
        ask(scheme="file"),
    ],
)
def test_what_could_smuggle_is_refused_within_the_conversation(bad: Ask) -> None:
    def talk() -> Generator[Ask, Reply, str]:
        with pytest.raises(ValueError, match=r"header|path|method|scheme|for an ask"):
            yield bad
        reply = yield ask("/good")
        return reply.body.decode()

    with Peer(keeping()) as peer:
        ((_, result, fault),) = have([peer.job(talk)])
        assert (result, fault) == ("ok", None)
        ((_, result, fault),) = have([peer.job(asking(bad))])
        assert result is None
        assert isinstance(fault, ValueError)


# -- answers -----------------------------------------------------------------------------------------------------------


def test_redirects_are_told_and_never_followed() -> None:
    with Peer(keeping(b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n")) as peer:
        (reply,) = meet(peer)
    assert (reply.status, reply.header("location")) == (302, "/x")
    assert peer.connections == 1


def test_a_chunked_answer_and_an_interim_one_keep_the_connection() -> None:
    answer = b"HTTP/1.1 100 Continue\r\n\r\n" + CHUNKED + b"2;x=y\r\nok\r\n0\r\nT: x\r\n\r\n"
    with Peer(keeping(answer)) as peer:
        assert [reply.body for reply in meet(peer, ask(), ask())] == [b"ok"] * 2
    assert peer.connections == 1


def test_head_is_not_waited_for() -> None:
    with Peer(keeping(HEAD + b"Content-Length: 500\r\n\r\n")) as peer:
        replies = meet(peer, ask(method="HEAD"), ask(method="HEAD"))
    assert outcomes(replies) == [Outcome.OK] * 2
    assert peer.connections == 1


BOMB = gzip.compress(bytes(20 << 20))


@pytest.mark.parametrize(
    "handler",
    [
        flowing(HEAD + b"Content-Type: text/plain\r\n\r\n", itertools.repeat(b"A" * 65536)),
        flowing(CHUNKED, itertools.repeat(b"4000\r\n" + b"[" * 0x4000 + b"\r\n")),
        flowing(HEAD + b"Content-Length: 1000000000000\r\n\r\n", itertools.repeat(b"A" * 65536)),
        flowing(HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(BOMB), [BOMB]),
    ],
    ids=["endless", "endless chunks", "endless length", "bomb"],
)
def test_an_endless_body_is_cut_at_the_cap(handler: Handler) -> None:
    with Peer(handler) as peer:
        for cap in (BODY_CAP, 4096):
            (reply,) = meet(peer, ask(cap=cap))
            assert (reply.outcome, reply.status, reply.truncated) == (Outcome.OK, 200, True)
            assert 0 < len(reply.body) <= cap


@pytest.mark.parametrize(
    "handler",
    [
        flowing(HEAD, itertools.repeat(b"X-Again: and again\r\n" * 100)),
        flowing(HEAD + b"X: ", itertools.repeat(b"a" * 65536)),
        flowing(b"", itertools.repeat(b"HTTP/1.1 103 Early Hints\r\n\r\n")),
        flowing(CHUNKED + b"5;", itertools.repeat(b"x" * 65536)),
        flowing(CHUNKED + b"0\r\n", itertools.repeat(b"T: x\r\n" * 1000)),
        serving(HEAD + b"Content-Length: 5\r\nContent-Length: 7\r\n\r\nhello!!"),
        serving(CHUNKED + b"zz\r\nhi\r\n"),
        serving(b"HTTP/1.1 banana OK\r\nContent-Length: 2\r\n\r\nhi"),
        serving(b"ICY 200 OK\r\nicy-name: x\r\n\r\n"),
        serving(b"<html>HTTP/0.9</html>"),
        serving(b"\x15\x03\x01\x00\x02\x02\x46"),
    ],
)
def test_what_is_no_http_is_a_protocol_error(handler: Handler) -> None:
    with Peer(handler) as peer:
        (reply,) = meet(peer)
    assert reply.outcome is Outcome.PROTOCOL_ERROR
    assert reply.elapsed < 3


def test_a_greeting_that_is_not_http_is_kept_and_not_waited_for() -> None:
    def greet(connection: socket.socket) -> None:
        connection.sendall(SSH)
        hold(connection)

    with Peer(greet) as peer:
        (reply,) = meet(peer)
    assert (reply.outcome, reply.banner) == (Outcome.PROTOCOL_ERROR, SSH)
    assert reply.elapsed < 2


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def test_nobody_listens() -> None:
    ((_, replies, _),) = have([Job(address="127.0.0.1", port=closed_port(), talk=asking(ask()), deadline=5.0)])
    assert outcomes(replies) == [Outcome.REFUSED]


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        (serving(b""), Outcome.CLOSED),
        (reset, Outcome.CLOSED),
        (hold, Outcome.TIMEOUT),
        (flowing(HEAD + b"Server: never fini", itertools.repeat(b"", 1)), Outcome.PROTOCOL_ERROR),
    ],
    ids=["closed", "reset", "silence", "half a head"],
)
def test_answers_that_are_none(handler: Handler, expected: Outcome) -> None:
    with Peer(handler) as peer:
        (reply,) = meet(peer, timeout=0.3)
    assert (reply.outcome, reply.status) == (expected, None)


@pytest.mark.parametrize(
    ("start", "piece", "expected"),
    [
        (HEAD + b"X: ", b"a", Outcome.TIMEOUT),
        (HEAD, b"X: y\r\n", Outcome.TIMEOUT),
        (HEAD + b"Content-Length: 100000\r\n\r\naaaa", b"a", Outcome.OK),
        (HEAD + b"Content-Type: text/event-stream\r\n\r\n", b"data: {}\n\n", Outcome.OK),
        (CHUNKED + b"4\r\naaaa\r\n", b"1\r\na\r\n", Outcome.OK),
    ],
    ids=["header", "headers", "body", "events", "chunks"],
)
def test_a_slow_drip_ends_with_the_ask(start: bytes, piece: bytes, expected: Outcome) -> None:
    with Peer(dripping(start, piece, 0.02)) as peer:
        (reply,) = meet(peer, ask(deadline=0.3))
    assert reply.outcome is expected
    assert 0.25 < reply.elapsed < 2
    if expected is Outcome.OK:
        assert reply.truncated
        assert reply.body
