"""The store: one DuckDB file of evidence and drift, one writer, and everything that is read back from it."""

from livebom.store.asking import AmbiguousPart, Answer, ask_document, ask_store
from livebom.store.backup import Backup, backup, restore
from livebom.store.changes import StoredChange, Told
from livebom.store.columnar import MissingArrow, arrow, parquet
from livebom.store.errors import StoreBusy, StoreError
from livebom.store.findings import OpenFinding
from livebom.store.intervals import Settled
from livebom.store.jail.warden import Jail, Selected, SqlError, select
from livebom.store.jail.wire import Limits
from livebom.store.outbox import Outbox
from livebom.store.question import Parameter, Question, QuestionError, questions
from livebom.store.question import find as find_question
from livebom.store.retention import Retained
from livebom.store.rows import (
    AskRow,
    Baseline,
    Bookmark,
    CoverageRow,
    KnownServer,
    PastSweep,
    ServiceRow,
    SweepRow,
    Trail,
)
from livebom.store.snapshot import snapshot_path
from livebom.store.store import Store

__all__ = [
    "AmbiguousPart",
    "Answer",
    "AskRow",
    "Backup",
    "Baseline",
    "Bookmark",
    "CoverageRow",
    "Jail",
    "KnownServer",
    "Limits",
    "MissingArrow",
    "OpenFinding",
    "Outbox",
    "Parameter",
    "PastSweep",
    "Question",
    "QuestionError",
    "Retained",
    "Selected",
    "ServiceRow",
    "Settled",
    "SqlError",
    "Store",
    "StoreBusy",
    "StoreError",
    "StoredChange",
    "SweepRow",
    "Told",
    "Trail",
    "arrow",
    "ask_document",
    "ask_store",
    "backup",
    "find_question",
    "parquet",
    "questions",
    "restore",
    "select",
    "snapshot_path",
]
