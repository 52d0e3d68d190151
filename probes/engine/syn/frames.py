"""SYN frames in batches: Ethernet, IPv4 or IPv6, TCP with one option (the MSS), written column by column by numpy.

A frame is 58 octets (IPv4) or 78 (IPv6). Don't Fragment is set and the identification is 0, as RFC 6864 allows for
what is never cut in pieces; the MSS is there because middleboxes drop a SYN that has none.
"""

from collections.abc import Sequence
from ipaddress import ip_address

import numpy as np
from numpy.typing import NDArray

from livebom.net.ranges import Family
from probes.engine.syn.cookie import Targets
from probes.engine.syn.siphash import Words

LENGTHS: dict[int, int] = {4: 58, 6: 78}
"""Octets of a frame, by family."""
STRIDE = 80
"""Octets from one frame to the next in a batch."""
TTL, WINDOW = 64, 64240
_MSS = {4: 1460, 6: 1440}
_IP, _TCP = 14, {4: 34, 6: 54}
_TYPES = {4: 0x0800, 6: 0x86DD}
_SEGMENT = 24  # octets of TCP: the header and the MSS
_HALF = np.uint64(0xFFFF)
_16, _32, _48 = np.uint64(16), np.uint64(32), np.uint64(48)


class Frames:
    """Room for `capacity` frames from one source address over one interface; `fill` writes them, `data` holds them."""

    def __init__(self, family: Family, source: int, source_mac: bytes, next_mac: bytes, capacity: int) -> None:
        """Write everything that is the same in each frame. `next_mac` is the next hop's."""
        self.family, self.capacity = family, capacity
        self.data: NDArray[np.uint8] = np.zeros((capacity, STRIDE), np.uint8)
        self.data[:, : LENGTHS[family]] = np.frombuffer(_template(family, source, source_mac, next_mac), np.uint8)
        self._macs = self.data[:, :6]
        tcp = _TCP[family]
        self._head_sum = self._column(24, 2)
        self._source_port, self._port = self._column(tcp, 2), self._column(tcp + 2, 2)
        self._sequence, self._sum = self._column(tcp + 4, 4), self._column(tcp + 16, 2)
        places = [(30, 4)] if family == 4 else [(46, 8), (38, 8)]
        self._address = [self._column(offset, width) for offset, width in places]
        row = self.data[0, : LENGTHS[family]]
        self._head_base = _total(row[_IP:34])
        self._base = _total(row[26 if family == 4 else 22 :]) + 6 + _SEGMENT  # the pseudo header too

    def fill(self, targets: Targets, source_ports: Words, sequences: Words, macs: NDArray[np.uint8] | None) -> None:
        """Write one frame per target, from the first row on; `macs` (n, 6) where each has a next hop of its own."""
        size = len(targets)
        if macs is not None:
            self._macs[:size] = macs
        for column, values in zip(self._address, (targets.low, targets.high), strict=False):
            column[:size] = values
        self._source_port[:size], self._port[:size], self._sequence[:size] = source_ports, targets.ports, sequences
        address = _folded(targets.low)
        if self.family == 4:
            self._head_sum[:size] = _checksum(address + np.uint64(self._head_base))
        else:
            address += _folded(targets.high)
        address += source_ports
        address += targets.ports
        address += sequences >> _16
        address += sequences & _HALF
        self._sum[:size] = _checksum(address + np.uint64(self._base))

    def _column(self, offset: int, width: int) -> NDArray[np.unsignedinteger]:
        """The big-endian numbers at that place of every frame."""
        return np.ndarray((self.capacity,), f">u{width}", self.data, offset, (STRIDE,))


def build(
    *,
    source_mac: bytes,
    next_mac: bytes,
    source: str,
    targets: Sequence[tuple[str, int]],
    source_ports: Sequence[int],
    sequences: Sequence[int],
) -> list[bytes]:
    """The frames to these addresses and ports, all of the source's family, each as bytes without trailing padding."""
    known = ip_address(source)
    family: Family = 4 if known.version == 4 else 6
    addresses = [int(ip_address(address)) for address, _ in targets]
    columns = Targets(
        family,
        np.array([address >> 64 for address in addresses], np.uint64),
        np.array([address & (1 << 64) - 1 for address in addresses], np.uint64),
        np.array([port for _, port in targets], np.uint64),
    )
    frames = Frames(family, int(known), source_mac, next_mac, max(1, len(targets)))
    frames.fill(columns, np.array(source_ports, np.uint64), np.array(sequences, np.uint64), None)
    return [row.tobytes() for row in frames.data[: len(targets), : LENGTHS[family]]]


def arp_request(source_mac: bytes, source: int, target: int) -> bytes:
    """Who has that IPv4 address? A broadcast frame of 42 octets (RFC 826)."""
    head = b"\xff" * 6 + source_mac + b"\x08\x06" + bytes.fromhex("0001080006040001")
    return head + source_mac + source.to_bytes(4) + bytes(6) + target.to_bytes(4)


def _template(family: Family, source: int, source_mac: bytes, next_mac: bytes) -> bytes:
    """A frame with zeros for whatever differs from target to target, checksums included."""
    if family == 4:
        fields = (0x45, 0, (20 + _SEGMENT).to_bytes(2), b"\0\0\x40\0", TTL, 6, b"\0\0", source.to_bytes(4), bytes(4))
    else:
        fields = (0x60, 0, b"\0\0", _SEGMENT.to_bytes(2), 6, TTL, b"", source.to_bytes(16), bytes(16))
    head = b"".join(bytes([field]) if isinstance(field, int) else field for field in fields)
    tcp = bytes(12) + bytes([_SEGMENT // 4 << 4, 0x02]) + WINDOW.to_bytes(2) + bytes(4)
    return next_mac + source_mac + _TYPES[family].to_bytes(2) + head + tcp + b"\x02\x04" + _MSS[family].to_bytes(2)


def _total(octets: NDArray[np.uint8]) -> int:
    """The sum of 16-bit words."""
    return int(np.frombuffer(octets.tobytes(), ">u2").sum(dtype=np.uint64))


def _folded(words: Words) -> Words:
    """The sum of the four 16-bit words in each."""
    total = words & _HALF
    total += words >> _16 & _HALF
    total += words >> _32 & _HALF
    total += words >> _48
    return total


def _checksum(total: Words) -> Words:
    """The Internet checksum (RFC 1071) of sums below 2^32."""
    total = (total & _HALF) + (total >> _16)
    total += total >> _16
    total ^= _HALF
    total &= _HALF
    return total
