"""Which schedules are due, each missed run told once and none made up for more than once; the clock is handed in."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from daemon.schedule import COUNTED, Schedule, held

BACK = timedelta(seconds=60)
"""A clock that was set back by more makes what is due then due again."""


class Due(Struct, frozen=True):
    """One run that is to begin now."""

    schedule: str
    since: datetime
    """When it was due."""
    missed: int
    """Runs that were due before it and did not begin: this one takes the place of them all."""

    @property
    def words(self) -> str:
        """What was missed, in one line; empty where nothing was."""
        if not self.missed:
            return ""
        many = f"at least {self.missed}" if self.missed >= COUNTED - 1 else f"{self.missed}"
        runs = "run was" if self.missed == 1 else "runs were"
        return f"{many} {runs} missed of {self.schedule} since {self.since:%Y-%m-%d %H:%M} UTC; one takes their place"


class Planner:
    """Remembers up to when each schedule was attended to; `handled` is what outlives the process."""

    def __init__(self, schedules: Mapping[str, Schedule], handled: Mapping[str, datetime], now: datetime) -> None:
        self.schedules: dict[str, Schedule] = {}
        self.handled = dict(handled)
        self.replace(schedules, now)

    def replace(self, schedules: Mapping[str, Schedule], now: datetime) -> None:
        """Take other schedules; those that were there go on where they were, and a new one begins now."""
        self.schedules = dict(schedules)
        self.handled = {name: self.handled.get(name, now) for name in self.schedules}
        self.turned(now)

    def turned(self, now: datetime) -> None:
        """Where the clock was set back, what was attended to later than now is forgotten, or nothing would be due."""
        for name, at in self.handled.items():
            if at - now > BACK:
                self.handled[name] = now

    def due(self, now: datetime) -> list[Due]:
        """The runs that are to begin now, each schedule's once however long nobody asked; in order of their time."""
        self.turned(now)
        found = []
        for name, one in self.schedules.items():
            since = one.next(self.handled[name])
            if since is None or since > now or held(now, one.blackouts):
                continue
            found.append(Due(name, since, max(0, one.missed(self.handled[name], now) - 1)))
            self.handled[name] = now
        return sorted(found, key=lambda due: (due.since, due.schedule))

    def coming(self, now: datetime) -> dict[str, datetime | None]:
        """When each schedule runs next; None where it never does."""
        return {name: one.next(min(self.handled[name], now)) for name, one in self.schedules.items()}
