"""In which order the tries of a sweep come: stretch after stretch of the order, each tried again a while later."""

from collections.abc import Iterator
from math import ceil

import numpy as np
from msgspec import Struct

from probes.engine.permute import Numbers, Permutation

_SHORTEST, _LONGEST = 64, 1 << 22
_SECONDS = 5.0


class Round(Struct, frozen=True):
    """One try of every target of the counters first..last-1."""

    first: int
    last: int
    attempt: int
    """0 is the first try."""
    final: bool
    """No further try comes."""


def stretch_length(rate: float, timeout: float) -> int:
    """How many counters make a stretch: some seconds' worth, so that an answer has come before the next try."""
    if not rate:
        return _LONGEST
    return min(_LONGEST, max(_SHORTEST, ceil(rate * max(_SECONDS, 2 * timeout))))


def rounds(start: int, stop: int, length: int, retries: int) -> Iterator[Round]:
    """Every counter once per try; between two tries of a stretch lies a try of the next one, where there is one."""
    count = max(1, ceil((stop - start) / length)) if stop > start else 0
    for step in range(count + retries if count else 0):
        for attempt in range(retries + 1):
            number = step - attempt
            if 0 <= number < count:
                first = start + number * length
                yield Round(first, min(first + length, stop), attempt, attempt == retries)


def walk(order: Permutation, key: bytes, one: Round, batch: int = 2048) -> Iterator[Numbers]:
    """The numbers of a round in batches: the first try in the sweep's order, each further one in one of its own."""
    if not one.attempt:
        for _, numbers in order.walk(one.first, one.last, batch):
            yield numbers
        return
    shuffled = Permutation(one.last - one.first, key + one.attempt.to_bytes(4) + one.first.to_bytes(8))
    for _, counters in shuffled.walk(0, None, batch):
        counters += np.uint64(one.first)
        values = order.values(counters)
        yield values[values < order.n]
