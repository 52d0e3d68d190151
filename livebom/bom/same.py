"""Which parts are one thing although their sources named them differently, and how sure that is."""

from collections.abc import Iterable, Iterator
from uuid import UUID

import msgspec

from livebom.bom.candidates import candidates, is_candidate
from livebom.bom.parts import Alias, Edge, Graph, Part
from livebom.bom.policy import Distinct
from livebom.bom.rules import METHODS, Group, anchor_of, by_digest, by_url, by_weights, by_weights_of_models, known
from livebom.bom.rules_of_models import by_repository, by_served_name
from livebom.bom.sets import Sets, apart, foes, sureness

SOURCE = "livebom"
"""The source of alias rows that come from a rule."""


def joins(graph: Graph, distinct: Iterable[Distinct] = ()) -> tuple[tuple[Alias, ...], tuple[Edge, ...]]:
    """The alias rows that the rules of `livebom.bom.rules` find, and candidates by name for a person to judge.

    Rows are taken surest first. A rule never joins two parts that both have an identity of their own (two
    repositories, two digests, two servers that were seen), nor what a `distinct` row keeps apart. Rows and candidates
    that an earlier call put into the graph count for nothing, so the answer depends on what the sources said alone.
    """
    graph = bare(graph)
    sets = Sets(foes(distinct))
    for row in sorted(graph.aliases, key=sureness):
        for id_ in (row.id, row.same_as):
            part = graph.parts.get(id_)
            sets.anchor(id_, anchor_of(part) if part else None)
        sets.join(row.id, row.same_as, sure=True)
    found = known(graph)
    rows = _taken(sets, [*by_weights(found), *by_digest(found), *by_url(found, sets), *by_repository(found)])
    rows += _taken(sets, by_weights_of_models(found, sets))
    rows += _taken(sets, by_served_name(found, sets))
    return tuple(_best(rows)), tuple(sorted(candidates(graph, sets), key=lambda edge: edge.id))


def without(aliases: Iterable[Alias], distinct: Iterable[Distinct]) -> frozenset[Alias]:
    """The rows without those that make one of what a policy says is not the same; the surest rows are kept."""
    hostile = foes(distinct)
    return apart(aliases, hostile) if hostile else frozenset(aliases)


def is_joined(row: Alias) -> bool:
    """Whether the row is one that `joins` made."""
    return row.source == SOURCE and row.method in METHODS


def bare(graph: Graph) -> Graph:
    """The graph without what `joins` made: what its sources said."""
    aliases = frozenset(row for row in graph.aliases if not is_joined(row))
    made = [id_ for id_, edge in graph.edges.items() if is_candidate(edge)]
    if len(aliases) == len(graph.aliases) and not made:
        return graph
    edges = dict(graph.edges)
    for id_ in made:
        del edges[id_]
    return msgspec.structs.replace(graph, edges=edges, aliases=aliases)


def _taken(sets: Sets, groups: Iterable[Group]) -> list[Alias]:
    """The groups' rows that could be joined, surest first."""
    rows = sorted((row for method, parts in groups for row in _rows(method, parts, sets)), key=sureness)
    return [row for row in rows if sets.join(row.id, row.same_as)]


def _rows(method: str, parts: list[Part], sets: Sets) -> Iterator[Alias]:
    """A row from the first part, by id, to each of the others; none where two have an identity of their own."""
    anchors = {anchor for part in parts if (anchor := anchor_of(part))}
    if len(anchors) > 1:
        return
    first, *others = sorted({part.id: part for part in parts}.values(), key=lambda part: part.id)
    for part in (first, *others):
        sets.anchor(part.id, anchor_of(part))
    for part in others:
        yield Alias(
            id=first.id,
            same_as=part.id,
            kind=part.kind,
            key=part.key,
            source=SOURCE,
            method=method,
            confidence=METHODS[method],
        )


def _best(rows: Iterable[Alias]) -> Iterator[Alias]:
    """One row for each pair, the surest; in order."""
    kept: dict[tuple[UUID, UUID], Alias] = {}
    for row in sorted(rows, key=sureness):
        kept.setdefault((row.id, row.same_as), row)
    return iter(sorted(kept.values()))
