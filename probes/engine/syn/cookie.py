"""The cookie: what only the sender can put into a SYN, and what every true answer gives back."""

from typing import Literal

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from probes.engine.syn.siphash import SipHash, Words, last_word

SPAN = 256
"""How many source ports are used: 8 bits of the cookie; the other 32 are the sequence number."""
_TOP = 0x10000 - SPAN
_LEAST = 0x8000


class Targets(Struct, frozen=True):
    """Addresses and ports of one family, as columns of one length."""

    family: Literal[4, 6]
    high: Words
    """The upper half of an IPv6 address; zeros for IPv4."""
    low: Words
    """The lower half of an IPv6 address, or the IPv4 address."""
    ports: Words

    def __len__(self) -> int:
        return len(self.ports)

    def where(self, mask: NDArray[np.bool_]) -> "Targets":
        """Only those."""
        return Targets(self.family, self.high[mask], self.low[mask], self.ports[mask])


class Cookies:
    """Source port and sequence number of each target, under one random key.

    `first_port` is the lowest source port, a multiple of SPAN.
    """

    def __init__(self, key: bytes, first_port: int) -> None:
        """Take a key of 16 random bytes; ValueError for another length."""
        self._hash = SipHash(key)
        self.first_port = first_port

    def of(self, targets: Targets) -> Words:
        """The cookie of each target, 64 bits: two targets with the same one are, for all purposes, the same target."""
        if targets.family == 4:
            return self._hash([last_word(targets.low | targets.ports << np.uint64(32), 6)])
        return self._hash([targets.high, targets.low, last_word(targets.ports, 18)])

    def sequences(self, cookies: Words) -> Words:
        """The sequence numbers that go with them."""
        return cookies & np.uint64(0xFFFFFFFF)

    def source_ports(self, cookies: Words) -> Words:
        """The source ports that go with them."""
        return (cookies >> np.uint64(32) & np.uint64(SPAN - 1)) | np.uint64(self.first_port)

    def genuine(self, cookies: Words, source_ports: Words, acknowledged: Words) -> NDArray[np.bool_]:
        """Which answers acknowledge exactly what was sent to where they say they come from."""
        wanted = self.sequences(cookies) + np.uint64(1) & np.uint64(0xFFFFFFFF)
        same: NDArray[np.bool_] = wanted == acknowledged
        same &= self.source_ports(cookies) == source_ports
        return same


def free_ports(low: int, high: int) -> int:
    """The first of SPAN source ports that the kernel gives to nobody: outside `low..high`, its local port range.

    As high as there is room, never below 32768, where services live. Raises ValueError where the range leaves no room.
    """
    for first in range(_TOP, _LEAST - 1, -SPAN):
        if first > high or first + SPAN <= low:
            return first
    raise ValueError(f"the local port range {low}-{high} leaves no {SPAN} source ports free; see ip_local_port_range")
