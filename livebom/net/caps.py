"""How much of a sweep one host and one network may get: spaced probes per address and per /24 or /64."""

import socket
import time
from collections.abc import Callable
from threading import Lock

TOLERANCE = 0.002
"""Seconds a probe may come early, so that a sender that woke late before loses no rate."""
_FEW = 4096


class Caps:
    """At most `per_host` probes per second to one address and `per_net` to one /24 (IPv6: /64); 0 is no cap.

    A stretch of T seconds sees at most 1 + cap * (T + TOLERANCE) of them (the generic cell rate algorithm, ITU-T
    I.371); what is booked together goes together. What is booked and has to wait for its address takes its share of
    the network at once, so that nobody else in it waits as well: a stretch may see those beside its share. Loopback is
    not capped: there is no network and no other host in between. Memory is held only for whoever was sent to within
    the last 1 / cap seconds. Safe to share between threads. Raises ValueError for a
    negative cap.
    """

    def __init__(
        self,
        per_host: float,
        per_net: float,
        *,
        loopback: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clock` tells seconds and never goes back; with `loopback` that is capped like everything else."""
        if not (per_host >= 0 and per_net >= 0):
            raise ValueError(f"caps of {per_host} and {per_net} probes per second make no sense")
        self._steps = (1.0 / per_host if per_host else 0.0, 1.0 / per_net if per_net else 0.0)
        self._loopback = loopback
        self._clock = clock
        self._times: dict[str | bytes, float] = {}  # of an address or a network: when its share is used up until
        self._many = _FEW
        self._lock = Lock()

    @property
    def kept(self) -> int:
        """How many addresses and networks are in mind."""
        return len(self._times)

    def evenly(self, rate: float, host: float, net: float) -> float:
        """The rate at which a shuffled order gives nobody more than its share on average; 0 is no limit.

        `host` and `net` are the parts of the order, from 0 to 1, that go to its most crowded address and network.
        """
        shares = zip(self._steps, (host, net), strict=True)
        limits = [1.0 / (step * part) for step, part in shares if step and part]
        return min([*limits, rate] if rate else limits, default=0.0)

    def ask(self, address: str) -> tuple[str | bytes, float] | None:
        """Whether a probe may go there now: None if so, and it counts; else who has to wait, and until when.

        Who is the address or, as `net_of` tells it, its network.
        """
        if not self._loopback and (address.startswith("127.") or address == "::1"):
            return None
        net, times = net_of(address), self._times
        with self._lock:
            now = self._clock()
            early, (host_step, net_step) = now + TOLERANCE, self._steps
            host_time, net_time = times.get(address, now), times.get(net, now)
            if net_time > early:
                return net, net_time - TOLERANCE
            if host_time > early:
                return address, host_time - TOLERANCE
            self._spend(address, max(now, host_time) + host_step, net, max(now, net_time) + net_step, now)
        return None

    def book(self, address: str, number: int = 1) -> float:
        """Count so many probes to go there as soon as may be, and tell in how many seconds that is."""
        if not self._loopback and (address.startswith("127.") or address == "::1"):
            return 0.0
        net, times = net_of(address), self._times
        with self._lock:
            now = self._clock()
            host_time, net_time = max(now, times.get(address, now)), max(now, times.get(net, now))
            start = max(host_time, net_time)
            host_step, net_step = (number * step for step in self._steps)
            self._spend(address, start + host_step, net, net_time + net_step, now)
        return max(0.0, start - TOLERANCE - now)

    def _spend(self, host: str, host_time: float, net: str | bytes, net_time: float, now: float) -> None:
        times = self._times
        if self._steps[0]:
            times[host] = host_time
        if self._steps[1]:
            times[net] = net_time
        if len(times) > self._many:  # forget whoever is free again; seldom, so that it costs little per probe
            self._times = {key: time for key, time in times.items() if time > now}
            self._many = max(_FEW, 2 * len(self._times))


def net_of(address: str) -> str | bytes:
    """The /24 of an IPv4 address, the /64 of an IPv6 address; made for speed, and unlike any address."""
    if ":" not in address:
        return address[: address.rfind(".")]
    return socket.inet_pton(socket.AF_INET6, address.partition("%")[0])[:8]
