"""Reading forward through the head of a file that may say anything, within caps."""

import os
import time
from collections.abc import Callable

from probes.local.weights.shapes import FormatError

CHUNK = 1 << 18
"""Bytes read at once."""

Read = Callable[[int, int], bytes]
"""Up to so many bytes from an offset; empty at the end."""


def reader(fd: int) -> Read:
    """Reads an open file; its position is neither used nor moved."""
    return lambda count, offset: os.pread(fd, count, offset)


class Cursor:
    """A position in a file of `size` bytes, of which at most the first `cap` are looked at.

    Everything raises FormatError where the file ends too early, the cap is reached or the time is up.
    """

    __slots__ = ("_cap", "_data", "_read", "_start", "_until", "at", "size")

    def __init__(self, read: Read, size: int, cap: int, seconds: float) -> None:
        self._read = read
        self._cap = min(cap, size)
        self._until = time.monotonic() + seconds
        self._data = b""
        self._start = 0
        self.size = size
        self.at = 0

    def take(self, count: int) -> bytes:
        """The next bytes."""
        low = self.at - self._start
        if low + count > len(self._data):
            self._fill(count)
            low = 0
        self.at += count
        return self._data[low : low + count]

    def skip(self, count: int) -> None:
        """Pass over bytes, which are not read."""
        self._check(count)
        self.at += count

    def number(self, width: int, order: str, *, signed: bool = False) -> int:
        """An integer of so many bytes; order is `little` or `big`."""
        return int.from_bytes(self.take(width), "big" if order == "big" else "little", signed=signed)

    def _fill(self, count: int) -> None:
        self._check(count)
        self._data = self._read(max(count, min(CHUNK, self._cap - self.at)), self.at)
        self._start = self.at
        if len(self._data) < count:
            raise FormatError("ends early")

    def _check(self, count: int) -> None:
        if self.at + count > self.size:
            raise FormatError("ends early")
        if self.at + count > self._cap:
            raise FormatError(f"has a header of more than {self._cap} bytes")
        if time.monotonic() > self._until:
            raise FormatError("took too long to read")
