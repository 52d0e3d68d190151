"""The desk: what the daemon knows and can be told to do, shared by its tasks and those who ask at its socket."""

from collections import Counter, deque
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import anyio
import structlog
from anyio import to_thread

from daemon.clock import Clock, Moment
from daemon.configuration import Configuration, read_configuration
from daemon.events import Broadcast
from daemon.memory import Memory, memory_path, recall, remember
from daemon.near import Near
from daemon.planner import Planner
from daemon.planning import Catalogs
from daemon.queue import Ask, Queue
from daemon.reading import Reader
from daemon.schedule import held
from daemon.storeroom import Storeroom
from daemon.wire import Event, Sweep, SweepState
from livebom.settings import DataError, LocalEntry
from livebom.store import Jail

HAPPENED = 50
"""Things out of the ordinary that are remembered for `status`."""

_log = structlog.get_logger()


class Desk:
    """Belongs to the event loop's thread."""

    def __init__(
        self, configuration: Configuration, flags: Mapping[str, Any], environment: Mapping[str, str], clock: Clock
    ) -> None:
        self.configuration, self._flags, self.environment, self.clock = configuration, flags, environment, clock
        self.refused: tuple[datetime, tuple[str, ...]] | None = None
        """When the last configuration was refused, and why; None where the last one was taken."""
        self.database: Path = configuration.settings.database(environment)
        self.room = Storeroom(self.database)
        self.reader = Reader(self.database)
        self.jail = Jail(at_once=2)
        self.catalogs = Catalogs()
        self.started = clock()
        self.events = Broadcast(lambda: self.now)
        self.counts: Counter[str] = Counter()
        """What is counted for the metrics."""
        self.lag = 0.0
        """Seconds that the event loop was late, at worst, in the last minute."""
        self.writer_lag = 0.0
        """Seconds that the store's thread took to answer the last self-check, or has not answered it for."""
        self.stopping = False
        self.news = anyio.Event()
        """Set where there is something for the worker to look at."""
        self.policy_news = anyio.Event()
        """Set where another policy counts."""
        self.happened: deque[str] = deque(maxlen=HAPPENED)
        self.unkept = ""
        """Why the memory could not be written; empty where it could."""
        self.recall()

    def recall(self) -> None:
        """Remember what the last process knew."""
        memory, trouble = recall(memory_path(self.database))
        self.paused, self.paused_by = memory.paused, memory.paused_by
        self.queue = Queue(memory.sweeps, self.keep)
        self.near = Near(memory.collectors)
        self.planner = Planner(self.configuration.schedules, memory.handled, self.now)
        if trouble:
            self.note(trouble)

    @property
    def now(self) -> datetime:
        """The time of day."""
        return self.moment.wall

    @property
    def moment(self) -> Moment:
        """All clocks."""
        return self.clock()

    @property
    def local(self) -> LocalEntry:
        """What of this host is looked at."""
        return self.configuration.settings.daemon.local

    def note(self, words: str, **more: object) -> None:
        """Something out of the ordinary happened: it is logged, and told by `status`."""
        self.happened.append(f"{self.now:%Y-%m-%d %H:%M} UTC: {words}")
        _log.warning(words, **more)

    def keep(self) -> bool:
        """Write down what must outlive the process; returns whether that was possible."""
        memory = Memory(
            sweeps=tuple(self.queue.sweeps.values()),
            handled=self.planner.handled,
            paused=self.paused,
            paused_by=self.paused_by,
            collectors=self.near.seen,
        )
        try:
            self.database.parent.mkdir(parents=True, exist_ok=True)
            remember(memory_path(self.database), memory)
        except OSError as error:
            if not self.unkept:
                self.note(f"what was ordered cannot be written down: {error.strerror or error}")
            self.unkept = error.strerror or str(error)
            return False
        self.unkept = ""
        return True

    def wake(self) -> None:
        """Let the worker look at the queue now."""
        self.news.set()

    def order(self, ask: Ask) -> tuple[Sweep, bool]:
        """Take an order. Raises what `Queue.add` raises."""
        sweep, new = self.queue.add(ask, self.now)
        if new:
            _log.info("sweep ordered", sweep=sweep.id, by=sweep.by)
            self.tell(sweep)
            self.wake()
        return sweep, new

    def tell(self, sweep: Sweep) -> None:
        """Tell how the sweep stands now."""
        self.events.tell(
            Event(
                event="state",
                at=self.now,
                sweep=sweep.id,
                state=sweep.state,
                said=sweep.said,
                complete=sweep.complete,
                progress=sweep.progress,
            )
        )

    def stand(self, sweep: Sweep) -> Sweep:
        """Keep the sweep as it stands now, and tell it."""
        self.tell(self.queue.put(sweep))
        return sweep

    def pause(self, *, paused: bool, by: str) -> None:
        """Pause all sweeps, or let them go on."""
        self.paused, self.paused_by = paused, by if paused else ""
        self.keep()
        _log.info("paused" if paused else "resumed", by=by)
        self.wake()

    def holding(self, sweep: Sweep, now: datetime) -> str:
        """Why the sweep may not go on now, in words; empty where it may."""
        if self.paused:
            return f"paused by {self.paused_by}" if self.paused_by else "paused"
        name = sweep.by.removeprefix("schedule ")
        schedule = self.configuration.schedules.get(name) if name != sweep.by else None
        its = schedule.blackouts if schedule else self.configuration.blackouts
        found = held(now, its)
        if found is None:
            return ""
        return f"blackout until {found[0]:%Y-%m-%d %H:%M} UTC" + (f": {found[1]}" if found[1] else "")

    async def reload(self) -> tuple[str, ...]:
        """Read the configuration anew; the problems of one that is refused, which changes nothing."""
        try:
            fresh = await to_thread.run_sync(read_configuration, self._flags, self.environment)
        except DataError as error:
            problems = tuple(str(one) for one in error.problems)
            self.refused = (self.now, problems)
            self.note(f"the configuration was refused and the last good one stays: {problems[0]}")
            return problems
        self.take(fresh)
        return ()

    def take(self, fresh: Configuration) -> None:
        """Go by another configuration."""
        old, self.refused = self.configuration, None
        self.configuration = fresh
        self.planner.replace(fresh.schedules, self.now)
        self.catalogs.forget()
        later = [name for name in ("socket", "metrics") if _of(old, name) != _of(fresh, name)]
        if fresh.settings.database(self.environment) != self.database:
            later.append("db")
        if later:
            self.note(f"the new {' and '.join(later)} counts from the next start on")
        self.policy_news.set()
        self.near.rhythm.wake()
        self.keep()
        _log.info("configuration loaded", file=str(fresh.file), schedules=sorted(fresh.schedules))
        self.wake()

    def running(self) -> list[Sweep]:
        """The sweeps that go on."""
        return [one for one in self.queue.sweeps.values() if one.state is SweepState.RUNNING]

    def progressed(self, sweep_id: str, sweep: Sweep) -> None:
        """The sweep is further on; that is told and not kept."""
        self.queue.sweeps[sweep_id] = sweep
        self.events.tell(Event(event="progress", at=self.now, sweep=sweep_id, progress=sweep.progress))


def _of(configuration: Configuration, name: str) -> object:
    return getattr(configuration.settings.daemon, name)
