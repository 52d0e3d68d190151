"""Frames out and answers in: checksums against a plain one, the kernel's filter against an interpreter of it."""

import struct
from ipaddress import ip_address

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.engine.syn import bpf
from probes.engine.syn.answers import neighbours, syn_acks
from probes.engine.syn.frames import LENGTHS, arp_request, build

OURS, THEIRS = b"\x02\0\0\0\0\1", b"\x02\0\0\0\0\2"
PORT = 65280
SOURCES = {4: "198.18.0.1", 6: "2001:db8::1"}


def total(data: bytes) -> int:
    """The ones' complement sum of 16-bit words, as RFC 1071 tells it."""
    result = sum(int.from_bytes(data[at : at + 2].ljust(2, b"\0")) for at in range(0, len(data), 2))
    while result >> 16:
        result = (result & 0xFFFF) + (result >> 16)
    return result


def addresses(family: int) -> st.SearchStrategy[str]:
    return st.integers(0, (1 << (32 if family == 4 else 128)) - 1).map(
        lambda n: str(ip_address(n.to_bytes(4 if family == 4 else 16)))
    )


ports = st.integers(0, 65535)
probes = st.sampled_from([4, 6]).flatmap(
    lambda family: st.tuples(
        addresses(family),
        st.lists(st.tuples(addresses(family), ports, ports, st.integers(0, (1 << 32) - 1)), min_size=1, max_size=5),
    )
)


@given(probes)
def test_every_frame_says_what_it_should_with_right_checksums(
    probe: tuple[str, list[tuple[str, int, int, int]]],
) -> None:
    source, rows = probe
    family = ip_address(source).version
    frames = build(
        source_mac=OURS,
        next_mac=THEIRS,
        source=source,
        targets=[(address, port) for address, port, _, _ in rows],
        source_ports=[row[2] for row in rows],
        sequences=[row[3] for row in rows],
    )
    for frame, (address, port, source_port, sequence) in zip(frames, rows, strict=True):
        assert len(frame) == LENGTHS[family]
        assert frame[:12] == THEIRS + OURS
        ends = ip_address(source).packed + ip_address(address).packed
        start = 34 if family == 4 else 54
        assert frame[start - len(ends) : start] == ends
        if family == 4:
            assert total(frame[14:34]) == 0xFFFF
        tcp = frame[start:]
        assert total(ends + struct.pack(">HH", 6, len(tcp)) + tcp) == 0xFFFF
        assert struct.unpack_from(">HHII", tcp) == (source_port, port, sequence, 0)
        assert tcp[12:14] == b"\x60\x02"
        assert tcp[20:22] == b"\x02\x04"


