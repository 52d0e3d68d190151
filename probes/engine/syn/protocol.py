"""What the sender and its parent say to each other: msgpack messages behind their length, over two pipes."""

from collections.abc import Iterator

import msgspec
from msgspec import Struct

from livebom.net.ranges import Family
from probes.engine.plan import Run

LONGEST = 1 << 28
"""Octets of the longest message; a plan of a million stretches has a tenth of it."""


class Stretch(Struct, frozen=True, array_like=True):
    """A run of the plan; addresses as octets, because msgpack's numbers end at 64 bits."""

    first: bytes
    last: bytes
    family: Family
    ports: tuple[int, ...]


class Order(Struct, frozen=True, kw_only=True):
    """What to look at: the first message to the sender."""

    stretches: tuple[Stretch, ...]
    key: bytes
    start: int
    stop_at: int
    """Counters of the order: from the first to before the last."""
    rate: float
    """Frames per second; 0 for unlimited."""
    timeout: float
    retries: int
    ports_never: tuple[int, ...] = ()

    @property
    def runs(self) -> tuple[Run, ...]:
        """The plan's runs."""
        return tuple(
            Run(int.from_bytes(one.first), int.from_bytes(one.last), one.family, one.ports) for one in self.stretches
        )


class Taken(Struct, frozen=True):
    """Every further message to the sender: so many open ports were taken in. The end of the pipe means: stop."""

    places: int


class Found(Struct, frozen=True, tag="found"):
    """Open ports, each once."""

    places: tuple[tuple[str, int], ...]


class Count(Struct, kw_only=True, tag="count"):
    """How far it is; at least every 100 ms. Numbers are sums since the beginning."""

    sent: int = 0
    received: int = 0
    """Frames that the filter passed."""
    valid: int = 0
    forged: int = 0
    """Answers to what was never sent: a wrong cookie, or a place that is not in the plan."""
    duplicates: int = 0
    drops: int = 0
    """Answers the ring had no room for."""
    rate: float = 0.0
    """Frames per second since the last count."""
    settled: int = 0
    """Targets whose last try and its timeout are over."""
    unreachable: int = 0
    """Of the targets tried: those without a way, or whose neighbour does not answer."""
    cursor: int | None = None
    finished: bool = False


class Failed(Struct, frozen=True, tag="failed"):
    """It cannot go on; in words."""

    reason: str


Message = Found | Count | Failed


def stretches(runs: tuple[Run, ...]) -> tuple[Stretch, ...]:
    """The runs as they travel."""
    return tuple(
        Stretch(_raw(run.first, run.family), _raw(run.last, run.family), run.family, run.ports) for run in runs
    )


def framed(message: Struct) -> bytes:
    """The message behind its length."""
    data = msgspec.msgpack.encode(message)
    return len(data).to_bytes(4) + data


class Frames:
    """Cuts a stream into the messages in it."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Whole messages, as far as they have come. Raises ValueError for one that is too long."""
        self._held += data
        while len(self._held) >= 4:
            end = 4 + int.from_bytes(self._held[:4])
            if end > LONGEST:
                raise ValueError("a message is too long")
            if len(self._held) < end:
                return
            message = bytes(self._held[4:end])
            del self._held[:end]
            yield message


def _raw(address: int, family: Family) -> bytes:
    return address.to_bytes(4 if family == 4 else 16)
