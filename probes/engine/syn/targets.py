"""From numbers of a plan to columns of addresses and ports, and to the way each is reached."""

from collections.abc import Iterable, Sequence
from itertools import accumulate

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from probes.engine.plan import Run
from probes.engine.syn.cookie import Targets
from probes.engine.syn.routes import Leg, Way
from probes.engine.syn.siphash import Words

_LOW = (1 << 64) - 1


class Lot(Struct, frozen=True):
    """Targets that are reached one way."""

    way: int
    """Its place in `Space.ways`."""
    targets: Targets
    hosts: NDArray[np.int64]
    """The place of each address among the plan's addresses, all runs one after the other."""


class Space:
    """The runs of a plan and the legs that cover them in the same order; memory grows with their number only."""

    def __init__(self, runs: Sequence[Run], legs: Sequence[Leg]) -> None:
        """Make the tables."""
        self.ways: list[Way] = list(dict.fromkeys(leg.way for leg in legs if leg.way))
        self.size = sum(run.addresses * len(run.ports) for run in runs)
        self._starts = _sums(run.addresses * len(run.ports) for run in runs)
        self._widths = np.array([len(run.ports) for run in runs], np.int64)
        self._hosts = _sums(run.addresses for run in runs)
        self._high = np.array([run.first >> 64 for run in runs], np.uint64)
        self._low = np.array([run.first & _LOW for run in runs], np.uint64)
        lists = list(dict.fromkeys(run.ports for run in runs))
        offsets = dict(zip(lists, accumulate((len(ports) for ports in lists), initial=0), strict=False))
        self._ports = np.array([port for ports in lists for port in ports], np.uint64)
        self._offsets = np.array([offsets[run.ports] for run in runs], np.int64)
        self.legs = list(legs)
        self.leg_hosts = _sums(leg.addresses for leg in legs)
        """Where each leg begins among the plan's addresses."""
        places = {way: place for place, way in enumerate(self.ways)}
        self._leg_ways = np.array([-1 if leg.way is None else places[leg.way] for leg in legs], np.int64)
        self._one_way = len(set(self._leg_ways.tolist())) == 1

    def lots(self, numbers: Words) -> tuple[list[Lot], int]:
        """The targets of those numbers by their way, and how many there is no way to."""
        if not len(numbers):
            return [], 0
        wanted = numbers.astype(np.int64)
        run = np.searchsorted(self._starts, wanted, side="right") - 1
        host, place = np.divmod(wanted - self._starts[run], self._widths[run])
        low = self._low[run] + host.astype(np.uint64)
        high = self._high[run] + (low < self._low[run])
        ports = self._ports[self._offsets[run] + place]
        host += self._hosts[run]
        if self._one_way:
            return [Lot(0, Targets(self.ways[0].family, high, low, ports), host)], 0
        ways = self._leg_ways[np.searchsorted(self.leg_hosts, host, side="right") - 1]
        lots = []
        for way in np.unique(ways[ways >= 0]).tolist():
            mask = ways == way
            targets = Targets(self.ways[way].family, high[mask], low[mask], ports[mask])
            lots.append(Lot(way, targets, host[mask]))
        return lots, int((ways < 0).sum())


def _sums(counts: Iterable[int]) -> NDArray[np.int64]:
    """The sum before each."""
    known = list(counts)
    return np.array([0, *accumulate(known)][: len(known)], np.int64)
