"""The store: one DuckDB file of evidence and drift, one writer, and everything that is read back from it."""

from livebom.store.asking import AmbiguousPart, Answer, ask_document, ask_store
from livebom.store.errors import StoreBusy, StoreError
from livebom.store.intervals import Settled
from livebom.store.question import Parameter, Question, QuestionError, questions
from livebom.store.question import find as find_question
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
    "Baseline",
    "Bookmark",
    "CoverageRow",
    "KnownServer",
    "Parameter",
    "PastSweep",
    "Question",
    "QuestionError",
    "ServiceRow",
    "Settled",
    "Store",
    "StoreBusy",
    "StoreError",
    "SweepRow",
    "Trail",
    "ask_document",
    "ask_store",
    "find_question",
    "questions",
    "snapshot_path",
]
