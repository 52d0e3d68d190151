"""What makes a host a tarpit, and which of its ports are asked all the same."""

from hypothesis import given
from hypothesis import strategies as st

from probes.tarpits import FRUITLESS, SHARE, Tarpits

HOST, OTHER = "192.0.2.1", "192.0.2.2"
HOMES = (8000, 11434)


def met(outcomes: list[bool], *, opened: int, tried: float) -> Tarpits:
    """One host after these conversations, so many open ports and so many tried."""
    tarpits = Tarpits(HOMES, lambda _: tried)
    for _ in range(opened):
        tarpits.opened(HOST)
    for told in outcomes:
        tarpits.ended(HOST, told=told)
    return tarpits


def test_who_says_nothing_on_every_port_is_one() -> None:
    tarpits = met([False] * FRUITLESS, opened=60, tried=60)
    assert tarpits.skips(HOST, 9999)
    assert tarpits.skips(HOST, 9998)
    assert tarpits.found() == {HOST: 2}


def test_a_port_where_ai_servers_usually_are_is_asked_whatever_the_host_is() -> None:
    tarpits = met([False] * 100, opened=60_000, tried=65_535)
    assert not any(tarpits.skips(HOST, port) for port in HOMES)
    assert tarpits.found() == {HOST: 0}


def test_another_host_is_none() -> None:
    tarpits = met([False] * FRUITLESS, opened=60, tried=60)
    assert not tarpits.skips(OTHER, 9999)


def test_a_few_mute_ports_make_none() -> None:
    tarpits = met([False] * (FRUITLESS - 1), opened=60, tried=60)
    assert not tarpits.skips(HOST, 9999)
    assert tarpits.found() == {}


def test_a_host_of_many_servers_is_none() -> None:
    tarpits = met([True] * 50 + [False] * 50, opened=100, tried=100)
    assert not tarpits.skips(HOST, 9999)


def test_many_mute_ports_among_far_more_closed_ones_make_none() -> None:
    tarpits = met([False] * 200, opened=200, tried=65_535)
    assert not tarpits.skips(HOST, 9999)


def test_once_a_tarpit_it_stays_one_while_the_sweep_walks_on() -> None:
    tried = [60.0]
    tarpits = Tarpits(HOMES, lambda _: tried[0])
    for _ in range(60):
        tarpits.opened(HOST)
    for _ in range(FRUITLESS):
        tarpits.ended(HOST, told=False)
    assert tarpits.skips(HOST, 9999)
    tried[0] = 65_535
    assert tarpits.skips(HOST, 9998)


@given(st.lists(st.booleans(), max_size=80), st.integers(0, 500), st.floats(0, 1000))
def test_none_is_skipped_without_all_three_reasons(outcomes: list[bool], opened: int, tried: float) -> None:
    silent = outcomes.count(False)
    reasons = silent >= FRUITLESS and silent > outcomes.count(True) and opened >= SHARE * tried
    assert met(outcomes, opened=opened, tried=tried).skips(HOST, 9999) is reasons
