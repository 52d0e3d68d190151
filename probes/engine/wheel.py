"""When to give up on a connect that nobody answered: queues of what is under way, one for each length of the wait."""

import socket
import time
from collections import deque
from collections.abc import Iterator

from msgspec import Struct

from probes.engine.plan import Row
from probes.engine.waits import Waits


class Lot(Struct):
    """Targets that are sent together; `begin` is the counter where their batch of the order begins."""

    rows: list[Row]
    begin: int | None
    attempt: int = 0
    setbacks: int = 0
    began: float = 0.0


Flight = tuple[socket.SocketType, Row, Lot]


class _Watch(Struct):
    """Those of a lot that are looked at again at the same time."""

    due: float
    lot: Lot
    fds: list[int]


class Wheel:
    """Gives up on a first try after the wait of its network (see `Waits`), on any other after the whole timeout.

    With `patient` every try has the whole timeout. Every connect spends the least wait in one queue first: only who
    is silent for that long is worth asking how long to wait for it, and at speed those are few.
    """

    def __init__(self, timeout: float, *, patient: bool) -> None:
        self.waits = Waits(timeout)
        self._patient = patient
        self._young: deque[_Watch] = deque()
        self._queues: list[deque[_Watch]] = [deque() for _ in self.waits.steps]

    def add(self, lot: Lot, fds: list[int]) -> None:
        """These of the lot are under way since just now."""
        self._young.append(_Watch(time.monotonic() + self.waits.steps[0], lot, fds))

    def due(self) -> float | None:
        """When there is something to look at; None while nothing is under way."""
        return min((queue[0].due for queue in (self._young, *self._queues) if queue), default=None)

    def silent(self, now: float, flights: dict[int, Flight]) -> Iterator[tuple[Lot, list[tuple[int, Flight]]]]:
        """Whoever is still among the flights though its time was over at `now`, by lots."""
        steps = self.waits.steps
        while self._young and self._young[0].due <= now:
            watch = self._young.popleft()
            later: dict[int, list[int]] = {}
            for fd, (_, row, lot) in _left(watch, flights):
                step = self.waits.last if lot.attempt or self._patient else self.waits.step(row[0])
                later.setdefault(step, []).append(fd)
            for step, fds in later.items():
                self._queues[step].append(_Watch(watch.due + steps[step] - steps[0], watch.lot, fds))
        for queue in self._queues:
            while queue and queue[0].due <= now:
                watch = queue.popleft()
                yield watch.lot, _left(watch, flights)


def _left(watch: _Watch, flights: dict[int, Flight]) -> list[tuple[int, Flight]]:
    """Those that are not settled; a descriptor of theirs may be another's by now."""
    found = ((fd, flights.get(fd)) for fd in watch.fds)
    return [(fd, flight) for fd, flight in found if flight and flight[2] is watch.lot]
