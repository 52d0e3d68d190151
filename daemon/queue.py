"""The sweeps that wait, run and ended: their order, what is the same order twice, and what outlives the process."""

import uuid
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from daemon.wire import Sweep, SweepRequest, SweepState

MOST_WAITING = 200
KEPT, KEPT_LOCAL = 500, 100
"""Sweeps that ended and are still told of; looks at this host, which are many, are counted apart."""
ATTEMPTS = 8
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=2), timedelta(minutes=15)
KEYS_KEPT = timedelta(days=1)


class QueueFull(Exception):  # noqa: N818 - it is a state of the queue
    """Too many sweeps wait."""


class NotKept(Exception):  # noqa: N818 - the disk's doing
    """The order could not be written down, so it is not taken."""


class KeyReused(Exception):  # noqa: N818 - the client's doing
    """The Idempotency-Key was given before, with another order."""


class NoSweep(Exception):  # noqa: N818 - a question's
    """No sweep is called that, or several are."""


class Ask(Struct, frozen=True, kw_only=True):
    """An order for a sweep, and whose it is."""

    request: SweepRequest
    by: str
    anywhere: bool = False
    key: str = ""
    said: str = ""


class Queue:
    """Every change is kept by `keep`, which says whether it could; what could not be kept is not acknowledged."""

    def __init__(self, sweeps: Iterable[Sweep], keep: Callable[[], bool] = lambda: True) -> None:
        """What ran when the process died waits again, before everything of its priority: it is the oldest."""
        self.sweeps = {one.id: _again(one) for one in sweeps}
        self._keep = keep

    def add(self, ask: Ask, now: datetime) -> tuple[Sweep, bool]:
        """The sweep that was ordered, and whether it is a new one.

        The same key of the same caller is the same order for a day; a schedule whose last sweep has not ended yet gets
        no second one, and a look at this host none while one waits. Raises KeyReused, QueueFull, NotKept.
        """
        known = self._known(ask, now)
        if known is not None:
            return known, False
        if sum(not one.state.over for one in self.sweeps.values()) >= MOST_WAITING:
            raise QueueFull
        sweep = Sweep(
            id=uuid.uuid4().hex,
            request=ask.request,
            by=ask.by,
            anywhere=ask.anywhere,
            priority=ask.request.priority,
            asked_at=now,
            key=ask.key,
            said=ask.said,
        )
        if not self._put(sweep):
            del self.sweeps[sweep.id]
            raise NotKept
        return sweep, True

    def _known(self, ask: Ask, now: datetime) -> Sweep | None:
        its = [one for one in self.sweeps.values() if one.by == ask.by]
        if ask.key:
            same = [one for one in its if one.key == ask.key and now - one.asked_at < KEYS_KEPT]
            if same and same[-1].request != ask.request:
                raise KeyReused
            return same[-1] if same else None
        if ask.by.startswith("schedule "):
            return next((one for one in its if not one.state.over), None)
        if ask.request.local:
            waiting = {SweepState.WAITING, SweepState.HELD}
            return next((one for one in self.sweeps.values() if one.request.local and one.state in waiting), None)
        return None

    def put(self, sweep: Sweep) -> Sweep:
        """Keep the sweep as it is now; where that fails, the next change keeps this one too."""
        self._put(sweep)
        return sweep

    def _put(self, sweep: Sweep) -> bool:
        self.sweeps[sweep.id] = sweep
        over = sorted((one for one in self.sweeps.values() if one.state.over), key=lambda one: one.asked_at)
        for local, kept in ((False, KEPT), (True, KEPT_LOCAL)):
            those = [one for one in over if one.request.local is local]
            for old in those[: max(0, len(those) - kept)]:
                del self.sweeps[old.id]
        return self._keep()

    def first(self, now: datetime, allowed: Callable[[Sweep], bool] = lambda _: True) -> Sweep | None:
        """The one to begin now: of those that are allowed the one of the highest priority, and then the oldest."""
        ready = [
            one
            for one in self.sweeps.values()
            if one.state in {SweepState.WAITING, SweepState.HELD}
            and (one.not_before is None or one.not_before <= now)
            and allowed(one)
        ]
        return min(ready, key=lambda one: (-one.priority, one.asked_at, one.id), default=None)

    def failed(self, sweep: Sweep, said: str, now: datetime, *, hopeless: bool, attempts: int = ATTEMPTS) -> Sweep:
        """Let it wait for another attempt, or end it where there were that many."""
        if hopeless or sweep.attempts >= attempts:
            return self.put(replace(sweep, state=SweepState.FAILED, ended_at=now, said=said, progress=None))
        wait = min(FIRST_WAIT * 2 ** min(max(0, sweep.attempts - 1), 20), LONGEST_WAIT)
        return self.put(
            replace(sweep, state=SweepState.WAITING, not_before=now + wait, said=f"{said}; tried again", progress=None)
        )

    def find(self, name: str) -> Sweep:
        """The sweep whose id begins so. Raises NoSweep."""
        found = [one for id_, one in self.sweeps.items() if id_.startswith(name)]
        if len(found) != 1:
            raise NoSweep(f"{len(found)} sweeps begin so" if found else "no sweep of that id is known here")
        return found[0]

    def waiting(self) -> int:
        """How many wait, or are held."""
        return sum(one.state in {SweepState.WAITING, SweepState.HELD} for one in self.sweeps.values())

    def last(self, *, local: bool = False) -> Sweep | None:
        """The one that ended last, of the network or of this host."""
        ended = [one for one in self.sweeps.values() if one.ended_at is not None and one.request.local is local]
        return max(ended, key=lambda one: (one.ended_at or one.asked_at, one.id), default=None)


def _again(sweep: Sweep) -> Sweep:
    if sweep.state is SweepState.RUNNING:
        return replace(sweep, state=SweepState.WAITING, progress=None, said="its process died; it goes on")
    return replace(sweep, progress=None)
