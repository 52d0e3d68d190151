"""The sender's loop: frames out at the pace, answers in and checked, counters and open ports to the parent."""

import errno
import select
import socket
import time
from collections import deque
from collections.abc import Sequence
from typing import Protocol

from msgspec.structs import replace

from probes.engine.permute import Permutation
from probes.engine.syn.answers import Answers, Octets, syn_acks
from probes.engine.syn.cookie import Cookies, Targets
from probes.engine.syn.lanes import BATCH, Lanes
from probes.engine.syn.post import Post
from probes.engine.syn.protocol import Count, Order
from probes.engine.syn.rounds import Round, rounds, stretch_length, walk
from probes.engine.syn.seen import Seen
from probes.engine.syn.throttle import Throttle
from probes.engine.syn.wall import Wall

REPORT = 0.1
"""Seconds between two counts."""
DELIVERY = 0.02
"""Seconds an open port waits at most to be told together with others."""
_TICK = 0.02
_HELPINGS = 8
"""Batches taken from one ring before anything else gets its turn: a flood must not keep us from stopping."""
_FULL = (errno.ENOBUFS, errno.ENOMEM)


class Entrance(Protocol):
    """Where answers arrive; `probes.engine.syn.wire.Inlet` is the real one."""

    socket: socket.socket
    """Readable while something waits."""
    received: int
    drops: int

    def take(self) -> Octets:
        """What has come, some of it at a time."""
        ...  # pragma: no cover

    def count(self) -> None:
        """Bring `received` and `drops` up to date."""


class Ear:
    """Hears answers: checks their cookies, drops what was heard before, and counts."""

    def __init__(self, inlets: Sequence[Entrance], cookies: Cookies, wall: Wall) -> None:
        """Take where they arrive, and how they are told from lies."""
        self._inlets, self._cookies, self._wall = inlets, cookies, wall
        self.seen = Seen()
        self.valid = self.forged = self.duplicates = 0
        self.places: list[tuple[str, int]] = []
        """Open ports not yet told."""

    @property
    def sockets(self) -> list[int]:
        """To wait on."""
        return [inlet.socket.fileno() for inlet in self._inlets]

    def hear(self) -> list[Octets]:
        """Take in what has come, a ring full at most, and hand the frames back for whoever looks for other things."""
        taken = []
        for inlet in self._inlets:
            for _ in range(_HELPINGS):
                if not len(frames := inlet.take()):
                    break
                taken.append(frames)
                for answers in syn_acks(frames):
                    self._judge(answers)
        return taken

    def counted(self) -> tuple[int, int]:
        """Frames the filter passed, and those the ring had no room for."""
        for inlet in self._inlets:
            inlet.count()
        return sum(inlet.received for inlet in self._inlets), sum(inlet.drops for inlet in self._inlets)

    def _judge(self, answers: Answers) -> None:
        places, hashes = answers.genuine(self._cookies)
        within = self._wall.holds(places)
        places, hashes = places.where(within), hashes[within]
        new = self.seen.add(hashes)
        self.forged += len(answers.acknowledged) - len(hashes)
        self.duplicates += len(hashes) - len(new)
        self.valid += len(hashes)
        self.places += _texts(places, new.tolist())


