"""Runs of IP addresses as numbers: reading them strictly, writing them, joining, cutting and searching them."""

import re
import socket
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address
from typing import Literal

from msgspec import Struct

Family = Literal[4, 6]
BITS: dict[int, int] = {4: 32, 6: 128}

_MAPPED = 0xFFFF << 32
"""::ffff:0:0/96, IPv4 in IPv6's clothes (RFC 4291, 2.5.5.2)."""
_NAT64 = 0x64FF9B << 96
"""64:ff9b::/96, translated to IPv4 by a gateway (RFC 6052)."""
_OCTETS = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}", re.ASCII)


class AddressError(ValueError):
    """A text is no address or no run of addresses; the text of the error is the reason, for a person."""


class Range(Struct, frozen=True):
    """A run of addresses, both ends within it."""

    first: int
    last: int
    family: Family

    def __post_init__(self) -> None:
        if not 0 <= self.first <= self.last < 1 << BITS[self.family]:
            raise ValueError("the ends of a range must be addresses in order")

    def __len__(self) -> int:
        raise TypeError("a range of IPv6 addresses can be longer than len() can say; ask `count`")

    def __bool__(self) -> bool:
        return True

    def __str__(self) -> str:
        first = address_text(self.first, self.family)
        return first if self.first == self.last else f"{first}-{address_text(self.last, self.family)}"

    @property
    def count(self) -> int:
        """How many addresses."""
        return self.last - self.first + 1

    def meets(self, other: "Range") -> bool:
        """Whether the two have an address in common."""
        return self.family == other.family and self.first <= other.last and other.first <= self.last


def address_text(value: int, family: int) -> str:
    """The canonical text of an address (RFC 5952 for IPv6)."""
    return str(IPv4Address(value) if family == 4 else IPv6Address(value))


def read_v4(text: str) -> int:
    """The value of four decimal numbers.

    Raises:
        AddressError: Anything else that programs read as IPv4 in different ways: short, octal, hexadecimal, one number.
    """
    if not _OCTETS.fullmatch(text):
        raise AddressError("an IPv4 address is four decimal numbers from 0 to 255, nothing shorter and no other base")
    value = 0
    for part in text.split("."):
        if len(part) > 1 and part[0] == "0":
            raise AddressError(f"`{part}` has a leading zero, which some programs read as octal")
        if int(part) > 255:
            raise AddressError(f"`{part}` is greater than 255")
        value = value << 8 | int(part)
    return value


def read_v6(text: str) -> int:
    """The value of an IPv6 address without interface.

    Raises:
        AddressError: It is none.
    """
    if "%" in text:
        raise AddressError("it names an interface, and livebom sweeps by address only; use another address of the host")
    try:
        return int.from_bytes(socket.inet_pton(socket.AF_INET6, text))
    except (OSError, ValueError):
        raise AddressError("not an IPv6 address") from None


def unmapped(run: Range) -> Range:
    """The same run as IPv4 where it lies within ::ffff:0:0/96, else the run itself.

    Raises:
        AddressError: Only a part of it lies there.
    """
    mapped = Range(_MAPPED, _MAPPED | 0xFFFFFFFF, 6)
    if not run.meets(mapped) or run.count > 1 << 32:
        return run
    if run.first < mapped.first or run.last > mapped.last:
        raise AddressError("it lies half within ::ffff:0:0/96; write the IPv4 addresses as such")
    return Range(run.first - _MAPPED, run.last - _MAPPED, 4)


def read_address(text: str) -> Range:
    """A run of the one address that the text is, an IPv4-mapped one as IPv4.

    Raises:
        AddressError: It is none.
    """
    if ":" in text:
        value = read_v6(text)
        return unmapped(Range(value, value, 6))
    value = read_v4(text)
    return Range(value, value, 4)


def number_of(address: str) -> tuple[int, Family] | None:
    """Value and family of an address in its usual text form, as it stands; None for anything else. Fast."""
    try:
        if ":" in address:
            return int.from_bytes(socket.inet_pton(socket.AF_INET6, address)), 6
        return int.from_bytes(socket.inet_pton(socket.AF_INET, address)), 4
    except (OSError, ValueError):
        return None


def reached(value: int, family: Family) -> tuple[int, Family]:
    """The address a packet to this one arrives at: mapped, NAT64 and 6to4 forms lead to the IPv4 address in them."""
    if family == 6:
        if value >> 32 in (_MAPPED >> 32, _NAT64 >> 32):
            return value & 0xFFFFFFFF, 4
        if value >> 112 == 0x2002:
            return value >> 80 & 0xFFFFFFFF, 4
    return value, family


def merged(runs: Iterable[Range]) -> tuple[Range, ...]:
    """The same addresses as the fewest runs, IPv4 first, in order."""
    result: list[Range] = []
    for run in sorted(runs, key=lambda run: (run.family, run.first)):
        last = result[-1] if result else None
        if last and last.family == run.family and run.first <= last.last + 1:
            if run.last > last.last:
                result[-1] = Range(last.first, run.last, run.family)
        else:
            result.append(run)
    return tuple(result)


def without(runs: Iterable[Range], cuts: Iterable[Range]) -> tuple[Range, ...]:
    """The addresses of `runs` that are not in `cuts`, as the fewest runs, in order."""
    index = Index(merged(cuts))
    return tuple(piece for run in merged(runs) for piece in _pieces(run, index.meeting(run)))


def _pieces(run: Range, cuts: Iterable[Range]) -> Iterator[Range]:
    start = run.first
    for cut in cuts:
        if cut.first > start:
            yield Range(start, cut.first - 1, run.family)
        start = cut.last + 1
    if start <= run.last:
        yield Range(start, run.last, run.family)


class Index:
    """Finds the run an address is in by bisection; the runs must be as `merged` gives them."""

    __slots__ = ("_firsts", "_runs")

    def __init__(self, runs: Sequence[Range]) -> None:
        self._runs = {family: [run for run in runs if run.family == family] for family in BITS}
        self._firsts = {family: [run.first for run in found] for family, found in self._runs.items()}

    def __contains__(self, address: tuple[int, int]) -> bool:
        value, family = address
        place = bisect_right(self._firsts[family], value) - 1
        return place >= 0 and value <= self._runs[family][place].last

    def meeting(self, run: Range) -> Iterator[Range]:
        """The runs that have an address in common with this one, in order."""
        runs = self._runs[run.family]
        place = max(0, bisect_right(self._firsts[run.family], run.first) - 1)
        while place < len(runs) and runs[place].first <= run.last:
            if runs[place].last >= run.first:
                yield runs[place]
            place += 1
