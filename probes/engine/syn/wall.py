"""The sender's own judgement of where it may send, made from the plan it was given and from nothing else."""

from bisect import bisect_right
from collections.abc import Collection, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from livebom.net.ranges import Range, address_text, reached
from probes.engine.plan import Run
from probes.engine.syn.cookie import Targets
from probes.engine.syn.routes import UnfitError
from probes.engine.syn.siphash import Words

MOST_PORT_LISTS = 256
"""Different lists of ports in one plan; each is a table of 64 kB here."""
_NEVER = {
    Range(0, 0x00FFFFFF, 4): "this network",
    Range(0x7F000000, 0x7FFFFFFF, 4): "loopback",
    Range(0xE0000000, 0xEFFFFFFF, 4): "multicast",
    Range(0xF0000000, 0xFFFFFFFF, 4): "reserved or broadcast",
    Range(0, 1, 6): "loopback or nothing",
    Range(0xFF << 120, (1 << 128) - 1, 6): "multicast",
}


class Wall:
    """Knows the targets of a plan and asks no other part of the sender."""

    def __init__(self, runs: Sequence[Run], ports_never: Collection[int] = ()) -> None:
        """Judge the plan itself first.

        Raises UnfitError where it holds a loopback, multicast, broadcast or reserved address, one that stands for such
        an IPv4 address, or one of `ports_never`, or where it is out of order.
        """
        for run in runs:
            _judge(run, frozenset(ports_never))
        self._numbers = {family: [at for at, run in enumerate(runs) if run.family == family] for family in (4, 6)}
        lists = list(dict.fromkeys(run.ports for run in runs))
        if len(lists) > MOST_PORT_LISTS:
            raise UnfitError(f"it has more than {MOST_PORT_LISTS} different lists of ports")
        self._table = np.zeros((len(lists), 65536), np.bool_)
        for row, ports in zip(self._table, lists, strict=True):
            row[list(ports)] = True
        places = {ports: place for place, ports in enumerate(lists)}
        self._ports = {f: np.array([places[runs[at].ports] for at in own], np.intp) for f, own in self._numbers.items()}
        ordered = [[(runs[at].first, runs[at].last) for at in own] for own in self._numbers.values()]
        if any(one[1] >= two[0] for ends in ordered for one, two in pairwise(ends)):
            raise UnfitError("its stretches are not in order")
        self._first4, self._last4 = (np.array([ends[side] for ends in ordered[0]], np.uint64) for side in (0, 1))
        self._ends6 = ordered[1]

    def holds(self, targets: Targets) -> NDArray[np.bool_]:
        """Which targets are in the plan."""
        if not self._numbers[targets.family]:
            return np.zeros(len(targets), np.bool_)
        place, within = self._place4(targets.low) if targets.family == 4 else self._place6(targets)
        ports = targets.ports.astype(np.intp)
        within &= self._table[self._ports[targets.family][place], ports]
        return within

    def _place4(self, addresses: Words) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        place = np.searchsorted(self._first4, addresses, side="right") - 1
        within: NDArray[np.bool_] = place >= 0
        within &= addresses <= self._last4[place]
        return place, within

    def _place6(self, targets: Targets) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """By Python's own numbers: a plan lists few IPv6 addresses."""
        place = np.zeros(len(targets), np.intp)
        within = np.zeros(len(targets), np.bool_)
        firsts = [first for first, _ in self._ends6]
        for row, (high, low) in enumerate(zip(targets.high.tolist(), targets.low.tolist(), strict=True)):
            address = high << 64 | low
            at = bisect_right(firsts, address) - 1
            if at >= 0 and address <= self._ends6[at][1]:
                place[row], within[row] = at, True
        return place, within


def _judge(run: Run, ports_never: frozenset[int]) -> None:
    """Raise UnfitError where a stretch must not be sent to."""
    whole = Range(run.first, run.last, run.family)
    for part, name in _NEVER.items():
        if whole.meets(part):
            raise UnfitError(f"{whole} is or holds {name}")
    for end in (run.first, run.last):
        if reached(end, run.family)[1] != run.family:
            raise UnfitError(f"{address_text(end, run.family)} stands for an IPv4 address")
    if wrong := [port for port in run.ports if not 1 <= port <= 65535 or port in ports_never]:
        raise UnfitError(f"port {wrong[0]} is never contacted")
