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


class Way(Struct, frozen=True, kw_only=True, order=True):
    """One place where a workload can be reached from this host."""

    rank: int
    """0 the exact address, 1 a published port, 2 every address of this host."""
    host: str
    port: int
    source: str
    why: str


def ways(instance: Instance) -> tuple[Way, ...]:
    """Where it can be reached from this host, as its sources tell."""
    return tuple(sorted({way for one in instance.workloads for way in _ways(one, instance)}))


def _ways(one: Workload, instance: Instance) -> Iterator[Way]:
    for port in one.published:
        if port.protocol == "tcp":
            why = f"published {port.host or '*'}:{port.port} -> {port.inner}"
            yield Way(rank=1, host=port.host or "0.0.0.0", port=port.port, source=one.source, why=why)  # noqa: S104
    for socket in one.sockets or ():
        if instance.host_network or not _loopback(socket.host):
            yield from _socket(one, instance, socket.host, socket.port)
    if one.sockets is None and not instance.host_network:
        inner = {published.inner for published in one.published}
        for address in sorted(set(one.addresses.values()) - {""}):
            for number in sorted(inner):
                yield Way(rank=0, host=address, port=number, source=one.source, why=f"own address {address}:{number}")


def _socket(one: Workload, instance: Instance, host: str, port: int) -> Iterator[Way]:
    if instance.host_network:
        rank = 2 if host in WILD else 0
        yield Way(rank=rank, host=host, port=port, source=one.source, why=f"listens on {host or '*'}:{port}")
        return
    own = sorted({address for told in instance.containers for address in told.addresses.values()} - {""})
    for address in own if host in WILD else (host,):
        yield Way(rank=0, host=address, port=port, source=one.source, why=f"own address {address}:{port}")


def matched(
    found: Iterable[Instance], heard: Iterable[Heard], own: Callable[[str], bool]
) -> Mapping[int, tuple[tuple[Heard, Way], ...]]:
    """The listeners of each instance (by its place in `found`), with the way that says so.

    `own` tells whether an address is this host's. The exact address counts before a published port, and that before a
    socket on every address. A listener that two instances claim equally well, or that stands in two zones, is nobody's.
    """
    reached: dict[int, list[tuple[int, Way]]] = {}
    for number, one in enumerate(found):
        for way in ways(one):
            reached.setdefault(way.port, []).append((number, way))
    by_address = {port: _by_address(those) for port, those in reached.items()}
    answer: dict[int, list[tuple[Heard, Way]]] = {}
    for place in _one_zone(heard):
        those = by_address.get(place.port, {})
        near = (*those.get(number_of(place.host), ()), *those.get(None, ()))
        fitting = [(way.rank, number, way) for number, way in near if _fits(way, place, own)]
        best = min((rank for rank, _, _ in fitting), default=0)
        claims = {number: way for rank, number, way in sorted(fitting, reverse=True) if rank == best}
        if len(claims) == 1:
            ((number, way),) = claims.items()
            answer.setdefault(number, []).append((place, way))
    return {number: tuple(sorted(pairs)) for number, pairs in answer.items()}


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
        return own(place.host) and not (way.host == "0.0.0.0" and ":" in place.host)  # noqa: S104 - compared only
    return number_of(way.host) == number_of(place.host)


def _loopback(host: str) -> bool:
    return host.startswith("127.") or host == "::1"
