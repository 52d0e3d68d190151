"""The permutation: every number once, another order for another key, and any interval of it by itself."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.engine.permute import Numbers, Permutation


def all_of(permutation: Permutation, start: int = 0, stop: int | None = None, batch: int = 2048) -> list[int]:
    return [int(number) for _, numbers in permutation.walk(start, stop, batch) for number in numbers]


@given(n=st.integers(0, 5000), key=st.binary(max_size=40), batch=st.integers(1, 3000))
@settings(max_examples=100, deadline=None)
def test_every_number_comes_exactly_once(n: int, key: bytes, batch: int) -> None:
    assert sorted(all_of(Permutation(n, key), batch=max(batch, n // 200 + 1))) == list(range(n))


@given(n=st.integers(1, 5000), key=st.binary(max_size=16), cuts=st.lists(st.integers(0, 8192), max_size=5))
@settings(max_examples=50, deadline=None)
def test_shards_together_are_the_whole(n: int, key: bytes, cuts: list[int]) -> None:
    permutation = Permutation(n, key)
    edges = sorted({0, permutation.size, *(cut % (permutation.size + 1) for cut in cuts)})
    shards = [all_of(permutation, *pair) for pair in pairwise(edges)]
    assert [number for shard in shards for number in shard] == all_of(permutation)


def test_a_counter_is_a_point_to_go_on_from() -> None:
    permutation = Permutation(10_000, b"key")
    walk = permutation.walk(batch=300)
    before: list[int] = []
    counter = 0
    for _ in range(5):
        counter, numbers = next(walk)
        before += numbers.tolist()
    assert before + all_of(Permutation(10_000, b"key"), counter) == all_of(permutation)


def test_keys_choose_orders() -> None:
    orders = {
        tuple(all_of(Permutation(500, key))) for key in (b"", b"a", b"b", b"a longer key, as long as it likes" * 5)
    }
    assert len(orders) == 4


def test_neighbours_are_scattered() -> None:
    numbers = np.array(all_of(Permutation(1 << 16, b"key")), dtype=np.int64)
    steps = np.abs(np.diff(numbers))
    assert (steps == 1).mean() < 0.001
    assert 0.3 < steps.mean() / (1 << 16) < 0.37  # a third, for two numbers drawn at random
    parts = np.bincount(numbers[:4096] >> 12, minlength=16)
    assert parts.min() > 256 * 0.7


@pytest.mark.parametrize("n", [(1 << 32) + 1, (1 << 40) - 7, 671_088_640 * 1000, 1 << 63])
def test_more_than_four_thousand_million_numbers(n: int) -> None:
    permutation = Permutation(n, b"key")
    counters: Numbers = np.arange(20_000, dtype=np.uint64) + np.uint64(permutation.size - 20_000)
    values = permutation.values(counters)
    assert len(np.unique(values)) == 20_000
    assert int(values.max()) < permutation.size
    assert int(values.max()) > permutation.size * 0.99
    (after, numbers), *rest = permutation.walk(permutation.size - 2048)
    assert (after, rest) == (permutation.size, [])
    assert numbers.tolist() == [int(value) for value in values[-2048:] if value < n]


@given(bits=st.integers(0, 63), key=st.binary(max_size=8), data=st.data())
@settings(max_examples=60)
def test_different_counters_never_meet(bits: int, key: bytes, data: st.DataObject) -> None:
    size = 1 << bits
    counters = data.draw(st.lists(st.integers(0, size - 1), unique=True, min_size=1, max_size=min(size, 50)))
    values = Permutation(size, key).values(np.array(counters, dtype=np.uint64))
    assert len(set(values.tolist())) == len(counters)
    assert all(0 <= value < size for value in values.tolist())


def test_wrong_bounds_are_refused() -> None:
    for n in (-1, (1 << 63) + 1):
        with pytest.raises(ValueError, match="permute"):
            Permutation(n, b"")
    for bounds in ((-1, 5), (6, 5), (0, 17), (0, 16, 0)):
        with pytest.raises(ValueError, match="not within"):
            Permutation(10, b"").walk(*bounds)
