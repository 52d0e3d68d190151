"""HTTP that never ends, never begins, lies or bursts: rows 1 to 23 of the matrix, each through `discover`."""

from collections.abc import Callable
from itertools import repeat

import pytest

from tests.hostile.arena import Arena
from tests.hostile.conftest import Table
from tests.hostile.peers import (
    Behaviour,
    answer,
    bomb,
    coded,
    endless,
    everything,
    greets,
    half_closed,
    mute_head,
    resets,
    says,
    silent,
)

pytestmark = pytest.mark.hostile

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
JSON = b"Content-Type: application/json"

ROWS: dict[str, tuple[str, Behaviour, str]] = {
    "endless chunked body": ("1", endless(CHUNKED, b"10000\r\n" + b"x" * 65536 + b"\r\n"), "ok"),
    "endless body of one line": ("1", endless(OK + b"\r\n", b"x" * 65536), "ok"),
    "gzip bomb of 300 MB": ("2", lambda c: coded(b"gzip", bomb())(c), "ok"),
    "gzip bomb within a gzip bomb": ("2", lambda c: coded(b"gzip", bomb(300, 2))(c), "ok"),
    "deflate that is none": ("3", coded(b"deflate", b"x" * 4096), "ok"),
    "gzip, gzip": ("3", lambda c: coded(b"gzip, gzip", bomb(1, 2))(c), "ok"),
    "a coding nobody knows": ("3", coded(b"livebom", b"{}"), "ok"),
    "br": ("3", coded(b"br", b"\x0b\x02\x80{}\x03"), "ok"),
    "endless headers": ("4", endless(OK, b"X-More: and more\r\n" * 64), "protocol_error"),
    "one endless header line": ("5", endless(OK + b"X-Long: ", b"x" * 4096), "protocol_error"),
    "a header line never finished": ("6", mute_head, "timeout"),
    "headers, a byte a second": ("7", says(*(bytes([one]) for one in OK * 40), pause=0.5), "timeout"),
    "body, two bytes a second": ("8", endless(OK + b"Content-Length: 100000\r\n\r\n", b"{}", 1.0), "ok"),
    "endless 103": ("9", endless(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"), "protocol_error"),
    "Content-Length beyond all bounds": (
        "10",
        says(OK + b"Content-Length: 99999999999999999999\r\n\r\n{}"),
        "protocol_error",
    ),
    "Content-Length below nothing": ("10", says(OK + b"Content-Length: -1\r\n\r\n{}"), "protocol_error"),
    "two Content-Lengths": ("10", says(OK + b"Content-Length: 2\r\nContent-Length: 9\r\n\r\n{}"), "protocol_error"),
    "Content-Length and chunks": (
        "10",
        says(OK + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        "protocol_error",
    ),
    "endless chunk extension": ("11", endless(CHUNKED + b"5;", b"x" * 4096), "protocol_error"),
    "a chunk beyond all bounds": ("11", says(CHUNKED + b"ffffffffffffffffffff\r\nx"), "protocol_error"),
    "endless trailers": ("11", endless(CHUNKED + b"0\r\n", b"X-More: and more\r\n" * 64), "protocol_error"),
    "SSH": ("12", greets(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"), "protocol_error"),
    "HTTP/0.9": ("12", says(b"<html>hello</html>"), "protocol_error"),
    "HTTP/9.9": ("12", says(b"HTTP/9.9 200 OK\r\n\r\n"), "protocol_error"),
    "status 999999": ("12", says(b"HTTP/1.1 999999 What\r\n\r\n"), "protocol_error"),
    "Content-Type with a charset that decompresses": (
        "19",
        everything(b"{}", b"Content-Type: application/json; charset=zlib"),
        "ok",
    ),
    "Content-Type with charset idna": ("19", everything(b"x" * 70, b"Content-Type: text/plain; charset=idna"), "ok"),
    "100 cookies of 3 kB": (
        "20",
        everything(b"{}", *(b"Set-Cookie: c%d=" % n + b"x" * 3000 for n in range(100))),
        "protocol_error",
    ),
    "NUL and ESC in a header": ("21", everything(b"{}", b"Server: a\0b\x1b[31mc"), "protocol_error"),
    "endless events": (
        "22",
        endless(OK + b"Content-Type: text/event-stream\r\n\r\n", b"data: {}\n\n", 0.1),
        "ok",
    ),
    "101 that nobody asked for": (
        "23",
        says(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", *repeat(b"\x81\x05hello", 9)),
        "ok",
    ),
    "a reset for an answer": ("23", resets, "closed"),
    "silence": ("23", silent, "timeout"),
    "its half is closed": ("49", half_closed, "closed"),
    "an answer to nothing, again and again": ("own", greets(answer(b"{}") * 5000), "ok"),
}


@pytest.mark.parametrize("case", ROWS)
def test_the_sweep_goes_on_and_tells_what_happened(arena: Arena, table: Table, case: str) -> None:
    row, behaviour, expected = ROWS[case]
    service, outcome = arena.meet(behaviour)
    assert service is not None
    table.tell(row, case, f"{service['outcome']}, {service['requests']} asks", outcome)
    assert service["product"] is None
    assert service["models"] is None
    assert service["outcome"] == expected


VALUES: dict[str, tuple[str, Callable[[], str], str | None]] = {
    "JSON nested 200,000 deep": ("16", lambda: '{"data":' + "[" * 200_000, None),
    "a number of 200,000 digits": (
        "17",
        lambda: '{"object":"list","data":[{"id":"m","created":' + "9" * 200_000 + "}]}",
        None,
    ),
    "170,000 equal keys": ("18", lambda: "{" + '"a":1,' * 170_000 + '"data":[]}', None),
    "NaN": ("18", lambda: '{"object":"list","data":[{"id":"m","created":NaN}]}', None),
    "1e999": ("18", lambda: '{"object":"list","data":[{"id":"m","created":1e999}]}', None),
    "data that is a text": ("own", lambda: '{"object":"list","data":"m"}', None),
    "models that are numbers": (
        "own",
        lambda: '{"object":"list","data":[{"id":1},{"id":null},{}]}',
        "openai-compatible",
    ),
}


@pytest.mark.parametrize("case", VALUES)
def test_values_nobody_meant_name_no_model(arena: Arena, table: Table, case: str) -> None:
    row, body, product = VALUES[case]
    place = arena.serve("vllm-0.32.0-default")
    arena.lab.patch(place, "/v1/models", body=body())
    service, outcome = arena.meet_at(place.host)
    assert service is not None
    table.tell(row, case, f"{service['product']} {service['version']}, models {service['models']}", outcome)
    assert service["product"] == product  # what cannot be read speaks for nobody
    assert not service["models"]


def _models(count: int) -> str:
    """A list of so many models as vLLM has it."""
    rows = ",".join(f'{{"id":"m{n}","object":"model","owned_by":"vllm"}}' for n in range(count))
    return '{"object":"list","data":[' + rows + "]}"


def test_of_endless_models_ten_thousand_are_kept(arena: Arena, table: Table) -> None:
    place = arena.serve("vllm-0.32.0-default")
    arena.lab.patch(place, "/v1/models", body=_models(14_000))
    service, outcome = arena.meet_at(place.host)
    assert service is not None
    table.tell("38", "14,000 models in 1 MiB", f"{service['product']}, models {len(service['models'])}", outcome)
    assert (service["product"], len(service["models"])) == ("vllm", 10_000)


def test_a_list_beyond_the_cap_is_not_half_believed(arena: Arena, table: Table) -> None:
    place = arena.serve("vllm-0.32.0-default")
    arena.lab.patch(place, "/v1/models", body=_models(1_000_000))
    service, outcome = arena.meet_at(place.host)
    assert service is not None
    table.tell("38", "a million models, 50 MB", f"{service['product']}, models {service['models']}", outcome)
    assert not service["models"]
