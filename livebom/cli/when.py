"""Times as people write them: ISO 8601, `yesterday`, or how long ago."""

import re
from datetime import UTC, datetime, timedelta

import click

_AGO = re.compile(r"(\d{1,6})\s*(s|m|h|d|w)(?: ago)?")
_UNIT = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


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
