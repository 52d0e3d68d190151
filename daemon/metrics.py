"""What is counted, as Prometheus reads it (text format 0.0.4)."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from daemon.desk import Desk
from daemon.status import facts_of, letters, store_status
from livebom import __version__
from livebom.bom.service import Severity

_OUTCOMES = ("complete", "incomplete", "failed", "cancelled")


async def metrics(desk: Desk) -> str:
    """Every metric; no label holds anything that came from a target."""
    facts, unread = await facts_of(desk)
    lines = [*_about(desk), *_sweeps(desk), *_local(desk), *_store(desk)]
    lines += _many("livebom_findings", "gauge", "Open findings.", "severity", _whole(facts.findings))
    changes = {one.value: desk.counts[f"changes {one}"] for one in Severity}
    lines += _many("livebom_changes_total", "counter", "Changes that sweeps told.", "severity", changes)
    lines += _many("livebom_alerts", "gauge", "Alerts in the outbox.", "state", await letters(desk))
    lines += _one("livebom_snapshot_readable", "gauge", "1 where the snapshot can be read.", int(not unread))
    return "\n".join(lines) + "\n"


def _about(desk: Desk) -> Iterator[str]:
    up = desk.moment.elapsed - desk.started.elapsed
    yield from _many("livebom_info", "gauge", "The version.", "version", {__version__: 1})
    yield from _one("livebom_uptime_seconds", "gauge", "Since the daemon began.", up)
    yield from _one(
        "livebom_loop_lag_seconds", "gauge", "How late the event loop was, the last minute's worst.", desk.lag
    )
    yield from _one(
        "livebom_config_refused", "gauge", "1 where the last configuration was refused.", int(bool(desk.refused))
    )
    yield from _one("livebom_paused", "gauge", "1 where sweeps are paused.", int(desk.paused))
    yield from _one("livebom_requests_total", "counter", "Requests at the control socket.", desk.counts["requests"])
    refused = desk.counts["requests refused"]
    yield from _one("livebom_requests_refused_total", "counter", "Of them, refused for want of a role.", refused)
    yield from _one(
        "livebom_batches_total", "counter", "Batches of collectors that were stored.", desk.counts["batches"]
    )


def _sweeps(desk: Desk) -> Iterator[str]:
    sweeps = list(desk.queue.sweeps.values())
    counts = {outcome: desk.counts[f"sweeps {outcome}"] for outcome in _OUTCOMES}
    yield from _many("livebom_sweeps_total", "counter", "Sweeps that ended.", "outcome", counts)
    seconds = desk.counts["sweep seconds"]
    yield from _one("livebom_sweep_seconds_total", "counter", "Seconds spent sweeping.", seconds)
    yield from _one("livebom_sweeps_waiting", "gauge", "Sweeps that wait or are held.", desk.queue.waiting())
    yield from _one("livebom_sweeps_running", "gauge", "Sweeps that go on.", len(desk.running()))
    for local, name, words in (
        (False, "livebom_sweep_age_seconds", "Since the last complete sweep ended."),
        (True, "livebom_local_look_age_seconds", "Since the last complete look at this host ended."),
    ):
        ended = [one.ended_at for one in sweeps if one.complete and one.ended_at and one.request.local is local]
        if local and not ended:
            yield from _many(name, "gauge", words, "", {})
        if ended:
            yield from _one(name, "gauge", words, (desk.now - max(ended)).total_seconds())
    going = [one.progress for one in sweeps if one.progress is not None]
    planned, tried = sum(one.planned for one in going), sum(one.tried for one in going)
    tried_ever, asked_ever = desk.counts["tried"], desk.counts["asked"]
    yield from _one("livebom_tried_total", "counter", "Targets that sweeps tried; its rate is the pace.", tried_ever)
    yield from _one("livebom_asked_total", "counter", "Requests that sweeps sent; likewise.", asked_ever)
    yield from _one("livebom_sweep_targets", "gauge", "Targets of the sweeps that go on.", planned)
    yield from _one("livebom_sweep_tried", "gauge", "Of them, tried.", tried)
    requests = sum(one.requests for one in going)
    yield from _one("livebom_sweep_requests", "gauge", "Requests that those sweeps sent.", requests)


def _local(desk: Desk) -> Iterator[str]:
    """Of this host; collectors are counted, not named."""
    looks = {outcome: desk.counts[f"looks {outcome}"] for outcome in _OUTCOMES}
    yield from _many("livebom_local_looks_total", "counter", "Looks at this host that ended.", "outcome", looks)
    yield from _one("livebom_local_events_total", "counter", "Events heard of it.", desk.near.events)
    watched = Counter(one.state for one in desk.near.watchers.status)
    states = {name: watched[name] for name in ("watched", "connecting", "absent", "failing")}
    yield from _many("livebom_local_sources", "gauge", "Sources that are listened to.", "state", states)
    collectors = desk.near.collectors(desk.local, desk.moment)
    missed = sum(one.missed for one in collectors)
    counts = {"present": len(collectors) - missed, "missed": missed}
    yield from _many("livebom_collectors", "gauge", "Collectors that hand over what they see.", "state", counts)


def _store(desk: Desk) -> Iterator[str]:
    store = store_status(desk)
    yield from _one("livebom_store_open", "gauge", "1 where the store is open.", int(store.open))
    yield from _one(
        "livebom_store_reopened_total", "counter", "Times it was opened again after an error.", desk.room.reopened
    )
    yield from _one("livebom_store_unflushed_rows", "gauge", "Rows that are not committed yet.", store.unflushed)
    yield from _one("livebom_store_lag_seconds", "gauge", "How long its writer took to answer.", desk.writer_lag)
    held = "What it held in memory when the last sweep had ended."
    yield from _one("livebom_store_memory_bytes", "gauge", held, desk.room.held)
    yield from _one("livebom_store_free_bytes", "gauge", "Free on its disk.", store.free_bytes)
    yield from _one("livebom_snapshot_bytes", "gauge", "Size of the snapshot.", store.snapshot_bytes)
    if store.snapshot_at is not None:
        age = (desk.now - store.snapshot_at).total_seconds()
        yield from _one("livebom_snapshot_age_seconds", "gauge", "Since the snapshot was published.", age)


def _whole(counts: Mapping[str, int]) -> dict[str, int]:
    return {one.value: counts.get(one.value, 0) for one in Severity}


def _one(name: str, kind: str, help_: str, value: float) -> Iterator[str]:
    yield from (
        f"# HELP {name} {help_}",
        f"# TYPE {name} {kind}",
        f"{name} {value:g}" if abs(value) < 1e6 else f"{name} {value:.0f}",
    )


def _many(name: str, kind: str, help_: str, label: str, values: Mapping[str, float]) -> Iterator[str]:
    yield from (f"# HELP {name} {help_}", f"# TYPE {name} {kind}")
    for key, value in values.items():
        yield f'{name}{{{label}="{re.sub(r"[^A-Za-z0-9_.+-]", "_", key)}"}} {value:g}'
