"""The changes that looks told: written with the look that showed them, read back by time, severity and event."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec
from msgspec import Struct

from livebom.bom.change import Change, Comparison, change_id
from livebom.bom.document import Document
from livebom.bom.events import History, compare_and_hold
from livebom.bom.parts import Graph
from livebom.bom.policy import Policy
from livebom.bom.service import Severity
from livebom.store import state
from livebom.store.database import Database
from livebom.store.encode import FOREVER, column_time, graph_time, json_text, text
from livebom.store.rows import Row

FLAPPING = timedelta(days=7)
"""How far back it counts how often a thing came and went."""

_CHANGE = msgspec.json.Decoder(Change)


class StoredChange(Struct, frozen=True, kw_only=True):
    """A change as it was told."""

    id: str
    """The same change of the same look has the same one, whoever tells it again."""
    sweep: str
    at: datetime
    """When its look ended."""
    change: Change


class Told(Struct, frozen=True, kw_only=True):
    """How a look is told: against what, by which rules, and under which names."""

    sweep_id: str
    policy: Policy
    today: date
    names: tuple[str, str] = ("the last sweep", "this sweep")


def tell(database: Database, before: Document, seen: Graph, told: Told) -> Comparison:
    """Compare the state with the one before the look, and write what that tells; see `Store.tell`."""
    after = state.document_at(database, None)
    held = _held(database)
    known = _without(before, held.keys())
    counted = held or told.policy.damping.sightings > 1
    history = History(
        sightings=_sightings(known, after, seen, held, before.missed) if counted else {},
        flaps=state.returns(database, before.at - FLAPPING),
    )
    comparison, back = compare_and_hold(known, after, told.policy, told.today, names=told.names, history=history)
    comparison = _once(comparison, _ids(before) - _ids(known) - held.keys())
    with database.transaction():
        database.run("forget_held")
        database.fill("held", ((id_, history.sightings.get(id_, 0)) for id_ in sorted(back)))
        database.run("forget_changes", {"sweep_id": told.sweep_id})
        database.fill("change", _rows(told.sweep_id, comparison))
    return comparison


def sightings(database: Database) -> dict[UUID, int]:
    """How many looks in a row saw what is there and was not told yet."""
    return _held(database)


def changes(
    database: Database,
    period: tuple[datetime, datetime | None],
    limit: int | None,
    after: str | None,
    chosen: tuple[Severity | None, str | None],
) -> list[StoredChange]:
    """See `Store.changes`."""
    words = {**_period(period, chosen), "after": after, "limit": 1 << 62 if limit is None else limit}
    return [
        StoredChange(id=id_, sweep=sweep, at=graph_time(at), change=_CHANGE.decode(body))
        for id_, sweep, at, body in database.run("changes", words)
    ]


def count(
    database: Database, period: tuple[datetime, datetime | None], chosen: tuple[Severity | None, str | None]
) -> int:
    """How many changes `changes` would tell without a limit."""
    [(amount,)] = database.run("count_changes", _period(period, chosen))
    return int(amount)


def _period(
    period: tuple[datetime, datetime | None], chosen: tuple[Severity | None, str | None]
) -> dict[str, datetime | str | list[str] | None]:
    since, until = period
    worst, event = chosen
    severities = [one.value for one in Severity if worst is None or one.rank <= worst.rank]
    return {
        "since": column_time(since),
        "until": FOREVER if until is None else column_time(until),
        "severities": severities,
        "event": event or "*",
    }


def _rows(sweep_id: str, comparison: Comparison) -> Iterator[Row]:
    at = column_time(comparison.new_at)
    for one in comparison.changes:
        words = (one.event, one.severity.value, one.status.value, one.kind.value, text(one.key))
        yield (change_id(sweep_id, one), sweep_id, at, *words, json_text(one))


def _held(database: Database) -> dict[UUID, int]:
    rows: list[tuple[UUID, int]] = [(row[0], row[1]) for row in database.run("held")]
    return dict(rows)


def _without(before: Document, held: Iterable[UUID]) -> Document:
    """The state as it was told: what was held back is not in it, nor the edges of what is not."""
    gone = set(held)
    if not gone:
        return before
    edges = (edge for edge in before.edges if not gone & {edge.id, edge.source, edge.destination})
    parts = (part for part in before.parts if part.id not in gone)
    return msgspec.structs.replace(before, parts=tuple(parts), edges=tuple(edges))


def _once(comparison: Comparison, told: set[UUID]) -> Comparison:
    """Without what is new of edges that were told, and left out only because an end of theirs was held back."""
    if not told:
        return comparison
    fresh = tuple(one for one in comparison.changes if one.edge not in told)
    return msgspec.structs.replace(comparison, changes=fresh)


def _sightings(
    known: Document, after: Document, seen: Graph, held: dict[UUID, int], missed: dict[UUID, int]
) -> dict[UUID, int]:
    """Of what is there and was not told: how many looks in a row saw it. A look that missed it begins anew."""
    counts: dict[UUID, int] = {}
    for id_ in _ids(after) - _ids(known):
        if id_ in seen.parts or id_ in seen.edges:
            counts[id_] = held.get(id_, 0) + 1
        elif id_ in held:
            counts[id_] = 0 if after.missed.get(id_, 0) > missed.get(id_, 0) else held[id_]
    return counts


def _ids(document: Document) -> set[UUID]:
    return {part.id for part in document.parts} | {edge.id for edge in document.edges}
