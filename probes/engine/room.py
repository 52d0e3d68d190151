"""How many sockets a sweep may hold at once: descriptors, the table of connections, the rate, and what runs short."""

import resource
from contextlib import suppress
from math import ceil
from pathlib import Path

MOST_IN_FLIGHT = 16_384
"""A socket in flight holds about 3 kB of kernel memory; more of them than this earn nothing."""
DESCRIPTORS = 32_768
"""File descriptors that are enough for MOST_IN_FLIGHT and everything else."""
CONNTRACK = Path("/proc/sys/net/netfilter")
"""Where Linux tells how full its table of tracked connections is (nf_conntrack_standalone.c)."""


def room(rate: float, timeout: float, table: Path = CONNTRACK) -> int:
    """How many connects may be in flight at once by default.

    The least of 60 % of this process's file descriptors, half of the free connection-tracking table, what the rate
    (probes per second, 0 for unlimited) can start within one timeout (seconds), and MOST_IN_FLIGHT.
    """
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    limits = [MOST_IN_FLIGHT] if soft == resource.RLIM_INFINITY else [MOST_IN_FLIGHT, soft * 6 // 10]
    if rate:
        limits.append(ceil(rate * timeout))
    free = headroom(table)
    if free is not None:
        limits.append(free)
    return max(1, min(limits))


def headroom(table: Path = CONNTRACK) -> int | None:
    """Half of what is free in the connection-tracking table; None where connections are not tracked here.

    A tracked connect that nobody answers stays there for two minutes, long after its socket is closed, and a full
    table drops the packets of everybody on this host.
    """
    with suppress(OSError, ValueError):
        most, used = (int((table / f"nf_conntrack_{name}").read_text()) for name in ("max", "count"))
        return max(0, (most - used) // 2)
    return None


def more_descriptors(wanted: int = DESCRIPTORS) -> None:
    """Let this process have so many file descriptors, or as many as it may give itself."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    with suppress(OSError, ValueError):
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


class Window:
    """How many may be in flight: halved when something runs short, one more for every lot that went out since.

    Additive increase, multiplicative decrease, below what the connection-tracking table leaves free.
    """

    def __init__(self, most: int, table: Path = CONNTRACK) -> None:
        self.limit = most
        """At this moment."""
        self._most = self._ceiling = most
        self._table = table

    def grow(self) -> None:
        """Something went out without trouble."""
        if self.limit < self._ceiling:
            self.limit += 1

    def halve(self, in_flight: int) -> None:
        """Something ran short while so many were in flight."""
        self.limit = max(1, min(self.limit, in_flight) // 2)

    def look(self, in_flight: int) -> None:
        """See again what the connection-tracking table leaves; those in flight are in it already."""
        free = headroom(self._table)
        self._ceiling = self._most if free is None else max(1, min(self._most, free + in_flight))
        self.limit = min(self.limit, self._ceiling)
