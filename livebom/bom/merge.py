"""Merging of graphs: a join that is commutative, associative and idempotent, so inputs need no order."""

from collections.abc import Iterable
from datetime import datetime
from functools import reduce
from typing import TypeVar
from uuid import UUID

import msgspec

from livebom.bom.identity import edge_id
from livebom.bom.parts import Attributes, Claim, Edge, Graph, Part

_Node = TypeVar("_Node", Part, Edge)


def merge(graphs: Iterable[Graph]) -> Graph:
    """The least graph that holds everything the given ones say."""
    return reduce(join, graphs, Graph())


def join(one: Graph, other: Graph) -> Graph:
    """Both graphs' parts, edges and aliases; what both hold is joined, conflicting claims stand side by side."""
    parts = dict(one.parts)
    for id_, part in other.parts.items():
        parts[id_] = join_node(parts[id_], part) if id_ in parts else part
    edges = dict(one.edges)
    for id_, edge in other.edges.items():
        edges[id_] = join_node(edges[id_], edge) if id_ in edges else edge
    return Graph(parts=parts, edges=edges, aliases=one.aliases | other.aliases)


def join_node(one: _Node, other: _Node) -> _Node:
    """Two records of one part, or of one edge."""
    return msgspec.structs.replace(
        one,
        attributes=join_attributes(one.attributes, other.attributes),
        first_seen=min(one.first_seen, other.first_seen),
        last_seen=max(one.last_seen, other.last_seen),
    )


def join_attributes(one: Attributes, other: Attributes) -> Attributes:
    """Both sets of claims; names in order, and each name's claims in one fixed order."""
    return {name: _join_claims(one.get(name, ()) + other.get(name, ())) for name in sorted(one.keys() | other.keys())}


def _join_claims(claims: tuple[Claim, ...]) -> tuple[Claim, ...]:
    """One claim per (value, surface, source): best confidence, first to last sight, the last evidence."""
    kept: dict[tuple[str, str, bytes], Claim] = {}
    for claim in claims:
        key = (claim.surface, claim.source, msgspec.json.encode(claim.value))
        before = kept.get(key)
        kept[key] = claim if before is None else _widen(before, claim)
    return tuple(kept[key] for key in sorted(kept))


def _widen(one: Claim, other: Claim) -> Claim:
    first: datetime = min(one.first_seen, other.first_seen)
    last: datetime = max(one.last_seen, other.last_seen)
    best = min(one.confidence, other.confidence, key=lambda confidence: confidence.rank)
    evidence = max((one.last_seen, one.evidence), (other.last_seen, other.evidence))[1]
    return msgspec.structs.replace(one, first_seen=first, last_seen=last, confidence=best, evidence=evidence)


def resolve(graph: Graph, roots: dict[UUID, UUID]) -> Graph:
    """The graph with every alias set drawn as its canonical part; `roots` comes from `identity.canonical`.

    The input keeps every part under its own id, so the merge can be undone by leaving an alias row out.
    """
    parts: dict[UUID, Part] = {}
    for part in sorted(graph.parts.values(), key=lambda p: p.id):
        top = roots.get(part.id, part.id)
        moved = msgspec.structs.replace(part, id=top)
        parts[top] = join_node(parts[top], moved) if top in parts else moved
    edges: dict[UUID, Edge] = {}
    for edge in sorted(graph.edges.values(), key=lambda e: e.id):
        source, destination = roots.get(edge.source, edge.source), roots.get(edge.destination, edge.destination)
        id_ = edge_id(edge.kind, source, destination)
        moved_edge = msgspec.structs.replace(edge, id=id_, source=source, destination=destination)
        edges[id_] = join_node(edges[id_], moved_edge) if id_ in edges else moved_edge
    return Graph(parts=parts, edges=edges, aliases=graph.aliases)
