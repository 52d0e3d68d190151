"""What may be contacted: included addresses and ports minus exclusions, per zone; everything else is refused."""

import socket
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Literal

from msgspec import Struct

from livebom.net.ranges import Family, Index, Range, merged, number_of, reached, without
from livebom.net.refusal import METADATA, Included, Refusal, ScopeError, left_out, refusals_of, too_many

__all__ = [
    "Block",
    "Exposure",
    "Included",
    "Range",
    "Refusal",
    "Scope",
    "ScopeError",
    "exposure_of",
    "is_local",
    "make_scope",
]

Exposure = Literal["loopback", "private", "public"]

Segment = tuple[Range, frozenset[int]]
"""A run of addresses and the ports contacted on each of them."""


class Block(Struct, frozen=True, kw_only=True):
    """Every port of every address in it is contacted; the blocks of a scope have nothing in common."""

    zone: str
    ranges: tuple[Range, ...]
    ports: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many pairs of address and port."""
        return len(self.ports) * sum(run.count for run in self.ranges)


class _Zone(Struct, frozen=True):
    """One zone's scope, made for asking: disjoint runs in order, each with its ports."""

    firsts: dict[Family, list[int]]
    lasts: dict[Family, list[int]]
    ports: dict[Family, list[frozenset[int]]]
    excluded: Index
    exposure: Exposure | None

    def allows(self, literal: tuple[int, Family], actual: tuple[int, Family], port: int) -> bool:
        value, family = actual
        place = bisect_right(self.firsts[family], value) - 1
        if place < 0 or value > self.lasts[family][place] or port not in self.ports[family][place]:
            return False
        return literal not in self.excluded


class Scope(Struct, frozen=True, kw_only=True):
    """What may be contacted; made by `make_scope`."""

    blocks: tuple[Block, ...]
    """All of it, without overlap, for planning."""
    notes: tuple[str, ...]
    """What was asked for and is left out, and why."""
    zones: dict[str, _Zone]

    @property
    def addresses(self) -> int:
        """How many addresses, one that is in two zones counted twice."""
        return sum(
            last - first + 1
            for zone in self.zones.values()
            for family, firsts in zone.firsts.items()
            for first, last in zip(firsts, zone.lasts[family], strict=True)
        )

    def allows(self, address: str, port: int, zone: str | None = None) -> bool:
        """Whether a packet may be sent there, in this zone or, with None, in any.

        The address a packet arrives at is what counts: mapped, NAT64 and 6to4 forms are looked through. Anything that
        is not an address (a name, an interface) is not allowed.
        """
        literal = number_of(address)
        if literal is None:
            return False
        actual = reached(*literal)
        if zone is not None:
            return zone in self.zones and self.zones[zone].allows(literal, actual, port)
        return any(found.allows(literal, actual, port) for found in self.zones.values())

    def exposure_of(self, address: str, zone: str) -> Exposure:
        """Who can reach the address: what its zone declares, else what the address says."""
        found = self.zones.get(zone)
        return exposure_of(address, found.exposure if found else None)


def exposure_of(address: str, declared: Exposure | None = None) -> Exposure:
    """Who can reach an address: what its zone declares, else loopback, public (routed globally) or private.

    Raises:
        ValueError: It is no address.
    """
    if declared is not None:
        return declared
    literal = number_of(address)
    if literal is None:
        raise ValueError("not an address")
    value, family = reached(*literal)
    known = ip_address(value.to_bytes(4 if family == 4 else 16))
    if known.is_loopback:
        return "loopback"
    return "public" if known.is_global else "private"


def is_local(address: str, settings: Path = Path("/proc/sys/net")) -> bool:
    """Whether the address is this host's own: loopback, or the kernel lets a socket take it. No packet is sent.

    Where the kernel lets sockets take any address (`ip_nonlocal_bind`), only loopback is known to be local.
    """
    literal = number_of(address)
    if literal is None:
        return False
    value, family = reached(*literal)
    known = ip_address(value.to_bytes(4 if family == 4 else 16))
    if known.is_loopback or known.is_unspecified or known.is_multicast:
        return known.is_loopback
    switch = settings / f"ipv{family}" / "ip_nonlocal_bind"
    if switch.is_file() and switch.read_text().strip() != "0":
        return False
    try:
        with socket.socket(socket.AF_INET if family == 4 else socket.AF_INET6, socket.SOCK_DGRAM) as trial:
            trial.bind((str(known), 0))
    except OSError:
        return False
    return True


