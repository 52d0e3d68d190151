"""The worker: takes sweeps from the queue, cranks them, holds and ends them, and lets other sources in between."""

import asyncio
import gc
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import anyio
import structlog
from anyio import to_thread
from anyio.abc import TaskGroup
from msgspec.structs import replace

from daemon.collecting import abandon, service_event, standing
from daemon.desk import Desk
from daemon.planning import PlanError, Planned, plan
from daemon.planning_local import plan_local
from daemon.queue import Ask
from daemon.storeroom import Turning
from daemon.wire import Event, Progressed, Sweep, SweepState
from livebom.bom.report import Report
from livebom.bom.service import Service
from livebom.bom.text import safe_text
from livebom.store import PastSweep, StoreError
from livebom.surfaces import Nearby
from livebom.turn import ResumeError

Hook = Callable[[Desk], Awaitable[None]]
"""What is called between sweeps: after each one, and every `IDLE` seconds while none runs, and no sweep begins until it
returns. An error of theirs is told and stops nothing else."""

IDLE = 60.0
_LOOK = 2.0
"""Seconds between two looks at the queue while nothing is said: for blackouts and waits that end."""
_PROGRESS = 0.5
_CANCEL = "cancel"
_ENDLESS = 1_000_000
"""Attempts where the store is what fails: until it is mended."""

_log = structlog.get_logger()


