"""What passes between a caller, the keeper of the jail and the child that runs the query: msgpack behind its length."""

import os
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

Given = Mapping[str, str | int | float | bool | None]
"""Parameter to value: `$name` in the query."""

_HEAD = 8
"""Bytes of a frame's length, big-endian."""
_CHUNK = 1 << 20


class Limits(Struct, frozen=True, kw_only=True):
    """What one query may take."""

    seconds: float = 10.0
    """From the moment the child starts to the last byte of its answer; of the clock and of the processor alike."""
    rows: int = 10_000
    """More of them are cut off."""
    size: int = 16 << 20
    """Bytes of the answer as it is carried; what goes beyond is cut off, by whole rows."""
    memory: int = 256 << 20
    """Bytes that DuckDB may use."""
    room: int = 1 << 30
    """Bytes of address space of the whole child: what DuckDB forgets to count ends here."""


class Request(Struct, frozen=True):
    """One query for one child."""

    path: str
    text: str
    parameters: dict[str, str | int | float | bool | None]
    limits: Limits


class Answered(Struct, frozen=True, tag="answered"):
    """The rows as the child found them, each one encoded by itself."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    """DuckDB's names."""
    rows: tuple[msgspec.Raw, ...]
    cut: bool


class Refused(Struct, frozen=True, tag="refused"):
    """Why there are no rows, in words for the one who asked."""

    why: str


class Ended(Struct, frozen=True):
    """How the child ended, as its keeper saw it."""

    how: str
    """`answered`, `late`, `long` (more bytes than it may send) or `died`."""
    body: bytes = b""
    """What it sent: an `Answered` or a `Refused`."""
    status: int = 0
    """Its exit code, or minus the signal that ended it."""


Reply = Answered | Refused

encode = msgspec.msgpack.Encoder().encode
request_of = msgspec.msgpack.Decoder(Request).decode
ended_of = msgspec.msgpack.Decoder(Ended).decode
reply_of = msgspec.msgpack.Decoder(Reply).decode
row_of = msgspec.msgpack.Decoder(tuple[Any, ...]).decode


def send(descriptor: int, body: bytes) -> None:
    """Write a frame. Raises OSError where nobody reads."""
    left = memoryview(len(body).to_bytes(_HEAD) + body)
    while left:
        left = left[os.write(descriptor, left[:_CHUNK]) :]


def receive(descriptor: int) -> bytes | None:
    """Read a frame; None where the other end was closed before it was whole."""
    head = _exactly(descriptor, _HEAD)
    return None if head is None else _exactly(descriptor, int.from_bytes(head))


def _exactly(descriptor: int, count: int) -> bytes | None:
    parts: list[bytes] = []
    while count:
        part = os.read(descriptor, min(count, _CHUNK))
        if not part:
            return None
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
