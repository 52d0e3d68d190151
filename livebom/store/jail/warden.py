"""The caller's side of the jail: queries queue for a keeper, and of an answer only its form is believed."""

import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from select import POLLIN, poll
from threading import BoundedSemaphore, Lock
from types import TracebackType
from typing import Any, Self

import msgspec
from msgspec import Struct

from livebom.store.errors import StoreError
from livebom.store.jail.wire import (
    Ended,
    Given,
    Limits,
    Refused,
    Request,
    encode,
    ended_of,
    receive,
    reply_of,
    row_of,
    send,
)

_HERE = Path(__file__).resolve().parent
_GRACE = 3.0
"""Seconds beyond the deadline until the keeper itself counts as stuck."""


class SqlError(Exception):
    """The query has no answer; the text says why, and quotes the query: make it safe before it is shown."""


class Selected(Struct, frozen=True, kw_only=True):
    """The rows of a query, in its order.

    A value that JSON has no form for (a time, a UUID, a decimal, a number beyond 64 bits) is the text that DuckDB would
    cast back to `types`; bytes are bytes. Names and texts are as they came, not escaped.
    """

    columns: tuple[str, ...]
    types: tuple[str, ...]
    """DuckDB's names: VARCHAR, TIMESTAMP, INTEGER[] …"""
    rows: tuple[tuple[Any, ...], ...]
    cut: bool
    """Whether there were more rows than the limits allow."""
    as_of: datetime
    """When the snapshot was published."""
    seconds: float


def select(path: Path, text: str, limits: Limits = Limits(), parameters: Given = {}) -> Selected:  # noqa: B006,B008 - frozen, never written
    """The answer of that snapshot to one SELECT with `$name` parameters, from a process that ends with it.

    Raises SqlError for anything but one SELECT, for one that fails, and for one that takes more than the limits;
    StoreError where there is no snapshot. Who asks often holds a `Jail` open, which answers several times faster.
    """
    with Jail(at_once=1) as jail:
        return jail.select(path, text, limits, parameters)


class Jail:
    """Where SQL of anybody's runs; any number of threads may ask, and `at_once` of them are answered at a time."""

    def __init__(self, at_once: int = 2) -> None:
        self._turns = BoundedSemaphore(at_once)
        self._lock = Lock()
        self._idle: list[_Keeper] = []
        self._waiting = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the keepers that wait; the jail can be used again."""
        with self._lock:
            idle, self._idle = self._idle, []
        for keeper in idle:
            keeper.close()

    def select(self, path: Path, text: str, limits: Limits = Limits(), parameters: Given = {}) -> Selected:  # noqa: B006,B008 - as above
        """As the function of that name; the time spent in the queue is not within the limits."""
        try:
            as_of = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        except OSError as error:
            raise StoreError(
                path, f"no snapshot ({error.strerror})", "run a sweep first, or name another store"
            ) from error
        request = Request(str(path.resolve()), text, dict(parameters), limits)
        with self._keeper() as keeper:
            began = time.monotonic()
            ended = keeper.ask(request)
            return _selected(ended, limits, as_of, time.monotonic() - began)

    @contextmanager
    def _keeper(self) -> Generator["_Keeper"]:
        """A keeper of one's own; one that failed is not used again, and of those that wait one is kept."""
        with self._lock:
            self._waiting += 1
        with self._turns:
            with self._lock:
                self._waiting -= 1
                keeper = self._idle.pop() if self._idle else None
            keeper = keeper or _Keeper()
            try:
                yield keeper
            finally:
                with self._lock:
                    kept = keeper.well and len(self._idle) <= self._waiting
                    if kept:
                        self._idle.append(keeper)
                if not kept:
                    keeper.close()


class _Keeper:
    """One keeper process; it answers one request at a time, and ends when it is closed or we are gone."""

    def __init__(self) -> None:
        self.well = True
        """Whether it can be asked again."""
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-I", "-S", "-X", "utf8", str(_HERE), *_folders()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={},
            start_new_session=True,
            bufsize=0,
        )

    def ask(self, request: Request) -> Ended:
        """How the query ended; the keeper is not well afterwards where it did not say so itself."""
        assert self._process.stdin  # noqa: S101 - for the type checker: both are pipes
        assert self._process.stdout  # noqa: S101
        self.well = False
        try:
            send(self._process.stdin.fileno(), encode(request))
            answers = self._process.stdout.fileno()
            waiting = poll()
            waiting.register(answers, POLLIN)
            if not waiting.poll((request.limits.seconds + _GRACE) * 1000):
                return Ended("late")
            frame = receive(answers)
        except OSError:
            frame = None
        if frame is None:
            return Ended("died", status=self._process.poll() or 0)
        self.well = True
        return ended_of(frame)

    def close(self) -> None:
        """End it, and with it a query that still runs."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        if not self.well:
            self._process.kill()
        try:
            self._process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@cache
def _folders() -> list[str]:
    """Where the keeper finds what it needs beside the standard library."""
    found = (find_spec(name) for name in ("_duckdb", "msgspec"))
    origins = [Path(spec.origin) for spec in found if spec is not None and spec.origin]
    return list(dict.fromkeys(str(path.parent if path.stem != "__init__" else path.parents[1]) for path in origins))


def _selected(ended: Ended, limits: Limits, as_of: datetime, seconds: float) -> Selected:
    """The answer of a child that nobody trusts: it must have the right form, or it is none."""
    if ended.how == "late":
        raise SqlError(f"it took longer than {limits.seconds:g} s and was ended; ask for less, or allow more time")
    if ended.how != "answered":
        raise SqlError(f"the process that ran it was lost ({_how(ended)}); ask for less at once")
    try:
        reply = reply_of(ended.body)
        if isinstance(reply, Refused):
            raise SqlError(reply.why)
        rows = tuple(row_of(row) for row in reply.rows)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise SqlError("its answer cannot be read") from error
    width = len(reply.columns)
    if len(reply.types) != width or len(rows) > limits.rows or any(len(row) != width for row in rows):
        raise SqlError("its answer cannot be read")
    return Selected(columns=reply.columns, types=reply.types, rows=rows, cut=reply.cut, as_of=as_of, seconds=seconds)


def _how(ended: Ended) -> str:
    if ended.how == "long":
        return "it sent more than it may"
    return f"signal {-ended.status}" if ended.status < 0 else f"exit code {ended.status}"
