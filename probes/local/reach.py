"""Which of the listeners that the network saw are this workload's: by its own address, a published port or a socket."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec import Struct

from livebom.net.ranges import number_of
from probes.local.group import Instance
from probes.local.workload import Workload

WILD = frozenset({"0.0.0.0", "::", "", "*"})  # noqa: S104 - addresses to compare with, nothing is bound


class Heard(Struct, frozen=True, kw_only=True, order=True):
    """A listener that the network saw, and the server it belongs to."""

    host: str
    port: int
    zone: str
    listener: str
    """Its key."""
    server: str = ""
    """The server's key; empty where the network could not name one."""
    product: str = ""
    workload: str = ""
    """Of one that this host itself asked: the id of what listens there. The network knows none."""


class Way(Struct, frozen=True, kw_only=True, order=True):
    """One place where a workload can be reached from this host."""

    rank: int
    """0 the exact address, 1 a published port, 2 every address of this host."""
    host: str
    port: int
    source: str
    why: str
    inner: int
    """The port of the workload's own socket that this leads to."""


def ways(instance: Instance) -> tuple[Way, ...]:
    """Where it can be reached from this host, as its sources tell."""
    return tuple(sorted({way for one in instance.workloads for way in _ways(one, instance)}))


def _ways(one: Workload, instance: Instance) -> Iterator[Way]:
    for port in one.published:
        if port.protocol == "tcp":
            why = f"published {port.host or '*'}:{port.port} -> {port.inner}"
            host = port.host or "0.0.0.0"  # noqa: S104 - compared only
            yield Way(rank=1, host=host, port=port.port, source=one.source, why=why, inner=port.inner)
    for socket in one.sockets or ():
        if instance.host_network or not _loopback(socket.host):
            yield from _socket(one, instance, socket.host, socket.port)
    if one.sockets is None and not instance.host_network:
        inner = {published.inner for published in one.published}
        for address in sorted(set(one.addresses.values()) - {""}):
            for number in sorted(inner):
                why = f"own address {address}:{number}"
                yield Way(rank=0, host=address, port=number, source=one.source, why=why, inner=number)


def _socket(one: Workload, instance: Instance, host: str, port: int) -> Iterator[Way]:
    if instance.host_network:
        rank = 2 if host in WILD else 0
        why = f"listens on {host or '*'}:{port}"
        yield Way(rank=rank, host=host, port=port, source=one.source, why=why, inner=port)
        return
    own = sorted({address for told in instance.containers for address in told.addresses.values()} - {""})
    for address in own if host in WILD else (host,):
        why = f"own address {address}:{port}"
        yield Way(rank=0, host=address, port=port, source=one.source, why=why, inner=port)


def matched(
    found: Iterable[Instance], heard: Iterable[Heard], own: Callable[[str], bool]
) -> Mapping[int, tuple[tuple[Heard, Way], ...]]:
    """The listeners of each instance (by its place in `found`), with the way that says so.

    `own` tells whether an address is this host's. The exact address counts before a published port, and that before a
    socket on every address. A listener that two instances claim equally well, or that stands in two zones, is nobody's.
    """
    those = list(found)
    heard = list(heard)
    answer: dict[int, list[tuple[Heard, Way]]] = {}
    for number, place, way in _asked(those, heard):
        answer.setdefault(number, []).append((place, way))
    reached: dict[int, list[tuple[int, Way]]] = {}
    for number, one in enumerate(those):
        for way in ways(one):
            reached.setdefault(way.port, []).append((number, way))
    by_address = {port: _by_address(its) for port, its in reached.items()}
    for place in _one_zone(one for one in heard if not one.workload):
        its = by_address.get(place.port, {})
        near = (*its.get(number_of(place.host), ()), *its.get(None, ()))
        fitting = [(way.rank, number, way) for number, way in near if _fits(way, place, own)]
        best = min((rank for rank, _, _ in fitting), default=0)
        claims = {number: way for rank, number, way in sorted(fitting, reverse=True) if rank == best}
        if len(claims) == 1:
            ((number, way),) = claims.items()
            answer.setdefault(number, []).append((place, way))
    return {number: tuple(sorted(pairs)) for number, pairs in answer.items()}


def grouped(pairs: Iterable[tuple[Heard, Way]]) -> list[tuple[str, list[tuple[Heard, Way]]]]:
    """Of one workload, product and listeners of each server in it, as the network names products.

    Listeners that the network takes for one server are one, and so are those that lead to the same port of the
    workload: the network cannot know that a published port and a container's own address end at one socket.
    """
    groups: list[tuple[str, list[tuple[Heard, Way]]]] = []
    for heard, way in pairs:
        if heard.product:
            near = [
                (product, its)
                for product, its in groups
                if product == heard.product
                and any(way.inner == other.inner or heard.server == known.server for known, other in its)
            ]
            groups = [group for group in groups if group not in near]
            groups.append((heard.product, [pair for _, its in near for pair in its] + [(heard, way)]))
    return sorted((product, sorted(its)) for product, its in groups)


def _asked(found: Iterable[Instance], heard: Iterable[Heard]) -> Iterator[tuple[int, Heard, Way]]:
    """What this host itself asked: it went to that workload's own socket."""
    owners = {one.id: (number, one) for number, instance in enumerate(found) for one in instance.workloads}
    for place in heard:
        if place.workload in owners:
            number, one = owners[place.workload]
            why = f"answers at its own socket {place.host}:{place.port}"
            way = Way(rank=0, host=place.host, port=place.port, source=one.source, why=why, inner=place.port)
            yield number, place, way


def _by_address(those: Iterable[tuple[int, Way]]) -> dict[tuple[int, int] | None, list[tuple[int, Way]]]:
    """The ways by their address; those that stand for every address by None."""
    found: dict[tuple[int, int] | None, list[tuple[int, Way]]] = {}
    for number, way in those:
        found.setdefault(None if way.host in WILD else number_of(way.host), []).append((number, way))
    return found


def _one_zone(heard: Iterable[Heard]) -> list[Heard]:
    zones: dict[tuple[str, int], set[str]] = {}
    places = sorted(set(heard))
    for one in places:
        zones.setdefault((one.host, one.port), set()).add(one.zone)
    return [one for one in places if len(zones[one.host, one.port]) == 1]


def _fits(way: Way, place: Heard, own: Callable[[str], bool]) -> bool:
    if way.port != place.port:
        return False
    if way.host in WILD:
        return (place.host in WILD or own(place.host)) and not (way.host == "0.0.0.0" and ":" in place.host)  # noqa: S104 - compared only
    return number_of(way.host) == number_of(place.host)


def _loopback(host: str) -> bool:
    return host.startswith("127.") or host == "::1"
