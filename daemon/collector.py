"""The life of a collector: it looks at this host with rights of its own, listens, and hands over what it saw."""

import asyncio
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import msgspec
import structlog
from anyio import to_thread
from msgspec.structs import replace

from daemon.client import Denied, NoDaemon, client_of
from daemon.handed import SIZE, HandedOver, TakenOver
from daemon.near import briefly
from daemon.notify import Manager
from daemon.rhythm import Rhythm
from daemon.schedule import blackout, held
from daemon.watching import Watchers
from livebom.bom.text import safe_text
from livebom.settings import Settings, seconds
from livebom.surfaces import Local, Nearby, hashing, load_catalog, local

AGAIN = 15.0
"""Seconds after which what could not be handed over is tried again."""
_BEAT = 10.0

_log = structlog.get_logger()


class HandingError(Exception):
    """It was not taken; the text says why and what to do."""


class Collector:
    """One collector; `run` returns when it was told to end."""

    def __init__(self, name: str, sources: Sequence[str], settings: Settings, environment: Mapping[str, str]) -> None:
        """`sources` are those of this host by their names. Raises DataErrors where the fingerprints cannot be read."""
        self.name, self._sources, self._settings, self._environment = name, tuple(sources), settings, environment
        self._entry = settings.daemon.local
        self._quiet = tuple(blackout(one) for one in self._entry.quiet_hours)
        self._catalog = load_catalog()
        self._manager = Manager(environment)
        self._rhythm = Rhythm()

    async def run(self) -> None:
        """Look and hand over until SIGTERM or SIGINT; what cannot be handed over is looked at anew a little later."""
        loop = asyncio.get_running_loop()
        watchers = Watchers(partial(self._heard, loop))
        try:
            async with anyio.create_task_group() as group:
                with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
                    group.start_soon(self._beat)
                    group.start_soon(self._look_on, watchers)
                    self._manager.ready()
                    async for _ in signals:
                        break
                group.cancel_scope.cancel()
        finally:
            watchers.stop()
            self._manager.stopping()
            self._manager.close()

    async def once(self) -> bool:
        """Look once and hand over; whether everything was seen. Raises HandingError."""
        near = await self._local().look()
        await self._hand_over(near)
        return near.complete

    def _heard(self, loop: asyncio.AbstractEventLoop) -> None:
        """Called by the threads that listen."""
        with suppress(RuntimeError):  # the loop is closed: it has ended
            loop.call_soon_threadsafe(partial(self._rhythm.wake, again=True))

    async def _beat(self) -> None:
        while True:
            self._manager.alive()
            await anyio.sleep(min((self._manager.watchdog or 2 * _BEAT) / 2, _BEAT))

    async def _look_on(self, watchers: Watchers) -> None:
        while True:
            await self._rhythm.due(seconds(self._entry.every), seconds(self._entry.jitter))
            began = anyio.current_time()
            here = self._local()
            watchers.keep(here.sources)
            near = await here.look()
            self._rhythm.done(anyio.current_time() - began)
            try:
                taken = await self._hand_over(near)
            except HandingError as error:
                self._rhythm.next = anyio.current_time() + AGAIN
                _log.warning("not handed over", why=safe_text(str(error), 500))
                self._manager.status(f"not handed over: {error}")
                continue
            words = f"{taken.workloads} workloads and {taken.models} models handed over"
            self._manager.status(words)
            _log.info("handed over", workloads=taken.workloads, models=taken.models, complete=near.complete)

    def _local(self) -> Local:
        quiet = held(datetime.now(UTC), self._quiet) is not None
        how = briefly(hashing(self._settings, self._environment, read=quiet))
        if folder := self._environment.get("STATE_DIRECTORY"):  # of a unit's own (systemd.exec(5))
            how = replace(how, file=Path(folder.partition(":")[0], "weights.hashes"))
        return local(self._catalog, self._sources, hashing=how)

    async def _hand_over(self, near: Nearby) -> TakenOver:
        handed = HandedOver(collector=self.name, looked=near.looked, stock=near.stock)
        return await to_thread.run_sync(self._sent, handed, abandon_on_cancel=True)

    def _sent(self, handed: HandedOver) -> TakenOver:
        client = client_of(self._settings, self._environment)
        if client is None:
            raise HandingError("no daemon runs here; start it with `livebom daemon`, or see docs/daemon.md")
        body = plain(handed)
        if len(body) > SIZE:
            raise HandingError(f"{len(body)} bytes are more than the {SIZE} that a daemon takes")
        try:
            return client.ask("POST", "/v1/workloads", TakenOver, body=msgspec.Raw(body))
        except (Denied, NoDaemon) as error:
            raise HandingError(str(error)) from None


def plain(handed: HandedOver) -> bytes:
    """As JSON; names that are no UTF-8, which Linux lets files have, with a question mark for each such byte."""
    try:
        return msgspec.json.encode(handed)
    except UnicodeEncodeError:
        return msgspec.json.encode(_readable(msgspec.to_builtins(handed)))


def _readable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_readable(name): _readable(its) for name, its in value.items()}
    return [_readable(its) for its in value] if isinstance(value, list | tuple) else value
