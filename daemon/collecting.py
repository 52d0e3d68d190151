"""What the daemon itself writes into the store: looks of local collectors, and the end of sweeps that were given up."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime

from msgspec.structs import replace

from daemon.wire import Batch, Event, Taken
from livebom import __version__
from livebom.alerts import labels_of, letters, wanted
from livebom.bom.graph import fold
from livebom.bom.observation import Listener, Observation
from livebom.bom.policy import Policy
from livebom.bom.service import Service, Verdict
from livebom.store import PastSweep, Store, SweepRow, Told


def collect(store: Store, batch: Batch, policy: Policy, gone_after: int) -> Taken:
    """Store the batch as a look of its own, tell what it changed, and return when that survives a kill.

    A batch says what is there and never that something is gone: what it does not name was not looked for.
    Raises StoreError: then nothing of it is kept, and it can be handed over again.
    """
    sweep, now = uuid.uuid4().hex, datetime.now(UTC)
    seen: list[Observation] = [
        replace(one, sweep=sweep, surface=batch.surface, source=batch.source) for one in batch.observations
    ]
    graph = fold(seen)
    before = store.document()
    changes = 0
    with store.together():
        store.begin_sweep(
            SweepRow(id=sweep, surface=batch.surface, scope=batch.scope, started_at=now, version=__version__)
        )
        store.add(seen)
        store.settle(graph, sweep_id=sweep, seen_at=now, covered=lambda _: False, gone_after=gone_after)
        store.end_sweep(sweep, now, complete=True, tally={"observations": len(seen)})
        if before.looks:
            told = store.tell(before, graph, Told(sweep_id=sweep, policy=policy, today=now.date()))
            changes = len(told.changes)
            alerts = wanted(told.changes, policy, sweep=sweep, at=now, labels=labels_of(graph)) if policy.alerts else []
            store.outbox.post(letters(alerts))
    store.publish()
    return Taken(sweep=sweep, observations=len(seen), changes=changes)


def standing(store: Store, id_: str) -> PastSweep | bool:
    """How the sweep stands in the store: as it ended; True where it can go on; False where it is not there."""
    if any(row.id == id_ for row, _ in store.unfinished()):
        return True
    return next((past for past in store.sweeps() if past.sweep.id == id_), False)


def abandon(store: Store, whys: Mapping[str, str], now: datetime) -> None:
    """End those of the sweeps that could still go on, as not complete; what they saw stays. `whys` are by id."""
    for row, _ in store.unfinished():
        if row.id in whys:
            store.end_sweep(row.id, now, complete=False, tally={}, not_seen=(f"the rest of the range: {whys[row.id]}",))


def service_event(sweep: str, service: Service, now: datetime) -> Event:
    """A service that a sweep has just talked to, as the stream tells it."""
    place = Listener(
        host=service.host, port=service.port, zone=service.zone, name=service.name, base_path=service.base_path
    )
    return Event(
        event="service",
        at=now,
        sweep=sweep,
        key=place.key,
        product=service.product,
        version=service.version,
        auth=service.auth.value,
        models=None if service.models is None else tuple(one.name for one in service.models),
        findings=tuple(one for one in service.findings if one.state is Verdict.FAIL),
    )
