"""The two packet sockets of an interface: frames out by sendmmsg, answers in through a ring the kernel fills."""

import ctypes
import mmap
import os
import socket
import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from probes.engine.syn.bpf import Instruction, packed

# linux/if_packet.h, asm-generic/socket.h
_SOL_PACKET, _RX_RING, _STATISTICS, _VERSION, _QDISC_BYPASS, _IGNORE_OUTGOING = 263, 5, 6, 10, 20, 23
_ATTACH_FILTER, _EVERY_PROTOCOL = 26, 0x0003
_VERSION_2, _OURS = 1, 1
_SLOT, _BLOCK = 256, 1 << 16
SLOTS = 1 << 14
"""Answers the ring holds: a sixth of a second of the most a veth pair brings. 4 MB, touched only where used."""
_LOOK = 2048
_SEND_BUFFER = 1 << 20
_ENTRY = 64  # octets of struct mmsghdr on 64-bit Linux
_libc = ctypes.CDLL(None, use_errno=True)


class Outlet:
    """Sends frames over one interface, past its queue discipline. Needs CAP_NET_RAW only to be made."""

    def __init__(self, interface: str) -> None:
        """Open the socket; OSError where that is not allowed."""
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.socket.setsockopt(_SOL_PACKET, _QDISC_BYPASS, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        self.socket.bind((interface, 0))
        self.socket.setblocking(False)

    def send(self, letters: "Letters", first: int, end: int) -> int:
        """Hand frames first..end-1 to the kernel; how many it took. Raises OSError where it took none."""
        taken: int = _libc.sendmmsg(self.socket.fileno(), letters.at(first), end - first, 0)
        if taken < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        return taken


class Letters:
    """The array of struct mmsghdr that points at the frames of a batch, made once."""

    def __init__(self, frames: NDArray[np.uint8], length: int) -> None:
        """Point at the first `length` octets of each row."""
        count, stride = frames.shape
        self._frames = frames  # the kernel reads it: it must live as long
        start = frames.ctypes.data
        self._vectors = np.empty((count, 2), np.uint64)
        self._vectors[:, 0] = start + stride * np.arange(count, dtype=np.uint64)
        self._vectors[:, 1] = length
        self._headers = np.zeros((count, _ENTRY // 8), np.uint64)
        self._headers[:, 2] = self._vectors.ctypes.data + 16 * np.arange(count, dtype=np.uint64)
        self._headers[:, 3] = 1
        self._start = self._headers.ctypes.data

    def at(self, number: int) -> ctypes.c_void_p:
        """Where the kernel finds that one and those after it."""
        return ctypes.c_void_p(self._start + _ENTRY * number)


class Inlet:
    """Receives what the filter passes on one interface. Needs CAP_NET_RAW only to be made."""

    def __init__(self, interface: str, filtering: Sequence[Instruction]) -> None:
        """Open the socket, filter and ring first, so that nothing else is ever seen; OSError where not allowed."""
        self.drops = self.received = 0
        self._head = 0
        sock = self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        code = ctypes.create_string_buffer(packed(filtering))
        sock.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, struct.pack("HP", len(filtering), ctypes.addressof(code)))
        sock.setsockopt(_SOL_PACKET, _VERSION, _VERSION_2)
        sock.setsockopt(_SOL_PACKET, _IGNORE_OUTGOING, 1)
        ring = struct.pack("IIII", _BLOCK, SLOTS * _SLOT // _BLOCK, _SLOT, SLOTS)
        sock.setsockopt(_SOL_PACKET, _RX_RING, ring)
        self._memory = mmap.mmap(sock.fileno(), SLOTS * _SLOT)
        self._octets = np.frombuffer(self._memory, np.uint8).reshape(SLOTS, _SLOT)
        self._status: NDArray[np.uint32] = np.ndarray((SLOTS,), np.uint32, self._memory, 0, (_SLOT,))
        self._start: NDArray[np.uint16] = np.ndarray((SLOTS,), np.uint16, self._memory, 12, (_SLOT,))
        sock.bind((interface, _EVERY_PROTOCOL))

    def take(self) -> NDArray[np.uint8]:
        """The frames that have come, oldest first: rows of KEPT octets or less, each from its Ethernet header on.

        What follows a shorter frame is old; its own lengths say where it ends. At most 2048 at a time.
        """
        window = self._status[self._head : self._head + _LOOK]
        if not window[0] & _OURS:
            return self._octets[:0]
        waiting = window & _OURS == 0
        count = int(waiting.argmax()) or len(window)
        rows = slice(self._head, self._head + count)
        start = int(self._start[self._head])  # the same for each: they come over one Ethernet interface
        taken = self._octets[rows, start:].copy()
        self._status[rows] = 0
        self._head = (self._head + count) % SLOTS
        return taken

    def count(self) -> None:
        """Add up what the kernel counted since the last time."""
        packets, drops = struct.unpack("II", self.socket.getsockopt(_SOL_PACKET, _STATISTICS, 8))
        self.received += packets
        self.drops += drops
