"""The child: one query in, its rows out, and then it is gone."""

import decimal
import os
import sys
import uuid
from datetime import datetime, timedelta, tzinfo
from types import ModuleType
from typing import Any

import msgspec

from livebom.store.jail import statement, walls
from livebom.store.jail.wire import Answered, Refused, Reply, Request, encode

_BATCH = 64
"""Rows taken at a time, so that few are held as objects."""
_OUT = 3
_DEEPEST = 24

# What DuckDB would load by itself with the first value of its kind, when no file can be opened any more.
_LOADED = (datetime, decimal.Decimal, uuid.UUID)


class _Zone(tzinfo):
    """What DuckDB takes for a zone of pytz, which is no dependency of livebom: here it is always UTC."""

    def utcoffset(self, _: datetime | None) -> timedelta:
        return timedelta()

    def dst(self, _: datetime | None) -> timedelta:
        return timedelta()

    def tzname(self, _: datetime | None) -> str:
        return "UTC"

    def localize(self, at: datetime) -> datetime:
        """The time, said to be UTC."""
        return at.replace(tzinfo=self)


_ZONES = ModuleType("pytz")
_ZONES.timezone = lambda _: _Zone()  # type: ignore[attr-defined]
sys.modules["pytz"] = _ZONES


def serve(request: Request, connection: Any, out: int, keeper: int) -> None:
    """Answer the request on that descriptor, and end the process: this never returns.

    `connection` is one to a database in memory, where the keeper could make it: that is most of the work.
    """
    code = 1
    try:
        walls.leave(out, keeper)
        _write(encode(_reply(request, connection)))
        code = 0
    finally:
        os._exit(code)


def _reply(request: Request, connection: Any) -> Reply:
    limits = request.limits
    try:
        walls.enter(limits.seconds, limits.room)
        connection = connection or statement.founded()
        statement.lock(connection, request.path, limits.memory)
        walls.shut()
        found = statement.run(connection, request.text, request.parameters)
        return _rows(found, limits.rows, limits.size)
    except statement.Refusal as refusal:
        return Refused(str(refusal))
    except OSError as error:  # of what reads the snapshot, DuckDB tells by itself
        return Refused(f"no query can be locked in on this system: {error}")
    except MemoryError:
        return Refused(statement.TOO_LARGE)
    except Exception as error:  # noqa: BLE001 - whatever it is, the one who asked is told and the child ends
        return Refused(statement.said(error, request.path))


def _rows(found: Any, most: int, size: int) -> Answered:
    """Take rows until there are no more, or enough."""
    head = found.description or ()
    rows: list[msgspec.Raw] = []
    took, cut = 0, False
    while not cut and (batch := found.fetchmany(min(_BATCH, most + 1 - len(rows)))):
        for row in batch:
            one = encode([_plain(value) for value in row])
            took += len(one)
            if took > size or len(rows) >= most:
                cut = True
                break
            rows.append(msgspec.Raw(one))
    return Answered(tuple(str(column[0]) for column in head), tuple(str(c[1]) for c in head), tuple(rows), cut)


def _plain(value: Any, depth: int = 0) -> Any:
    """A value as msgpack carries it; what it has no form for goes as the text that DuckDB would cast it to."""
    if value is None or isinstance(value, bool | float | str | bytes):
        return value
    if isinstance(value, int):
        return value if -(1 << 63) <= value < 1 << 63 else str(value)
    if isinstance(value, list | tuple) and depth < _DEEPEST:
        return [_plain(one, depth + 1) for one in value]
    if isinstance(value, dict) and depth < _DEEPEST:
        return {str(key): _plain(one, depth + 1) for key, one in value.items()}
    if isinstance(value, timedelta):
        return f"{value.days} days {value.seconds} seconds {value.microseconds} microseconds"
    return str(value)


def _write(body: bytes) -> None:
    left = memoryview(body)
    while left:
        left = left[os.write(_OUT, left) :]
