"""Merging of graphs and documents: commutative, associative and idempotent, so inputs need no order."""

from collections.abc import Iterable, Iterator
from uuid import UUID

import msgspec

from livebom.bom.document import Document, Look, document
from livebom.bom.identity import edge_id
from livebom.bom.join import Node, combined, join_attributes, join_node
from livebom.bom.observation import Observation
from livebom.bom.parts import Alias, Edge, EdgeKind, Graph, Part
from livebom.bom.policy import Distinct
from livebom.bom.same import bare, joins, without

__all__ = ["join", "join_attributes", "join_node", "merge", "merged_documents", "resolve"]


def merge(graphs: Iterable[Graph]) -> Graph:
    """The least graph that holds everything the given ones say, in one pass over each."""
    parts: dict[UUID, Part] = {}
    edges: dict[UUID, Edge] = {}
    aliases: set[Alias] = set()
    for graph in graphs:
        _gather(parts, graph.parts.values())
        _gather(edges, graph.edges.values())
        aliases |= graph.aliases
    return Graph(parts=parts, edges=edges, aliases=frozenset(aliases))


def join(one: Graph, other: Graph) -> Graph:
    """Both graphs' parts, edges and aliases; what both hold is joined, conflicting claims stand side by side."""
    return merge((one, other))


def _gather(known: dict[UUID, Node], more: Iterable[Node]) -> None:
    for one in more:
        before = known.setdefault(one.id, one)
        if before is not one:
            known[one.id] = join_node(before, one)


def merged_documents(documents: Iterable[Document], distinct: Iterable[Distinct] = ()) -> Document:
    """One document of all that these say: looks and observations united, and what is one thing joined by alias rows.

    The joins are those of `livebom.bom.same`, made anew from all that the sources said; `distinct` rows of a policy
    undo them and those that the sources declared. The documents are taken one by one, so not all need be in memory.
    Whether a part was missed by the last looks is forgotten, and the document is not settled. Merging the result again
    with any of its inputs gives the same document.
    """
    distinct = tuple(distinct)
    looks: set[Look] = set()
    observations: dict[bytes, Observation] = {}
    encode = msgspec.json.Encoder(order="deterministic").encode

    def graphs() -> Iterator[Graph]:
        for one in documents:
            looks.update(one.looks)
            observations.update((encode(seen), seen) for seen in one.observations)
            yield bare(one.graph)

    union = merge(graphs())
    rows, candidates = joins(union, distinct)
    made = {edge.id: edge for edge in candidates}
    # In order of number, which is that of ids and much faster to compare.
    edges = {edge.id: edge for edge in sorted((made | union.edges).values(), key=_number)}
    aliases = without(union.aliases | frozenset(rows), distinct)
    # The document's own order leaves ties as they come.
    in_order = [observations[key] for key in sorted(observations)]
    return document(Graph(parts=union.parts, edges=edges, aliases=aliases), looks, in_order)


def resolve(graph: Graph, roots: dict[UUID, UUID]) -> Graph:
    """The graph with every alias set drawn as its canonical part; `roots` comes from `identity.canonical`.

    The input keeps every part under its own id, so the merge can be undone by leaving an alias row out. What may be the
    same as another part and now is, is no longer said to be a candidate.
    """
    parts: dict[UUID, Part] = {}
    for part in sorted(graph.parts.values(), key=_number):
        top = roots.get(part.id, part.id)
        moved = part if top == part.id else msgspec.structs.replace(part, id=top)
        parts[top] = combined(parts[top], moved) if top in parts else moved
    edges: dict[UUID, Edge] = {}
    moved_edges = (_moved(edge, roots) for edge in sorted(graph.edges.values(), key=_number))
    _gather(edges, (edge for edge in moved_edges if edge is not None))
    return Graph(parts=parts, edges=edges, aliases=graph.aliases)


def _moved(edge: Edge, roots: dict[UUID, UUID]) -> Edge | None:
    """The edge between its ends' canonical parts; None for a candidate that has come to nothing."""
    source, destination = roots.get(edge.source, edge.source), roots.get(edge.destination, edge.destination)
    if source == edge.source and destination == edge.destination:
        return edge
    if source == destination and edge.kind is EdgeKind.CANDIDATE_SAME_AS:
        return None
    id_ = edge_id(edge.kind, source, destination)
    return msgspec.structs.replace(edge, id=id_, source=source, destination=destination)


def _number(one: Part | Edge) -> int:
    return one.id.int
