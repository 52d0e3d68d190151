"""From a look's graph to the drift tables: what is new, changed, seen again, missed and gone, by sets of rows."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Struct

from livebom.bom.parts import Alias, Edge, Graph, Part
from livebom.store.database import Database
from livebom.store.encode import digests
from livebom.store.errors import StoreError
from livebom.store.shapes import EDGES, PARTS, Node, Shape, alias_of, alias_row

Pair = tuple[Node | None, Node | None]
"""(before, after): None before for the new, None after for the gone."""


class Settled(Struct, frozen=True, kw_only=True):
    """What a look changed, in order of id. A pair is (before, after): None before for the new, after for the gone."""

    parts: tuple[Pair[Part], ...]
    edges: tuple[Pair[Edge], ...]
    aliases_added: tuple[Alias, ...]
    missed: frozenset[UUID]
    """Parts and edges that were looked for and not seen, and are not yet gone."""


class Look(NamedTuple):
    """What a settling needs to know of the look beside its graph."""

    sweep_id: str
    seen_at: datetime
    """UTC without a zone, as the columns hold it."""
    covered: Callable[[Part | Edge], bool]
    gone_after: int


def settle(database: Database, graph: Graph, look: Look) -> Settled:
    """Bring the intervals to what the look saw, in one transaction; see `Store.settle`."""
    with database.transaction():
        database.run("stage")
        _stage(database, PARTS, graph.parts)
        _stage(database, EDGES, graph.edges)
        aliases = _settle_aliases(database, graph.aliases, look.seen_at)
        parts, parts_missed, gone = _settle(database, PARTS, graph.parts, look, frozenset())
        edges, edges_missed, _ = _settle(database, EDGES, graph.edges, look, gone)
        database.run("unstage")
    return Settled(parts=parts, edges=edges, aliases_added=aliases, missed=parts_missed | edges_missed)


def _stage(database: Database, shape: Shape[Node], seen: Mapping[UUID, Node]) -> None:
    """Put what was seen beside the intervals. What is lost on the way would count as gone, so it is counted."""
    database.fill(shape.staged, ((*shape.to_row(node), *digests(node.attributes)) for node in seen.values()))
    [(staged,)] = database.run("settle_staged", tables=shape.tables)
    if staged != len(seen):
        raise StoreError(database.path, f"{len(seen)} things were seen and {staged} arrived", "report this as a bug")


def _settle(
    database: Database, shape: Shape[Node], seen: Mapping[UUID, Node], look: Look, gone_parts: frozenset[UUID]
) -> tuple[tuple[Pair[Node], ...], frozenset[UUID], frozenset[UUID]]:
    """One kind of table; returns the pairs in order of id, the ids missed, and the ids gone."""
    tables = shape.tables
    missed, gone = _unseen(database, shape, look, gone_parts)
    pairs = [*_changed(database, shape, seen), *((node, None) for node in gone.values())]
    now = {"seen_at": look.seen_at}
    database.run("settle_close", now, tables)
    database.run("settle_keep", tables=tables)
    database.run("settle_refresh", tables=tables)
    database.run("settle_open", {**now, "sweep_id": look.sweep_id}, tables)
    if missed or gone:
        database.run("stage_missed")
        lost = [(id_, False) for id_ in missed] + [(id_, True) for id_ in gone]
        database.fill("staged_missed", lost)
        database.run("settle_miss", now, tables)
    pairs.sort(key=_id_of)
    return tuple(pairs), frozenset(missed), frozenset(gone)


def _changed(database: Database, shape: Shape[Node], seen: Mapping[UUID, Node]) -> Iterator[Pair[Node]]:
    """What is new, and what claims other values than before."""
    for (id_,) in database.run("settle_new", tables=shape.tables):
        yield None, seen[id_]
    for row in database.run("settle_changed", tables=shape.tables):
        before = shape.of_row(row)
        yield before, _since(seen[before.id], before.first_seen)


def _since(node: Node, first_seen: datetime) -> Node:
    """The thing as seen now, with the first sight that is already known of it."""
    return msgspec.structs.replace(node, first_seen=min(node.first_seen, first_seen))


def _id_of(pair: tuple[Any, Any]) -> int:
    number: int = (pair[0] or pair[1]).id.int
    return number


def _unseen(
    database: Database, shape: Shape[Node], look: Look, gone_parts: frozenset[UUID]
) -> tuple[list[UUID], dict[UUID, Node]]:
    """Of what is known and was not seen: the ids merely missed, and what is gone; an edge goes with either end."""
    missed: list[UUID] = []
    gone: dict[UUID, Node] = {}
    for row in database.walk("settle_unseen", tables=shape.tables):
        node: Node = shape.of_row(row)
        loose = isinstance(node, Edge) and (node.source in gone_parts or node.destination in gone_parts)
        if not loose and not look.covered(node):
            continue
        if loose or row[-1] + 1 >= look.gone_after:
            gone[node.id] = node
        else:
            missed.append(node.id)
    return missed, gone


def _settle_aliases(database: Database, aliases: Iterable[Alias], seen_at: datetime) -> tuple[Alias, ...]:
    database.fill("staged_alias", (alias_row(one, seen_at) for one in aliases))
    added = tuple(sorted(alias_of(row) for row in database.run("alias_new")))
    database.run("alias_keep")
    database.run("alias_add")
    return added
