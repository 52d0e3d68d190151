"""The thread that the store belongs to: turns are cranked and the store is asked there, and never in the event loop."""

import asyncio
import time
from collections.abc import Callable, Collection, Coroutine
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import structlog
from anyio import CancelScope
from anyio.from_thread import BlockingPortal, start_blocking_portal
from msgspec.structs import replace

from livebom.bom.alerting import Letter
from livebom.bom.report import Report
from livebom.store import Store, StoreBusy, StoreError
from livebom.turn import Turn, crank

LONGEST_WAIT = 60.0
"""Seconds between two attempts to open a store that cannot be opened."""
CALL = 60.0
"""Seconds after which a call that has no answer means that the store is busy or stuck."""

_log = structlog.get_logger()
T = TypeVar("T")


class Storeroom:
    """Keeps one store open in a thread with an event loop of its own; use it as a context manager.

    Turns run in that loop and give way to other calls while they look. Where the store dies, it is closed and opened
    again, at first at once and then more and more rarely; what was written and not committed is carried over.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.trouble = ""
        """Why the store is not open; empty where it is."""
        self.reopened = 0
        self.held = 0
        """Bytes that the store held in memory when the last turn had ended."""
        self.edition = 0
        """Grows with everything that changes what the store tells."""
        self._store: Store | None = None
        self._carried: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
        self._wait, self._again = 0.5, 0.0
        self._tasks: set[asyncio.Future[Any]] = set()

    def __enter__(self) -> Self:
        self._context = start_blocking_portal("asyncio", name="storeroom")
        self._portal: BlockingPortal = self._context.__enter__()
        self._loop = self._portal.call(asyncio.get_running_loop)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._portal.call(self._end)
        finally:
            self._context.__exit__(kind, error, trace)

    @property
    def unflushed(self) -> int:
        """Rows that were taken and are not committed yet."""
        store = self._store
        return sum(map(len, list(store.writer.pending.values()))) + len(store.writer.bodies) if store else 0

    @property
    def open(self) -> bool:
        """Whether the store is open."""
        return self._store is not None

    async def call(self, work: Callable[[Store], T]) -> T:
        """What the work comes to, in the store's thread. Raises StoreError, also while the store cannot be opened."""
        return await self._soon(partial(self._call, work))

    async def write(self, work: Callable[[Store], T]) -> T:
        """The same of work that changes what the store tells."""
        try:
            return await self.call(work)
        finally:
            self.edition += 1

    async def answers(self) -> bool:
        """Whether the thread takes calls; for the self-check. Does not touch the store."""
        await self._soon(lambda: None)
        return True

    async def run(self, work: Callable[[], T], /) -> T:
        """The same of work that finds the store by itself; what `RoomOutbox` needs."""
        return await self.call(lambda _: work())

    def turn(self, turn: Turn) -> "Turning":
        """Begin a turn with the store; its own `store` is none."""
        return Turning(self, turn)

    def soon(self, work: Callable[[], Coroutine[Any, Any, T]]) -> "asyncio.Future[T]":
        """Run a coroutine function in the store's loop."""
        return asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._kept(work()), self._loop))

    def tell(self, work: Callable[[], None]) -> None:
        """Run a function in the store's loop, and do not wait for it."""
        self._loop.call_soon_threadsafe(work)

    def _soon(self, work: Callable[[], T]) -> "asyncio.Future[T]":
        # Not the portal's `start_task_soon`: it waits until the other loop takes the task, and that one settles and
        # publishes for seconds without a pause.
        async def done() -> T:
            return work()

        return self.soon(done)

    async def _kept(self, work: Coroutine[Any, Any, T]) -> T:
        """The same, waited for at the end."""
        if (task := asyncio.current_task()) is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await work

    def _call(self, work: Callable[[Store], T]) -> T:
        store = self.opened()
        try:
            return work(store)
        except StoreError as error:
            self.examine(error)
            raise

    def opened(self) -> Store:
        """The store, opened where it is not; in its own thread only. Raises StoreError."""
        if self._store is not None:
            return self._store
        now = time.monotonic()
        if now < self._again:
            wait = f"it is tried again in {self._again - now:.0f} s"
            raise StoreError(self.path, self.trouble or "it is not open", wait)
        try:
            store = Store.open(self.path, timeout=0.0)
            self._take_over(store)
        except StoreError as error:
            self.trouble, self._again = str(error), now + self._wait
            self._wait = min(2 * self._wait, LONGEST_WAIT)
            _log.warning("store cannot be opened", why=str(error), busy=isinstance(error, StoreBusy))
            raise
        if self.trouble:
            self.reopened += 1
            _log.info("store is open again", path=str(self.path))
        self._store, self.trouble, self._wait, self._again = store, "", 0.5, 0.0
        return store

    def _take_over(self, store: Store) -> None:
        """Write what the dead store had taken and not committed."""
        rows, bodies = self._carried
        try:
            for table, its in rows.items():
                store.writer.put(table, its)
            for digest, (_, body, _) in bodies.items():
                store.writer.put_body(digest, body)
            store.flush()
        except StoreError:
            with suppress(StoreError):
                store.close()
            raise
        self._carried = ({}, {})

    def examine(self, error: StoreError) -> None:
        """After an error: is the store still alive? Where it is not, close it, so that the next call opens it again."""
        store = self._store
        if store is None:
            return
        try:
            store.baselines()
            store.flush()
        except StoreError:
            rows = {table: list(its) for table, its in store.writer.pending.items()}
            self._carried = (rows, dict(store.writer.bodies))
            self._store, self.trouble = None, str(error)
            _log.error("store is closed and will be opened again", why=str(error))
            with suppress(StoreError):
                store.close()

    async def _end(self) -> None:
        self._close()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _close(self) -> None:
        store, self._store = self._store, None
        if store is not None:
            try:
                store.close()
            except StoreError as error:
                _log.error("store could not be closed", why=str(error))


