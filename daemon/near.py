"""This host as the daemon knows it: who is listened to, what collectors handed over, and when it is looked at next."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from daemon.clock import Moment
from daemon.handed import HandedOver
from daemon.rhythm import Rhythm
from daemon.watching import Watchers
from daemon.wire import CollectorStatus
from livebom.settings import LocalEntry, seconds
from livebom.surfaces import Hashing, Looked, Nearby

FORGOTTEN = timedelta(days=7)
"""A collector that handed over nothing for so long is not missed any more."""
HASHING = 60.0
"""Seconds of one look in which files of models are read."""
_COLLECTORS = 16
"""Names that are remembered."""


def briefly(how: Hashing) -> Hashing:
    """The same for one of many looks, so that what starts meanwhile is seen; the next one goes on."""
    return replace(how, seconds=min(how.seconds, HASHING))


class _Held(Struct, frozen=True):
    """The newest that a collector handed over."""

    handed: HandedOver
    at: datetime
    running: float
    """By the clock that nobody sets."""


class Near:
    """Belongs to the event loop's thread."""

    def __init__(self, seen: Mapping[str, datetime]) -> None:
        """`seen` is when each collector handed over something last, as it outlived the process."""
        self.rhythm = Rhythm()
        self.watchers = Watchers(self._heard)
        self.seen = dict(seen)
        self.events = 0
        """What was heard until now."""
        self._held: dict[str, _Held] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def begin(self) -> None:
        """Take what is heard from now on; called in the event loop."""
        self._loop = asyncio.get_running_loop()

    def end(self) -> None:
        """Listen to nothing any more."""
        self._loop = None
        self.watchers.stop()

    def take(self, handed: HandedOver, moment: Moment) -> None:
        """It takes the place of what that collector handed over before. Raises ValueError for one too many."""
        if handed.collector not in self.seen and len(self.seen) >= _COLLECTORS:
            raise ValueError(f"more than {_COLLECTORS} collectors")
        self._held[handed.collector] = _Held(handed, moment.wall, moment.running)
        self.seen[handed.collector] = moment.wall
        self.rhythm.wake()

    def given(self, entry: LocalEntry, moment: Moment) -> Nearby:
        """What collectors told that is not too old; of the others, that they told nothing."""
        looked: list[Looked] = []
        stock = None
        for one in self.collectors(entry, moment):
            held = self._held.get(one.name)
            if one.counts and held is not None:
                looked += held.handed.looked
                stock = held.handed.stock or stock
            else:
                words = f"the collector {one.name} handed over nothing since {one.at:%Y-%m-%d %H:%M} UTC"
                looked.append(Looked(source=f"collector {one.name}", not_seen=(words,), complete=False))
        return Nearby(looked=tuple(looked), stock=stock)

    def collectors(self, entry: LocalEntry, moment: Moment) -> tuple[CollectorStatus, ...]:
        """Every collector that there was lately."""
        for name, at in list(self.seen.items()):
            if moment.wall - at > FORGOTTEN:
                del self.seen[name]
                self._held.pop(name, None)
        return tuple(self._standing(name, at, entry, moment) for name, at in sorted(self.seen.items()))

    def _standing(self, name: str, at: datetime, entry: LocalEntry, moment: Moment) -> CollectorStatus:
        held = self._held.get(name)
        limit = seconds(entry.stale_after)
        if held is None:  # before this process began
            return CollectorStatus(name=name, at=at, counts=False, missed=moment.wall - at > timedelta(seconds=limit))
        handed = held.handed
        fresh = moment.running - held.running <= limit
        whole = all(one.complete for one in handed.looked) and (handed.stock is None or handed.stock.complete)
        return CollectorStatus(
            name=name,
            at=at,
            counts=fresh,
            missed=not fresh,
            complete=whole,
            workloads=sum(len(one.workloads) for one in handed.looked),
        )

    def anything(self, entry: LocalEntry, moment: Moment) -> bool:
        """Whether there is something to look at."""
        return bool(entry.sources or entry.kubernetes) or any(one.counts for one in self.collectors(entry, moment))

    def _heard(self) -> None:
        """Called by the threads that listen."""
        loop = self._loop
        if loop is not None:
            with suppress(RuntimeError):  # the loop is closed: the daemon has ended
                loop.call_soon_threadsafe(self._woken)

    def _woken(self) -> None:
        self.events += 1
        self.rhythm.wake(again=True)
