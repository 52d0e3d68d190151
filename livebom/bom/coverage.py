"""Which known parts and edges a look should have seen: only of those is silence a statement."""

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable
from ipaddress import ip_address
from uuid import UUID

from livebom.bom.document import Stretch
from livebom.bom.graph import value
from livebom.bom.parts import Edge, EdgeKind, Graph, Part, PartKind

Place = tuple[str, str, int]
"""Zone, address and port."""

_Run = tuple[int, int]
"""First and last address as numbers."""


def covered(graph: Graph, looked: Callable[[str, str, int], bool], mute: Collection[Place]) -> frozenset[UUID]:
    """The ids of the parts and edges that were completely looked at.

    `looked` says so of one place. `mute` are places that were reached but did not tell their models: neither what a
    server there serves nor what was found at it is known to be gone. A part that several servers lead to is covered
    only where all of them are, and a finding where all it is about is.
    """
    places = {part.id: place_of(part) for part in graph.parts.values() if part.kind is PartKind.LISTENER}
    seen = {id_ for id_, place in places.items() if place is not None and looked(*place)}
    listens = _ends(graph, EdgeKind.LISTENS_ON, lambda edge: (edge.source, edge.destination))
    servers = {server for server, its in listens.items() if its <= seen}
    telling = {server for server in servers if not any(places.get(one) in mute for one in listens[server])}
    models = _led_to_only_by(graph, EdgeKind.SERVES, telling)
    models |= {row.same_as for row in graph.aliases if row.id in models}
    hosts = _led_to_only_by(graph, EdgeKind.RUNS_ON, servers)
    judged = telling | models | {one for one in seen if places[one] not in mute}
    findings = _led_to_only_by(graph, EdgeKind.HAS_FINDING, judged)
    sources = {EdgeKind.SERVES: telling, EdgeKind.HAS_FINDING: judged}
    edges = {edge.id for edge in graph.edges.values() if edge.source in sources.get(edge.kind, servers)}
    return frozenset(seen | servers | models | hosts | findings | edges)


def looked_at(stretches: Iterable[Stretch]) -> Callable[[str, str, int], bool]:
    """The function that says of a zone, address and port whether one of the stretches holds it.

    Each stretch's addresses are read once; of a port that is asked for, the runs are sorted and joined once, so an
    answer costs one search. A stretch whose ends are no addresses of one family holds nothing.
    """
    grouped: dict[tuple[str, int, tuple[int, ...]], list[_Run]] = {}
    for stretch in stretches:
        one = _run(stretch)
        if one is not None:
            grouped.setdefault((stretch.zone, one[0], stretch.ports), []).append(one[1])
    groups = [(zone, family, frozenset(ports), runs) for (zone, family, ports), runs in grouped.items()]
    asked: dict[tuple[str, int, int], tuple[list[int], list[int]]] = {}

    def looked(zone: str, host: str, port: int) -> bool:
        number = _number(host)
        if number is None:
            return False
        key = (zone, number[0], port)
        if key not in asked:
            asked[key] = _joined(
                run for z, f, ports, runs in groups if (z, f) == key[:2] and port in ports for run in runs
            )
        firsts, lasts = asked[key]
        at = bisect_right(firsts, number[1]) - 1
        return at >= 0 and number[1] <= lasts[at]

    return looked


def place_of(listener: Part) -> Place | None:
    """Where a listener stands; None where it does not say so."""
    zone, host, port = (value(listener, name) for name in ("zone", "host", "port"))
    if isinstance(zone, str) and isinstance(host, str) and isinstance(port, int):
        return zone, host, port
    return None


def _joined(runs: Iterable[_Run]) -> tuple[list[int], list[int]]:
    """The runs' firsts and lasts, sorted and disjoint."""
    firsts: list[int] = []
    lasts: list[int] = []
    for first, last in sorted(runs):
        if lasts and first <= lasts[-1] + 1:
            lasts[-1] = max(lasts[-1], last)
        else:
            firsts.append(first)
            lasts.append(last)
    return firsts, lasts


def _run(stretch: Stretch) -> tuple[int, _Run] | None:
    first, last = _number(stretch.first), _number(stretch.last)
    if first is None or last is None or first[0] != last[0]:
        return None
    return first[0], (first[1], last[1])


def _number(host: str) -> tuple[int, int] | None:
    """Family (4 or 6) and value of an address; None for any other text."""
    try:
        address = ip_address(host)
    except ValueError:
        return None
    return address.version, int(address)


def _led_to_only_by(graph: Graph, kind: EdgeKind, sources: set[UUID]) -> set[UUID]:
    """Parts whose every incoming edge of that kind comes from one of the sources."""
    incoming = _ends(graph, kind, lambda edge: (edge.destination, edge.source))
    return {part for part, its in incoming.items() if its <= sources}


def _ends(graph: Graph, kind: EdgeKind, pair: Callable[[Edge], tuple[UUID, UUID]]) -> dict[UUID, set[UUID]]:
    found: dict[UUID, set[UUID]] = {}
    for one, other in (pair(edge) for edge in graph.edges.values() if edge.kind is kind):
        found.setdefault(one, set()).add(other)
    return found
