"""Plays a recording to the conversation itself: the answers a client would have got, without a socket."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from itertools import chain, islice

from livebom.bom.observation import Listener, Outcome
from livebom.bom.service import Auth, Service
from livebom.net.reply import Ask, Reply
from livebom.recognise.catalog import Catalog
from livebom.recognise.plan import Budget
from livebom.recognise.rules import Fingerprint, Never, Shared
from livebom.settings import data_path, read, read_folder
from probes.engine.wire import Parser
from probes.inspect import Seen, examine
from tests.answers import Answers, render
from tests.recording import Recording, Request, Response, flow_bytes, load

MOMENT = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
NGINX = "nginx/1.22.1"
UNNAMED_PORT = 47123
"""A port that no fingerprint names."""

_PLAYED: dict[tuple[str, str, int], Reply] = {}
"""What raw peers did already, by recording, method and cap."""
_CHUNKS = 64
"""Pieces of an endless body that are played; more than any cap wants."""


@cache
def catalog() -> Catalog:
    """The project's own catalogue."""
    fingerprints = read_folder(data_path("fingerprints", "servers"), Fingerprint)
    shared = read(data_path("fingerprints", "shared.yaml"), Shared)
    never = read(data_path("fingerprints", "never.yaml"), Never)
    return Catalog(fingerprints.values(), shared, never.never)


class Playback:
    """One listener that answers from a recording and remembers what it was asked.

    `server` puts a proxy of that name in front of it; below `base_path` it answers, elsewhere the proxy has nothing.
    """

    def __init__(self, recording: str | Recording, *, server: str | None = None, base_path: str = "") -> None:
        self.answers = Answers(load(recording) if isinstance(recording, str) else recording)
        self.server = server
        self.base_path = base_path
        self.asked: list[Ask] = []

    def reply(self, ask: Ask) -> Reply:
        """What the client would report of this ask."""
        self.asked.append(ask)
        if ask.scheme == "https":
            return Reply(outcome=Outcome.CLOSED)  # who speaks plain HTTP hangs up on a ClientHello
        if ask.scheme == "tcp":
            return Reply(outcome=Outcome.CLOSED)  # recordings hold HTTP; other protocols have peers in test_raw.py
        parser = Parser(ask.method, ask.cap)
        path = ask.path.removeprefix(self.base_path)
        asked = Request(method=ask.method, path=path, headers=list(ask.headers), body=ask.body.decode())
        if self.answers.is_raw:
            # A raw peer does the same to every request, and some send a megabyte each time.
            key = (self.answers.recording.name, ask.method, ask.cap)
            if key not in _PLAYED:
                _PLAYED[key] = _played(parser, self.answers.raw(f"{ask.method} ".encode()))
            return _PLAYED[key]
        found = self.answers.find(asked)
        if found.response.status is None:
            return _played(parser, found.response)
        if not ask.path.startswith(self.base_path):
            parser.feed(b"HTTP/1.1 404 Not Found\r\nServer: nginx/1.22.1\r\nContent-Length: 0\r\n\r\n")
            return parser.reply()
        parser.feed(render(found, asked, self.server))
        if found.response.end == "wait":
            parser.cut()
        parser.eof()
        return parser.reply()


def _played(parser: Parser, response: Response) -> Reply:
    """A peer that is no HTTP server: its bytes, then its end."""
    flow: Iterator[bytes] = flow_bytes(response.flow) if response.flow else iter(())
    for piece in chain([response.raw()], islice(flow, _CHUNKS)):
        if parser.feed(piece):
            break
    endless = response.flow is not None and response.flow.times is None
    if response.end == "wait" or endless:
        parser.cut()
    parser.eof()
    return parser.reply()


def converse(
    playback: Playback,
    port: int = UNNAMED_PORT,
    *,
    known: Catalog | None = None,
    nonce: str = "5eed",
    exposure: str = "private",
    budget: Budget | None = None,
) -> Seen:
    """The whole conversation with a playback."""
    listener = Listener(host="127.0.0.1", port=port, base_path=playback.base_path)
    talk = examine(
        known or catalog(),
        listener,
        nonce=nonce,
        exposure=exposure,
        key=b"a key for tests",
        now=lambda: MOMENT,
        budget=budget,
    )
    try:
        ask = next(talk)
        while True:
            ask = talk.send(playback.reply(ask))
    except StopIteration as end:
        seen: Seen = end.value
        return seen


Told = tuple[str | None, Auth, tuple[str, ...] | None]
"""What a recording must be read as: version, authentication, names of the models."""


def assert_named(service: Service, name: str, told: Told) -> None:
    """The recording's own product, without a conflict, and what it tells of itself."""
    assert (service.product, service.conflict) == (load(name).product, ())
    assert (service.version, service.auth) == told[:2]
    assert (None if service.models is None else tuple(model.name for model in service.models)) == told[2]
    assert service.score >= 0.6
