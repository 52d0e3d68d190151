"""The five fields of a crontab line: what they may say, and which moments of a day they mean; pure."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 7, _DAYS),
)
_ITEM = re.compile(r"(\*|(?P<first>[a-z0-9]+)(?:-(?P<last>[a-z0-9]+))?)(?:/(?P<step>[0-9]{1,2}))?")
_FULL_DAY = frozenset(range(24))
_FURTHEST = 366 * 8 + 2
"""Days until 29 February comes again, over a century that has none."""


class CronError(ValueError):
    """The text is no such line; the error says which field, and what it may hold."""


class Cron(Struct, frozen=True):
    """A line as sets of numbers."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    """0 is Sunday."""
    either: bool
    """Both days are restricted: one of the two is enough (crontab(5))."""

    def means(self, day: date) -> bool:
        """Whether it runs on that date."""
        if day.month not in self.months:
            return False
        by_date, by_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return by_date or by_week if self.either else by_date and by_week

    def moments(self, day: date, zone: ZoneInfo) -> list[datetime]:
        """Its moments on a date of that zone, in UTC and in order.

        Where the clocks go forward, a time that does not exist runs as much later as they jump; where they go back, a
        time that comes twice runs the first time. A line for every hour follows real time instead, in both cases.
        """
        if not self.means(day):
            return []
        every_hour = self.hours == _FULL_DAY
        found: set[datetime] = set()
        for hour in self.hours:
            for minute in self.minutes:
                local = datetime.combine(day, time(hour, minute), zone)
                exists = local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None)
                if exists or not every_hour:
                    found.add(local.astimezone(UTC))
                if exists and every_hour:
                    found.add(local.replace(fold=1).astimezone(UTC))
        return sorted(found)

    def after(self, moment: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        """Its moments later than that one, in UTC and in order; it ends where eight years have none."""
        local = moment.astimezone(zone).date()
        day, idle = max(local, date.min + timedelta(days=2)) - timedelta(days=1), 0
        last = moment
        while idle <= _FURTHEST:
            idle += 1
            for one in self.moments(day, zone):
                if one > last:
                    idle, last = 0, one
                    yield one
            day += timedelta(days=1)


def read_cron(text: str) -> Cron:
    """The line's meaning. Raises CronError for the first field that has none."""
    words = text.lower().split()
    if len(words) != len(_FIELDS):
        raise CronError(
            f"{len(words)} fields instead of 5; write minute, hour, day of the month, month and day of the week, "
            "such as `15 2 * * 1-5`"
        )
    minutes, hours, days, months, weekdays = (_numbers(word, *its) for word, its in zip(words, _FIELDS, strict=True))
    line = Cron(
        minutes=minutes,
        hours=hours,
        days=days,
        months=months,
        weekdays=frozenset(day % 7 for day in weekdays),
        either=not words[2].startswith("*") and not words[4].startswith("*"),
    )
    if not any(line.means(date(2000, 1, 1) + timedelta(days=n)) for n in range(_FURTHEST)):
        raise CronError("there is no such day; correct the day of the month or the month")
    return line


def _numbers(word: str, name: str, low: int, high: int, names: tuple[str, ...]) -> frozenset[int]:
    found: set[int] = set()
    for item in word.split(","):
        hit = _ITEM.fullmatch(item)
        if hit is None:
            raise CronError(f"`{item}` is no {name}; write *, 5, 1-5, */15 or a list of these")
        first = _number(hit["first"], name, low, high, names) if hit["first"] else low
        if hit["last"]:
            last = _number(hit["last"], name, low, high, names)
        else:
            last = first if hit["first"] and not hit["step"] else high
        if last < first:
            raise CronError(f"`{item}` ends before it begins; write the {name} the other way round, or two ranges")
        step = int(hit["step"] or 1)
        if step == 0:
            raise CronError(f"`{item}` has a step of 0; the {name} takes 1 or more")
        found.update(range(first, last + 1, step))
    return frozenset(found)


def _number(text: str, name: str, low: int, high: int, names: tuple[str, ...]) -> int:
    if text[:3] in names and text.isalpha():
        return names.index(text[:3]) + low
    if not text.isdecimal() or not text.isascii() or not low <= int(text) <= high:
        raise CronError(f"`{text}` is no {name}; it is {low} to {high}" + (f" or {names[0]} …" if names else ""))
    return int(text)
