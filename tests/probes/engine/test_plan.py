"""The plan: every pair of address and port once, exclusions gone, and no memory per target."""

import sys
import tracemalloc
from collections import Counter
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livebom.net.ranges import Family, Range
from livebom.net.scope import Included, make_scope
from probes.engine.plan import Block, Plan, Run, crowded, make_plan


def span(text: str) -> Range:
    """`10.0.0.0/30`, or `10.0.0.1-10.0.0.9`."""
    if "-" in text:
        first, last = (ip_address(part) for part in text.split("-"))
        return Range(int(first), int(last), first.version)
    network = ip_network(text)
    return Range(int(network[0]), int(network[-1]), network.version)


def block(ports: tuple[int, ...], *spans: str) -> Block:
    return Block(tuple(map(span, spans)), ports)


def everything(plan: Plan) -> list[tuple[str, int]]:
    return [plan.at(index) for index in range(len(plan))]


def test_addresses_times_ports() -> None:
    plan = make_plan([block((80, 8000), "127.0.0.1-127.0.0.3")])
    assert len(plan) == 6
    assert everything(plan) == [(f"127.0.0.{last}", port) for last in (1, 2, 3) for port in (80, 8000)]
    assert plan.addresses == 3


def test_each_group_has_its_own_ports() -> None:
    plan = make_plan([block((1,), "127.0.0.0/31"), block((2, 3), "127.0.1.0/32"), block((4,), "::1/128")])
    assert everything(plan) == [("127.0.0.0", 1), ("127.0.0.1", 1), ("127.0.1.0", 2), ("127.0.1.0", 3), ("::1", 4)]


def test_neighbours_with_the_same_ports_become_one_run() -> None:
    plan = make_plan([block((80, 80), "127.0.0.2/31", "127.0.0.0/31"), block((80,), "127.0.0.4/32")])
    assert plan.runs == (Run(int(IPv4Address("127.0.0.0")), int(IPv4Address("127.0.0.4")), 4, (80,)),)


def test_blocks_that_overlap_are_refused() -> None:
    with pytest.raises(ValueError, match=r"127\.0\.0\.2"):
        make_plan([block((80, 443), "127.0.0.0/30"), block((22,), "127.0.0.2-127.0.0.5")])


def test_an_empty_plan_is_a_plan() -> None:
    for plan in (make_plan([]), make_plan([block((), "127.0.0.0/8")])):
        assert len(plan) == 0
        assert plan.rows(np.array([], dtype=np.uint64)) == []
        assert not plan.contains(int(IPv4Address("127.0.0.1")), 4, 1)
        with pytest.raises(IndexError):
            plan.at(0)


def test_both_ends_of_the_address_spaces() -> None:
    last = (1 << 128) - 1
    plan = make_plan(
        [Block((Range(0, 1, 4), Range((1 << 32) - 2, (1 << 32) - 1, 4), Range(last - 1, last, 6)), (65535,))]
    )
    assert [address for address, _ in everything(plan)] == [
        "0.0.0.0",
        "0.0.0.1",
        "255.255.255.254",
        "255.255.255.255",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    ]
    assert plan.rows(np.arange(6, dtype=np.uint64)) == everything(plan)


def test_numbers_outside_the_plan_are_refused() -> None:
    plan = make_plan([block((1,), "127.0.0.0/30")])
    for index in (-1, 4):
        with pytest.raises(IndexError):
            plan.at(index)
    with pytest.raises(IndexError):
        plan.rows(np.array([0, 4], dtype=np.uint64))


def test_nonsense_is_refused() -> None:
    for port in (0, 65536, -1):
        with pytest.raises(ValueError, match="no such port"):
            Block((), (80, port))
    with pytest.raises(ValueError, match="cannot be numbered"):
        make_plan([block((1,), "::/64")])


def test_a_network_of_sixteen_million_costs_a_few_objects() -> None:
    tracemalloc.start()
    try:
        plan = make_plan([block(tuple(range(8000, 8040)), "127.0.0.0-127.8.255.255", "127.10.0.0-127.255.255.255")])
        rows = plan.rows(np.array([0, len(plan) - 1], dtype=np.uint64))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(plan) == ((1 << 24) - (1 << 16)) * 40
    assert rows == [("127.0.0.0", 8000), ("127.255.255.255", 8039)]
    assert peak < 100_000
    assert len(plan) < sys.maxsize


def spans(family: Family) -> st.SearchStrategy[Range]:
    """Short ranges close together, so that they meet."""
    base = int(IPv4Address("127.0.0.0")) if family == 4 else int(IPv6Address("fd00::"))
    return st.builds(
        lambda first, length: Range(base + first, base + first + length, family), st.integers(0, 40), st.integers(0, 12)
    )


any_span = st.one_of(spans(4), spans(6))
wanted = st.builds(
    lambda ranges, ports: Included(written="x", where="test", ranges=tuple(ranges), ports=tuple(ports)),
    st.lists(any_span, max_size=4),
    st.lists(st.sampled_from([22, 80, 443, 8000, 65535]), min_size=1, max_size=4),
)


@given(parts=st.lists(wanted, max_size=4), exclude=st.lists(any_span, max_size=3))
@settings(max_examples=100, deadline=None)
def test_the_plan_of_a_scope_is_the_set_that_was_meant(parts: list[Included], exclude: list[Range]) -> None:
    def numbers(run: Range) -> set[tuple[int, Family]]:
        return {(address, run.family) for address in range(run.first, run.last + 1)}

    barred = {place for run in exclude for place in numbers(run)}
    meant = {
        (address, family, port)
        for part in parts
        for run in part.ranges
        for address, family in numbers(run) - barred
        for port in part.ports
    }
    scope = make_scope(parts, {"default": exclude})
    plan = make_plan([Block(one.ranges, one.ports) for one in scope.blocks])
    rows = everything(plan)
    assert len(rows) == len(set(rows)) == len(meant)
    parsed = [(ip_address(address), port) for address, port in rows]
    assert {(int(address), address.version, port) for address, port in parsed} == meant
    backwards = np.arange(len(plan), dtype=np.uint64)[::-1]
    assert plan.rows(backwards) == rows[::-1]
    assert all(plan.contains(*place) for place in meant)
    assert not any(plan.contains(address, family, port) for address, family in barred for port in (22, 80, 443))


@given(st.lists(st.tuples(st.integers(1, 300), st.integers(0, 700), st.integers(1, 3)), min_size=1, max_size=4))
def test_the_most_crowded_host_and_network_are_those_that_counting_finds(parts: list[tuple[int, int, int]]) -> None:
    runs, at = [], int(IPv4Address("10.0.0.0"))
    for gap, length, ports in parts:
        runs.append(Run(at + gap, at + gap + length, 4, tuple(range(80, 80 + ports))))
        at += gap + length
    rows = everything(plan := Plan(runs))
    hosts, nets = Counter(row[0] for row in rows), Counter(row[0].rpartition(".")[0] for row in rows)
    assert crowded(plan) == (max(hosts.values()) / len(rows), max(nets.values()) / len(rows))


def test_a_plan_of_nothing_crowds_nobody() -> None:
    assert crowded(Plan(())) == (0.0, 0.0)
