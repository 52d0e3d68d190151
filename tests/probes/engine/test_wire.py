"""What any bytes become as an answer: framing, caps, and that neither splits nor garbage matter."""

import gzip
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livebom.bom.observation import Outcome
from livebom.net.reply import BODY_CAP, HEADERS_CAP, LINE_CAP, Reply
from probes.engine.wire import BANNER_CAP, INTERIM_CAP, STREAM_CAP, Parser

OK = b"HTTP/1.1 200 OK\r\n"


def read(data: bytes, *, method: str = "GET", cap: int = BODY_CAP, splits: tuple[int, ...] = ()) -> Reply:
    """The reply to these bytes and the end of the stream."""
    parser = Parser(method, cap)
    start = 0
    for end in (*sorted(splits), len(data)):
        parser.feed(data[start:end])
        start = end
    parser.eof()
    return parser.reply()


def kept(data: bytes, method: str = "GET") -> bool:
    """Whether the connection can carry another ask after these bytes."""
    parser = Parser(method, BODY_CAP)
    return parser.feed(data) and parser.keep


SAMPLES = [
    OK + b"Content-Length: 5\r\n\r\nhello",
    OK + b"Content-Length: 5\r\n\r\nhello and more",
    OK + b"\r\nuntil the end",
    OK + b"Transfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\n",
    OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabcX\r\n0\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: </x>\r\n\r\n" + OK + b"Content-Length: 2\r\n\r\nok",
    b"HTTP/1.0 404 Not Found\nServer: x\n\nno",
    OK + b"Content-Length: 5\r\nContent-Length: 7\r\n\r\nhello!!",
    OK + b"X: a\r\n  folded\r\n\tagain\r\nContent-Length: 0\r\n\r\n",
    OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"hello" * 100, mtime=0),
    b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n",
    b"ICY 200 OK\r\nicy-name: x\r\n\r\n",
    b"\x15\x03\x01\x00\x02\x02\x46",
    b"HTTP/1.1 banana OK\r\nContent-Length: 2\r\n\r\nhi",
    OK + b"Server: cut off in the he",
    b"HTTP/1.1 204 No Content\r\n\r\n",
    b"x" * 400,
]


@settings(max_examples=100, deadline=None)
@given(
    data=st.sampled_from(SAMPLES),
    at=st.lists(st.integers(0, 400), max_size=12),
    cap=st.sampled_from([0, 3, 100, BODY_CAP]),
)
def test_any_split_of_the_same_bytes_gives_the_same_reply(data: bytes, at: list[int], cap: int) -> None:
    whole = read(data, cap=cap)
    assert read(data, cap=cap, splits=tuple(min(n, len(data)) for n in at)) == whole
    assert read(data, cap=cap, splits=tuple(range(len(data)))) == whole


LINES = st.sampled_from(
    b"HTTP/1.1 200 OK|HTTP/1.0 200|HTTP/1.1 103 Early||Content-Length: 3|Content-Length: 4|Connection: close|\x00|ff;x|"
    b"Transfer-Encoding: chunked|Content-Encoding: deflate|5|0|abc|abcde| fold|Content-Type: text/event-stream".split(
        b"|"
    )
)


@settings(max_examples=100, deadline=None)
@given(
    lines=st.lists(LINES | st.binary(max_size=40), max_size=14),
    end=st.sampled_from([b"\r\n", b"\n"]),
    at=st.lists(st.integers(0, 300), max_size=6),
    method=st.sampled_from(["GET", "HEAD"]),
)
def test_arbitrary_bytes_never_raise_and_stay_within_the_cap(
    lines: list[bytes], end: bytes, at: list[int], method: str
) -> None:
    data = end.join(lines)
    whole = read(data, method=method, cap=64)
    assert len(whole.body) <= 64
    assert len(whole.banner) <= BANNER_CAP
    assert whole.outcome in (Outcome.OK, Outcome.CLOSED, Outcome.PROTOCOL_ERROR)
    assert (whole.outcome is Outcome.CLOSED) == (not data)
    assert read(data, method=method, cap=64, splits=tuple(min(n, len(data)) for n in at)) == whole


def test_a_plain_answer() -> None:
    reply = read(OK + b"Server: uvicorn\r\nX-Empty:\r\nserver:  twice \r\nContent-Length: 2\r\n\r\nhi")
    assert reply == Reply(
        status=200,
        reason="OK",
        headers=(("Server", "uvicorn"), ("X-Empty", ""), ("server", "twice"), ("Content-Length", "2")),
        body=b"hi",
    )


def test_latin_1_in_a_header_is_not_lost() -> None:
    assert read(OK + b"Server: caf\xe9\r\n\r\n").header("server") == "café"


