"""How far a sweep is settled: no counter is told while a listener before it is out, and each is told at last."""

import threading
from collections import deque

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from probes.marks import Marks


class Sweeping(RuleBasedStateMachine):
    """A finder that opens listeners and moves its counter on, a taker that takes them in any order, and the marks."""

    def __init__(self) -> None:
        super().__init__()
        self.marks = Marks()
        self.cursor: int | None = None
        self.found: dict[int, int] = {}
        """Listener's number to the counter before which it lies."""
        self.out: list[int] = []
        self.told: list[int] = []

    @rule(listeners=st.integers(0, 3), step=st.integers(1, 50))
    def find(self, listeners: int, step: int) -> None:
        """As the finder does: first hand over what was found, then move the counter on."""
        after = (self.cursor or 0) + step
        for _ in range(listeners):
            number = self.marks.opened()
            self.found[number] = after
            self.out.append(number)
        self.cursor = after

    @precondition(lambda self: self.out)
    @rule(data=st.data())
    def take(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(self.out))
        self.out.remove(number)
        self.marks.taken(number)

    @rule(listeners=st.integers(0, 2))
    def ask_while_more_is_found(self, listeners: int) -> None:
        """The finder may find and not have moved its counter yet."""
        for _ in range(listeners):
            number = self.marks.opened()
            self.found[number] = (self.cursor or 0) + 1_000_000
            self.out.append(number)
        self.ask()

    @rule()
    def ask(self) -> None:
        told = self.marks.settled(self.cursor)
        if told is not None:
            self.told.append(told)
            assert told <= (self.cursor or 0)
            assert [number for number in self.out if self.found[number] <= told] == []

    @invariant()
    def what_is_told_only_grows(self) -> None:
        assert self.told == sorted(set(self.told))

    def teardown(self) -> None:
        """Once everything is taken, the newest counter is told."""
        for number in self.out:
            self.marks.taken(number)
        self.out = []
        for _ in range(2):
            self.ask()
        assert (self.told[-1] if self.told else None) == self.cursor


TestSweeping = Sweeping.TestCase
TestSweeping.settings = settings(max_examples=50, stateful_step_count=30)


def test_what_is_dropped_at_the_end_keeps_everything_after_it_unsettled() -> None:
    marks = Marks()
    first, _dropped = marks.opened(), marks.opened()
    marks.taken(first)
    assert marks.settled(10) is None
    assert marks.settled(20) is None


def test_three_threads_agree() -> None:
    marks, ways = Marks(), 2000
    taken: set[int] = set()
    before: dict[int, int] = {}
    waiting: deque[int] = deque()
    cursor, done = [0], threading.Event()

    def find() -> None:
        for step in range(1, ways + 1):
            number = marks.opened()
            before[number] = step
            waiting.append(number)
            cursor[0] = step
        done.set()

    def take() -> None:
        while not done.is_set() or waiting:
            if waiting:
                number = waiting.popleft()
                taken.add(number)
                marks.taken(number)

    threads = [threading.Thread(target=find), threading.Thread(target=take)]
    for thread in threads:
        thread.start()
    told = 0
    while told < ways:
        settled = marks.settled(cursor[0])
        if settled is not None:
            told = settled
            assert all(number in taken for number, step in list(before.items()) if step <= told)
    for thread in threads:
        thread.join()
