"""The rows that go in and come out: sweeps, coverage, the ledger of asks, evidence, and what is told of services."""

from datetime import datetime
from typing import Any, TypedDict

from msgspec import Struct

from livebom.bom.observation import Observation, Outcome
from livebom.bom.parts import Value
from livebom.store.encode import column_time, graph_time, json_text, text

Row = tuple[Any, ...]
"""One row in the order of its table's columns."""


class SweepRow(Struct, frozen=True, kw_only=True):
    """One look as it begins."""

    id: str
    started_at: datetime
    surface: str = "runtime"
    scope: tuple[str, ...] = ()
    """The targets as they were given."""
    version: str = ""
    """livebom's own."""


class PastSweep(Struct, frozen=True, kw_only=True):
    """One look as it went."""

    sweep: SweepRow
    ended_at: datetime | None
    """None for a look that is still going on, or whose process died."""
    complete: bool | None
    tally: dict[str, int]
    not_seen: tuple[str, ...]
    """In words, what it could not or did not look at."""
    observations: int
    asks: int


class CoverageRow(Struct, frozen=True, kw_only=True):
    """One place of a sweep and how much of it was really looked at."""

    sweep: str
    place: str
    """An address, CIDR or range."""
    ports: str = ""
    """As in `11434,8000-8010`."""
    zone: str = "default"
    planned: int = 0
    """How many (host, port) pairs the place holds."""
    tried: int = 0
    """How many of them were tried with all their retries."""
    complete: bool = False
    reason: str = ""
    """Why it is not complete."""


class Bookmark(Struct, frozen=True, kw_only=True):
    """How far one order of a look is settled."""

    digest: str
    """Of what the order names: a look goes on only where that is the same."""
    order_key: str
    """Hex."""
    cursor: int | None = None
    """The counter to go on from; None is the beginning."""
    tally: dict[str, int] = {}
    """What was counted up to there."""


class Trail(Struct, frozen=True, kw_only=True):
    """What a look needs to go on after its process died."""

    arguments: dict[str, Any] = {}
    """As the one who began it wrote them; no secrets."""
    bookmarks: tuple[Bookmark, ...] = ()


class Baseline(Struct, frozen=True, kw_only=True):
    """A moment that somebody called good, under a name."""

    name: str
    as_of: datetime
    set_at: datetime
    reason: str = ""


class AskRow(Struct, frozen=True, kw_only=True):
    """One request of the ledger."""

    sweep: str
    at: datetime
    host: str
    port: int
    name: str
    """The ask's name in the catalogue of asks."""
    request: str
    """Method and path."""
    outcome: Outcome
    zone: str = "default"
    status: int | None = None
    elapsed: float | None = None
    """Seconds."""
    size: int | None = None
    """Bytes of the body that were read."""
    digest: str | None = None
    """SHA-256 (hex) of them, where the body is kept in `content`."""


class KnownServer(Struct, frozen=True, kw_only=True):
    """Which server stands behind an open listener, and what tells it from others: it keeps a server's key its own."""

    listener: str
    server: str
    product: str | None
    version: str | None
    models: frozenset[str] | None
    """The served names; None where no served model is known."""


class ServiceRow(TypedDict):
    """One open listener as it is listed."""

    zone: str | None
    host: str | None
    port: int | None
    name: str | None
    base_path: str | None
    product: Value
    version: Value
    auth: Value
    models: list[str]
    first_seen: datetime
    last_seen: datetime


def coverage_columns(row: CoverageRow) -> Row:
    """A row of `coverage`."""
    return (row.sweep, row.zone, row.place, row.ports, row.planned, row.tried, row.complete, text(row.reason))


def ask_columns(row: AskRow) -> Row:
    """A row of `ask`."""
    return (
        row.sweep,
        column_time(row.at),
        row.zone,
        row.host,
        row.port,
        row.name,
        text(row.request),
        row.outcome.value,
        row.status,
        row.elapsed,
        row.size,
        row.digest,
    )


def observation_columns(seen: Observation) -> Row:
    """A row of `observation`."""
    return (
        seen.sweep,
        column_time(seen.at),
        seen.surface,
        seen.source,
        seen.kind.value,
        text(seen.subject),
        json_text(seen.aliases),
        json_text(seen.facts),
        json_text(seen.edges),
        json_text(seen.evidence),
        seen.confidence.value,
        seen.outcome.value,
    )


def baseline_columns(one: Baseline) -> dict[str, Any]:
    """A row of `baseline`, by the statement's parameters."""
    times = {"as_of": column_time(one.as_of), "set_at": column_time(one.set_at)}
    return {"name": text(one.name), "reason": text(one.reason), **times}


def baseline_of(row: Row) -> Baseline:
    """A baseline from its columns."""
    name, as_of, set_at, reason = row
    return Baseline(name=name, as_of=graph_time(as_of), set_at=graph_time(set_at), reason=reason)
