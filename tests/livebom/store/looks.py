"""A look as a turn ends it, and what a store was told."""

from datetime import datetime, timedelta

from livebom.bom.change import Comparison
from livebom.bom.parts import Graph
from livebom.bom.policy import Policy
from livebom.store import Store, SweepRow, Told
from tests.livebom.store.made import MONDAY

HOUR = timedelta(hours=1)


def look(
    store: Store,
    sweep: str,
    seen: Graph,
    at: datetime,
    policy: Policy | None = None,
    step: object = None,
    covered: bool = True,
) -> Comparison | None:
    """A look as a turn ends it; `step` is called after each step of it."""
    done = step if callable(step) else lambda _: None
    if sweep not in {past.sweep.id for past in store.sweeps()}:
        store.begin_sweep(SweepRow(id=sweep, started_at=at))
    before = store.document()
    told = None
    with store.together():
        store.settle(seen, sweep_id=sweep, seen_at=at, covered=lambda _: covered, gone_after=2)
        done("settled")
        store.end_sweep(sweep, at, complete=True, tally={})
        done("ended")
        if before.looks:
            told = store.tell(before, seen, Told(sweep_id=sweep, policy=policy or Policy(), today=at.date()))
        done("told")
    done("committed")
    return told


def events(store: Store, since: datetime = MONDAY - HOUR) -> list[str]:
    return [one.change.event for one in store.changes(since)]
