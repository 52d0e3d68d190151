"""A whole conversation with a peer whose answers are raw bytes, in their order, whatever it is asked."""

from collections.abc import Generator, Sequence

from livebom.bom.observation import Listener, Outcome
from livebom.net.reply import Ask, Reply
from probes.engine.wire import Parser
from probes.inspect import Seen, examine
from tests.playback import MOMENT, Playback, catalog

MOST_ASKS = 32


def answered(ask: Ask, raw: bytes) -> Reply:
    """What the client reports where these bytes come back and then the end."""
    if ask.scheme == "https":
        return Reply(outcome=Outcome.TLS_ERROR)
    if ask.scheme == "tcp":
        return Reply(outcome=Outcome.PROTOCOL_ERROR if raw else Outcome.CLOSED, banner=raw[: ask.cap])
    parser = Parser(ask.method, ask.cap)
    parser.feed(raw)
    parser.eof()
    return parser.reply()


def _begun(port: int) -> Generator[Ask, Reply, Seen]:
    return examine(
        catalog(),
        Listener(host="127.0.0.1", port=port),
        nonce="5eed",
        exposure="private",
        key=b"a key for tests",
        now=lambda: MOMENT,
    )


def conversation(port: int, answers: Sequence[bytes]) -> tuple[Seen, int]:
    """What is seen, and how many asks it took; the answers come round again where more is asked."""
    talk = _begun(port)
    asks = 0
    try:
        ask = next(talk)
        while True:
            raw = answers[asks % len(answers)]
            asks += 1
            assert asks <= MOST_ASKS, "more asks than a conversation may have"
            ask = talk.send(answered(ask, raw))
    except StopIteration as end:
        seen: Seen = end.value
        return seen, asks


def spoken(recording: str, port: int, longest: int = 6000) -> list[bytes]:
    """What a recorded server answers in such a conversation, ask by ask."""
    playback = Playback(recording)
    said: list[bytes] = []
    talk = _begun(port)
    try:
        ask = next(talk)
        while True:
            reply = playback.reply(ask)
            said.append(written(reply)[:longest])
            ask = talk.send(reply)
    except StopIteration:
        return said


def written(reply: Reply) -> bytes:
    """A reply as bytes on the wire, its framing taken away."""
    if reply.status is None:
        return reply.banner
    headers = [
        f"{name}: {value}"
        for name, value in reply.headers
        if name.lower() not in {"content-length", "transfer-encoding", "content-encoding", "connection"}
    ]
    head = "\r\n".join([f"HTTP/1.1 {reply.status} {reply.reason}", *headers, "", ""])
    return head.encode("latin-1", "replace") + reply.body
