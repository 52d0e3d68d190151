"""Alerts to a file: one line each, appended."""

import fcntl
import os
import stat
from datetime import datetime

import anyio

from livebom.alerts.alert import Alert
from livebom.alerts.carrier import Undelivered
from livebom.alerts.formats import written
from livebom.bom.alerting import File

MODE = 0o640
_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY


class FileCarrier:
    """The way to one file; it is opened by its name for each alert, so what rotates it may simply rename it."""

    def __init__(self, sink: File, origin: str) -> None:
        """`origin` is this host's name."""
        self._sink, self._origin = sink, origin

    async def carry(self, alert: Alert, _at: datetime) -> None:
        """See `Carrier`: delivered when the line is on the disk."""
        line = written(alert, self._sink.format, self._origin).encode() + b"\n"
        try:
            await anyio.to_thread.run_sync(_append, self._sink.path, line, abandon_on_cancel=True)
        except BlockingIOError:
            raise Undelivered(f"{self._sink.path}: another process keeps it locked") from None
        except OSError as error:
            raise Undelivered(f"{self._sink.path}: {error.strerror}") from None


def _append(path: str, line: bytes) -> None:
    """Add the line whole or not at all; half a line of somebody who died stays a line of its own."""
    handle = os.open(path, _FLAGS, MODE)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise Undelivered(f"{path} is no regular file")
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        size = os.fstat(handle).st_size
        broken = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
        try:
            _write(handle, b"\n" + line if broken else line)
            os.fsync(handle)
        except OSError:
            os.ftruncate(handle, size)
            raise
    finally:
        os.close(handle)


def _write(handle: int, data: bytes) -> None:
    while data:
        data = data[os.write(handle, data) :]
