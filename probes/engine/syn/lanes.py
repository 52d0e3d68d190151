"""Batches of frames on their way out: one lane for each way, filled together and sent in turn."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from probes.engine.syn.cookie import Cookies
from probes.engine.syn.frames import LENGTHS, Frames
from probes.engine.syn.routes import UnfitError, Way
from probes.engine.syn.seen import Seen
from probes.engine.syn.siphash import Words
from probes.engine.syn.targets import Lot, Space
from probes.engine.syn.wall import Wall
from probes.engine.syn.wire import Letters

BATCH = 2048
"""Frames made at once: their columns stay in the processor's cache."""


class Exit(Protocol):
    """Where frames go; `probes.engine.syn.wire.Outlet` is the real one."""

    def send(self, letters: Letters, first: int, end: int) -> int:
        """Take some of the frames first..end-1, and say how many; OSError where none."""
        ...  # pragma: no cover


class Hops:
    """The hardware addresses behind a way: the gateway's, or one for each address of the own segment."""

    def __init__(self, gateway: bytes | None, near: Mapping[int, tuple[NDArray[np.uint8], NDArray[np.bool_]]]) -> None:
        """Take the gateway's, or for each leg (by where it begins among the hosts) addresses and which are known."""
        self.gateway = gateway
        self._starts = np.array(sorted(near), np.int64)
        sizes = [len(near[start][1]) for start in self._starts.tolist()]
        self._offsets = np.array([0, *np.cumsum(sizes)][: len(sizes)], np.int64)
        tables = [near[start] for start in self._starts.tolist()]
        self._macs = np.concatenate([macs for macs, _ in tables]) if tables else np.zeros((0, 6), np.uint8)
        self._known = np.concatenate([known for _, known in tables]) if tables else np.zeros(0, np.bool_)

    def of(self, hosts: NDArray[np.int64]) -> tuple[NDArray[np.uint8] | None, NDArray[np.bool_] | None]:
        """The hardware address of each host, None where all share one; and which are known, None for all."""
        if self.gateway is not None:
            return None, None
        if not len(self._known):
            return None, np.zeros(len(hosts), np.bool_)
        leg = np.searchsorted(self._starts, hosts, side="right") - 1
        place = self._offsets[leg] + hosts - self._starts[leg]
        return self._macs[place], self._known[place]


class _Lane:
    """The frames of one way that wait."""

    def __init__(self, way: Way, hops: Hops, leave: Exit, capacity: int) -> None:
        self.hops, self._exit = hops, leave
        self.frames = Frames(way.family, way.source, way.mac, hops.gateway or bytes(6), capacity)
        self._letters = Letters(self.frames.data, LENGTHS[way.family])
        self.at = self.end = 0

    def send(self, most: int) -> int:
        sent = self._exit.send(self._letters, self.at, min(self.end, self.at + most))
        self.at += sent
        return sent


class Lanes:
    """Makes the frames of a batch and sends them bit by bit."""

    def __init__(self, space: Space, wall: Wall, cookies: Cookies, hops: list[Hops], exits: list[Exit]) -> None:
        """Take the hops and the exit of every way of the space."""
        self._space, self._wall, self._cookies = space, wall, cookies
        parts = zip(space.ways, hops, exits, strict=True)
        self._lanes = [_Lane(way, known, leave, BATCH) for way, known, leave in parts]
        self.unreachable = 0
        """Targets of first tries that nothing could be sent to."""

    @property
    def pending(self) -> int:
        """Frames that wait."""
        return sum(lane.end - lane.at for lane in self._lanes)

    def load(self, numbers: Words, known: Seen | None) -> None:
        """Make the frames to the targets of these numbers, at most BATCH; the last batch must be gone.

        On a further try `known` holds what was answered and needs none. Raises UnfitError where a target is not in the
        plan that the wall knows: then no frame of the batch leaves.
        """
        lots, lost = self._space.lots(numbers)
        for lane in self._lanes:
            lane.at = lane.end = 0
        if any(not self._wall.holds(lot.targets).all() for lot in lots):
            raise UnfitError("a target is not in the plan; nothing more is sent")
        for lot in lots:
            lost += self._fill(self._lanes[lot.way], lot, known)
        if known is None:
            self.unreachable += lost

    def _fill(self, lane: _Lane, lot: Lot, known: Seen | None) -> int:
        """Write one way's frames; how many have no next hop."""
        targets = lot.targets
        macs, there = lane.hops.of(lot.hosts)
        lost = 0
        if there is not None and not there.all():
            lost = len(there) - int(there.sum())
            targets = targets.where(there)
            macs = None if macs is None else macs[there]
        hashes = self._cookies.of(targets)
        if known is not None and len(known) and (fresh := ~known.holds(hashes)).sum() < len(hashes):
            targets, hashes = targets.where(fresh), hashes[fresh]
            macs = None if macs is None else macs[fresh]
        lane.frames.fill(targets, self._cookies.source_ports(hashes), self._cookies.sequences(hashes), macs)
        lane.end = len(targets)
        return lost

    def send(self, most: int) -> int:
        """Hand at most that many to the kernel; how many it took. Raises OSError where it takes none."""
        sent = 0
        for lane in self._lanes:
            while lane.at < lane.end and sent < most:
                try:
                    sent += lane.send(most - sent)
                except OSError:
                    if sent:
                        return sent
                    raise
        return sent