def reply(family: int, *, flags: int = 0x12, port: int = PORT + 7, options: bytes = b"") -> bytes:
    """What an open port says back, in whole words of IPv4 options."""
    tcp = struct.pack(">HHIIBBHHH", 443, port, 9, 1234, 0x50, flags, 100, 0, 0)
    if family == 4:
        head = struct.pack(">BBHHHBBH", 0x45 + len(options) // 4, 0, 40 + len(options), 0, 0x4000, 60, 6, 0)
        packet = head + bytes([198, 18, 3, 4, 198, 18, 0, 1]) + options
    else:
        packet = struct.pack(">IHBB", 6 << 28, 20, 6, 60)
        packet += ip_address("2001:db8::99").packed + ip_address(SOURCES[6]).packed
    return OURS + THEIRS + (b"\x08\x00" if family == 4 else b"\x86\xdd") + packet + tcp


ARP = OURS + THEIRS + bytes.fromhex("08060001080006040002") + THEIRS + bytes([198, 18, 0, 2]) + OURS + bytes(4)


def run(program: list[bpf.Instruction], frame: bytes, kind: int = 0) -> int:
    """What the kernel's interpreter of classic BPF would give back; reading past the end drops."""
    a = x = at = 0
    while True:
        one = program[at]
        at += 1
        value = one.value
        if one.code == bpf.RETURN:
            return value
        if one.code in (bpf.IF_EQUAL, bpf.IF_ANY_BIT):
            true = a == value if one.code == bpf.IF_EQUAL else a & value
            at += one.yes if true else one.no
        elif one.code == bpf.AND:
            a &= value
        elif one.code == bpf.LOAD_WORD and value == bpf.PACKET_TYPE:
            a = kind
        else:
            width = {bpf.LOAD_WORD: 4, bpf.LOAD_HALF: 2, bpf.LOAD_HALF_AT_X: 2}.get(one.code, 1)
            start = value + (x if one.code in (bpf.LOAD_HALF_AT_X, bpf.LOAD_BYTE_AT_X) else 0)
            if start + width > len(frame):
                return 0
            loaded = int.from_bytes(frame[start : start + width])
            if one.code == bpf.HEADER_LENGTH:
                x = 4 * (loaded & 15)
            else:
                a = loaded


def sources(*texts: str) -> list[tuple[int, int]]:
    return [(ip_address(text).version, int(ip_address(text))) for text in texts]


FILTER = bpf.program(PORT, sources("198.18.9.9", "198.18.0.1", "198.18.7.7", "2001:db8::1"))


@pytest.mark.parametrize("frame", [reply(4), reply(6), reply(4, options=b"\x01" * 12), reply(4, port=PORT + 255)])
def test_the_filter_passes_answers_to_us(frame: bytes) -> None:
    assert run(FILTER, frame) == bpf.KEPT


def altered(frame: bytes, at: int, value: bytes) -> bytes:
    return frame[:at] + value + frame[at + len(value) :]


@pytest.mark.parametrize(
    "frame",
    [
        *(reply(family, flags=flags) for family in (4, 6) for flags in (0x02, 0x10, 0x14, 0x16, 0x13, 0x04, 0)),
        reply(4, port=PORT - 1),
        reply(4, port=80),
        reply(6, port=PORT - 1),
        reply(4)[:47],
        reply(6)[:67],
        altered(reply(4), 20, b"\x00\x01"),
        altered(reply(4), 20, b"\x3f\xff"),
        altered(reply(4), 23, b"\x11"),
        altered(reply(6), 20, b"\x00"),
        altered(reply(4), 30, bytes([198, 18, 0, 2])),
        altered(reply(6), 53, b"\x02"),
        altered(reply(4), 12, b"\x88\x47"),
        ARP,
        b"",
    ],
)
def test_the_filter_drops_everything_else(frame: bytes) -> None:
    assert run(FILTER, frame) == 0


def test_the_filter_drops_what_is_not_addressed_to_this_host() -> None:
    assert run(FILTER, reply(4), kind=3) == 0


def test_arp_replies_pass_where_they_are_waited_for() -> None:
    listening = bpf.program(PORT, sources("198.18.0.1"), arp=True)
    assert run(listening, ARP) == bpf.KEPT
    assert run(listening, arp_request(OURS, 1, 2)) == 0
    assert run(listening, reply(6)) == 0
    assert len(bpf.packed(listening)) == 8 * len(listening)


@given(st.binary(max_size=120))
def test_the_filter_ends_for_any_bytes(frame: bytes) -> None:
    assert run(FILTER, frame) in (0, bpf.KEPT)


def rows(*frames: bytes) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    return np.frombuffer(b"".join(frame.ljust(150, b"\xee") for frame in frames), np.uint8).reshape(-1, 150)


def test_answers_are_read_as_they_came() -> None:
    four, six = syn_acks(rows(reply(4), ARP, reply(6), reply(4, options=b"\x01" * 20)))
    assert four.origins.low.tolist() == [0xC6120304] * 2
    assert four.origins.ports.tolist() == [443, 443]
    assert six.origins.high.tolist() == [0x20010DB8 << 32]
    assert six.origins.low.tolist() == [0x99]
    for answers, count in ((four, 2), (six, 1)):
        assert answers.source_ports.tolist() == [PORT + 7] * count
        assert answers.acknowledged.tolist() == [1234] * count
    (neighbour,) = neighbours(rows(reply(4), ARP))
    assert (neighbour.address, neighbour.mac) == (0xC6120002, THEIRS)


@given(st.lists(st.binary(max_size=150), max_size=8))
def test_no_bytes_break_the_reading(frames: list[bytes]) -> None:
    taken = rows(
        *(b"\0" * 12 + kind + frame[:130] for frame in frames for kind in (b"\x08\x00", b"\x86\xdd", b"\x08\x06"))
    )
    for answers in syn_acks(taken):
        assert len(answers.origins) == len(answers.acknowledged) == len(answers.source_ports)
    assert len(neighbours(taken)) == len(frames)
