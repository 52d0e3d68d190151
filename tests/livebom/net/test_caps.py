"""The caps: one host and one network get no more than their share, and nobody is kept in mind for long."""

from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livebom.net.caps import TOLERANCE, Caps, net_of


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


hosts = st.sampled_from(["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.1.1", "2001:db8::1", "2001:db8::2", "2001:db8:1::1"])
visits = st.lists(st.tuples(hosts, st.floats(0, 0.02), st.booleans()), min_size=1, max_size=150)


@given(per_host=st.floats(1, 2000), per_net=st.floats(1, 2000), visits=visits)
@settings(max_examples=60)
def test_no_stretch_of_time_sees_more_than_a_share(
    per_host: float, per_net: float, visits: list[tuple[str, float, bool]]
) -> None:
    clock = Clock()
    caps = Caps(per_host, per_net, clock=clock)
    sent: dict[str | bytes, list[float]] = defaultdict(list)
    later: dict[str | bytes, int] = defaultdict(int)
    for host, step, books in visits:
        clock.now += step
        if books:
            when = clock.now + caps.book(host)
            later[net_of(host)] += when > clock.now
        elif caps.ask(host) is None:
            when = clock.now
        else:
            continue
        sent[host].append(when)
        sent[net_of(host)].append(when)
    for who, times in sent.items():
        cap = per_host if who in {host for host, *_ in visits} else per_net
        times.sort()
        for first in range(len(times)):
            for last in range(first, len(times)):
                assert last - first + 1 <= 1 + later[who] + cap * (times[last] - times[first] + TOLERANCE) + 1e-6


@given(cap=st.floats(1, 5000), late=st.floats(0, 0.9 * TOLERANCE))
@settings(max_examples=50)
def test_whoever_comes_when_told_is_let_through_and_gets_the_whole_share(cap: float, late: float) -> None:
    clock = Clock()
    caps = Caps(cap, 0, clock=clock)
    begun = clock.now
    for _ in range(100):
        refused = caps.ask("10.0.0.1")
        if refused is not None:
            who, until = refused
            assert who == "10.0.0.1"
            assert until > clock.now
            clock.now = until + late
            assert caps.ask("10.0.0.1") is None
    assert 99 / cap <= clock.now - begun + 1e-6 + TOLERANCE
    assert clock.now - begun <= 99 / cap + late + 1e-6


def test_the_network_is_named_where_it_is_what_is_used_up() -> None:
    caps = Caps(100, 10, clock=Clock())
    assert caps.ask("10.0.0.1") is None
    refused = caps.ask("10.0.0.2")
    assert refused is not None
    assert refused[0] == net_of("10.0.0.2") == net_of("10.0.0.1")
    assert caps.ask("10.0.1.1") is None


@pytest.mark.parametrize("address", ["127.0.0.1", "127.200.3.4", "::1"])
def test_loopback_is_not_capped_unless_asked_for(address: str) -> None:
    free, capped = Caps(1, 1, clock=Clock()), Caps(1, 1, loopback=True, clock=Clock())
    assert [free.ask(address) for _ in range(5)] == [None] * 5
    assert free.book(address, 100) == 0.0
    assert capped.ask(address) is None
    assert capped.ask(address) is not None


def test_without_a_cap_nobody_waits() -> None:
    caps = Caps(0, 0, clock=Clock())
    assert [caps.ask("10.0.0.1") for _ in range(1000)] == [None] * 1000
    assert caps.book("10.0.0.1", 1000) == 0.0
    assert caps.kept == 0


def test_what_is_booked_waits_for_what_was_booked_before() -> None:
    caps = Caps(10, 0, clock=Clock())
    assert caps.book("10.0.0.1", 2) == 0.0
    assert caps.book("10.0.0.1") == pytest.approx(0.2, abs=TOLERANCE)
    assert caps.ask("10.0.0.1") is not None


def test_memory_is_held_for_the_last_moment_only() -> None:
    clock = Clock()
    caps = Caps(100, 1000, clock=clock)
    most = 0
    for number in range(60_000):
        clock.now += 0.0001  # 10,000 probes a second, each to a host of its own
        caps.ask(f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}")
        most = max(most, caps.kept)
    assert most <= 4200


@pytest.mark.parametrize("shares", [(-1, 0), (0, -1), (float("nan"), 0)])
def test_a_negative_cap_is_refused(shares: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="make no sense"):
        Caps(*shares)


def test_networks_are_24_and_64_bits() -> None:
    assert net_of("10.1.2.3") == net_of("10.1.2.255") != net_of("10.1.3.3")
    assert net_of("2001:db8::1") == net_of("2001:db8:0:0:ffff::1") != net_of("2001:db8:0:1::1")


@pytest.mark.parametrize(
    ("caps", "rate", "parts", "most"),
    [
        ((200, 1000), 0, (1.0, 1.0), 200),  # one host
        ((200, 1000), 10_000, (1 / 256, 1.0), 1000),  # one /24
        ((200, 1000), 10_000, (1 / 65536, 1 / 256), 10_000),  # a /16: the rate itself is the least
        ((200, 0), 10_000, (1 / 4, 1.0), 800),
        ((0, 0), 500, (1.0, 1.0), 500),
        ((0, 0), 0, (1.0, 1.0), 0),
        ((200, 1000), 300, (0.0, 0.0), 300),  # nothing to do
    ],
)
def test_an_even_rate_leaves_everybody_their_share(
    caps: tuple[float, float], rate: float, parts: tuple[float, float], most: float
) -> None:
    assert Caps(*caps).evenly(rate, *parts) == pytest.approx(most)
