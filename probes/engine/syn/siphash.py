"""SipHash of many short messages at once: the keyed hash that makes a SYN's sequence number unforgeable."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]

_START = (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573)
_BYTE = (1 << 64) - 1


class SipHash:
    """SipHash-c-d (Aumasson and Bernstein, 2012) with 64-bit results, 1-3 unless told otherwise.

    Raises ValueError unless the key has 16 bytes.
    """

    def __init__(self, key: bytes, *, compress: int = 1, finish: int = 3) -> None:
        """Take the key; `compress` rounds per word of the message, `finish` rounds at the end."""
        if len(key) != 16:
            raise ValueError("a key of SipHash has 16 bytes")
        halves = int.from_bytes(key[:8], "little"), int.from_bytes(key[8:], "little")
        self._start = [np.uint64(start ^ halves[number % 2]) for number, start in enumerate(_START)]
        self._compress, self._finish = compress, finish

    def __call__(self, words: Sequence[Words]) -> Words:
        """The hash of each message; message i is words[0][i], words[1][i] and so on, as `last_word` ends them.

        All arrays have one length and are left as they are.
        """
        size = len(words[0])
        v0, v1, v2, v3 = (np.full(size, start) for start in self._start)
        scratch = np.empty(size, np.uint64)
        for word in words:
            v3 ^= word
            for _ in range(self._compress):
                v0, v2 = _round(v0, v1, v2, v3, scratch)
            v0 ^= word
        v2 ^= np.uint64(0xFF)
        for _ in range(self._finish):
            v0, v2 = _round(v0, v1, v2, v3, scratch)
        v0 ^= v1
        v0 ^= v2
        v0 ^= v3
        return v0


def last_word(tail: Words, length: int) -> Words:
    """The last word of messages of `length` bytes: the 0..7 bytes left over, little-endian, and the length on top."""
    return tail | np.uint64((length & 0xFF) << 56)


def _round(v0: Words, v1: Words, v2: Words, v3: Words, scratch: Words) -> tuple[Words, Words]:
    """One SipRound, in place; overflow is meant."""
    v0 += v1
    _turn(v1, 13, scratch)
    v1 ^= v0
    _turn(v0, 32, scratch)
    v2 += v3
    _turn(v3, 16, scratch)
    v3 ^= v2
    v0 += v3
    _turn(v3, 21, scratch)
    v3 ^= v0
    v2 += v1
    _turn(v1, 17, scratch)
    v1 ^= v2
    _turn(v2, 32, scratch)
    return v0, v2


def _turn(word: Words, bits: int, scratch: Words) -> None:
    """Rotate to the left, in place."""
    np.right_shift(word, np.uint64(64 - bits), out=scratch)
    np.left_shift(word, np.uint64(bits), out=word)
    word |= scratch
