"""The kernel's filter on what is received: only SYN-ACKs to our ports, and ARP replies while next hops are sought."""

import struct
from collections.abc import Iterable, Sequence

from msgspec import Struct

from probes.engine.syn.cookie import SPAN

# Instructions of classic BPF (linux/filter.h, linux/bpf_common.h).
LOAD_WORD, LOAD_HALF, LOAD_BYTE = 0x20, 0x28, 0x30
LOAD_HALF_AT_X, LOAD_BYTE_AT_X = 0x48, 0x50
HEADER_LENGTH = 0xB1  # X = 4 * (octet & 15)
AND, IF_EQUAL, IF_ANY_BIT, RETURN = 0x54, 0x15, 0x45, 0x06
PACKET_TYPE = 0xFFFFF000 + 4
"""Where the kernel tells to whom a frame was addressed (SKF_AD_OFF + SKF_AD_PKTTYPE); 0 is to this host."""
KEPT = 128
"""Octets kept of each frame: more than any headers we read."""
_FLAGS, _SYN_ACK = 0x17, 0x12  # FIN SYN RST ACK; the wanted two


class Instruction(Struct, frozen=True):
    """One instruction; `yes` and `no` say how many instructions a comparison skips."""

    code: int
    value: int
    yes: int = 0
    no: int = 0


class _Step(Struct, frozen=True):
    """An instruction whose jumps are still names; None is the next one."""

    code: int
    value: int
    yes: str | None = None
    no: str | None = None


def program(first_port: int, sources: Iterable[tuple[int, int]], *, arp: bool = False) -> list[Instruction]:
    """Passes frames to this host that hold a whole TCP header with SYN and ACK, to our ports at one of our addresses.

    `sources` are the addresses sent from, as family and number; `arp` passes ARP replies too.
    """
    own: dict[int, list[int]] = {4: [], 6: []}
    for family, address in sources:
        own[family].append(address)
    blocks: dict[str, list[_Step]] = {
        "start": [
            _Step(LOAD_WORD, PACKET_TYPE),
            _Step(IF_EQUAL, 0, no="drop"),
            _Step(LOAD_HALF, 12),
            _Step(IF_EQUAL, 0x0800, yes="v4"),
            _Step(IF_EQUAL, 0x86DD, yes="v6"),
            _Step(IF_EQUAL, 0x0806, yes="arp" if arp else "drop", no="drop"),
        ],
        "v4": _version_4(own[4], first_port),
        "v6": _version_6(own[6], first_port),
        "arp": [_Step(LOAD_HALF, 20), _Step(IF_EQUAL, 2, yes="pass", no="drop")],
        "pass": [_Step(RETURN, KEPT)],
        "drop": [_Step(RETURN, 0)],
    }
    return _joined(blocks)


def packed(instructions: Sequence[Instruction]) -> bytes:
    """The program as the kernel takes it: an array of struct sock_filter."""
    return b"".join(struct.pack("=HBBI", one.code, one.yes, one.no, one.value) for one in instructions)


def _version_4(own: Sequence[int], first_port: int) -> list[_Step]:
    return [
        _Step(LOAD_BYTE, 23),
        _Step(IF_EQUAL, 6, no="drop"),
        _Step(LOAD_HALF, 20),
        _Step(IF_ANY_BIT, 0x1FFF, yes="drop"),  # a later fragment has no ports
        _Step(LOAD_WORD, 30),
        *_one_of(own),
        _Step(HEADER_LENGTH, 14),
        _Step(LOAD_HALF_AT_X, 16),
        *_our_port(first_port),
        _Step(LOAD_BYTE_AT_X, 27),
        *_syn_ack(),
    ]


def _version_6(own: Sequence[int], first_port: int) -> list[_Step]:
    """An answer has no reason for extension headers, so there are none. Of our address the last word is compared."""
    return [
        _Step(LOAD_BYTE, 20),
        _Step(IF_EQUAL, 6, no="drop"),
        _Step(LOAD_WORD, 50),
        *_one_of([address & 0xFFFFFFFF for address in own]),
        _Step(LOAD_HALF, 56),
        *_our_port(first_port),
        _Step(LOAD_BYTE, 67),
        *_syn_ack(),
    ]


def _one_of(values: Sequence[int]) -> list[_Step]:
    """Drops what is none of these; each comparison that holds skips the rest of them."""
    known = list(dict.fromkeys(values))
    if not known:
        return [_Step(RETURN, 0)]
    return [
        *(_Step(IF_EQUAL, value, yes=f"+{len(known) - 1 - at}") for at, value in enumerate(known[:-1])),
        _Step(IF_EQUAL, known[-1], no="drop"),
    ]


def _our_port(first_port: int) -> list[_Step]:
    return [_Step(AND, 0x10000 - SPAN), _Step(IF_EQUAL, first_port, no="drop")]


def _syn_ack() -> list[_Step]:
    return [_Step(AND, _FLAGS), _Step(IF_EQUAL, _SYN_ACK, yes="pass", no="drop")]


def _joined(blocks: dict[str, list[_Step]]) -> list[Instruction]:
    """The blocks one after the other, with names of blocks turned into distances."""
    starts, at = {}, 0
    for name, steps in blocks.items():
        starts[name] = at
        at += len(steps)

    def distance(where: str | None, here: int) -> int:
        if where is None:
            return 0
        return int(where) if where.startswith("+") else starts[where] - here - 1

    steps = [step for block in blocks.values() for step in block]
    return [
        Instruction(step.code, step.value, distance(step.yes, here), distance(step.no, here))
        for here, step in enumerate(steps)
    ]
