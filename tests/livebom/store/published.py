"""The sample estate as a snapshot: two looks that settled, one of them incomplete, and what the second one changed."""

from pathlib import Path

from livebom.bom.document import Document
from livebom.bom.policy import Policy
from livebom.store import CoverageRow, Store, SweepRow, Told, snapshot_path
from tests.sample import DAY, NOW, older, sample


def published(folder: Path) -> Path:
    """The snapshot of `estate.duckdb` in that folder."""
    path = folder / "estate.duckdb"
    with Store.open(path) as store:
        _look(store, older(), 0)
        _look(store, sample(), 1)
        store.publish()
    return snapshot_path(path)


def _look(store: Store, document: Document, day: int) -> None:
    """What a look saw on that day; of the second network it saw half."""
    seen_at, sweep_id = NOW - (1 - day) * DAY, f"day-{day}"
    before = store.document()
    scope = ("10.0.0.0/24", "10.0.1.0/24")
    store.begin_sweep(SweepRow(id=sweep_id, started_at=seen_at - DAY / 1440, scope=scope, version="0.1.0"))
    store.settle(document.graph, sweep_id=sweep_id, seen_at=seen_at, covered=lambda _: True, gone_after=1)
    whole = CoverageRow(
        sweep=sweep_id, zone="lab", place="10.0.0.0/24", ports="8000,8080,11434", planned=768, tried=768, complete=True
    )
    half = CoverageRow(
        sweep=sweep_id, zone="lab", place="10.0.1.0/24", ports="8000,8080,11434", planned=768, tried=300,
        reason="it was ended early",
    )  # fmt: skip
    store.add_coverage([whole, half])
    counted = {"planned": 1536, "sent": 1068, "open": 2 + day, "refused": 40, "silent": 1025, "requests": 31}
    missed = ["hosted AI services: another surface"]
    store.end_sweep(sweep_id, seen_at, complete=False, tally=counted, not_seen=missed)
    if day:
        told = Told(sweep_id=sweep_id, policy=Policy(), today=seen_at.date())
        store.tell(before, document.graph, told)
