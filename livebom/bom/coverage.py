"""Which known parts and edges a look should have seen: only of those is silence a statement."""

from collections.abc import Callable, Collection
from uuid import UUID

from livebom.bom.graph import value
from livebom.bom.parts import Edge, EdgeKind, Graph, Part, PartKind

Place = tuple[str, str, int]
"""Zone, address and port."""


def covered(graph: Graph, looked: Callable[[str, str, int], bool], mute: Collection[Place]) -> frozenset[UUID]:
    """The ids of the parts and edges that were completely looked at.

    `looked` says so of one place. `mute` are places that were reached but did not tell their models: what a server
    there serves is not known to be gone. A part that several servers lead to is covered only where all of them are.
    """
    places = {part.id: _place(part) for part in graph.parts.values() if part.kind is PartKind.LISTENER}
    seen = {id_ for id_, place in places.items() if place is not None and looked(*place)}
    listens = _ends(graph, EdgeKind.LISTENS_ON, lambda edge: (edge.source, edge.destination))
    servers = {server for server, its in listens.items() if its <= seen}
    telling = {server for server in servers if not any(places.get(one) in mute for one in listens[server])}
    models = _led_to_only_by(graph, EdgeKind.SERVES, telling)
    models |= {row.same_as for row in graph.aliases if row.id in models}
    hosts = _led_to_only_by(graph, EdgeKind.RUNS_ON, servers)
    edges = {e.id for e in graph.edges.values() if e.source in (telling if e.kind is EdgeKind.SERVES else servers)}
    return frozenset(seen | servers | models | hosts | edges)


def _led_to_only_by(graph: Graph, kind: EdgeKind, sources: set[UUID]) -> set[UUID]:
    """Parts whose every incoming edge of that kind comes from one of the sources."""
    incoming = _ends(graph, kind, lambda edge: (edge.destination, edge.source))
    return {part for part, its in incoming.items() if its <= sources}


def _ends(graph: Graph, kind: EdgeKind, pair: Callable[[Edge], tuple[UUID, UUID]]) -> dict[UUID, set[UUID]]:
    found: dict[UUID, set[UUID]] = {}
    for one, other in (pair(edge) for edge in graph.edges.values() if edge.kind is kind):
        found.setdefault(one, set()).add(other)
    return found


def _place(part: Part) -> Place | None:
    zone, host, port = (value(part, name) for name in ("zone", "host", "port"))
    if isinstance(zone, str) and isinstance(host, str) and isinstance(port, int):
        return zone, host, port
    return None
