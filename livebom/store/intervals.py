"""From a look's graph to the drift tables: what is new, changed, seen again, missed and gone, by sets of rows."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Generic, NamedTuple
from uuid import UUID

import msgspec
from msgspec import Struct

from livebom.bom.merge import join_attributes
from livebom.bom.parts import Alias, Attributes, Edge, Graph, Part
from livebom.store.database import Database
from livebom.store.encode import attributes_of, digests, json_text
from livebom.store.errors import StoreError
from livebom.store.shapes import EDGES, PARTS, Node, Shape, alias_of, alias_row
from livebom.store.voice import Voice, voice_of

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


class Unseen(NamedTuple, Generic[Node]):
    """What is known and was looked for in vain."""

    missed: list[UUID]
    gone: dict[UUID, Node]
    stripped: list[tuple[Node, Node]]
    """What others still speak of: as it was, and as it is without the words of those who looked."""


def settle(database: Database, graph: Graph, look: Look) -> Settled:
    """Bring the intervals to what the look saw, in one transaction; see `Store.settle`."""
    with database.transaction():
        voice = voice_of(graph, {surface for (surface,) in database.run("surface", {"sweep_id": look.sweep_id})})
        database.run("stage")
        _stage(database, PARTS, graph.parts)
        _stage(database, EDGES, graph.edges)
        aliases = _settle_aliases(database, graph.aliases, look.seen_at)
        parts, parts_missed, gone = _settle(database, PARTS, graph.parts, (look, voice), frozenset())
        edges, edges_missed, _ = _settle(database, EDGES, graph.edges, (look, voice), gone)
        database.run("unstage")
    return Settled(parts=parts, edges=edges, aliases_added=aliases, missed=parts_missed | edges_missed)


def _stage(database: Database, shape: Shape[Node], seen: Mapping[UUID, Node]) -> None:
    """Put what was seen beside the intervals. What is lost on the way would count as gone, so it is counted."""
    _fill(database, shape, seen.values())
    [(staged,)] = database.run("settle_staged", tables=shape.tables)
    if staged != len(seen):
        raise StoreError(database.path, f"{len(seen)} things were seen and {staged} arrived", "report this as a bug")


def _fill(database: Database, shape: Shape[Node], nodes: Iterable[Node]) -> None:
    database.fill(shape.staged, ((*shape.to_row(node), *digests(node.attributes)) for node in nodes))


def _settle(
    database: Database,
    shape: Shape[Node],
    seen: Mapping[UUID, Node],
    by: tuple[Look, Voice],
    gone_parts: frozenset[UUID],
) -> tuple[tuple[Pair[Node], ...], frozenset[UUID], frozenset[UUID]]:
    """One kind of table; returns the pairs in order of id, the ids missed, and the ids gone."""
    look, voice = by
    tables = shape.tables
    unseen = _unseen(database, shape, by, gone_parts)
    now_seen = {**seen, **_beside(database, shape, seen, voice)}
    pairs = [*_changed(database, shape, now_seen), *((node, None) for node in unseen.gone.values())]
    if unseen.stripped:
        _fill(database, shape, (after for _, after in unseen.stripped))
        pairs += [(before, after) for before, after in unseen.stripped if _differ(before, after)]
    now = {"seen_at": look.seen_at}
    database.run("settle_close", now, tables)
    database.run("settle_keep", {"counts": voice.counts}, tables)
    database.run("settle_refresh", tables=tables)
    database.run("settle_open", {**now, "sweep_id": look.sweep_id}, tables)
    if unseen.missed or unseen.gone:
        database.run("stage_missed")
        lost = [(id_, False) for id_ in unseen.missed] + [(id_, True) for id_ in unseen.gone]
        database.fill("staged_missed", lost)
        database.run("settle_miss", now, tables)
    pairs.sort(key=_id_of)
    return tuple(pairs), frozenset(unseen.missed), frozenset(unseen.gone)


def _beside(database: Database, shape: Shape[Node], seen: Mapping[UUID, Node], voice: Voice) -> dict[UUID, Node]:
    """What was seen now and is spoken of by others too, with their words; staged in place of what was seen alone."""
    joined: dict[UUID, Node] = {}
    for id_, attributes in database.walk("settle_beside", tables=shape.tables):
        others = voice.others(attributes_of(attributes))
        if others:
            node = seen[id_]
            joined[id_] = _saying(node, join_attributes(node.attributes, others))
    if joined:
        _amend(database, shape, joined.values())
    return joined


def _amend(database: Database, shape: Shape[Node], nodes: Iterable[Node]) -> None:
    """Give what is staged these words instead."""
    database.run("stage_amended")
    database.fill("staged_amended", ((one.id, json_text(one.attributes), *digests(one.attributes)) for one in nodes))
    database.run("settle_amend", tables=shape.tables)


def _changed(database: Database, shape: Shape[Node], seen: Mapping[UUID, Node]) -> Iterator[Pair[Node]]:
    """What is new, and what claims other values than before."""
    for (id_,) in database.run("settle_new", tables=shape.tables):
        yield None, seen[id_]
    for row in database.run("settle_changed", tables=shape.tables):
        before = shape.of_row(row)
        yield before, _since(seen[before.id], before.first_seen)


def _differ(one: Part | Edge, other: Part | Edge) -> bool:
    """Whether they claim other values."""
    return digests(one.attributes)[0] != digests(other.attributes)[0]


def _saying(node: Node, attributes: Attributes) -> Node:
    """The thing with these claims."""
    return msgspec.structs.replace(node, attributes=attributes)


def _since(node: Node, first_seen: datetime) -> Node:
    """The thing as seen now, with the first sight that is already known of it."""
    return msgspec.structs.replace(node, first_seen=min(node.first_seen, first_seen))


def _id_of(pair: tuple[Any, Any]) -> int:
    number: int = (pair[0] or pair[1]).id.int
    return number


def _unseen(
    database: Database, shape: Shape[Node], by: tuple[Look, Voice], gone_parts: frozenset[UUID]
) -> Unseen[Node]:
    """Of what is known and was not seen: what is merely missed, what is gone, and what only others speak of now.

    An edge goes with either end. What none of those who look here ever spoke of is not theirs to miss.
    """
    look, voice = by
    found: Unseen[Node] = Unseen([], {}, [])
    for row in database.walk("settle_unseen", tables=shape.tables):
        node: Node = shape.of_row(row)
        loose = isinstance(node, Edge) and (node.source in gone_parts or node.destination in gone_parts)
        if not loose and not look.covered(node):
            continue
        others = voice.others(node.attributes)
        if loose or (not others and row[-1] + 1 >= look.gone_after):
            found.gone[node.id] = node
        elif others and not voice.spoke(node.attributes):
            continue
        elif row[-1] + 1 >= look.gone_after:
            found.stripped.append((node, _saying(node, others)))
        else:
            found.missed.append(node.id)
    return found


def _settle_aliases(database: Database, aliases: Iterable[Alias], seen_at: datetime) -> tuple[Alias, ...]:
    database.fill("staged_alias", (alias_row(one, seen_at) for one in aliases))
    added = tuple(sorted(alias_of(row) for row in database.run("alias_new")))
    database.run("alias_keep")
    database.run("alias_add")
    return added
