"""What a sweep will look at, as an index space: ranges of addresses x ports, without one object per target."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from ipaddress import IPv6Address
from itertools import accumulate, pairwise
from socket import inet_ntoa
from struct import iter_unpack

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from livebom.net.ranges import Family, Range

Row = tuple[str, int]
"""An address in canonical text form and a port: what the socket calls take."""

_MOST = (1 << 63) - 1


class Block(Struct, frozen=True):
    """Every address of the ranges x every port."""

    ranges: tuple[Range, ...]
    ports: tuple[int, ...]

    def __post_init__(self) -> None:
        """Refuse, with ValueError, what is no port."""
        wrong = [port for port in self.ports if not 1 <= port <= 65535]
        if wrong:
            raise ValueError(f"no such port: {wrong[0]}")


class Run(Struct, frozen=True):
    """A stretch of the plan: neighbouring addresses that are asked for the same ports, both sorted."""

    first: int
    last: int
    family: Family
    ports: tuple[int, ...]

    @property
    def addresses(self) -> int:
        """How many addresses it holds."""
        return self.last - self.first + 1


class Plan:
    """Numbered pairs of address and port, each pair once. Made by `make_plan`.

    Memory grows with the number of runs, never with the number of targets.
    """

    def __init__(self, runs: Iterable[Run]) -> None:
        """Number the runs, which must be sorted by family and address, and disjoint."""
        self.runs: tuple[Run, ...] = tuple(runs)
        self._keys = [(run.family, run.first) for run in self.runs]
        sums = list(accumulate((run.addresses * len(run.ports) for run in self.runs), initial=0))
        self._starts, self._size = sums[:-1], sums[-1]
        if self._size > _MOST:
            raise ValueError(f"a plan of {self._size} targets cannot be numbered; at most {_MOST}")
        lists = dict.fromkeys(run.ports for run in self.runs)
        offsets = dict(zip(lists, accumulate((len(ports) for ports in lists), initial=0), strict=False))
        self._ports = np.array([port for ports in lists for port in ports], dtype=np.int64)
        self._table = np.array(
            [
                (start, len(run.ports), offsets[run.ports], run.first if run.family == 4 else -1)
                for start, run in zip(self._starts, self.runs, strict=True)
            ],
            dtype=np.int64,
        ).reshape(-1, 4)

    def __len__(self) -> int:
        return self._size

    @property
    def addresses(self) -> int:
        """How many different addresses it holds."""
        return sum(run.addresses for run in self.runs)

    def at(self, index: int) -> Row:
        """The target of that number. Raises IndexError outside 0..len-1."""
        if not 0 <= index < self._size:
            raise IndexError(f"no target {index} in a plan of {self._size}")
        number = bisect_right(self._starts, index) - 1
        run = self.runs[number]
        host, port = divmod(index - self._starts[number], len(run.ports))
        return _text(run.first + host, run.family), run.ports[port]

    def rows(self, indices: NDArray[np.uint64]) -> list[Row]:
        """The targets of those numbers, in their order: `at` for a whole batch, many times faster.

        Raises IndexError where one is outside 0..len-1.
        """
        if not indices.size:
            return []
        if int(indices.max()) >= self._size:
            raise IndexError(f"no target {indices.max()} in a plan of {self._size}")
        wanted = indices.astype(np.int64)
        number = np.searchsorted(self._table[:, 0], wanted, side="right") - 1
        start, width, offset, first = self._table[number].T
        host, place = np.divmod(wanted - start, width)
        raw = (first + host).astype(">u4").tobytes()
        addresses = [inet_ntoa(packed) for (packed,) in iter_unpack("4s", raw)]
        rows = list(zip(addresses, self._ports[offset + place].tolist(), strict=True))
        for position in np.flatnonzero(first < 0).tolist():
            rows[position] = self.at(int(wanted[position]))
        return rows

    def ports_of(self, address: int, family: Family) -> tuple[int, ...]:
        """The ports that the plan has of that address."""
        number = bisect_right(self._keys, (family, address)) - 1
        if number < 0:
            return ()
        run = self.runs[number]
        return run.ports if run.family == family and run.first <= address <= run.last else ()

    def contains(self, address: int, family: Family, port: int) -> bool:
        """Whether that pair is in the plan."""
        return port in self.ports_of(address, family)


def make_plan(blocks: Iterable[Block]) -> Plan:
    """The plan of blocks that have no address in common, as `livebom.net.scope` makes them, exclusions removed.

    Raises ValueError where two blocks overlap, and for more than 2^63 - 1 targets.
    """
    runs = [
        Run(run.first, run.last, run.family, tuple(sorted(set(block.ports))))
        for block in blocks
        if block.ports
        for run in block.ranges
    ]
    runs.sort(key=lambda run: (run.family, run.first))
    for one, after in pairwise(runs):
        if one.family == after.family and after.first <= one.last:
            raise ValueError(f"two blocks hold {_text(after.first, after.family)}; a plan looks at each place once")
    return Plan(_joined(runs))


def crowded(plan: Plan) -> tuple[float, float]:
    """The parts of the plan's targets, from 0 to 1, at its most crowded address and in its most crowded /24 or /64."""
    hosts, whole, edges = 0, 0, Counter[tuple[Family, int]]()
    for run in plan.runs:
        ports, bits = len(run.ports), 8 if run.family == 4 else 64
        first, last = run.first >> bits, run.last >> bits
        hosts = max(hosts, ports)
        if last - first > 1:
            whole = max(whole, ports << bits)
        edges[run.family, first] += (min(run.last, ((first + 1) << bits) - 1) - run.first + 1) * ports
        if last > first:
            edges[run.family, last] += (run.last - (last << bits) + 1) * ports
    return hosts / (len(plan) or 1), max(whole, *edges.values(), 0) / (len(plan) or 1)


def _joined(runs: Iterable[Run]) -> Iterator[Run]:
    """The same runs with neighbours of equal ports made one."""
    held: Run | None = None
    for run in runs:
        if held and (held.family, held.last + 1, held.ports) == (run.family, run.first, run.ports):
            held = Run(held.first, run.last, run.family, run.ports)
            continue
        if held:
            yield held
        held = run
    if held:
        yield held


def _text(address: int, family: Family) -> str:
    """The canonical text form."""
    return inet_ntoa(address.to_bytes(4, "big")) if family == 4 else str(IPv6Address(address))
