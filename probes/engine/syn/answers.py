"""Reading received frames, all at once: who says a port is open, and which ARP replies came."""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from probes.engine.syn.cookie import Cookies, Targets
from probes.engine.syn.siphash import Words

Octets = NDArray[np.uint8]
_V4, _V6, _ARP = 0x0800, 0x86DD, 0x0806


class Answers(Struct, frozen=True):
    """SYN-ACKs of one family: where they say they come from, and what they acknowledge."""

    origins: Targets
    source_ports: Words
    """Ours: the port they were sent to."""
    acknowledged: Words

    def genuine(self, cookies: Cookies) -> tuple[Targets, Words]:
        """Those that prove that their sender got our SYN, and their cookies."""
        hashes = cookies.of(self.origins)
        true = cookies.genuine(hashes, self.source_ports, self.acknowledged)
        return self.origins.where(true), hashes[true]


class Neighbour(Struct, frozen=True):
    """What an ARP reply claims."""

    address: int
    mac: bytes


def syn_acks(frames: Octets) -> list[Answers]:
    """The SYN-ACKs among frames that passed the filter, for each family that has any."""
    kinds = _number(frames, 12, 2)
    found = []
    four, six = frames[kinds == _V4], frames[kinds == _V6]
    if len(four):
        header = (four[:, 14] & 15).astype(np.intp) * 4 + 14
        four, header = _whole(four, header)
        low = _number(four, 26, 4)
        tcp = four[np.arange(len(four))[:, None], header[:, None] + np.arange(12)]
        found.append(_answers(4, np.zeros(len(four), np.uint64), low, tcp))
    if len(six):
        found.append(_answers(6, _number(six, 22, 8), _number(six, 30, 8), six[:, 54:66]))
    return found


def neighbours(frames: Octets) -> list[Neighbour]:
    """What the ARP replies among the frames say."""
    replies = frames[_number(frames, 12, 2) == _ARP]
    return [Neighbour(int.from_bytes(row[28:32].tobytes()), row[22:28].tobytes()) for row in replies]


def _whole(frames: Octets, header: NDArray[np.intp]) -> tuple[Octets, NDArray[np.intp]]:
    """Without those whose IPv4 header claims a length that none has."""
    sound = (header >= 34) & (header + 20 <= frames.shape[1])
    return frames[sound], header[sound]


def _answers(family: int, high: Words, low: Words, tcp: Octets) -> Answers:
    origins = Targets(4 if family == 4 else 6, high, low, _number(tcp, 0, 2))
    return Answers(origins, _number(tcp, 2, 2), _number(tcp, 8, 4))


def _number(rows: Octets, offset: int, width: int) -> Words:
    """The big-endian number at that place of each row."""
    octets = np.ascontiguousarray(rows[:, offset : offset + width])
    return octets.view(f">u{width}")[:, 0].astype(np.uint64) if len(rows) else np.zeros(0, np.uint64)
