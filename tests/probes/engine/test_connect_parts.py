"""The parts of the connect path by themselves: how long to wait, what is held back, and how many may be in flight."""

import resource
import socket
import time
from collections import Counter
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livebom.net.caps import TOLERANCE, Caps
from probes.engine.held import Held
from probes.engine.ledger import Ledger, Outcome
from probes.engine.room import Window, headroom, more_descriptors
from probes.engine.tally import Tally
from probes.engine.waits import LEAST, NETS, STEP, Waits
from probes.engine.wheel import Flight, Lot, Wheel

NEAR, FAR = "10.0.0.1", "10.9.9.9"


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@given(most=st.floats(0.01, 60), seconds=st.lists(st.floats(0, 70), max_size=30))
def test_the_wait_is_that_of_rfc_6298_between_its_bounds(most: float, seconds: list[float]) -> None:
    waits = Waits(most)
    assert waits.steps[waits.step(NEAR)] == most
    smooth = vary = None
    for one in seconds:
        waits.answered(NEAR, one)
        if smooth is None or vary is None:
            smooth, vary = one, one / 2
        else:
            vary = 0.75 * vary + 0.25 * abs(smooth - one)
            smooth = 0.875 * smooth + 0.125 * one
        wanted = min(most, max(LEAST, smooth + 4 * vary))
        assert (
            wanted * (1 - 1e-9) <= waits.steps[waits.step("10.0.0.99")] <= max(wanted * STEP, min(LEAST, most)) + 1e-9
        )
    assert waits.steps[waits.step(FAR)] == most


def test_networks_are_64_bits_wide_in_ipv6() -> None:
    waits = Waits(2.0)
    waits.answered("2001:db8::1", 0.001)
    assert waits.step("2001:db8::ffff") == 0
    assert waits.step("2001:db8:0:1::1") == waits.last


def test_no_more_networks_are_kept_than_may_be_and_the_oldest_goes_first() -> None:
    waits = Waits(2.0)
    for number in range(NETS):
        waits.answered(f"10.{number >> 8}.{number & 255}.1", 0.001)
    waits.answered("10.0.0.7", 0.001)  # heard from again
    waits.answered("192.168.0.1", 0.001)
    assert len(waits.known) == NETS
    assert waits.step("10.0.0.1") == waits.step("192.168.0.1") == 0
    assert waits.step("10.0.1.1") == waits.last


def under_way(wheel: Wheel, stack: ExitStack, *addresses: str, attempt: int = 0) -> dict[int, Flight]:
    """Connects to these addresses in one lot, as the sweep notes them."""
    lot = Lot([], None, attempt)
    flights: dict[int, Flight] = {}
    for address in addresses:
        sock = stack.enter_context(socket.socket())
        flights[sock.fileno()] = (sock, (address, 80), lot)
    wheel.add(lot, list(flights))
    return flights


def silent(wheel: Wheel, now: float, flights: dict[int, Flight]) -> list[str]:
    """The addresses that are given up on at that time; they are taken away, as the sweep does."""
    found = []
    for _, left in wheel.silent(now, flights):
        for fd, (_, row, _) in left:
            del flights[fd]
            found.append(row[0])
    return sorted(found)


def test_a_first_try_waits_as_long_as_its_network_needs_and_a_second_one_the_whole_time() -> None:
    wheel = Wheel(2.0, patient=False)
    wheel.waits.answered("10.0.0.200", 0.001)
    with ExitStack() as stack:
        begun = time.monotonic()
        flights = under_way(wheel, stack, NEAR, FAR)
        again = under_way(wheel, stack, NEAR, attempt=1)
        flights |= again
        assert wheel.due() == pytest.approx(begun + LEAST, abs=0.1)
        assert silent(wheel, begun + LEAST - 0.01, flights) == []
        assert silent(wheel, begun + LEAST + 0.1, flights) == [NEAR]
        assert wheel.due() == pytest.approx(begun + 2.0, abs=0.1)
        assert silent(wheel, begun + 1.9, flights) == []
        assert silent(wheel, begun + 2.1, flights) == [NEAR, FAR]
        assert wheel.due() is None


def test_a_try_that_is_the_only_one_waits_the_whole_time() -> None:
    wheel = Wheel(2.0, patient=True)
    wheel.waits.answered("10.0.0.200", 0.001)
    with ExitStack() as stack:
        begun = time.monotonic()
        flights = under_way(wheel, stack, NEAR)
        assert silent(wheel, begun + 1.9, flights) == []
        assert silent(wheel, begun + 2.1, flights) == [NEAR]


def test_whoever_is_settled_is_not_given_up_on_and_nor_is_the_next_with_its_descriptor() -> None:
    wheel = Wheel(0.1, patient=False)
    with ExitStack() as stack:
        begun = time.monotonic()
        flights = under_way(wheel, stack, NEAR, FAR)
        one, other = flights
        del flights[one]
        flights[other] = (flights[other][0], (FAR, 80), Lot([], None))
        assert silent(wheel, begun + 1, flights) == []


