"""The daemon's life: it starts, sweeps by schedule and on demand, answers, watches itself, and ends cleanly."""

import platform
import random
import signal
import socket
from collections.abc import Mapping, MutableMapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import structlog
from anyio.abc import TaskGroup

from daemon.clock import Clock, here, jump
from daemon.configuration import read_configuration
from daemon.control import Control
from daemon.desk import Desk
from daemon.notify import Manager
from daemon.queue import Ask, NotKept, QueueFull
from daemon.retaining import Retention
from daemon.sockets import handed_over, made, removed
from daemon.storeroom import RoomOutbox
from daemon.wire import Sweep, SweepRequest
from daemon.worker import Hook, Worker
from livebom.alerts import Courier, carriers
from livebom.settings import ScheduleEntry, seconds
from livebom.store import StoreError

_BEAT = 0.5
"""Seconds between two measurements of the event loop."""
_MINUTE = 120
"""Of them, those that the worst is told of."""
_TICK = 10.0
"""Seconds after which the clocks are looked at, whatever is due."""
_STUCK = 900.0
"""Seconds without any progress of a sweep that runs, after which it counts as stuck."""
_ANSWER = 600.0
"""Seconds in which the store's thread must answer: it settles and publishes without a pause, 10,000 servers in 20."""
_SOON = 0.1
"""Seconds between two looks at whether a look at this host has ended."""
_END = 8.0
"""Seconds that a sweep gets to end."""

_log = structlog.get_logger()