def make_scope(
    included: Sequence[Included],
    excluded: Mapping[str, Iterable[Range]],
    *,
    exposures: Mapping[str, Exposure] | None = None,
    ports_never: Collection[int] = (),
    i_mean_it: bool = False,
) -> Scope:
    """The scope of what is included and not excluded.

    Args:
        included: What somebody wants contacted.
        excluded: Zone to the ranges that are never contacted in it, whoever includes them.
        exposures: Zone to its declared exposure.
        ports_never: Ports that are contacted nowhere.
        i_mean_it: Allows more than `MOST` addresses.

    Raises:
        ScopeError: A target is refused; every refusal is told.
    """
    refusals = [refusal for item in included for refusal in refusals_of(item, ports_never)]
    if refusals:
        raise ScopeError(refusals)
    cuts = {item.zone: merged(excluded.get(item.zone, ())) for item in included}
    listed = {(item.zone, item.ranges[0]) for item in included if len(item.ranges) == 1}
    guarded = {zone: tuple(run for run in METADATA if (zone, run) not in listed) for zone in cuts}
    kept = {
        zone: _segments(
            [item for item in included if item.zone == zone], (*cuts[zone], *guarded[zone]), frozenset(ports_never)
        )
        for zone in cuts
    }
    if refusals := list(too_many(included, [run for runs in kept.values() for run, _ in runs], i_mean_it=i_mean_it)):
        raise ScopeError(refusals)
    return Scope(
        blocks=tuple(block for zone, segments in kept.items() for block in _blocks(zone, segments)),
        notes=tuple(left_out(included, cuts, guarded, ports_never)),
        zones={z: _zone(s, Index(cuts[z]), (exposures or {}).get(z)) for z, s in kept.items()},
    )


def _segments(items: Sequence[Included], cuts: Sequence[Range], ports_never: frozenset[int]) -> list[Segment]:
    """The items of one zone as disjoint runs in order, each with all its ports."""
    by_ports: dict[frozenset[int], list[Range]] = defaultdict(list)
    for ports, runs in _by_ports(items).items():
        by_ports[frozenset(ports) - ports_never] += runs
    sets = [ports for ports in by_ports if ports]
    edges = sorted(
        edge
        for number, ports in enumerate(sets)
        for run in without(by_ports[ports], cuts)
        for edge in ((run.family, run.first, number), (run.family, run.last + 1, ~number))
    )
    joined: dict[frozenset[int], frozenset[int]] = {}
    segments: list[Segment] = []
    open_sets: set[int] = set()
    before: tuple[int, int] = (4, 0)
    for family, point, number in edges:
        if open_sets and point > before[1]:
            key = frozenset(open_sets)
            if key not in joined:
                joined[key] = frozenset().union(*(sets[each] for each in key))
            segments.append((Range(before[1], point - 1, 4 if family == 4 else 6), joined[key]))
        before = (family, point)
        if number >= 0:
            open_sets.add(number)
        else:
            open_sets.discard(~number)
    return segments


def _by_ports(items: Sequence[Included]) -> dict[tuple[int, ...], list[Range]]:
    found: dict[tuple[int, ...], list[Range]] = defaultdict(list)
    for item in items:
        found[item.ports] += item.ranges
    return found


def _blocks(zone: str, segments: Sequence[Segment]) -> Iterator[Block]:
    by_ports: dict[frozenset[int], list[Range]] = defaultdict(list)
    for run, ports in segments:
        by_ports[ports].append(run)
    for ports, runs in by_ports.items():
        yield Block(zone=zone, ranges=merged(runs), ports=tuple(sorted(ports)))


def _zone(segments: Sequence[Segment], excluded: Index, exposure: Exposure | None) -> _Zone:
    firsts: dict[Family, list[int]] = {4: [], 6: []}
    lasts: dict[Family, list[int]] = {4: [], 6: []}
    ports: dict[Family, list[frozenset[int]]] = {4: [], 6: []}
    for run, open_ports in segments:
        firsts[run.family].append(run.first)
        lasts[run.family].append(run.last)
        ports[run.family].append(open_ports)
    return _Zone(firsts, lasts, ports, excluded, exposure)