def test_folds_are_joined_by_one_space() -> None:
    assert read(OK + b"X: a\r\n   b\r\n\tc\r\n\r\n").header("x") == "a b c"


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 999999 OK\r\n\r\n",
        b"HTTP/1.1  200 OK\r\n\r\n",
        b"HTTP/1.2 200 OK\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/2 200\r\n\r\n",
        OK + b"no colon\r\n\r\n",
        OK + b"Space : x\r\n\r\n",
        OK + b": no name\r\n\r\n",
        OK + b"X: a\x00b\r\n\r\n",
        OK + b"X: \x1b[31mred\r\n\r\n",
        OK + b"X: bare\rreturn\r\n\r\n",
        OK + b" folded status line\r\n\r\n",
        OK + b"X: " + b"a" * LINE_CAP + b"\r\n\r\n",
        OK + b"X: y\r\n" * (HEADERS_CAP + 1) + b"\r\n",
    ],
)
def test_a_head_that_is_wrong(head: bytes) -> None:
    reply = read(head + b"body")
    assert reply.outcome is Outcome.PROTOCOL_ERROR
    assert reply.status is None
    assert head.startswith(reply.banner[: len(head)])
    assert reply.banner


def test_the_caps_of_a_head_are_not_below_what_is_allowed() -> None:
    line = b"X: " + b"a" * (LINE_CAP - 3) + b"\r\n"
    assert read(OK + line + b"\r\n").outcome is Outcome.OK
    assert read(OK + b"X: y\r\n" * HEADERS_CAP + b"\r\n").outcome is Outcome.OK


@pytest.mark.parametrize("piece", [b"X: y\r\n" * 1000, b"a" * 4096, b"HTTP/1.1 103 Early\r\n\r\n"])
def test_an_endless_head_is_over_soon(piece: bytes) -> None:
    parser = Parser("GET", BODY_CAP)
    parser.feed(OK if b"HTTP" not in piece else b"")
    assert any(parser.feed(piece) for _ in range(40))
    assert parser.reply().outcome is Outcome.PROTOCOL_ERROR


def test_so_many_interim_answers_and_no_more() -> None:
    early = b"HTTP/1.1 103 Early\r\n\r\n"
    assert read(early * INTERIM_CAP + OK + b"\r\n").status == 200
    assert read(early * (INTERIM_CAP + 1) + OK + b"\r\n").outcome is Outcome.PROTOCOL_ERROR


def test_an_upgrade_nobody_asked_for_is_an_answer_and_the_end() -> None:
    data = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"
    assert read(data + b"\x00\x01").status == 101
    assert not kept(data)


@pytest.mark.parametrize(
    "framing",
    [
        b"Content-Length: 5\r\nContent-Length: 7\r\n",
        b"Content-Length: 5, 7\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length: +5\r\n",
        b"Content-Length: 0x5\r\n",
        b"Content-Length: \r\n",
        b"Content-Length: 99999999999999999999\r\n",
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: gzip, chunked\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    ],
)
def test_a_framing_that_contradicts_itself(framing: bytes) -> None:
    reply = read(OK + b"Server: x\r\n" + framing + b"\r\nhello!!")
    assert (reply.outcome, reply.status, reply.header("server")) == (Outcome.PROTOCOL_ERROR, 200, "x")


