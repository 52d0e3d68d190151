"""JSON on one line in plain ASCII: no character of a target's name reaches a terminal, a log or a parser as it is."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec


def ascii_json(value: Any) -> str:
    r"""The value as JSON, everything beyond ASCII as `\uXXXX`, half surrogate pairs (RFC 8259 §8.2) as `?`."""
    return json.dumps(_whole(msgspec.to_builtins(value)), separators=(",", ":"))


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_whole(key): _whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return value


def rfc3339(at: datetime) -> str:
    """The time in UTC to the millisecond."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def milliseconds(at: datetime) -> int:
    """Since 1970, in UTC."""
    return int(at.timestamp() * 1000)
