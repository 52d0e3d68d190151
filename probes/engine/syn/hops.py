"""Finding the hardware address of every next hop: by what the kernel knows, by ARP, or by making the kernel ask."""

import errno
import select
import socket
import struct
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress

import numpy as np
from numpy.typing import NDArray

from livebom.net.ranges import address_text
from probes.engine.plan import Run
from probes.engine.syn.answers import neighbours
from probes.engine.syn.frames import arp_request
from probes.engine.syn.lanes import Hops
from probes.engine.syn.netlink import Netlink
from probes.engine.syn.post import Post
from probes.engine.syn.routes import Leg, Way
from probes.engine.syn.sweep import Ear
from probes.engine.syn.targets import Space
from probes.engine.syn.throttle import Throttle
from probes.engine.syn.wire import Outlet

GATEWAY_SECONDS = 3.2
"""The kernel asks three times, a second apart."""
NEIGHBOUR_SECONDS = 1.2
TRIES = 2
"""ARP requests to an address that does not answer."""
GROUP = 256
"""IPv6 neighbours the kernel resolves at once: its table holds 1024 by default."""
_TICK = 0.02
_NO_LINGER = struct.pack("ii", 1, 0)
_Near = dict[int, tuple[NDArray[np.uint8], NDArray[np.bool_]]]


class StoppedError(Exception):
    """The parent wants no more."""


class Finder:
    """Finds the next hops of every way of a space; nothing but ARP and planned targets is ever sent to."""

    def __init__(
        self,
        space: Space,
        runs: Sequence[Run],
        outlets: Mapping[int, Outlet],
        ear: Ear,
        throttle: Throttle,
        post: Post,
    ) -> None:
        """Take the open sockets and the pace."""
        self._space, self._runs, self._outlets = space, runs, outlets
        self._ear, self._throttle, self._post = ear, throttle, post
        self._heard: dict[int, bytes] = {}

    def find(self) -> list[Hops]:
        """The hops of each way, in the order of `space.ways`. Raises StoppedError, OSError."""
        found = []
        with Netlink() as netlink:
            for way in self._space.ways:
                starts = self._space.leg_hosts.tolist()
                legs = {start: leg for start, leg in zip(starts, self._space.legs, strict=True) if leg.way == way}
                if way.gateway is not None:
                    found.append(Hops(self._gateway(netlink, way, next(iter(legs.values()))), {}))
                elif way.family == 4:
                    found.append(Hops(None, self._by_arp(way, legs)))
                else:
                    found.append(Hops(None, self._by_kernel(netlink, way, legs)))
        return found

    def _gateway(self, netlink: Netlink, way: Way, leg: Leg) -> bytes | None:
        """What the kernel knows, if need be after it had to send a SYN to a planned target behind the gateway."""
        gateway = way.gateway or 0
        known = netlink.neighbours(way.number, way.family)
        if gateway not in known:
            with ExitStack() as trials:
                self._provoke(leg.first, way, trials)

                def answered() -> bool:
                    known.update(netlink.neighbours(way.number, way.family))
                    return gateway in known

                self._wait(GATEWAY_SECONDS, answered)
        return known.get(gateway)

    def _by_arp(self, way: Way, legs: Mapping[int, Leg]) -> _Near:
        """Ask for every address of the segment that is in the plan."""
        wanted = [address for leg in legs.values() for address in range(leg.first, leg.last + 1)]
        heard = self._heard = {}
        for _ in range(TRIES):
            missing = [address for address in wanted if address not in heard]
            for address in missing:
                self._send(self._outlets[way.number], arp_request(way.mac, way.source, address))
            if missing:
                self._wait(NEIGHBOUR_SECONDS, lambda: all(address in heard for address in wanted))
        return {start: _table(leg, heard) for start, leg in legs.items()}

    def _by_kernel(self, netlink: Netlink, way: Way, legs: Mapping[int, Leg]) -> _Near:
        """Let the kernel send a SYN to each planned host, so that it looks for its hardware address."""
        known: dict[int, bytes] = {}
        wanted = [address for leg in legs.values() for address in range(leg.first, leg.last + 1)]
        for at in range(0, len(wanted), GROUP):
            group = wanted[at : at + GROUP]
            with ExitStack() as trials:
                for address in group:
                    self._provoke(address, way, trials)

                def answered(group: list[int] = group) -> bool:
                    known.update(netlink.neighbours(way.number, way.family))
                    return all(address in known for address in group)

                self._wait(NEIGHBOUR_SECONDS, answered)
        return {start: _table(leg, known) for start, leg in legs.items()}

    def _provoke(self, address: int, way: Way, trials: ExitStack) -> None:
        """Begin a connect to that planned address at its first planned port; it is reset when the stack is closed."""
        self._turn()
        port = next(run.ports[0] for run in self._runs if run.family == way.family and run.first <= address <= run.last)
        kind = socket.AF_INET if way.family == 4 else socket.AF_INET6
        trial = trials.enter_context(socket.socket(kind, socket.SOCK_STREAM | socket.SOCK_NONBLOCK))
        with suppress(OSError):
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            trial.connect_ex((address_text(address, way.family), port))

    def _send(self, outlet: Outlet, frame: bytes) -> None:
        """One frame at the pace."""
        while True:
            self._turn()
            try:
                outlet.socket.send(frame)
            except OSError as fault:
                if fault.errno not in (errno.EAGAIN, errno.ENOBUFS):
                    raise
                self._throttle.setback(0.0)
            else:
                return

    def _turn(self) -> None:
        """Wait until one more may be sent."""
        while not self._throttle.take(1):
            self._pump(self._throttle.wait())

    def _wait(self, seconds: float, done: Callable[[], bool]) -> None:
        until = time.monotonic() + seconds
        while not done() and (left := until - time.monotonic()) > 0:
            self._pump(left)
        self._throttle.rest()

    def _pump(self, wait: float) -> None:
        post = self._post
        readable, _, _ = select.select([post.reading, *self._ear.sockets], [], [], max(0.0, min(wait, _TICK)))
        if post.reading in readable:
            post.listen()
        if post.ended:
            raise StoppedError
        for frames in self._ear.hear():
            self._heard.update((one.address, one.mac) for one in neighbours(frames))


def _table(leg: Leg, found: Mapping[int, bytes]) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Hardware address of each host of the leg, and which are known."""
    macs = np.zeros((leg.addresses, 6), np.uint8)
    known = np.zeros(leg.addresses, np.bool_)
    for address, mac in found.items():
        if leg.first <= address <= leg.last:
            macs[address - leg.first] = np.frombuffer(mac, np.uint8)
            known[address - leg.first] = True
    return macs, known