class Service:
    """One daemon; `run` returns when it was told to end."""

    def __init__(
        self,
        flags: Mapping[str, Any],
        environment: MutableMapping[str, str],
        *,
        hooks: Sequence[Hook] = (),
        clock: Clock = here,
    ) -> None:
        """Reads the configuration whole. Raises DataError where it cannot be used, SocketError for a bad socket.

        `hooks` look between sweeps, see `daemon.worker.Hook`.
        """
        self.manager = Manager(environment)
        self.sockets = handed_over(environment)
        self.desk = Desk(read_configuration(flags, environment), flags, environment, clock)
        self.worker = Worker(self.desk, (Retention(), *hooks))
        self.own: tuple[Path, socket.socket] | None = None
        self._healthy_at = self.desk.moment.running
        self._unreachable = False

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT. Raises SocketError where the control socket cannot be made."""
        self._listen()
        try:
            with self.desk.room, self.desk.jail:
                await self._serve()
        finally:
            for one in self.sockets:
                one.close()
            self.manager.close()

    def _listen(self) -> None:
        if self.sockets:
            return
        daemon = self.desk.configuration.settings.daemon
        path = daemon.socket_path(self.desk.environment)
        one, note = made(path, daemon.socket_group)
        if note:
            self.desk.note(note)
        self.sockets, self.own = [one], (path, one)

    async def _serve(self) -> None:
        control = Control(self.desk, self.worker)
        async with anyio.create_task_group() as group:
            with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT, signal.SIGHUP) as signals:
                group.start_soon(self._measure)
                await group.start(partial(control.serve, self.sockets))
                await self._metrics(control, group)
                await self._open()
                group.start_soon(self._schedule)
                group.start_soon(self._look_here)
                group.start_soon(self._alerts)
                group.start_soon(self._watch)
                self.manager.ready()
                self.manager.status("waiting for the next sweep")
                _log.info(
                    "ready", store=str(self.desk.database), socket=str(self.own[0]) if self.own else "handed over"
                )
                async with anyio.create_task_group() as working:
                    working.start_soon(self.worker.run)
                    await self._obey(signals)
                    await self._end(working)
            group.cancel_scope.cancel()

    async def _metrics(self, control: Control, group: TaskGroup) -> None:
        address = self.desk.configuration.settings.daemon.metrics
        if address is not None:
            try:
                await group.start(partial(control.serve_metrics, address))
            except OSError as error:
                self.desk.note(f"metrics are not told at {address}: {error.strerror or error}")

    async def _open(self) -> None:
        """Open the store and publish it; where that is not possible yet, it is tried again and `status` says so."""
        try:
            await self.desk.room.write(lambda store: store.publish())
        except StoreError as error:
            self.desk.note(f"the store cannot be used yet: {error}")

    async def _obey(self, signals: Any) -> None:
        """Until the first signal that means to end."""
        async for number in signals:
            if number != signal.SIGHUP:
                _log.info("ending", signal=signal.Signals(number).name)
                return
            self.manager.reloading(self.desk.moment.running)
            await self.desk.reload()
            self.manager.ready()

    async def _end(self, working: TaskGroup) -> None:
        """Take no more, let what runs stop where it is, and keep everything."""
        self.desk.stopping = True
        self.manager.stopping()
        self.manager.status("ending")
        self.manager.longer(_END + 5)
        if self.own is not None:
            removed(*self.own)
        self.desk.wake()
        with anyio.move_on_after(_END):
            await self.worker.over.wait()
        if not self.worker.over.is_set():
            _log.warning("a sweep did not end in time; it goes on from its last mark")
        self.desk.keep()
        working.cancel_scope.cancel()

    async def _schedule(self) -> None:
        """Order what is due, once however late it is, and say what the clocks did."""
        desk, before = self.desk, self.desk.moment
        while True:
            now = desk.moment
            if words := jump(before, now).words:
                desk.note(f"{words}; schedules go by the clock as it is now")
            before = now
            for due in desk.planner.due(now.wall):
                if due.words:
                    desk.note(due.words)
                self._order(due.schedule)
            coming = [at for at in desk.planner.coming(now.wall).values() if at is not None]
            wait = min(((at - now.wall).total_seconds() for at in coming), default=_TICK)
            await anyio.sleep(min(max(wait, 0.2), _TICK))

    def _order(self, name: str) -> None:
        entry = self.desk.configuration.settings.daemon.schedules[name]
        try:
            sweep, new = self.desk.order(Ask(request=_request(entry), by=f"schedule {name}", anywhere=True))
        except Exception as error:  # noqa: BLE001 - a full queue or disk: the next run comes
            self.desk.note(f"the run of {name} was not ordered: {type(error).__name__} {error}")
            return
        if not new:
            self.desk.note(f"a run of {name} was left out: the one before ({sweep.id[:8]}) has not ended")
        self.desk.keep()

    async def _look_here(self) -> None:
        """Order looks at this host: soon after something was heard or handed over, and every so often."""
        desk = self.desk
        near = desk.near
        near.begin()
        try:
            while True:
                await near.rhythm.due(seconds(desk.local.every), seconds(desk.local.jitter))
                if not near.anything(desk.local, desk.moment):
                    near.watchers.stop()
                    continue
                sweep = self._ordered_here()
                began = anyio.current_time()
                while sweep is not None and not sweep.state.over:
                    await anyio.sleep(_SOON)
                    sweep = desk.queue.sweeps.get(sweep.id)
                near.rhythm.done(anyio.current_time() - began)
        finally:
            near.end()

    def _ordered_here(self) -> Sweep | None:
        try:
            return self.desk.order(Ask(request=SweepRequest(local=True), by="local", anywhere=True))[0]
        except (QueueFull, NotKept) as error:
            self.desk.note(f"this host is not looked at: {type(error).__name__}")
            return None

    async def _alerts(self) -> None:
        """Deliver alerts by the policy in force; with another policy, or after an error of the store, anew."""
        while True:
            desk, policy = self.desk, self.desk.configuration.policy
            desk.policy_news = anyio.Event()
            if not policy.sinks:
                await desk.policy_news.wait()
                continue
            ways = carriers(policy, desk.environment, platform.node())
            courier = Courier(RoomOutbox(desk.room), ways, run=desk.room.run, chance=random.random)
            async with anyio.create_task_group() as group:
                group.start_soon(self._deliver, courier)
                while desk.configuration.policy is policy:
                    await desk.policy_news.wait()
                    desk.policy_news = anyio.Event()
                    courier.wake()
                group.cancel_scope.cancel()

    async def _deliver(self, courier: Courier) -> None:
        while True:
            try:
                await courier.run()
            except* StoreError as group:
                _log.warning("alerts wait for the store", why=str(group.exceptions[0]))
            await anyio.sleep(5.0)

    async def _measure(self) -> None:
        """How late the event loop is."""
        worst: list[float] = []
        while True:
            before = anyio.current_time()
            await anyio.sleep(_BEAT)
            worst = [*worst[-_MINUTE + 1 :], max(0.0, anyio.current_time() - before - _BEAT)]
            self.desk.lag = max(worst)

    async def _watch(self) -> None:
        """Tell the manager that all is well, only where it is."""
        every = (self.manager.watchdog or 20.0) / 2
        while True:
            said = await self.check()
            if said:
                self.desk.note(f"self-check: {said}")
            else:
                self.manager.alive()
            self._look_at_socket()
            self.manager.status(self._line())
            await anyio.sleep(min(every, 10.0))

    def _look_at_socket(self) -> None:
        """Say once that nobody can ask any more, where the socket's file was removed or replaced."""
        if self.own is None or self._unreachable:
            return
        path = self.own[0]
        try:
            self._unreachable = not path.is_socket()
        except OSError:
            self._unreachable = True
        if self._unreachable:
            self.desk.note(f"the socket {path} was removed, so nobody can ask any more; a restart makes it anew")

    async def check(self) -> str:
        """What is wrong with this process, in words; empty where nothing is. A store that cannot be opened is not."""
        running = self.desk.moment.running
        with anyio.move_on_after(min(_ANSWER, (self.manager.watchdog or _ANSWER) / 4)):
            if await self.desk.room.answers():
                self._healthy_at = running
        self.desk.writer_lag = self.desk.moment.running - running
        if running - self._healthy_at > _ANSWER:
            return "the store's thread does not answer"
        if self.worker.turnings and running - self.worker.moved > _STUCK:
            return "a sweep does not get on"
        return ""

    def _line(self) -> str:
        running = sorted(self.desk.running(), key=lambda one: one.request.local)
        if running and running[0].request.local:
            return "looking at this host"
        if running:
            its = running[0].progress
            return f"sweeping for {running[0].by}" + (f": {its.tried} of {its.planned} tried" if its else "")
        if self.desk.paused:
            return "paused"
        coming = [at for at in self.desk.planner.coming(self.desk.now).values() if at is not None]
        return f"next sweep at {min(coming):%Y-%m-%d %H:%M} UTC" if coming else "waiting for orders"


def _request(entry: ScheduleEntry) -> SweepRequest:
    return SweepRequest(
        groups=entry.groups, ports=entry.ports, servers=entry.servers, pace=entry.pace, priority=entry.priority
    )
