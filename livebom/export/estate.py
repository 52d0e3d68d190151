"""A document made ready to be told: one part per thing, edges by their ends, parts by their kinds."""

from uuid import UUID

from msgspec import Struct

from livebom.bom.document import Document
from livebom.bom.graph import value
from livebom.bom.identity import canonical
from livebom.bom.merge import resolve
from livebom.bom.owner import owners
from livebom.bom.parts import Edge, EdgeKind, Graph, Part, PartKind


class Estate(Struct, frozen=True):
    """Parts by kind and key, edges by kind and ends; what an edge names but no part tells of is left out of it."""

    parts: dict[UUID, Part]
    edges: tuple[Edge, ...]
    outgoing: dict[tuple[UUID, EdgeKind], list[Part]]
    incoming: dict[tuple[UUID, EdgeKind], list[Part]]
    owners: dict[UUID, str]
    """Whom to call; a part is missing where nobody is known."""

    def of(self, *kinds: PartKind) -> list[Part]:
        """The parts of these kinds, by kind and key."""
        return [part for part in self.parts.values() if part.kind in kinds]

    def to(self, part: Part, *kinds: EdgeKind) -> list[Part]:
        """Where the part's edges of these kinds lead to."""
        return [other for kind in kinds for other in self.outgoing.get((part.id, kind), ())]

    def into(self, part: Part, *kinds: EdgeKind) -> list[Part]:
        """Where edges of these kinds that end at the part begin."""
        return [other for kind in kinds for other in self.incoming.get((part.id, kind), ())]


def drawn(document: Document) -> Graph:
    """The document's graph with every alias set as one part; parts by kind and key, edges by the keys they join."""
    graph = resolve(document.graph, canonical(document.aliases))
    parts = sorted(graph.parts.values(), key=lambda part: (part.kind, part.key, part.id))
    place = {part.id: at for at, part in enumerate(parts)}
    last = len(parts)
    edges = sorted(
        graph.edges.values(),
        key=lambda edge: (place.get(edge.source, last), edge.kind, place.get(edge.destination, last), edge.id),
    )
    return Graph(
        parts={part.id: part for part in parts}, edges={edge.id: edge for edge in edges}, aliases=graph.aliases
    )


def estate(document: Document) -> Estate:
    """The document by kinds and ends."""
    graph = drawn(document)
    outgoing: dict[tuple[UUID, EdgeKind], list[Part]] = {}
    incoming: dict[tuple[UUID, EdgeKind], list[Part]] = {}
    for edge in graph.edges.values():
        source, destination = graph.parts.get(edge.source), graph.parts.get(edge.destination)
        if source is not None and destination is not None:
            outgoing.setdefault((source.id, edge.kind), []).append(destination)
            incoming.setdefault((destination.id, edge.kind), []).append(source)
    return Estate(graph.parts, tuple(graph.edges.values()), outgoing, incoming, owners(graph))


def unknown_ends(graph: Graph) -> list[UUID]:
    """The ids that edges lead from or to and of which no part tells."""
    ends = {end for edge in graph.edges.values() for end in (edge.source, edge.destination)}
    return sorted(ends - graph.parts.keys())


def text_of(part: Part, name: str) -> str:
    """An attribute's believed value as text, a list's items by commas; empty where nothing is said; not escaped."""
    return ", ".join(items_of(part, name))


def items_of(part: Part, name: str) -> list[str]:
    """An attribute's believed value as a list of texts; empty where nothing is said."""
    told = value(part, name)
    if isinstance(told, list):
        return told
    if isinstance(told, bool):
        return [str(told).lower()]
    return [] if told in (None, "") else [str(told)]
