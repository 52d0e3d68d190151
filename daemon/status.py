"""Whether all is well, put together from the desk, the snapshot and the disk."""

import os
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial

import anyio
from msgspec import Struct

from daemon.clock import span
from daemon.desk import Desk
from daemon.schedule import held
from daemon.wire import ConfigStatus, LocalStatus, ScheduleStatus, Status, StoreStatus, Sweep, SweepState
from livebom import __version__
from livebom.answers import unlooked
from livebom.bom.policy import Policy
from livebom.store import Store, StoreError

LOW = 256 << 20
"""Bytes of free disk that are too few."""
LAGGING = 1.0
_LATE = timedelta(minutes=15)
_PATIENCE = 2.0


class Facts(Struct, frozen=True):
    """What the snapshot says."""

    findings: dict[str, int] = {}
    not_looked_at: tuple[str, ...] = ()


async def status(desk: Desk, role: str = "") -> Status:
    """Everything that `livebom status` tells."""
    now = desk.now
    facts, unread = await facts_of(desk)
    store = store_status(desk)
    alerts = await letters(desk)
    sweeps = desk.queue.sweeps.values()
    trouble = [*_trouble(desk, store, now), *unread]
    config = desk.configuration
    over = held(now, config.blackouts)
    coming = desk.planner.coming(now)
    last = {
        name: max((one.asked_at for one in sweeps if one.by == f"schedule {name}"), default=None) for name in coming
    }
    return Status(
        version=__version__,
        well=not trouble,
        trouble=tuple(trouble),
        at=now,
        started_at=desk.started.wall,
        paused=desk.paused,
        held_until=over[0] if over else None,
        running=tuple(desk.running()),
        waiting=desk.queue.waiting(),
        last=desk.queue.last(),
        not_looked_at=facts.not_looked_at,
        schedules=tuple(ScheduleStatus(name=name, next=at, last=last[name]) for name, at in sorted(coming.items())),
        store=store,
        config=ConfigStatus(
            file=str(config.file) if config.file else None,
            loaded_at=config.loaded_at,
            refused_at=desk.refused[0] if desk.refused else None,
            problems=desk.refused[1] if desk.refused else (),
            notes=config.notes,
        ),
        findings=facts.findings,
        alerts=alerts,
        happened=tuple(desk.happened),
        loop_lag=round(desk.lag, 3),
        role=role,
        local=LocalStatus(
            last=desk.queue.last(local=True),
            watched=desk.near.watchers.status,
            collectors=desk.near.collectors(desk.local, desk.moment),
        ),
    )


def store_status(desk: Desk) -> StoreStatus:
    """The store and its disk."""
    try:
        size = desk.reader.path.stat().st_size
    except OSError:
        size = 0
    try:
        disk = os.statvfs(desk.database.parent)
        free = disk.f_bavail * disk.f_frsize
    except OSError:
        free = 0
    return StoreStatus(
        path=str(desk.database),
        open=desk.room.open,
        trouble=desk.room.trouble,
        snapshot_at=desk.reader.published_at(),
        snapshot_bytes=size,
        free_bytes=free,
        unflushed=desk.room.unflushed,
    )


async def facts_of(desk: Desk) -> tuple[Facts, tuple[str, ...]]:
    """What the snapshot says, and in words why it cannot be read."""
    hour = desk.now.replace(minute=0, second=0, microsecond=0)
    work = partial(_facts, policy=desk.configuration.policy, now=hour + timedelta(hours=1))
    try:
        return await desk.reader.ask(work, ("facts", hour, desk.configuration.loaded_at)), ()
    except StoreError as error:
        return Facts(), (f"the snapshot cannot be read: {error.problem}",) if desk.room.open else ()


def _facts(store: Store, policy: Policy, now: datetime) -> Facts:
    found = store.findings(None, policy=policy, today=now.date())
    counts = Counter(one.finding.severity.value for one in found if not one.finding.accepted)
    past = now - timedelta(days=1)
    return Facts(dict(counts), unlooked(store, past, min(now, datetime.now(UTC))))


async def letters(desk: Desk) -> dict[str, int]:
    """Alerts in the outbox, by state; nothing where the store does not answer soon."""
    counts: Counter[str] = Counter()
    with anyio.move_on_after(_PATIENCE):
        try:
            for (_, state), count in (await desk.room.call(lambda store: store.outbox.counts())).items():
                counts[state.value] += count
        except StoreError:
            return {}
    return dict(counts)


def _trouble(desk: Desk, store: StoreStatus, now: datetime) -> list[str]:
    said = []
    if store.trouble:
        said.append(f"the store cannot be used: {store.trouble}")
    if desk.unkept:
        said.append(f"orders cannot be written down: {desk.unkept}")
    if store.free_bytes < LOW:
        said.append(f"{store.free_bytes >> 20} MiB are free on the store's disk")
    if desk.refused:
        said.append(f"the configuration of {desk.refused[0]:%Y-%m-%d %H:%M} UTC was refused: {desk.refused[1][0]}")
    if desk.paused:
        said.append(f"sweeps are paused by {desk.paused_by or 'somebody'}")
    if desk.lag > LAGGING:
        said.append(f"this process was late by {span(desk.lag)}: the host is overloaded")
    return said + _sweeps(desk, now) + _local(desk)


def _local(desk: Desk) -> list[str]:
    last = desk.queue.last(local=True)
    said = [f"the last look at this host failed: {last.said}"] if last and last.state is SweepState.FAILED else []
    return said + [
        f"the collector {one.name} handed over nothing since {one.at:%Y-%m-%d %H:%M} UTC"
        for one in desk.near.collectors(desk.local, desk.moment)
        if one.missed
    ]


def _sweeps(desk: Desk, now: datetime) -> list[str]:
    said = []
    last: Sweep | None = desk.queue.last()
    if last is not None and last.state is SweepState.FAILED:
        said.append(f"the last sweep ({last.by}) failed: {last.said}")
    elif last is not None and last.complete is False:
        said.append(f"the last sweep ({last.by}) was not complete")
    late = [
        one
        for one in desk.queue.sweeps.values()
        if one.state is SweepState.WAITING and one.attempts and now - one.asked_at > _LATE
    ]
    said += [f"a sweep ({one.by}) waits since {one.asked_at:%Y-%m-%d %H:%M} UTC: {one.said}" for one in late[:3]]
    return said
