"""What is sent where, in which order and how fast: plan, wall, rounds, lanes and throttle, without any socket."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livebom.net.ranges import Range, address_text, read_address
from probes.engine.permute import Permutation
from probes.engine.plan import Block, Plan, Run, make_plan
from probes.engine.syn.cookie import Cookies, Targets
from probes.engine.syn.lanes import Hops, Lanes
from probes.engine.syn.netlink import ETHERNET, Interface, Netlink
from probes.engine.syn.rounds import rounds, stretch_length, walk
from probes.engine.syn.routes import Leg, UnfitError, Way, _fit, legs_of
from probes.engine.syn.seen import Seen
from probes.engine.syn.siphash import Words
from probes.engine.syn.targets import Space
from probes.engine.syn.throttle import Throttle
from probes.engine.syn.wall import Wall
from probes.engine.syn.wire import Letters


def run(first: str, last: str, *ports: int) -> Run:
    one, other = read_address(first), read_address(last)
    return Run(one.first, other.first, one.family, ports)


FOUR = Way(4, "veth0", 2, b"\x02" * 6, 0xC6120001, 0xC6120002)
NEAR = Way(4, "veth0", 2, b"\x02" * 6, 0xC6120001, None)
SIX = Way(6, "veth0", 2, b"\x02" * 6, 0x20010DB8 << 96 | 1, 5)
RUNS = [
    run("198.18.0.0", "198.18.0.9", 80, 443),
    run("198.18.1.0", "198.18.1.0", 8080),
    run("2001:db8::ffff:ffff:ffff:fffe", "2001:db8:0:1::1", 80, 8000),
]
LEGS = [
    Leg(RUNS[0].first, RUNS[0].first + 3, 4, FOUR),
    Leg(RUNS[0].first + 4, RUNS[0].first + 5, 4, None),
    Leg(RUNS[0].first + 6, RUNS[0].last, 4, NEAR),
    Leg(RUNS[1].first, RUNS[1].last, 4, NEAR),
    Leg(RUNS[2].first, RUNS[2].last, 6, SIX),
]


def plain(targets: Targets) -> list[tuple[str, int]]:
    columns = (targets.high.tolist(), targets.low.tolist(), targets.ports.tolist())
    return [(address_text(high << 64 | low, targets.family), port) for high, low, port in zip(*columns, strict=True)]


def test_numbers_become_the_plans_own_targets_each_by_its_way() -> None:
    plan, space = Plan(RUNS), Space(RUNS, LEGS)
    lots, lost = space.lots(np.arange(len(plan), dtype=np.uint64))
    assert [space.ways[lot.way] for lot in lots] == [FOUR, NEAR, SIX]
    near = [plan.at(number) for number in range(12, 21)]
    assert [plain(lot.targets) for lot in lots] == [
        [plan.at(number) for number in range(8)],
        near,
        [plan.at(number) for number in range(21, 29)],
    ]
    assert lost == 4
    assert lots[1].hosts.tolist() == [6, 6, 7, 7, 8, 8, 9, 9, 10]


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    blocks, at = [], 1 << 24
    for _ in range(draw(st.integers(1, 4))):
        at += draw(st.integers(1, 300))
        last = at + draw(st.integers(0, 300))
        ports = draw(st.lists(st.integers(1, 65535), min_size=1, max_size=3, unique=True))
        blocks.append(Block((Range(at, last, 4),), tuple(ports)))
        at = last + 1
    return make_plan(blocks)


@given(plans(), st.lists(st.tuples(st.integers(1 << 24, (1 << 24) + 3000), st.integers(1, 65535)), max_size=20))
def test_the_wall_knows_exactly_the_plan(plan: Plan, others: list[tuple[int, int]]) -> None:
    legs = [Leg(one.first, one.last, 4, FOUR) for one in plan.runs]
    lots, _ = Space(plan.runs, legs).lots(np.arange(len(plan), dtype=np.uint64))
    wall = Wall(plan.runs)
    assert wall.holds(lots[0].targets).all()
    low = np.array([address for address, _ in others], np.uint64)
    asked = Targets(4, np.zeros_like(low), low, np.array([port for _, port in others], np.uint64))
    assert wall.holds(asked).tolist() == [plan.contains(address, 4, port) for address, port in others]
    assert not wall.holds(Targets(6, asked.high, asked.low, asked.ports)).any()


@pytest.mark.parametrize(
    ("one", "word"),
    [
        (run("126.255.255.0", "127.0.0.0", 80), "loopback"),
        (run("224.0.0.1", "224.0.0.1", 80), "multicast"),
        (run("223.255.255.255", "224.0.0.0", 80), "multicast"),
        (run("255.255.255.255", "255.255.255.255", 80), "broadcast"),
        (run("0.0.0.0", "0.0.0.0", 80), "this network"),
        (run("::1", "::1", 80), "loopback"),
        (run("ff02::1", "ff02::1", 80), "multicast"),
        (run("64:ff9b::7f00:1", "64:ff9b::7f00:1", 80), "stands for an IPv4 address"),
        (run("2002:7f00:1::1", "2002:7f00:1::1", 80), "stands for an IPv4 address"),
        (run("198.18.0.1", "198.18.0.1", 9100), "port 9100"),
        (run("198.18.0.1", "198.18.0.1", 0), "port 0"),
    ],
)
def test_the_wall_refuses_plans_that_hold_what_is_never_contacted(one: Run, word: str) -> None:
    with pytest.raises(UnfitError, match=word):
        Wall([one], ports_never=[9100])


def test_the_wall_refuses_a_plan_that_is_out_of_order() -> None:
    with pytest.raises(UnfitError, match="order"):
        Wall([run("198.18.0.5", "198.18.0.9", 1), run("198.18.0.1", "198.18.0.5", 1)])


class Held:
    """An exit that keeps what it is given, at most so much at a time."""

    def __init__(self, most: int = 5) -> None:
        self.most, self.numbers = most, list[tuple[int, int]]()

    def send(self, _letters: Letters, first: int, end: int) -> int:
        self.numbers.append((first, min(end, first + self.most)))
        return min(end - first, self.most)


def lanes(space: Space, wall: Wall, hops: list[Hops], exits: list[Held]) -> Lanes:
    return Lanes(space, wall, Cookies(bytes(16), 65280), hops, list(exits))


def test_lanes_send_all_in_turn_and_leave_out_who_is_not_there() -> None:
    exits = [Held(), Held(), Held()]
    macs = np.arange(24, dtype=np.uint8).reshape(4, 6)
    near = {6: (macs, np.array([True, False, True, True])), 10: (macs[:1], np.array([False]))}
    hops = [Hops(b"\x04" * 6, {}), Hops(None, near), Hops(None, {})]
    made = lanes(Space(RUNS, LEGS), Wall(RUNS), hops, exits)
    made.load(np.arange(29, dtype=np.uint64), None)
    assert made.pending == 8 + 6
    assert made.unreachable == 4 + 3 + 8
    assert made.send(7) == 7
    assert made.pending == 7
    assert made.send(100) == 7
    assert [one.numbers for one in exits] == [[(0, 5), (5, 7), (7, 8)], [(0, 5), (5, 6)], []]
    assert made.pending == 0


def test_a_further_try_leaves_out_what_was_answered() -> None:
    space = Space(RUNS[:1], [Leg(RUNS[0].first, RUNS[0].last, 4, FOUR)])
    made = lanes(space, Wall(RUNS), [Hops(bytes(6), {})], [Held()])
    numbers = np.arange(20, dtype=np.uint64)
    cookies = Cookies(bytes(16), 65280).of(space.lots(numbers[3:5])[0][0].targets)
    seen = Seen()
    seen.add(cookies)
    made.load(numbers, seen)
    assert made.pending == 18


def test_not_one_frame_leaves_of_a_batch_that_crosses_the_wall() -> None:
    space = Space(RUNS[:1], [Leg(RUNS[0].first, RUNS[0].last, 4, FOUR)])
    held = Held()
    made = lanes(space, Wall([run("198.18.0.0", "198.18.0.8", 80, 443)]), [Hops(bytes(6), {})], [held])
    made.load(np.arange(18, dtype=np.uint64), None)
    with pytest.raises(UnfitError, match="not in the plan"):
        made.load(np.arange(20, dtype=np.uint64), None)
    assert made.pending == 0
    assert held.numbers == []


@given(st.integers(0, 300), st.integers(0, 500), st.integers(1, 200), st.integers(0, 3))
def test_every_counter_is_tried_once_in_each_try(start: int, width: int, length: int, retries: int) -> None:
    order = Permutation(700, b"key")
    made = list(rounds(start, start + width, length, retries))
    for attempt in range(retries + 1):
        parts = [one for one in made if one.attempt == attempt]
        assert all(one.final is (attempt == retries) for one in parts)
        assert all(before.last == after.first for before, after in pairwise(parts))
        tried = [n for one in parts for batch in walk(order, b"key", one, 64) for n in batch.tolist()]
        wanted = [n for _, batch in order.walk(start, start + width) for n in batch.tolist()]
        assert sorted(tried) == sorted(wanted)


def test_a_stretch_is_longer_than_an_answer_takes() -> None:
    assert stretch_length(1000, 10.0) >= 20_000
    assert stretch_length(0, 1.0) == stretch_length(1e9, 1.0)


@given(st.lists(st.lists(st.integers(0, 60), max_size=30), max_size=12))
def test_what_was_seen_is_told_once(batches: list[list[int]]) -> None:
    seen, known = Seen(), set[int]()
    for batch in batches:
        numbers: Words = np.array(batch, np.uint64)
        assert seen.holds(numbers).tolist() == [number in known for number in batch]
        new = [batch[at] for at in seen.add(numbers).tolist()]
        assert sorted(new) == sorted(set(batch) - known)
        known |= set(batch)
    assert len(seen) == len(known)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("rate", [1_000, 10_000, 100_000])
def test_the_pace_is_kept_also_by_a_sender_that_is_sometimes_late(rate: int) -> None:
    clock = Clock()
    throttle = Throttle(rate, clock=clock)
    sent, most = 0, 0
    for step in range(5000):
        clock.now += 0.012 if step % 100 == 0 else 0.001
        granted = throttle.take(1_000_000)
        sent, most = sent + granted, max(most, granted)
    assert sent == pytest.approx((clock.now - 100) * rate, rel=0.005)
    assert most <= 1 + rate * 0.002 + 1


def test_a_rest_earns_nothing_and_what_is_given_back_is_there() -> None:
    clock = Clock()
    throttle = Throttle(1000, clock=clock)
    clock.now += 10
    throttle.rest()
    assert throttle.take(1000) == 1
    assert 0 < throttle.wait() <= 0.0011
    throttle.give_back(1)
    assert throttle.take(5) == 1


@pytest.mark.parametrize("rate", [0.0, 100_000.0])
def test_a_setback_halves_the_rate_which_grows_back_steadily(rate: float) -> None:
    clock = Clock()
    throttle = Throttle(rate, clock=clock)
    throttle.setback(80_000)
    assert throttle.rate == 40_000
    assert throttle.take(10) == 0
    clock.now += 1.0
    throttle.take(1)
    assert 50_000 <= throttle.rate <= 1_000_000
    clock.now += 100
    throttle.take(1)
    assert throttle.rate == rate


def test_a_negative_rate_is_refused() -> None:
    with pytest.raises(ValueError, match="-1"):
        Throttle(-1)


def test_the_kernel_is_asked_for_ways_and_this_host_is_none() -> None:
    with Netlink() as netlink:
        loopback = next(one for one in netlink.interfaces().values() if one.loopback)
        assert netlink.route(0x7F000001, 4).interface == loopback.number
        assert netlink.neighbours(loopback.number, 4) == {}
    with pytest.raises(UnfitError, match="this host itself"):
        legs_of([run("127.0.0.1", "127.0.0.1", 80)])
    with pytest.raises(UnfitError, match="IPv6 addresses"):
        legs_of([run("2001:db8::", "2001:db8::1:0", 80)])


@pytest.mark.parametrize(
    ("interface", "word"),
    [
        (Interface(3, "eth0.7", b"\x02" * 6, ETHERNET, 1, "vlan"), "a vlan interface"),
        (Interface(3, "tun0", b"", 65534, 1, "tun"), "not Ethernet"),
        (Interface(3, "dummy0", b"\x02" * 6, ETHERNET, 0x81, "dummy"), "does not resolve"),
        (Interface(3, "eth1", b"\x02" * 6, ETHERNET, 0, ""), "is down"),
    ],
)
def test_interfaces_that_take_no_frames_are_refused_in_words(interface: Interface, word: str) -> None:
    with pytest.raises(UnfitError, match=word):
        _fit(interface, "198.18.0.1")
