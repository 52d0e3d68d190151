"""The keeper: a small process that has everything loaded, forks one child per query, and ends it at the deadline."""

import os
import select
import signal
import time
from typing import Any

from livebom.store.jail import statement
from livebom.store.jail.child import serve
from livebom.store.jail.wire import Ended, encode, receive, request_of, send

_OVERHEAD = 1 << 20
"""Bytes of an answer beside its rows: names and types of columns."""
_CHUNK = 1 << 16
_IN, _OUT = 0, 1


def keep() -> None:
    """Take requests from standard input and answer each on standard output, until that is closed."""
    os.umask(0o077)
    connection = _founded()
    while (frame := receive(_IN)) is not None:
        request = request_of(frame)
        ours, theirs = os.pipe()
        keeper = os.getpid()
        pid = os.fork()
        if pid == 0:
            serve(request, connection, theirs, keeper)
        os.close(theirs)
        ended = _Watch(pid, ours, time.monotonic() + request.limits.seconds, request.limits.size + _OVERHEAD).over()
        os.close(ours)
        send(_OUT, encode(ended))


def _founded() -> Any:
    """A database for the children to inherit; None where it comes with threads, which no child would inherit."""
    connection = statement.founded()
    if len(os.listdir("/proc/self/task")) == 1:  # noqa: PTH208 - nothing else of pathlib is needed here
        return connection
    connection.close()
    return None


class _Watch:
    """One child on its way, until it is dead."""

    def __init__(self, pid: int, answer: int, deadline: float, most: int) -> None:
        self._pid, self._answer, self._deadline, self._most = pid, answer, deadline, most
        self._handle = os.pidfd_open(pid)
        self._body = bytearray()

    def over(self) -> Ended:
        """Its answer, or why there is none; nothing of the child is left then."""
        how = self._read()
        if how != "answered":
            os.kill(self._pid, signal.SIGKILL)
        _, status = os.waitpid(self._pid, 0)
        os.close(self._handle)
        code = os.waitstatus_to_exitcode(status)
        if how == "answered" and code:
            return Ended("late" if code == -signal.SIGXCPU else "died", status=code)
        return Ended(how, bytes(self._body) if how == "answered" else b"", code)

    def _read(self) -> str:
        """Take what it sends until it has ended, or must be."""
        waiting = select.poll()
        for descriptor in (self._answer, self._handle):
            waiting.register(descriptor, select.POLLIN)
        waiting.register(_IN, 0)
        while (left := self._deadline - time.monotonic()) > 0:
            ready = dict(waiting.poll(left * 1000))
            if _IN in ready:  # nobody waits for the answer
                return "late"
            if self._answer in ready:
                part = os.read(self._answer, _CHUNK)
                self._body += part
                if len(self._body) > self._most:
                    return "long"
                if not part:
                    waiting.unregister(self._answer)
            elif self._handle in ready:
                return "answered"
        return "late"
