"""The sample estate as the questions are asked of it: a document, and a store that saw it on two days."""

from pathlib import Path

import msgspec

from livebom.bom.document import Document
from livebom.store import Store, SweepRow
from tests.sample import DAY, NOW, older, sample


def write(folder: Path) -> None:
    """`estate.json` and `estate.duckdb`."""
    (folder / "estate.json").write_bytes(msgspec.json.encode(sample()))
    with Store.open(folder / "estate.duckdb") as store:
        settled(store, older(), 0)
        settled(store, sample(), 1)


def settled(store: Store, document: Document, day: int) -> None:
    """The document as what a look saw on that day."""
    seen_at = NOW - (1 - day) * DAY
    store.begin_sweep(SweepRow(id=f"day-{day}", started_at=seen_at))
    store.settle(document.graph, sweep_id=f"day-{day}", seen_at=seen_at, covered=lambda _: True, gone_after=1)
    store.end_sweep(f"day-{day}", seen_at, complete=True, tally={})
