"""The sender's loop over a wire that lives in memory: everything is tried, settled and told, whatever the wire does."""

import errno
import os
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from livebom.net.ranges import read_address
from probes.engine.plan import Plan, Run
from probes.engine.syn.cookie import Cookies
from probes.engine.syn.lanes import Hops, Lanes
from probes.engine.syn.post import Post
from probes.engine.syn.protocol import Count, Found, Frames, Message, Order, Taken, framed, stretches
from probes.engine.syn.routes import Leg, Way
from probes.engine.syn.sweep import Ear, Sweep
from probes.engine.syn.targets import Space
from probes.engine.syn.throttle import Throttle
from probes.engine.syn.wall import Wall
from probes.engine.syn.wire import Letters

FIRST = read_address("198.18.4.0").first
RUNS = (Run(FIRST, FIRST + 99, 4, (80, 443, 8080)),)
WAY = Way(4, "none", 1, b"\x02" * 6, FIRST - 1, 5)
OPEN = {("198.18.4.7", 80), ("198.18.4.50", 8080), ("198.18.4.99", 443)}


class Wire:
    """A sender's exit and inlet: open places answer, the rest is silent; `faults` are raised before the first sends."""

    def __init__(self, faults: list[int], echoes: int, deaf: int, drops: int) -> None:
        self.faults, self.echoes, self.deaf, self.drops = faults, echoes, deaf, drops
        self.received = 0
        self.tries: Counter[tuple[str, int]] = Counter()
        self._waiting: list[NDArray[np.uint8]] = []
        self.socket, self.bell = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)

    def send(self, letters: Letters, first: int, end: int) -> int:
        if self.faults:
            number = self.faults.pop()
            raise OSError(number, os.strerror(number))
        for row in letters._frames[first : min(end, first + 37)]:
            self._arrive(row)
        return min(end - first, 37)

    def take(self) -> NDArray[np.uint8]:
        rows, self._waiting = self._waiting, []
        if rows:
            self.socket.recv(9)
        return np.array(rows, np.uint8).reshape(-1, 128)

    def count(self) -> None:
        """Nothing: they are counted as they come."""

    def _arrive(self, row: NDArray[np.uint8]) -> None:
        place = socket.inet_ntoa(row[30:34].tobytes()), int.from_bytes(row[36:38].tobytes())
        self.tries[place] += 1
        if place not in OPEN or self.tries[place] <= self.deaf:
            return
        answer = np.zeros(128, np.uint8)
        answer[12:54] = row[12:54]
        answer[26:30], answer[30:34] = row[30:34], row[26:30]
        answer[34:36], answer[36:38] = row[36:38], row[34:36]
        answer[42:46] = np.frombuffer((int.from_bytes(row[38:42].tobytes()) + 1 & 0xFFFFFFFF).to_bytes(4), np.uint8)
        if not self._waiting:
            self.bell.send(b"!")
        self._waiting += [answer] * self.echoes
        self.received += self.echoes


@contextmanager
def parent(*, heed: bool = True) -> Iterator[tuple[Post, list[Message]]]:
    """A sender's post, and what its parent was told; the parent takes everything at once, or hangs up at the first."""
    (reading, telling), (hearing, writing) = os.pipe(), os.pipe()
    told: list[Message] = []

    def listen() -> None:
        frames = Frames()
        while data := os.read(hearing, 1 << 16):
            for one in frames.feed(data):
                told.append(msgspec.msgpack.decode(one, type=Message))
                if not heed:
                    os.close(telling)
                    return
                if isinstance(message := told[-1], Found):
                    os.write(telling, framed(Taken(len(message.places))))

    for end in (reading, writing):
        os.set_blocking(end, False)
    thread = threading.Thread(target=listen)
    thread.start()
    try:
        yield Post(reading, writing), told
    finally:
        os.close(writing)
        thread.join(10)
        for end in (reading, hearing, *([telling] if heed else [])):
            os.close(end)


def swept(wire: Wire, *, heed: bool = True, rate: float = 0, retries: int = 1) -> list[Message]:
    """What a sweep of all of RUNS over that wire tells."""
    size = len(Plan(RUNS))
    order = Order(stretches=stretches(RUNS), key=b"k", start=0, stop_at=512, rate=rate, timeout=0.05, retries=retries)
    wall, cookies, throttle = Wall(RUNS), Cookies(bytes(16), 65280), Throttle(rate)
    lanes = Lanes(Space(RUNS, [Leg(RUNS[0].first, RUNS[0].last, 4, WAY)]), wall, cookies, [Hops(bytes(6), {})], [wire])
    with wire.socket, wire.bell, parent(heed=heed) as (post, told):
        sweep = Sweep(order, lanes, Ear([wire], cookies, wall), throttle, post, size)
        sweep.run()
        sweep.finish()
    return told


def last(told: list[Message]) -> Count:
    count = told[-1]
    assert isinstance(count, Count)
    return count


def found(told: list[Message]) -> list[tuple[str, int]]:
    return [place for one in told if isinstance(one, Found) for place in one.places]


@pytest.mark.parametrize("faults", [[], [errno.ENOBUFS, errno.EAGAIN, errno.ENOBUFS], [errno.ENOMEM] * 5])
def test_every_target_is_tried_and_told_whatever_the_wire_refuses(faults: list[int]) -> None:
    wire = Wire(list(faults), echoes=1, deaf=0, drops=0)
    told = swept(wire)
    assert wire.faults == []
    assert set(found(told)) == OPEN
    assert wire.tries == {place: 1 if place in OPEN else 2 for place in map(Plan(RUNS).at, range(300))}
    count = last(told)
    assert (count.sent, count.settled, count.cursor, count.finished) == (597, 300, 512, True)
    assert (count.valid, count.forged, count.duplicates, count.drops) == (3, 0, 0, 0)


def test_a_lost_first_answer_is_made_good_by_the_second_try() -> None:
    wire = Wire([], echoes=1, deaf=1, drops=0)
    assert set(found(swept(wire))) == OPEN
    assert found(swept(Wire([], echoes=1, deaf=1, drops=0), retries=0)) == []


def test_echoes_are_told_once_and_drops_are_counted() -> None:
    told = swept(Wire([], echoes=4, deaf=0, drops=9), retries=0)
    assert sorted(found(told)) == sorted(OPEN)
    count = last(told)
    assert (count.valid, count.duplicates, count.drops, count.received) == (12, 9, 9, 12)


def test_a_parent_that_hangs_up_ends_it() -> None:
    wire = Wire([], echoes=1, deaf=0, drops=0)
    told = swept(wire, heed=False, rate=300)
    assert len(told) == 1
    assert sum(wire.tries.values()) < 300


def test_a_wire_that_breaks_is_an_error() -> None:
    with pytest.raises(OSError, match="down"):
        swept(Wire([errno.ENETDOWN], echoes=1, deaf=0, drops=0))
