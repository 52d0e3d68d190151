"""The store: one DuckDB file of evidence and drift, one writer, and everything that is read back from it."""

from livebom.store.errors import StoreBusy, StoreError
from livebom.store.intervals import Settled
from livebom.store.rows import AskRow, Baseline, CoverageRow, KnownServer, PastSweep, ServiceRow, SweepRow
from livebom.store.snapshot import snapshot_path
from livebom.store.store import Store

__all__ = [
    "AskRow",
    "Baseline",
    "CoverageRow",
    "KnownServer",
    "PastSweep",
    "ServiceRow",
    "Settled",
    "Store",
    "StoreBusy",
    "StoreError",
    "SweepRow",
    "snapshot_path",
]
