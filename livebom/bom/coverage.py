"""Which known parts a look should have seen: only of those is silence a statement."""

from collections.abc import Callable, Collection
from uuid import UUID

from msgspec import Struct

from livebom.bom.graph import value
from livebom.bom.parts import Edge, EdgeKind, Graph, Part, PartKind

Place = tuple[str, str, int]
"""Zone, address and port."""


class Covered(Struct, frozen=True):
    """The parts of a graph that lie within what was completely looked at, and where each server listens."""

    parts: frozenset[UUID]
    listens: dict[UUID, frozenset[Place]]

    def covers(self, one: Part | Edge, mute: Collection[Place]) -> bool:
        """Whether not seeing this part or edge says anything.

        `mute` are places that were reached but did not tell their models: what such a server serves is not known to
        be gone. A server's model counts as looked at where the server was, so an edge speaks for its model.
        """
        if isinstance(one, Part):
            return one.id in self.parts
        if one.kind is EdgeKind.SERVES and self.listens.get(one.source, frozenset()) & set(mute):
            return False
        return one.source in self.parts


def covered(graph: Graph, looked: Callable[[str, str, int], bool]) -> Covered:
    """What of the graph was completely looked at; `looked` says so for one place."""
    places = {part.id: _place(part) for part in graph.parts.values() if part.kind is PartKind.LISTENER}
    seen = {id_ for id_, place in places.items() if place is not None and looked(*place)}
    listens: dict[UUID, set[UUID]] = {}
    for edge in graph.edges.values():
        if edge.kind is EdgeKind.LISTENS_ON:
            listens.setdefault(edge.source, set()).add(edge.destination)
    servers = {server for server, its in listens.items() if its <= seen}
    found = seen | servers
    for kind, end in ((EdgeKind.SERVES, PartKind.MODEL), (EdgeKind.RUNS_ON, PartKind.HOST)):
        found |= _reached_only_from(graph, kind, end, servers)
    found |= {row.same_as for row in graph.aliases if row.id in found}
    at = {server: frozenset(p for one in its if (p := places.get(one)) is not None) for server, its in listens.items()}
    return Covered(frozenset(found), at)


def _reached_only_from(graph: Graph, kind: EdgeKind, end: PartKind, servers: set[UUID]) -> set[UUID]:
    """Parts whose every incoming edge of that kind comes from a server that was looked at."""
    sources: dict[UUID, set[UUID]] = {}
    for edge in graph.edges.values():
        if edge.kind is kind and graph.parts[edge.destination].kind is end:
            sources.setdefault(edge.destination, set()).add(edge.source)
    return {part for part, its in sources.items() if its <= servers}


def _place(part: Part) -> Place | None:
    zone, host, port = (value(part, name) for name in ("zone", "host", "port"))
    if isinstance(zone, str) and isinstance(host, str) and isinstance(port, int):
        return zone, host, port
    return None
