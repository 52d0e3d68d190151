"""When sweeps are due: the arithmetic of intervals, crontab lines, jitter and blackouts, and nothing of the clock."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import islice
from zoneinfo import ZoneInfo

from msgspec import Struct

from daemon.cron import Cron, read_cron
from livebom.settings import BlackoutEntry, ScheduleEntry, seconds

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
COUNTED = 1000
"""Missed runs are counted no further."""
_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOPS = 64
"""Blackouts that may follow one another without a minute between them."""


class Blackout(Struct, frozen=True):
    """Hours of the week in which nothing is swept."""

    days: frozenset[int]
    """On which it begins; 0 is Monday."""
    begins: timedelta
    """After midnight."""
    length: timedelta
    zone: ZoneInfo
    reason: str

    def end(self, moment: datetime) -> datetime | None:
        """When the blackout that lies over the moment ends, in UTC; None where none does."""
        local = moment.astimezone(self.zone)
        ends = []
        for back in (1, 0):
            midnight = (local - timedelta(days=back)).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
            if midnight.weekday() in self.days:
                begin = (midnight + self.begins).astimezone(UTC)
                end = (midnight + self.begins + self.length).astimezone(UTC)
                if begin <= moment < end:
                    ends.append(end)
        return max(ends, default=None)


class Schedule(Struct, frozen=True, kw_only=True):
    """One schedule, ready to be asked."""

    name: str
    every: timedelta | None = None
    cron: Cron | None = None
    zone: ZoneInfo
    jitter: timedelta = timedelta()
    blackouts: tuple[Blackout, ...] = ()
    seed: str = ""
    """Tells the jitter of this scanner from that of another."""

    def late(self, slot: datetime) -> timedelta:
        """How much later than its slot a run begins: always the same for the same slot, less than `jitter`."""
        text = f"{self.seed}\0{self.name}\0{slot.isoformat()}".encode()
        return self.jitter * (int.from_bytes(blake2b(text, digest_size=4).digest()) / 2**32)

    def slots(self, after: datetime) -> Iterator[datetime]:
        """The moments it was written for, without jitter, later than that one."""
        if self.cron is not None:
            yield from self.cron.after(after, self.zone)
        elif self.every is not None:
            slot = EPOCH + ((after - EPOCH) // self.every + 1) * self.every
            while True:
                yield slot
                slot += self.every

    def due(self, after: datetime) -> Iterator[datetime]:
        """When its runs begin, jitter included, later than that moment and in order."""
        waiting: list[datetime] = []
        for slot in self.slots(after - self.jitter):
            ready = sorted(one for one in waiting if one <= slot)
            yield from (one for one in ready if one > after)
            waiting = [one for one in waiting if one > slot]
            waiting.append(slot + self.late(slot))
        yield from sorted(one for one in waiting if one > after)

    def next(self, after: datetime) -> datetime | None:
        """When its next run begins: always later than that moment, in no blackout; None where it never does."""
        first = next(self.due(after), None)
        return None if first is None else clear(first, self.blackouts)

    def missed(self, after: datetime, until: datetime) -> int:
        """How many runs were due later than the one moment and not later than the other, `COUNTED` at most."""
        found = 0
        for one in islice(self.due(after), COUNTED):
            if one > until:
                break
            found += 1
        return found


def clear(moment: datetime, blackouts: Sequence[Blackout]) -> datetime | None:
    """The first moment from that one on which lies in no blackout; None where there is none for as long as matters."""
    for _ in range(_HOPS):
        end = held(moment, blackouts)
        if end is None:
            return moment
        moment = end[0]
    return None


def held(moment: datetime, blackouts: Sequence[Blackout]) -> tuple[datetime, str] | None:
    """Until when nothing may be swept, and why; None where a sweep may go on."""
    ends = [(end, one.reason) for one in blackouts if (end := one.end(moment)) is not None]
    return max(ends, default=None)


def blackout(entry: BlackoutEntry) -> Blackout:
    """The settings' row, ready to be asked. Raises ZoneInfoNotFoundError for a zone that is not known."""
    begins, ends = (timedelta(hours=int(text[:2]), minutes=int(text[3:])) for text in (entry.begins, entry.ends))
    return Blackout(
        days=frozenset(_WEEK.index(day) for day in entry.days),
        begins=begins,
        length=ends - begins if ends > begins else ends - begins + timedelta(days=1),
        zone=ZoneInfo(entry.zone),
        reason=entry.reason,
    )


def schedule(name: str, entry: ScheduleEntry, everywhere: Sequence[BlackoutEntry] = (), seed: str = "") -> Schedule:
    """The settings' row, ready to be asked. Raises CronError, ZoneInfoNotFoundError."""
    return Schedule(
        name=name,
        every=timedelta(seconds=seconds(entry.every)) if entry.every else None,
        cron=read_cron(entry.cron) if entry.cron else None,
        zone=ZoneInfo(entry.zone),
        jitter=timedelta(seconds=seconds(entry.jitter)),
        blackouts=tuple(blackout(one) for one in (*everywhere, *entry.blackouts)),
        seed=seed,
    )
