"""The HTTP parser: status line, headers, framing, chunks and content codings of any bytes, however they are split."""

import gzip
from collections.abc import Iterator

from livebom.bom.observation import Outcome
from livebom.net.reply import HEADERS_CAP, Reply
from probes.engine.wire import BANNER_CAP, Parser
from tests.answers import Answers, render
from tests.recording import Request, load, names

CAPS = (0, 7, 4096, 1 << 20)


def read(data: bytes, method: str, cap: int, step: int, *, late: bool) -> Reply:
    parser = Parser(method, cap)
    for at in range(0, len(data), step):
        if parser.feed(data[at : at + step]):
            break
    parser.cut() if late else parser.eof()
    return parser.reply()


def one_input(data: bytes) -> None:
    flags = data[0] if data else 0
    data, cap = data[1:], CAPS[flags & 3]
    method, late = "HEAD" if flags & 4 else "GET", bool(flags & 8)
    whole = read(data, method, cap, len(data) or 1, late=late)
    step = 1 + (flags >> 4) * 7 if len(data) < 4096 else 1024
    split = read(data, method, cap, step, late=late)
    assert split == whole, "the split of the bytes matters"
    assert whole.outcome in {Outcome.OK, Outcome.CLOSED, Outcome.TIMEOUT, Outcome.PROTOCOL_ERROR}
    assert len(whole.body) <= cap
    assert len(whole.banner) <= BANNER_CAP
    assert len(whole.headers) <= HEADERS_CAP
    assert not [value for _, value in whole.headers if not value.isprintable() and ("\n" in value or "\0" in value)]


def seeds() -> Iterator[bytes]:
    for name in names():
        answers = Answers(load(name))
        if answers.is_raw:
            yield b"\x02" + answers.raw(b"GET ").raw()[:4096]
            continue
        asked = Request(method="GET", path="/v1/models")
        found = answers.find(asked)
        if found.response.status is not None:
            yield b"\x03" + render(found, asked, None)[:8192]
    ok = b"\x03HTTP/1.1 200 OK\r\n"
    yield ok + b"Transfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\n"
    yield ok + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"hello" * 1000, mtime=0)
    yield b"\x03HTTP/1.1 103 Early\r\nLink: </x>\r\n\r\n" + ok[1:] + b"X: a\r\n  folded\r\nContent-Length: 2\r\n\r\nok"