class RoomOutbox:
    """The outbox of whichever store is open; its methods belong into the store's thread."""

    def __init__(self, room: Storeroom) -> None:
        self._room = room

    def head(self, sink: str) -> Letter | None:
        """The oldest letter that waits for the sink."""
        return self._room.opened().outbox.head(sink)

    def sent(self, id_: str, at: datetime) -> None:
        """It was delivered."""
        self._room.opened().outbox.sent(id_, at)

    def failed(self, id_: str, due: datetime | None, told: str) -> None:
        """It was not."""
        self._room.opened().outbox.failed(id_, due, told)

    def bury(self, sinks: Collection[str], told: str) -> int:
        """Give up what waits for a sink that is none of these."""
        return self._room.opened().outbox.bury(sinks, told)

    def forget(self, sent_before: datetime, dead_before: datetime) -> int:
        """Remove what is long done."""
        return self._room.opened().outbox.forget(sent_before, dead_before)


class Turning:
    """A turn on its way in the storeroom; `stop` ends it soon, and leaves it so that it can go on."""

    def __init__(self, room: Storeroom, turn: Turn) -> None:
        self._room = room
        self._scope: CancelScope | None = None
        self._stopped = False
        self.turn = turn
        self._future = room.soon(partial(self._crank, turn))

    async def report(self) -> Report | None:
        """What it came to; None where it was stopped. Raises what `crank` raises."""
        try:
            return await asyncio.shield(self._future)
        finally:
            self._room.edition += 1

    def stop(self) -> None:
        """End it soon."""
        self._room.tell(self._stop)

    def _stop(self) -> None:
        self._stopped = True
        if self._scope is not None:
            self._scope.cancel()

    async def _crank(self, turn: Turn) -> Report | None:
        store = self._room.opened()
        with CancelScope() as self._scope:
            if self._stopped:
                return None
            try:
                return await crank(replace(turn, store=store))
            except StoreError as error:
                self._room.examine(error)
                raise
            except BaseExceptionGroup as group:
                only = _only(group)
                if isinstance(only, StoreError):
                    self._room.examine(only)
                raise only from group
            finally:
                self._flush(store)
        return None

    def _flush(self, store: Store) -> None:
        """Whatever ended the turn, what it took is committed, or carried over where the store died."""
        if self._room.open:
            try:
                store.flush()
                self._room.held = store.held_in_memory
            except StoreError as error:
                self._room.examine(error)


def _only(error: BaseException) -> BaseException:
    """What a task group wrapped, where it is one error."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error