class Worker:
    """Runs until cancelled; `stop` ends what runs, so that it goes on after a restart."""

    def __init__(self, desk: Desk, hooks: Sequence[Hook] = ()) -> None:
        self.desk, self.hooks = desk, hooks
        self.turnings: dict[str, Turning | None] = {}
        """None while it is planned."""
        self.reasons: dict[str, str] = {}
        """Why a sweep is being stopped: `_CANCEL`, or in words what holds it."""
        self.moved = 0.0
        """When a sweep was last seen to get on, in seconds of the running clock; for the self-check."""
        self.over = anyio.Event()
        """Nothing runs any more, and nothing will."""
        self._hooked = 0.0

    async def run(self) -> None:
        """Work."""
        async with anyio.create_task_group() as group:
            while not self.desk.stopping:
                self.desk.news = anyio.Event()
                self._hold()
                self._begin(group)
                if not self.turnings:
                    await self._between()
                if self._next() is None:
                    with anyio.move_on_after(_LOOK):
                        await self.desk.news.wait()
            self._stop_all()
        self.over.set()

    def cancel(self, sweep: Sweep, by: str) -> None:
        """End the sweep for good: at once where it waits, soon where it runs."""
        said = f"cancelled by {by}"
        if sweep.id in self.turnings:
            self.reasons[sweep.id] = _CANCEL
            self.desk.stand(replace(sweep, said=said))
            if (turning := self.turnings[sweep.id]) is not None:
                turning.stop()
        else:
            self.desk.stand(replace(sweep, state=SweepState.CANCELLED, ended_at=self.desk.now, said=said))
            self.desk.counts[f"{_kind(sweep)} cancelled"] += 1
            self._hooked = 0.0
        self.desk.wake()

    def _stop_all(self) -> None:
        for id_, turning in self.turnings.items():
            self.reasons.setdefault(id_, "the daemon ended; it goes on when it starts again")
            if turning is not None:
                turning.stop()

    @property
    def _at_once(self) -> int:
        return self.desk.configuration.settings.daemon.at_once

    def _next(self) -> Sweep | None:
        now = self.desk.now
        return self.desk.queue.first(
            now, lambda one: one.id not in self.turnings and self._room(one) and not self.desk.holding(one, now)
        )

    def _room(self, sweep: Sweep) -> bool:
        """Whether another one of its kind may go on: a look at this host waits for no sweep of the network."""
        local = sweep.request.local
        same = sum(self.desk.queue.sweeps[id_].request.local is local for id_ in self.turnings)
        return same < (1 if local else self._at_once)

    def _begin(self, group: TaskGroup) -> None:
        while (sweep := self._next()) is not None:
            self.desk.stand(
                replace(
                    sweep,
                    state=SweepState.RUNNING,
                    begun_at=sweep.begun_at or self.desk.now,
                    attempts=sweep.attempts + 1,
                    not_before=None,
                    progress=Progressed(),
                )
            )
            if not self.turnings or not sweep.request.local:
                self.moved = self.desk.moment.running
            self.turnings[sweep.id] = None
            group.start_soon(self._run, sweep.id)

    def _hold(self) -> None:
        """Stop what may not go on now: a blackout began, or a pause."""
        now = self.desk.now
        for id_, turning in self.turnings.items():
            why = self.desk.holding(self.desk.queue.sweeps[id_], now)
            if why and id_ not in self.reasons:
                self.reasons[id_] = why
                if turning is not None:
                    turning.stop()

    async def _run(self, id_: str) -> None:
        began = self.desk.moment.elapsed
        try:
            await self._attempt(id_)
        except PlanError as error:
            self._failed(id_, str(error), hopeless=True)
        except ResumeError as error:
            await self._anew(id_, str(error))
        except StoreError as error:
            self._failed(id_, str(error), hopeless=False, attempts=_ENDLESS)
        except Exception as error:  # noqa: BLE001 - the wall: one sweep's failure must not end the daemon
            _log.exception("sweep failed", sweep=id_)
            self._failed(id_, safe_text(f"{type(error).__name__}: {error}", 300), hopeless=False)
        finally:
            self.turnings.pop(id_, None)
            self.reasons.pop(id_, None)
            self._hooked = 0.0
            self.desk.counts["sweep seconds"] += int(self.desk.moment.elapsed - began)
            gc.collect()  # a large sweep leaves tens of megabytes in circles, and nothing soon looks for them
            self.desk.wake()

    async def _attempt(self, id_: str) -> None:
        """One attempt at the sweep, from its beginning or from where it stopped."""
        desk = self.desk
        past = await desk.room.call(partial(standing, id_=id_))
        if isinstance(past, PastSweep):
            self._ended_before(id_, past)
            return
        heard = partial(self._heard, id_, asyncio.get_running_loop())
        planned = await to_thread.run_sync(self._planned, id_, desk.near.given(desk.local, desk.moment), heard)
        if planned.turn.local is not None:
            desk.near.watchers.keep(planned.turn.local.sources)
        for note in planned.notes:
            _log.info("sweep note", sweep=id_, note=note)
        if id_ in self.reasons:
            await self._stopped(id_)
            return
        turning = desk.room.turn(replace(planned.turn, resume=id_ if past else None))
        self.turnings[id_] = turning
        _log.info("sweep resumed" if past else "sweep begun", sweep=id_, by=desk.queue.sweeps[id_].by)
        report = await self._watched(id_, turning)
        if report is None:
            await self._stopped(id_)
        else:
            self._ended(id_, report)

    def _planned(self, id_: str, given: Nearby, heard: Callable[[Service], None]) -> Planned:
        desk = self.desk
        sweep = desk.queue.sweeps[id_]
        if sweep.request.local:
            return plan_local(sweep, desk.configuration, desk.catalogs, desk.environment, given, heard)
        return plan(sweep, desk.configuration, desk.catalogs, desk.environment, heard)

    async def _watched(self, id_: str, turning: Turning) -> Report | None:
        """The turn's report, its progress told meanwhile."""
        report: Report | None = None
        error: Exception | None = None
        async with anyio.create_task_group() as group:
            group.start_soon(self._progress, id_, turning)
            try:
                report = await turning.report()
            except Exception as caught:  # noqa: BLE001 - raised again, out of the group
                error = caught
            group.cancel_scope.cancel()
        if error is not None:
            raise error
        return report

    async def _progress(self, id_: str, turning: Turning) -> None:
        last = Progressed()
        while True:
            await anyio.sleep(_PROGRESS)
            its, tally = turning.turn.progress, turning.turn.progress.tally
            now = Progressed(
                planned=its.planned, tried=tally.tried, open=tally.open, talked=its.finished, requests=its.asked
            )
            if now != last:
                self.desk.counts["tried"] += max(0, now.tried - last.tried)
                self.desk.counts["asked"] += max(0, now.requests - last.requests)
                self.moved, last = self.desk.moment.running, now
                self.desk.progressed(id_, replace(self.desk.queue.sweeps[id_], progress=now))

    def _heard(self, id_: str, loop: asyncio.AbstractEventLoop, service: Service) -> None:
        """A service was talked to; called in the storeroom, told in the event loop."""
        if self.desk.events.listening:
            loop.call_soon_threadsafe(self.desk.events.tell, service_event(id_, service, self.desk.now))

    def _ended(self, id_: str, report: Report) -> None:
        desk = self.desk
        changes = report.changes.changes if report.changes else ()
        for change in changes:
            desk.events.tell(Event(event="change", at=report.ended, sweep=id_, change=change))
            desk.counts[f"changes {change.severity}"] += 1
        sweep = desk.queue.sweeps[id_]
        local = sweep.request.local
        desk.counts[f"{_kind(sweep)} {'complete' if report.complete else 'incomplete'}"] += 1
        why = f"not complete: {report.not_seen[0]}" if local and report.not_seen else "it was not complete"
        desk.stand(
            replace(
                sweep,
                state=SweepState.DONE,
                ended_at=report.ended,
                complete=report.complete,
                counts=report.counts,
                changes=dict(Counter(one.severity.value for one in changes)),
                said="" if report.complete else safe_text(why, 300),
                progress=None,
            )
        )
        desk.policy_news.set()
        if not local:  # what it heard may be in a container of this host
            desk.near.rhythm.wake()
        _log.info("sweep ended", sweep=id_, complete=report.complete, changes=len(changes), **report.counts)

    def _ended_before(self, id_: str, past: PastSweep) -> None:
        """It had ended when the process died, and only that was not written down here."""
        self.desk.stand(
            replace(
                self.desk.queue.sweeps[id_],
                state=SweepState.DONE,
                ended_at=past.ended_at,
                complete=past.complete,
                counts=past.tally,
                said="",
                progress=None,
            )
        )

    async def _stopped(self, id_: str) -> None:
        """It was stopped: for good, or until it may go on."""
        why = self.reasons.get(id_, "it was stopped")
        sweep = self.desk.queue.sweeps[id_]
        if why == _CANCEL:
            await self.desk.room.write(partial(abandon, whys={id_: sweep.said}, now=self.desk.now))
            self.desk.counts[f"{_kind(sweep)} cancelled"] += 1
            self.desk.stand(replace(sweep, state=SweepState.CANCELLED, ended_at=self.desk.now, progress=None))
            return
        self.desk.stand(replace(sweep, state=SweepState.HELD, said=why, attempts=sweep.attempts - 1, progress=None))
        _log.info("sweep held", sweep=id_, why=why)

    def _failed(self, id_: str, said: str, *, hopeless: bool, attempts: int = 8) -> None:
        desk = self.desk
        sweep = desk.queue.failed(desk.queue.sweeps[id_], said, desk.now, hopeless=hopeless, attempts=attempts)
        desk.counts[f"{_kind(sweep)} failed"] += sweep.state is SweepState.FAILED
        desk.tell(sweep)
        desk.note(f"sweep {id_[:8]} ({sweep.by}) failed: {said}", sweep=id_)

    async def _anew(self, id_: str, said: str) -> None:
        """What it was to look at is another thing by now: it ends where it is, and a new one takes its place."""
        desk = self.desk
        old = desk.queue.sweeps[id_]
        whys = {id_: "its targets changed while it was held"}
        await desk.room.write(partial(abandon, whys=whys, now=desk.now))
        desk.stand(replace(old, state=SweepState.FAILED, ended_at=desk.now, said=said, progress=None))
        desk.note(f"sweep {id_[:8]} cannot go on, because its targets changed; a new one takes its place")
        desk.order(Ask(request=old.request, by=old.by, anywhere=old.anywhere))

    async def _between(self) -> None:
        """Let the hooks look, after each sweep and now and then."""
        now = self.desk.moment.running
        if self._hooked and now - self._hooked < IDLE:
            return
        self._hooked = now
        await self._finish_cancelled()
        for hook in self.hooks:
            try:
                await hook(self.desk)
            except Exception as error:  # noqa: BLE001 - the wall between sources
                name = getattr(hook, "__name__", "a source")
                self.desk.note(safe_text(f"{name} failed: {type(error).__name__}: {error}", 300))

    async def _finish_cancelled(self) -> None:
        """Sweeps that were cancelled while they were held, or while the store was closed, end in the store too."""
        known = {one.id: one.said for one in self.desk.queue.sweeps.values() if one.state is SweepState.CANCELLED}
        try:
            await self.desk.room.write(partial(abandon, whys=known, now=self.desk.now))
        except StoreError:
            return


def _kind(sweep: Sweep) -> str:
    """As what it is counted."""
    return "looks" if sweep.request.local else "sweeps"
