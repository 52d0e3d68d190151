"""Times as people write them: ISO 8601, `yesterday`, or how long ago."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import click

_AGO = re.compile(r"(\d{1,6})\s*(s|m|h|d|w)(?: ago)?")
_UNIT = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def today(environment: Mapping[str, str]) -> date:
    """The day on which accept rows are held against, in UTC: that of SOURCE_DATE_EPOCH where it is set, else now's.

    Source: reproducible-builds.org, "SOURCE_DATE_EPOCH" (seconds since 1970; what cannot be read is an error).
    """
    told = environment.get("SOURCE_DATE_EPOCH")
    if not told:
        return datetime.now(UTC).date()
    try:
        return datetime.fromtimestamp(int(told), UTC).date()
    except (ValueError, OverflowError, OSError):
        raise click.UsageError("SOURCE_DATE_EPOCH is no number of seconds; unset it, or set it to one") from None


class When(click.ParamType[datetime]):
    """A moment; without an offset it is local time, and `2h` or `3d` is that long ago."""

    name = "time"

    def convert(self, value: str | datetime, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The moment in UTC; fails with what would have been understood."""
        if isinstance(value, datetime):
            return value
        text = value.strip().lower()
        now = datetime.now(UTC)
        if text in {"now", "yesterday"}:
            return now - timedelta(days=text == "yesterday")
        if ago := _AGO.fullmatch(text):
            return now - timedelta(**{_UNIT[ago[2]]: int(ago[1])})
        try:
            return datetime.fromisoformat(value.strip()).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is no time; write 2026-11-21, 2026-11-21T08:00, yesterday, 2h or 3d", param, ctx)
