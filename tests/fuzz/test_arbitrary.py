"""A little of what fuzzing does, in every run: any bytes, and honest ones changed, to doors that have no such test."""

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.mutating import mutated
from tests.fuzz.targets import load, names

QUICK = ("coding", "containerd", "control", "kubernetes", "netlink", "redact", "register")
NUMBERS = st.integers(0, 1 << 32)


@cache
def honest(name: str) -> list[bytes]:
    """Some of its seeds."""
    return [seed for seed in load(name).seeds() if len(seed) < 20_000][:12]


def changed(name: str, number: int, at: int, piece: bytes) -> bytes:
    """One of its seeds with something else in it: a value, where it is JSON, else bytes."""
    seeds = honest(name)
    seed = seeds[number % len(seeds)]
    prefix = getattr(load(name), "JSON_AFTER", None)
    made = mutated(seed[prefix:], number) if prefix is not None else None
    if made is not None:
        return seed[:prefix] + made
    at %= len(seed) + 1
    return seed[:at] + piece + seed[at + len(piece) :]


def tried(name: str, examples: int) -> None:
    """Give so many inputs to the door; it is loaded before the first one, for its import may hold such tests."""
    one_input = load(name).one_input
    honest(name)

    @settings(max_examples=examples, deadline=None)
    @given(data=st.binary(max_size=2000), number=NUMBERS, at=NUMBERS)
    def some(data: bytes, number: int, at: int) -> None:
        one_input(data)
        one_input(changed(name, number, at, data[:9]))

    some()


@pytest.mark.parametrize("name", QUICK)
def test_no_bytes_do_harm(name: str) -> None:
    tried(name, 10)


@pytest.mark.slow
@pytest.mark.parametrize("name", names())
def test_no_bytes_do_harm_to_any_door(name: str) -> None:
    tried(name, 150)
