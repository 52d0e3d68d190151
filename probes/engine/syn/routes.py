"""By which way every address of a plan is reached: stretches of addresses with one interface and one next hop."""

import errno
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from livebom.net.ranges import Family, address_text
from probes.engine.plan import Run
from probes.engine.syn.netlink import ETHERNET, LOCAL, UNICAST, Interface, Netlink, Route

MOST_HOSTS_6 = 65_536
"""IPv6 addresses of one plan: hosts somebody listed, never the sweep of a network."""
MOST_NEIGHBOURS = 65_536
"""Addresses on the own segment: each needs its own hardware address, kept in memory."""
MOST_LEGS = 65_536
"""Stretches of addresses; each is one question to the kernel."""
MOST_WAYS = 32
"""Different ways; each has a batch of frames of its own."""
_TAGGED = ("vlan", "ipvlan", "vrf", "tun")
_NO_WAY = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EACCES, errno.EINVAL, errno.EPERM)


class UnfitError(Exception):
    """A plan cannot be looked at by the SYN path; the text says why, in words for a person."""


class Way(Struct, frozen=True):
    """How frames leave: one interface, one source address, one next hop; without a gateway each host is its own."""

    family: Family
    interface: str
    number: int
    mac: bytes
    source: int
    gateway: int | None


class Leg(Struct, frozen=True):
    """A stretch of addresses that are reached one way; None where there is no way to them."""

    first: int
    last: int
    family: Family
    way: Way | None

    @property
    def addresses(self) -> int:
        """How many."""
        return self.last - self.first + 1


def legs_of(runs: Sequence[Run]) -> list[Leg]:
    """The plan's addresses in order, cut where the way changes. Sends nothing.

    Raises UnfitError where the SYN path cannot or must not look at one of them, OSError where the kernel does not
    answer.
    """
    if sum(run.addresses for run in runs if run.family == 6) > MOST_HOSTS_6:
        raise UnfitError(f"it holds more than {MOST_HOSTS_6} IPv6 addresses; list the hosts instead of a network")
    with Netlink() as netlink:
        interfaces = netlink.interfaces()
        legs: list[Leg] = []
        for first, last, family in _pieces(runs, netlink):
            way = _way(netlink, interfaces, first, family)
            before = legs[-1] if legs else None
            if before and (before.way, before.family, before.last + 1) == (way, family, first):
                legs[-1] = Leg(before.first, last, family, way)
            else:
                legs.append(Leg(first, last, family, way))
    _check(legs)
    return legs


def _pieces(runs: Sequence[Run], netlink: Netlink) -> Iterator[tuple[int, int, Family]]:
    """The runs, cut where some route begins or ends: within a piece all addresses are routed alike."""
    cuts: dict[int, list[int]] = {}
    count = 0
    for run in runs:
        if run.family not in cuts:
            cuts[run.family] = _cuts(netlink.prefixes(run.family))
        edges = cuts[run.family]
        first = run.first
        for place in range(bisect_right(edges, run.first), bisect_right(edges, run.last)):
            yield first, edges[place] - 1, run.family
            first = edges[place]
            count += 1
        yield first, run.last, run.family
        count += 1
        if count > MOST_LEGS:
            raise UnfitError(f"it falls into more than {MOST_LEGS} stretches of addresses")


def _cuts(prefixes: Iterable[tuple[int, int]]) -> list[int]:
    return sorted({edge for first, last in prefixes for edge in (first, last + 1)})


def _way(netlink: Netlink, interfaces: dict[int, Interface], address: int, family: Family) -> Way | None:
    """How the kernel would send there; None where it would not."""
    try:
        route = netlink.route(address, family)
    except OSError as fault:
        if fault.errno in _NO_WAY:
            return None
        raise
    where = address_text(address, family)
    interface = interfaces.get(route.interface)
    if route.kind == LOCAL or (interface and interface.loopback):
        raise UnfitError(f"{where} is this host itself, which only a connect reaches")
    if route.kind != UNICAST or interface is None:
        return None
    _fit(interface, where)
    return _made(route, interface, family, where)


def _fit(interface: Interface, where: str) -> None:
    """Whether frames of ours can leave there."""
    said = f"{where} is reached over {interface.name}, which"
    if interface.hardware != ETHERNET or len(interface.mac) != 6:
        raise UnfitError(f"{said} is not Ethernet")
    if interface.kind in _TAGGED:
        raise UnfitError(f"{said} is a {interface.kind} interface")
    if not interface.resolves:
        raise UnfitError(f"{said} does not resolve neighbours")
    if not interface.up:
        raise UnfitError(f"{said} is down")


def _made(route: Route, interface: Interface, family: Family, where: str) -> Way:
    if route.source is None:
        raise UnfitError(f"the kernel names no source address for {where}")
    return Way(family, interface.name, interface.number, interface.mac, route.source, route.gateway)


def _check(legs: Sequence[Leg]) -> None:
    """The caps, and that there is any way at all."""
    ways = {leg.way for leg in legs if leg.way}
    if not ways:
        raise UnfitError("there is no route to any of its addresses")
    if len(ways) > MOST_WAYS:
        raise UnfitError(f"its addresses are reached by more than {MOST_WAYS} different ways")
    near = sum(leg.addresses for leg in legs if leg.way and leg.way.gateway is None and leg.family == 4)
    if near > MOST_NEIGHBOURS:
        raise UnfitError(f"it holds more than {MOST_NEIGHBOURS} addresses of the own network segment")