hosts = st.sampled_from(["10.0.0.1", "10.0.0.2", "10.0.1.1", "10.0.1.2", "2001:db8::1", "2001:db8::2"])


@given(
    addresses=st.lists(hosts, min_size=1, max_size=60),
    shares=st.tuples(st.sampled_from([0, 50, 200]), st.sampled_from([0, 100, 300])),
    most=st.integers(1, 64),
)
@settings(max_examples=60)
def test_what_is_held_comes_out_once_and_at_its_time(addresses: list[str], shares: tuple[int, int], most: int) -> None:
    clock = Clock()
    held = Held[int](Caps(*shares, clock=clock))
    sent: dict[str, list[tuple[float, int]]] = {address: [] for address in addresses}
    for number, address in enumerate(addresses):
        if held.admits(address, number):
            sent[address].append((clock.now, number))
    assert len(held) == len(list(held)) == len(addresses) - sum(map(len, sent.values()))
    while held:
        due = held.due()
        assert due is not None
        clock.now = max(clock.now, due)
        for number in held.ready(clock.now, most):
            sent[addresses[number]].append((clock.now, number))
    assert held.due() is None
    assert sorted(number for times in sent.values() for _, number in times) == list(range(len(addresses)))
    for times in sent.values():
        if shares[0]:
            assert all(
                after - before >= 1 / shares[0] - TOLERANCE - 1e-9 for (before, _), (after, _) in pairwise(times)
            )
    slowest = max((1 / share for share in shares if share), default=0)
    assert clock.now - 100 <= len(addresses) * slowest  # nobody waits for longer than the caps ask


def table(folder: Path, most: int, used: int) -> Path:
    """A connection-tracking table as /proc tells of it."""
    (folder / "nf_conntrack_max").write_text(f"{most}\n")
    (folder / "nf_conntrack_count").write_text(f"{used}\n")
    return folder


def test_half_of_what_is_free_of_the_table_is_ours(tmp_path: Path) -> None:
    assert headroom(tmp_path) is None
    assert headroom(table(tmp_path, 1000, 400)) == 300
    assert headroom(table(tmp_path, 1000, 1200)) == 0
    (tmp_path / "nf_conntrack_max").write_text("what?")
    assert headroom(tmp_path) is None


def test_the_window_is_halved_grows_slowly_and_follows_the_table(tmp_path: Path) -> None:
    window = Window(1000, table(tmp_path, 10_000, 0))
    window.halve(400)
    assert window.limit == 200
    for _ in range(50):
        window.grow()
    assert window.limit == 250
    table(tmp_path, 10_000, 9900)
    window.look(30)
    assert window.limit == 80
    window.grow()
    assert window.limit == 80
    table(tmp_path, 10_000, 10_000)
    window.look(0)
    assert window.limit == 1
    table(tmp_path, 10_000, 0)
    window.look(0)
    for _ in range(2000):
        window.grow()
    assert window.limit == 1000
    window.halve(1)
    assert window.limit == 1


def test_descriptors_are_raised_as_far_as_they_may_be_and_never_lowered() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (1000, hard))
        more_descriptors(2000)
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (2000, hard)
        more_descriptors(1500)
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (2000, hard)
        more_descriptors(hard + 1 if hard > 0 else 3000)
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= min(3000, hard if hard > 0 else 3000)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


OUTCOMES: list[Outcome] = ["open", "silent", "unreachable", "lost"]
sizes = st.lists(st.integers(0, 20), min_size=1, max_size=12)


@given(sizes=sizes, data=st.data())
def test_what_is_told_before_a_counter_is_what_happened_before_it(sizes: list[int], data: st.DataObject) -> None:
    ledger = Ledger(Tally(open=3, refused=5))
    before = Counter({"open": 3, "refused": 5})
    told: list[Counter[str]] = []
    begin: int | None = None
    for number, size in enumerate(sizes):
        ledger.batch(begin, 32 * (number + 1), size)
        outcomes = data.draw(st.lists(st.sampled_from([*OUTCOMES, None]), min_size=size, max_size=size))
        for outcome in outcomes:
            if outcome is not None:
                ledger.add(begin, outcome)
        before = before + Counter(outcome or "refused" for outcome in outcomes)
        told.append(before)
        begin = 32 * (number + 1)
    asked = sorted(data.draw(st.lists(st.integers(1, len(sizes)), min_size=1, max_size=5)))
    for number in asked:
        counted = ledger.before(32 * number, Tally(sent=99, open=1000, settled=(1, Tally())))
        assert +Counter({name: getattr(counted, name) for name in ("refused", *OUTCOMES)}) == told[number - 1]
        assert (counted.sent, counted.settled) == (99, None)
