"""The order of a sweep: a keyed permutation of 0..n-1 that needs no memory and can be entered at any point."""

from collections.abc import Iterator
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.uint64]

_ROUNDS = 4
_MOST = 1 << 63
_FIRST, _SECOND = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)  # MurmurHash3's 64-bit finaliser
_SHIFT = np.uint64(33)


class Permutation:
    """A bijection of 0..n-1 chosen by a key: an unbalanced Feistel network of four rounds.

    It permutes the counters 0..size-1, where `size` is the next power of two, and drops the values that are not below
    n. A shard is an interval of the counter; a counter kept is a point to go on from. It spreads a sweep over its
    targets and is no cipher. Raises ValueError where n is negative or above 2^63.
    """

    def __init__(self, n: int, key: bytes) -> None:
        """Take the permutation of 0..n-1 that belongs to the key (any length)."""
        if not 0 <= n <= _MOST:
            raise ValueError(f"cannot permute {n} numbers")
        bits = max(n - 1, 0).bit_length()
        self.n = n
        self.size = 1 << bits if n else 0
        """One past the last counter."""
        high = bits // 2
        self._low_bits = np.uint64(bits - high)
        self._masks = np.uint64((1 << high) - 1), np.uint64((1 << (bits - high)) - 1)
        digest = blake2b(key, digest_size=8 * _ROUNDS, person=b"livebom order").digest()
        self._keys = np.frombuffer(digest, dtype="<u8").astype(np.uint64)

    def values(self, counters: Numbers) -> Numbers:
        """The value of each counter; each is below `size`, and not always below n."""
        high_mask, low_mask = self._masks
        high = counters >> self._low_bits
        low = counters & low_mask
        for number, key in enumerate(self._keys):
            if number % 2:
                low ^= _mixed(high, key) & low_mask
            else:
                high ^= _mixed(low, key) & high_mask
        high <<= self._low_bits
        high |= low
        return high

    def walk(self, start: int = 0, stop: int | None = None, batch: int = 2048) -> Iterator[tuple[int, Numbers]]:
        """Batches of the order from counter `start` to before counter `stop` (default: the end).

        Each comes with the counter to go on from; it holds at most `batch` numbers, all below n, perhaps none.
        Raises ValueError unless 0 <= start <= stop <= size and batch >= 1.
        """
        end = self.size if stop is None else stop
        if not 0 <= start <= end <= self.size or batch < 1:
            raise ValueError(f"counters {start}..{end} by {batch} are not within 0..{self.size}")
        return self._batches(start, end, batch)

    def _batches(self, start: int, end: int, batch: int) -> Iterator[tuple[int, Numbers]]:
        steps = np.arange(batch, dtype=np.uint64)
        while start < end:
            after = min(start + batch, end)
            values = self.values(steps[: after - start] + np.uint64(start))
            yield after, values[values < self.n]
            start = after


def _mixed(half: Numbers, key: np.uint64) -> Numbers:
    """A keyed hash of each number; overflow is meant."""
    mixed = half + key
    mixed ^= mixed >> _SHIFT
    mixed *= _FIRST
    mixed ^= mixed >> _SHIFT
    mixed *= _SECOND
    mixed ^= mixed >> _SHIFT
    return mixed