def test_a_length_said_twice_alike_is_one_length() -> None:
    assert read(OK + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi").body == b"hi"


def chunked(*lines: bytes) -> bytes:
    return OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"\r\n".join(lines)


def test_chunks_with_extensions_and_trailers() -> None:
    reply = read(chunked(b'5;name="value"', b"hello", b"00006 ", b" world", b"0", b"Expires: never", b"", b""))
    assert (reply.outcome, reply.body, reply.truncated) == (Outcome.OK, b"hello world", False)


@pytest.mark.parametrize(
    "data",
    [
        chunked(b"xyz", b""),
        chunked(b"-5", b"hello", b""),
        chunked(b"FFFFFFFFFFFFFFFFF", b""),
        chunked(b"3", b"hello", b"0", b"", b""),
        chunked(b"5;" + b"x" * LINE_CAP, b"hello", b""),
        chunked(b"5;" + b"x" * (LINE_CAP + 100)),
        chunked(b"0", *[b"T: " + b"x" * 90] * 100),
    ],
)
def test_bad_chunks(data: bytes) -> None:
    reply = read(data)
    assert (reply.outcome, reply.status) == (Outcome.PROTOCOL_ERROR, 200)


def test_framing_heavier_than_its_content_is_cut() -> None:
    reply = read(chunked(*[b"1;" + b"x" * 1000, b"a"] * 1000, b"0", b"", b""))
    assert (reply.outcome, reply.truncated) == (Outcome.OK, True)
    assert 0 < len(reply.body) < 1000


@pytest.mark.parametrize(
    "data",
    [
        OK + b"\r\n" + b"a" * 100,
        OK + b"Content-Length: 100\r\n\r\n" + b"a" * 100,
        chunked(b"64", b"a" * 100, b"0", b"", b""),
    ],
)
def test_the_cap_cuts_and_an_exact_fit_does_not(data: bytes) -> None:
    assert (read(data, cap=99).body, read(data, cap=99).truncated) == (b"a" * 99, True)
    assert (read(data, cap=100).body, read(data, cap=100).truncated) == (b"a" * 100, False)


@pytest.mark.parametrize("data", [OK + b"Content-Length: 100\r\n\r\nabc", chunked(b"64", b"abc")])
def test_a_body_that_breaks_off_is_what_came(data: bytes) -> None:
    reply = read(data)
    assert (reply.outcome, reply.body[:3], reply.truncated) == (Outcome.OK, b"abc", True)


def test_an_event_stream_has_a_cap_of_its_own() -> None:
    parser = Parser("GET", BODY_CAP)
    parser.feed(OK + b"Content-Type: Text/Event-Stream\r\n\r\n")
    assert any(parser.feed(b"data: x\n\n" * 1000) for _ in range(100))
    reply = parser.reply()
    assert (len(reply.body), reply.truncated) == (STREAM_CAP, True)


@pytest.mark.parametrize(
    ("data", "method"),
    [
        (OK + b"Content-Length: 500\r\n\r\n", "HEAD"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", "GET"),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n", "GET"),
    ],
)
def test_answers_without_a_body_end_with_the_head(data: bytes, method: str) -> None:
    assert kept(data, method)
    assert read(data, method=method).body == b""


@pytest.mark.parametrize(
    ("data", "keep"),
    [
        (OK + b"Content-Length: 0\r\n\r\n", True),
        (OK + b"Content-Length: 0\r\nConnection: Close\r\n\r\n", False),
        (OK + b"Content-Length: 0\r\n\r\nmore", False),
        (chunked(b"0", b"", b""), True),
        (chunked(b"0", b"", b"HTTP/1.1"), False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n", True),
    ],
)
def test_when_a_connection_can_be_used_again(data: bytes, keep: bool) -> None:
    assert kept(data) is keep


def coded(coding: bytes, body: bytes) -> bytes:
    return OK + b"Content-Encoding: " + coding + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        (b"gzip", gzip.compress(b"text " * 50, mtime=0)),
        (b"X-GZIP", gzip.compress(b"text " * 50, mtime=0)),
        (b"deflate", zlib.compress(b"text " * 50)),
        (b"deflate", raw_deflate(b"text " * 50)),
    ],
)
def test_a_coding_nobody_asked_for_is_undone(coding: bytes, packed: bytes) -> None:
    assert read(coded(coding, packed)).body == b"text " * 50


@pytest.mark.parametrize("coding", [b"br", b"gzip, gzip", b"unheard-of", b"gzip"])
def test_what_cannot_be_decoded_stays_as_it_came(coding: bytes) -> None:
    reply = read(coded(coding, b"not-gzip!"))
    assert (reply.outcome, reply.body, reply.truncated) == (Outcome.OK, b"not-gzip!", False)


def test_a_bomb_becomes_no_more_than_the_cap_and_the_ratio_allow() -> None:
    bomb = gzip.compress(bytes(50 << 20))
    reply = read(coded(b"gzip", bomb))
    assert (len(reply.body), reply.truncated) == (BODY_CAP, True)
    small = gzip.compress(bytes(1 << 20))
    reply = read(coded(b"gzip", small))
    assert (len(reply.body), reply.truncated) == (100 * len(small), True)
    tiny = gzip.compress(bytes(1 << 16))
    assert len(read(coded(b"gzip", tiny)).body) == 1 << 16


def test_half_a_packed_body_is_half_a_body() -> None:
    packed = gzip.compress(b"".join(b"%d," % n for n in range(20000)))
    reply = read(coded(b"gzip", packed)[: len(packed) // 2])
    assert reply.truncated
    assert reply.body.startswith(b"0,1,2,3,")


@pytest.mark.parametrize(
    ("came", "outcome"),
    [
        (b"", Outcome.TIMEOUT),
        (OK, Outcome.TIMEOUT),
        (b"SSH-2.0-x\r\n", Outcome.PROTOCOL_ERROR),
        (OK + b"Content-Length: 9\r\n\r\nabc", Outcome.OK),
        (OK + b"\r\nabc", Outcome.OK),
    ],
)
def test_what_the_deadline_cuts(came: bytes, outcome: Outcome) -> None:
    parser = Parser("GET", BODY_CAP)
    parser.feed(came)
    parser.cut()
    reply = parser.reply()
    assert reply.outcome is outcome
    assert reply.truncated is (outcome is Outcome.OK)