class Sweep:
    """One order in flight, in this thread."""

    def __init__(self, order: Order, lanes: Lanes, ear: Ear, throttle: Throttle, post: Post, total: int) -> None:
        """Take what was made ready; `total` is the number of targets in the whole plan."""
        self._order, self._lanes, self._ear, self._throttle, self._post = order, lanes, ear, throttle, post
        self._permutation = Permutation(total, order.key)
        self._count = Count()
        self._reported = self._told = time.monotonic()
        self._reported_sent = 0
        self._ends: dict[int, float] = {}
        """When the last try of the stretch that begins there was over."""
        self._settling: deque[tuple[float, int, int]] = deque()

    def run(self) -> None:
        """Walk the interval; returns when it is walked, or when the parent wants no more."""
        order = self._order
        length = stretch_length(order.rate, order.timeout)
        for one in rounds(order.start, order.stop_at, length, order.retries):
            if not self._pause_until(self._ends.get(one.first, 0.0) + order.timeout) or not self._send_round(one):
                return
        self._pause_until(float("inf"))

    def finish(self) -> None:
        """Tell the last counts, and wait until the parent has read everything."""
        self._settle(time.monotonic())
        ended = self._post.ended
        self._count = replace(self._count, finished=not ended and not self._settling and self._walked())
        self._report(time.monotonic(), last=True)
        while self._post.unsent and not self._post.ended:
            select.select([self._post.reading], [self._post.writing], [], _TICK)
            self._post.listen()
            self._post.flush()

    def pump(self, wait: float) -> bool:
        """Everything but sending, for at most that many seconds; whether to go on."""
        post, ear = self._post, self._ear
        writing = [post.writing] if post.unsent else []
        readable, writable, _ = select.select([post.reading, *ear.sockets], writing, [], max(0.0, min(wait, _TICK)))
        if post.reading in readable:
            post.listen()
        if writable:
            post.flush()
        if len(readable) > (post.reading in readable):
            ear.hear()
        now = time.monotonic()
        if ear.places and now - self._told > DELIVERY:
            self._tell(now)
        if now - self._reported >= REPORT:
            self._settle(now)
            self._report(now)
        return not post.ended

    def _send_round(self, one: Round) -> bool:
        """Try every target of it; whether to go on."""
        tried = 0
        for numbers in walk(self._permutation, self._order.key, one, BATCH):
            self._lanes.load(numbers, self._ear.seen if one.attempt else None)
            if not self._send_batch():
                return False
            tried += len(numbers)
        now = time.monotonic()
        self._ends[one.first] = now
        if one.final:
            del self._ends[one.first]
            self._settling.append((now + self._order.timeout, one.last, tried))
        return True

    def _send_batch(self) -> bool:
        """Hand the batch to the kernel at the pace; whether to go on."""
        lanes, throttle = self._lanes, self._throttle
        wait = 0.0
        while pending := lanes.pending:
            if not self.pump(wait):
                return False
            wait = 0.0
            if self._post.held_up:
                throttle.rest()
                wait = _TICK
                continue
            if not (granted := throttle.take(pending)):
                wait = throttle.wait()
                continue
            sent = self._try_send(granted)
            throttle.give_back(granted - sent)
            self._count.sent += sent
            wait = 0.0 if sent else 0.001
        return True

    def _try_send(self, granted: int) -> int:
        try:
            return self._lanes.send(granted)
        except BlockingIOError:
            return 0
        except OSError as fault:
            if fault.errno not in _FULL:
                raise
            self._throttle.setback(self._count.rate)
            return 0

    def _pause_until(self, due: float) -> bool:
        """Send nothing until then, or until everything tried is settled; whether to go on."""
        while time.monotonic() < due and (self._settling or due != float("inf")):
            until = min([due, *(when for when, _, _ in self._settling)])
            if not self.pump(until - time.monotonic()):
                return False
            self._settle(time.monotonic())
        self._throttle.rest()
        return True

    def _settle(self, now: float) -> None:
        """Move the cursor past stretches whose last try has had its time, once their open ports are told."""
        while self._settling and self._settling[0][0] <= now:
            self._ear.hear()
            self._tell(now)
            _, last, tried = self._settling.popleft()
            self._count.cursor, self._count.settled = last, self._count.settled + tried

    def _walked(self) -> bool:
        return self._order.start == self._order.stop_at or self._count.cursor == self._order.stop_at

    def _tell(self, now: float) -> None:
        if self._ear.places:
            self._post.found(self._ear.places)
            self._ear.places = []
        self._told = now

    def _report(self, now: float, *, last: bool = False) -> None:
        if last:
            self._ear.hear()
            self._tell(now)
        ear, count = self._ear, self._count
        received, drops = ear.counted()
        if drops > count.drops:
            self._throttle.setback(count.rate)
        rate = (count.sent - self._reported_sent) / max(1e-6, now - self._reported)
        self._count = replace(
            count,
            received=received,
            drops=drops,
            valid=ear.valid,
            forged=ear.forged,
            duplicates=ear.duplicates,
            unreachable=self._lanes.unreachable,
            rate=rate,
        )
        self._reported, self._reported_sent = now, count.sent
        self._post.tell(self._count)


def _texts(places: Targets, which: list[int]) -> list[tuple[str, int]]:
    """Addresses in canonical text form, and ports."""
    found = []
    for at in which:
        low = int(places.low[at])
        if places.family == 4:
            text = socket.inet_ntop(socket.AF_INET, low.to_bytes(4))
        else:
            text = socket.inet_ntop(socket.AF_INET6, (int(places.high[at]) << 64 | low).to_bytes(16))
        found.append((text, int(places.ports[at])))
    return found
