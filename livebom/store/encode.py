"""Between the graph's values and the columns: UTC times, JSON texts, and digests of what is claimed."""

import hashlib
from datetime import UTC, datetime
from typing import Any

import msgspec

from livebom.bom.parts import Attributes, Value

FOREVER = datetime.max.replace(tzinfo=UTC).replace(tzinfo=None)
"""The moment of "now" in a query: nothing open ends before it."""

_ATTRIBUTES = msgspec.json.Decoder(Attributes)
_LONGEST = 4096
"""Bits of an integer that is still written as a number; Python refuses 4300 digits (`sys.set_int_max_str_digits`)."""


def column_time(at: datetime) -> datetime:
    """A time as the columns hold it: UTC without a zone. Raises ValueError where the time names no zone."""
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} names no time zone")
    return (at if at.tzinfo is UTC else at.astimezone(UTC)).replace(tzinfo=None)


def graph_time(at: datetime) -> datetime:
    """A column's time as the graph holds it."""
    return at.replace(tzinfo=UTC)


def text(value: str) -> str:
    """The text with half surrogate pairs, which UTF-8 cannot hold, as `?`; a target's JSON can contain them."""
    return value if value.isascii() else value.encode("utf-8", "replace").decode()


def json_text(value: Any) -> str:
    """The value as JSON; half surrogates become `?`, and integers of thousands of digits hexadecimal text."""
    return _json(value).decode()


def _json(value: Any) -> bytes:
    try:
        return msgspec.json.encode(value)
    except ValueError:  # of which UnicodeEncodeError is one
        return msgspec.json.encode(_tamed(msgspec.to_builtins(value)))


def _tamed(value: Any) -> Any:
    if isinstance(value, str):
        return text(value)
    if isinstance(value, dict):
        return {text(str(key)): _tamed(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_tamed(item) for item in value]
    if isinstance(value, int) and value.bit_length() > _LONGEST:
        return hex(value)
    return value


def attributes_of(stored: str) -> Attributes:
    """The claims of a stored JSON text."""
    return _ATTRIBUTES.decode(stored)


def digests(attributes: Attributes) -> tuple[bytes, bytes]:
    """Two digests, both blind to times: of the values claimed, and of who claims them and how surely.

    128 bits of BLAKE2b, so that a target cannot make two states of itself look like one.
    """
    values: list[tuple[Value, ...]] = []
    claimed: list[tuple[str, ...]] = []
    for name in sorted(attributes):
        said = attributes[name]
        if len(said) == 1:
            values.append((name, said[0].value))
            claimed.append((said[0].surface, said[0].source, said[0].confidence))
        else:
            told = sorted((json_text(claim.value), claim.surface, claim.source, claim.confidence) for claim in said)
            distinct = sorted({words[0] for words in told})
            values.append((name, said[0].value) if len(distinct) == 1 else (name, *distinct))
            claimed += told
    return _digest(values), _digest(claimed)


def _digest(value: Any) -> bytes:
    return hashlib.blake2b(_json(value), digest_size=16).digest()
