"""The order of a sweep: shards cover it exactly, it goes on where it stopped, and own addresses go their own way."""

from ipaddress import ip_address
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livebom.net.ranges import Family, Range
from livebom.net.targets import read_targets
from livebom.settings import Settings, examine
from probes.engine.permute import Permutation
from probes.engine.plan import Block
from probes.orders import digest_of, orders_of, split
from probes.sweep import Order

LOOPBACK = Range(127 << 24, (128 << 24) - 1, 4)


def order_of(*blocks: Block, **given: Any) -> Order:
    """An order of these blocks."""
    return Order(
        blocks=blocks,
        exposure=lambda _address: "private",
        allowed=lambda _address, _port: True,
        user_agent="livebom/test",
        key=b"",
        **given,
    )


def net(first: str, last: str) -> Range:
    one, other = ip_address(first), ip_address(last)
    return Range(int(one), int(other), 4 if one.version == 4 else 6)


def walked(order: Order) -> list[tuple[str, int]]:
    """Every target of the order, in its turn."""
    plan = order.plan
    start, stop = order.interval(plan)
    walk = Permutation(len(plan), order.order_key).walk(start, stop)
    return [row for _, numbers in walk for row in plan.rows(numbers)]


@given(addresses=st.integers(1, 300), ports=st.integers(1, 5), of=st.integers(1, 40), key=st.binary(max_size=8))
def test_shards_have_every_target_once(addresses: int, ports: int, of: int, key: bytes) -> None:
    block = Block((Range(10 << 24, (10 << 24) + addresses - 1, 4),), tuple(range(80, 80 + ports)))
    whole = order_of(block, order_key=key)
    parts = [msgspec.structs.replace(whole, shard=(which, of)) for which in range(1, of + 1)]
    targets = [row for part in parts for row in walked(part)]
    assert targets == walked(whole)
    assert len(set(targets)) == len(targets) == addresses * ports
    assert whole.whole
    assert all(part.whole == (of == 1) for part in parts)


@given(size=st.integers(1, 500), of=st.integers(1, 5), data=st.data())
def test_going_on_at_a_counter_leaves_nothing_out_and_does_nothing_twice(
    size: int, of: int, data: st.DataObject
) -> None:
    part = order_of(Block((Range(10 << 24, (10 << 24) + size - 1, 4),), (80,)), shard=(of, of))
    start, stop = part.interval(part.plan)
    cursor = data.draw(st.integers(start, stop))
    before = Permutation(size, part.order_key).walk(start, cursor)
    done = [row for _, numbers in before for row in part.plan.rows(numbers)]
    assert done + walked(msgspec.structs.replace(part, begin=cursor)) == walked(part)


@pytest.mark.parametrize("begin", [0, 10**9])
def test_a_cursor_from_elsewhere_stays_within_the_shard(begin: int) -> None:
    part = order_of(Block((Range(1, 1000, 4),), (80,)), shard=(2, 3), begin=begin)
    start, stop = part.interval(part.plan)
    assert msgspec.structs.replace(part, begin=None).interval(part.plan)[0] <= start <= stop
    assert stop == 1024 * 2 // 3


points = st.integers(0, 400)
runs = st.tuples(points, points).map(lambda ends: (min(ends), max(ends)))


@given(run=runs, own=st.lists(runs, max_size=6), family=st.sampled_from([4, 6]))
def test_own_addresses_and_the_others_are_parted_exactly(
    run: tuple[int, int], own: list[tuple[int, int]], family: Family
) -> None:
    mine = [Range(first, last, family) for first, last in own] + [Range(0, 400, 6 if family == 4 else 4)]
    order = order_of(Block((Range(*run, family),), (80, 443)), engine="syn")
    parts = split(order, mine)
    held = {one: {v for first, last in own for v in range(first, last + 1)} for one in ("own",)}["own"]
    found = {
        part.engine: [v for b in part.blocks for r in b.ranges for v in range(r.first, r.last + 1)] for part in parts
    }
    everything = list(range(run[0], run[1] + 1))
    assert sorted(value for values in found.values() for value in values) == everything
    assert len(found) == len(parts)
    assert set(found.get("connect", [])) == held.intersection(everything)
    assert all(block.ports == (80, 443) for part in parts for block in part.blocks)


def test_the_digest_is_of_the_targets_and_the_shard_alone() -> None:
    block = Block((net("10.0.0.0", "10.0.0.255"),), (80,))
    same = [order_of(block), order_of(block, rate=5, begin=7, order_key=b"x", engine="syn")]
    others = [
        order_of(Block((net("10.0.0.0", "10.0.0.254"),), (80,))),
        order_of(Block((net("10.0.0.0", "10.0.0.255"),), (81,))),
        order_of(block, shard=(1, 2)),
        order_of(block, zone="dmz"),
        order_of(Block((Range(10 << 24, (10 << 24) + 255, 6),), (80,))),
    ]
    assert digest_of(same[0]) == digest_of(same[1])
    assert len({digest_of(one) for one in [same[0], *others]}) == 6


def test_a_line_of_targets_becomes_orders_that_share_the_settings() -> None:
    targets = read_targets(["127.0.0.1/30", "192.0.2.0/30"], (), ai=(80,), read_yaml=examine)
    options = Settings(rate=50.0, per_host_rate=5.0, per_net_rate=7.0)
    orders, scope = orders_of(targets, options, key=b"", engine="auto", shard=(2, 3), own=(LOOPBACK,))
    assert [order.engine for order in orders] == ["connect", "auto"]
    assert sum(order.plan.addresses for order in orders) == scope.addresses == 8
    assert {(o.rate, o.per_host_rate, o.per_net_rate, o.shard) for o in orders} == {(50.0, 5.0, 7.0, (2, 3))}
    own = (LOOPBACK, net("192.0.2.1", "192.0.2.1"))
    elsewhere, _ = orders_of(targets, options, key=b"x", engine="auto", shard=(2, 3), own=own)
    assert [walked(order) for order in elsewhere] == [walked(order) for order in orders]  # the same shards everywhere
    whole, _ = orders_of(targets, options, key=b"", engine="auto", own=own)
    assert [(order.engine, order.plan.addresses) for order in whole] == [("connect", 5), ("auto", 3)]
    assert len({order.order_key for order in whole} | {order.order_key for order in elsewhere}) == 2
    [alone], _ = orders_of(targets, options, key=b"", own=(LOOPBACK,))
    assert alone.engine == "connect"
    assert alone.plan.addresses == 8
