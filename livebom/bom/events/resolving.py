"""Both documents as graphs in which one thing is one part, whichever of them learned that two keys name it."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from livebom.bom.document import Document
from livebom.bom.events.state import State
from livebom.bom.identity import canonical, edge_id, part_id
from livebom.bom.merge import resolve
from livebom.bom.parts import Alias, Edge, Graph
from livebom.bom.policy import Policy


def joined(old: Document, new: Document, policy: Policy) -> dict[UUID, UUID]:
    """Each id of an alias row of either document to the id that both states know it by; the policy may deny rows."""
    return canonical(_believed({*old.aliases, *new.aliases}, policy))


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


def _believed(aliases: Iterable[Alias], policy: Policy) -> Iterable[Alias]:
    pairs = [(row.one, row.other) for row in policy.distinct]
    kinds = {row.kind for row in aliases}
    apart = {frozenset({part_id(kind, one), part_id(kind, other)}) for one, other in pairs for kind in kinds}
    return (row for row in aliases if frozenset({row.id, row.same_as}) not in apart)
