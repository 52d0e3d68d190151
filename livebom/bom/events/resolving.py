"""Both documents as graphs in which one thing is one part, whichever of them learned that two keys name it."""

from collections.abc import Mapping, Set
from uuid import UUID

from livebom.bom.document import Document
from livebom.bom.events.state import State
from livebom.bom.identity import canonical, edge_id
from livebom.bom.merge import resolve
from livebom.bom.parts import Edge, Graph
from livebom.bom.policy import Policy
from livebom.bom.same import without


def joined(old: Document, new: Document, policy: Policy) -> dict[UUID, UUID]:
    """Each id of an alias row of either document to the id that both states know it by; the policy may deny rows."""
    return canonical(without({*old.aliases, *new.aliases}, policy.distinct))


def state_of(document: Document, roots: dict[UUID, UUID]) -> State:
    """The document's graph, resolved; what no alias row touches is taken as it is."""
    parts = {part.id: part for part in document.parts if part.id not in roots}
    edges: dict[UUID, Edge] = {}
    moving: dict[UUID, Edge] = {}
    for edge in document.edges:
        moves = edge.source in roots or edge.destination in roots
        (moving if moves else edges)[edge.id] = edge
    moved = resolve(Graph(parts={part.id: part for part in document.parts if part.id in roots}, edges=moving), roots)
    return State(Graph(parts=parts | moved.parts, edges=edges | moved.edges))


def rooted(counts: Mapping[UUID, int], roots: Mapping[UUID, UUID], *documents: Document) -> dict[UUID, int]:
    """Counts by the ids the comparison knows parts and edges by; the highest where several are one."""
    known = dict(roots)
    for edge in (edge for one in documents if counts and roots for edge in one.edges):
        if edge.id in counts:
            ends = (roots.get(edge.source, edge.source), roots.get(edge.destination, edge.destination))
            known[edge.id] = edge_id(edge.kind, *ends)
    found: dict[UUID, int] = {}
    for id_, count in counts.items():
        root = known.get(id_, id_)
        found[root] = max(found.get(root, 0), count)
    return found


def unrooted(ids: Set[UUID], roots: Mapping[UUID, UUID], document: Document) -> frozenset[UUID]:
    """The document's own ids of parts and edges that the comparison knows by those ids."""
    if not ids:
        return frozenset()
    parts = {part.id for part in document.parts if roots.get(part.id, part.id) in ids}
    edges = {edge.id for edge in document.edges if _rooted_edge(edge, roots) in ids}
    return frozenset(parts | edges)


def _rooted_edge(edge: Edge, roots: Mapping[UUID, UUID]) -> UUID:
    if edge.source not in roots and edge.destination not in roots:
        return edge.id
    return edge_id(edge.kind, roots.get(edge.source, edge.source), roots.get(edge.destination, edge.destination))
