"""The clocks of this host, and what their disagreement means: a suspended host, or a clock that was set."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from msgspec import Struct

NOTICED = 30.0
"""Seconds of disagreement that are told; less is what a time server corrects all day."""


class Moment(Struct, frozen=True):
    """The three clocks at once."""

    wall: datetime
    """In UTC; anybody may set it."""
    running: float
    """Seconds that this host was awake (CLOCK_MONOTONIC, clock_gettime(2))."""
    elapsed: float
    """Seconds that passed, asleep ones too (CLOCK_BOOTTIME)."""


Clock = Callable[[], Moment]


def here() -> Moment:
    """The clocks of this host now."""
    return Moment(datetime.now(UTC), time.monotonic(), time.clock_gettime(time.CLOCK_BOOTTIME))


class Jump(Struct, frozen=True):
    """What happened to time between two moments."""

    asleep: float = 0.0
    """Seconds."""
    set_by: float = 0.0
    """Seconds forward; negative is back."""

    @property
    def words(self) -> str:
        """In one line; empty where nothing happened."""
        said = []
        if self.asleep:
            said.append(f"this host was suspended for {span(self.asleep)}")
        if self.set_by:
            said.append(f"its clock was set {'forward' if self.set_by > 0 else 'back'} by {span(abs(self.set_by))}")
        return " and ".join(said)


def jump(before: Moment, after: Moment) -> Jump:
    """What the clocks say of the time between."""
    elapsed = after.elapsed - before.elapsed
    asleep = elapsed - (after.running - before.running)
    moved = (after.wall - before.wall).total_seconds() - elapsed
    return Jump(asleep if asleep > NOTICED else 0.0, moved if abs(moved) > NOTICED else 0.0)


def span(seconds: float) -> str:
    """A length of time for people: `2 d 3 h`, `4 min`, `12 s`."""
    whole = round(seconds)
    days, hours, minutes = whole // 86400, whole // 3600 % 24, whole // 60 % 60
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min" if minutes else f"{whole} s"
