"""The pace: the rate is kept to, nothing bursts, and a sender that comes a little late loses nothing."""

from itertools import pairwise
from threading import Barrier, Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livebom.net.pace import CATCH_UP, LATE, SLACK, BesidePace, Pace


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("rate", [None, 0, 0.0])
def test_without_a_rate_everything_is_granted_at_once(rate: float | None) -> None:
    pace = Pace(rate, clock=Clock())
    assert pace.take(1_000_000) == 1_000_000
    assert pace.wait() == 0.0


def test_a_negative_rate_is_refused() -> None:
    with pytest.raises(ValueError, match="-1"):
        Pace(-1)


def test_nothing_is_granted_for_nothing_wanted() -> None:
    assert Pace(10).take(0) == 0
    assert Pace(10).take(-3) == 0
    assert Pace(None).take(-3) == 0


def test_one_probe_goes_at_once_and_the_next_after_its_share_of_a_second() -> None:
    clock = Clock()
    pace = Pace(10, clock=clock)
    assert pace.wait() == 0.0
    assert pace.take(5) == 1
    assert pace.take(5) == 0
    assert pace.wait() == pytest.approx(0.1)
    clock.now += 0.1
    assert pace.take(5) == 1


def test_a_long_silence_earns_no_burst() -> None:
    clock = Clock()
    pace = Pace(10_000, clock=clock)
    clock.now += 3600
    assert pace.take(10_000) == 1 + int(10_000 * SLACK)


@given(rate=st.floats(0.5, 200_000), late=st.floats(0, 0.9 * SLACK))
@settings(max_examples=100)
def test_a_sender_that_wakes_late_still_keeps_the_rate(rate: float, late: float) -> None:
    clock = Clock()
    pace = Pace(rate, clock=clock)
    begun, sent, turns = clock.now, 0, 200
    for _ in range(turns):
        sent += pace.take(1_000_000)
        clock.now += pace.wait() + late
    assert sent == pytest.approx(1 + rate * (clock.now - begun), abs=2.0 + rate * SLACK)


@given(rate=st.floats(0.5, 50_000), steps=st.lists(st.floats(0, 0.5), min_size=2, max_size=40))
@settings(max_examples=100)
def test_no_stretch_of_time_sees_more_than_its_rate(rate: float, steps: list[float]) -> None:
    clock = Clock()
    pace = Pace(rate, clock=clock)
    sends: list[tuple[float, int]] = []
    for step in steps:
        clock.now += step
        sends.append((clock.now, pace.take(1_000_000)))
    for since in range(len(sends)):
        stretch = sends[since:]
        seconds, count = stretch[-1][0] - stretch[0][0], sum(count for _, count in stretch)
        assert count <= 1 + rate * (LATE + seconds) + 1e-3
        assert count <= 1 + CATCH_UP * rate * (SLACK + seconds) + 1e-3
    assert all(before <= after for (before, _), (after, _) in pairwise(sends))


@pytest.mark.parametrize("rate", [1_000, 10_000, 100_000])
@given(late=st.lists(st.floats(0, 0.015), min_size=20, max_size=60))
@settings(max_examples=10)
def test_a_sender_on_a_busy_core_keeps_within_three_percent(rate: int, late: list[float]) -> None:
    """It sleeps a millisecond and comes up to 15 ms late now and then, as a poll on a loaded machine does."""
    clock = Clock()
    pace = Pace(rate, clock=clock)
    begun, sent, turns = clock.now, 0, 2000
    for turn in range(turns):
        sent += pace.take(1_000_000)
        clock.now += max(0.001, pace.wait()) + (late[turn // 80 % len(late)] if turn % 80 == 0 else 0)
    assert sent == pytest.approx(rate * (clock.now - begun), rel=0.03)


@given(rate=st.floats(1, 100_000), unused=st.integers(0, 1000))
def test_what_is_given_back_can_be_taken_again_and_no_more(rate: float, unused: int) -> None:
    clock = Clock()
    pace = Pace(rate, clock=clock)
    clock.now += 3600
    whole = pace.take(1_000_000)
    pace.give(min(unused, whole))
    assert pace.take(1_000_000) == min(unused, whole)
    pace.give(1_000_000)
    assert pace.take(1_000_000) <= whole


def test_threads_share_one_bucket() -> None:
    clock = Clock()
    pace = Pace(1_000_000, clock=clock)
    clock.now += 1
    ready, granted = Barrier(4), [0, 0, 0, 0]

    def sender(number: int) -> None:
        ready.wait()
        for _ in range(2_000):
            granted[number] += pace.take(1)

    threads = [Thread(target=sender, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(granted) == 1 + int(1_000_000 * SLACK)


def test_who_sends_beside_a_sweep_takes_from_its_tokens_and_has_own_ones_afterwards() -> None:
    now = 0.0
    sweeping: Pace | None = Pace(10, clock=lambda: now)
    beside = BesidePace(1_000_000, lambda: sweeping)
    assert beside.take(5) == 1
    assert sweeping is not None
    assert sweeping.take(5) == 0
    assert beside.wait() > 0
    now = 0.1
    assert sweeping.take(1) == 1
    assert beside.take(1) == 0
    sweeping = None
    assert beside.wait() == 0
    assert beside.take(1) == 1
