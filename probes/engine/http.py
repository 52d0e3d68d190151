"""The HTTP stage: many conversations at once in one epoll loop, none of which can delay or harm another."""

import heapq
import itertools
import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from livebom.net.caps import Caps
from probes.engine.link import Link
from probes.engine.talk import Job, StoppedError, Talk
from probes.engine.tls import client_context
from probes.engine.traffic import Traffic

__all__ = ["Job", "StoppedError", "Talker"]

EVENTS = 512
"""Most events taken from the kernel at once."""
BEGINNINGS = 64
"""Most conversations begun before the running ones get their turn."""


class Pace(Protocol):
    """The one token bucket that all traffic shares."""

    def take(self, wanted: int, /) -> int:
        """Up to so many tokens, as many as there are."""

    def wait(self) -> float:
        """Seconds until there is a token."""


class Talker:
    """Has conversations. `submit` jobs from any thread, `run` in one; each job ends in one call of `done`.

    `done(job, result, None)` tells what a conversation returned, `done(job, None, fault)` what it raised, or a
    StoppedError; it is called in the thread of `run` and must not block. Every connection costs one token of the
    pace, every request another, and both count for what `caps` leave one host. Jobs not begun yet are kept as they
    are, without limit. The counters may be read from any thread.
    """

    def __init__(
        self,
        *,
        pace: Pace,
        caps: Caps | None = None,
        allowed: Callable[[str, int], bool],
        concurrency: int = 256,
        per_host: int = 4,
        timeout: float = 5.0,
        connect_timeout: float = 3.0,
        user_agent: str,
        done: Callable[[Job, Any | None, BaseException | None], None],
    ) -> None:
        self.timeout = timeout
        self.connect_timeout = connect_timeout
        self.user_agent = user_agent
        self.allowed = allowed
        self.tls = client_context()
        self.asked = 0
        """Requests sent, those sent again over a new connection included."""
        self.connections = 0
        """Connections tried."""
        self.bytes_read = 0
        """From the wire."""
        self._pace = pace
        self._caps = caps
        self._concurrency = concurrency
        self._per_host = per_host
        self._done = done
        self._lock = threading.Lock()
        self._wake = -1
        self._closed = self._stopped = False
        self._jobs: deque[Job] = deque()
        self._held: dict[str, deque[Job]] = {}
        self._hosts: dict[str, int] = {}
        self._running: set[Talk] = set()
        self._turns: deque[Talk] = deque()
        self._later: list[tuple[float, int, Talk]] = []
        self._watched: dict[int, Traffic] = {}
        self._timers: list[tuple[float, int, Traffic]] = []
        self._count = itertools.count()
        self._epoll: select.epoll

    def submit(self, job: Job) -> None:
        """Have one more conversation. Raises RuntimeError after `close` or `stop`."""
        with self._lock:
            if self._closed:
                raise RuntimeError("closed: no more jobs")
            self._jobs.append(job)
            self._rouse()

    def close(self) -> None:
        """No more jobs; `run` returns when all are done."""
        with self._lock:
            self._closed = True
            self._rouse()

    def stop(self) -> None:
        """Close every conversation now, and report each as done with a StoppedError; `run` returns."""
        with self._lock:
            self._closed = self._stopped = True
            self._rouse()

    def run(self) -> None:
        """Have the conversations, in this thread, until closed or stopped. What `done` raises comes out here."""
        with select.epoll() as self._epoll:
            with self._lock:
                self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
            try:
                self._epoll.register(self._wake, select.EPOLLIN)
                while self._turn():
                    pass
            finally:
                with self._lock:
                    self._closed = True
                    os.close(self._wake)
                    self._wake = -1
                self._abandon()

    def queue(self, talk: Talk) -> None:
        """For a conversation: call its `go` when the pace and its host's share of it allow it."""
        later = self._caps.book(talk.job.address, talk.lack) if self._caps is not None else 0.0
        if later:
            heapq.heappush(self._later, (time.monotonic() + later, next(self._count), talk))
        else:
            self._turns.append(talk)

    def watch(self, traffic: Traffic, link: Link, mask: int) -> None:
        """For traffic: call its `ready` on these events."""
        if not link.mask:
            self._epoll.register(link.fd, mask)
            self._watched[link.fd] = traffic
        elif link.mask != mask:
            self._epoll.modify(link.fd, mask)
        link.mask = mask

    def forget(self, link: Link) -> None:
        """For traffic: no more events of this connection, which is about to be closed."""
        self._watched.pop(link.fd, None)

    def wake_at(self, traffic: Traffic) -> None:
        """For traffic: call its `expire` once `due` has passed."""
        # One planned look is enough while deadlines only move back: it then plans the next.
        if not traffic.timer or traffic.due < traffic.timer:
            traffic.timer = traffic.due
            heapq.heappush(self._timers, (traffic.due, next(self._count), traffic))

    def over(self, talk: Talk, result: Any, fault: BaseException | None) -> None:
        """For a conversation: it has ended."""
        address = talk.job.address
        self._running.discard(talk)
        self._hosts[address] -= 1
        if not self._hosts[address]:
            del self._hosts[address]
        held = self._held.get(address)
        if held:
            self._jobs.appendleft(held.popleft())
            if not held:
                del self._held[address]
        self._done(talk.job, result, fault)

    def _rouse(self) -> None:
        if self._wake >= 0:
            os.eventfd_write(self._wake, 1)

    def _turn(self) -> bool:
        """One round of the loop; returns whether there is to be another."""
        if self._stopped:
            return False
        self._grant()
        self._begin()
        if self._closed and not self._jobs and not self._running:
            return False
        for fd, mask in self._epoll.poll(self._patience(), EVENTS):
            traffic = self._watched.get(fd)
            if traffic is not None:
                traffic.ready(mask, time.monotonic())
            elif fd == self._wake:
                os.eventfd_read(fd)
        self._expire()
        return True

    def _patience(self) -> float | None:
        """Seconds that nothing can happen but an event; None where only an event can help."""
        if self._can_begin():
            return 0.0
        waits = [self._pace.wait()] if self._turns else []
        waits += [queue[0][0] - time.monotonic() for queue in (self._timers, self._later) if queue]
        return max(0.0, min(waits)) if waits else None

    def _can_begin(self) -> bool:
        # While a running conversation waits for the pace, a new one would only make it wait longer.
        return bool(self._jobs) and len(self._running) < self._concurrency and not self._turns

    def _begin(self) -> None:
        for _ in range(BEGINNINGS):
            if not self._can_begin():
                return
            job = self._jobs.popleft()
            count = self._hosts.get(job.address, 0)
            if count >= self._per_host:
                self._held.setdefault(job.address, deque()).append(job)
                continue
            try:
                talk = Talk(job, self, time.monotonic())
            except ValueError as fault:
                self._done(job, None, fault)
                continue
            self._hosts[job.address] = count + 1
            self._running.add(talk)
            talk.begin()
            self._grant()

    def _grant(self) -> None:
        """Let those go whose turn it is, first come, first served."""
        while self._later and self._later[0][0] <= time.monotonic():
            self._turns.append(heapq.heappop(self._later)[2])
        for _ in range(len(self._turns)):
            talk = self._turns[0]
            if talk.waiting and talk.lack > 0:
                talk.credit += self._pace.take(talk.lack)
                if talk.lack > 0:
                    return
            self._turns.popleft()
            if talk.waiting:
                talk.go(time.monotonic())

    def _expire(self) -> None:
        now = time.monotonic()
        timers = self._timers
        while timers and timers[0][0] <= now:
            when, _, traffic = heapq.heappop(timers)
            if traffic.over or when != traffic.timer:
                continue
            traffic.timer = 0.0
            if traffic.due <= now:
                traffic.expire(now)
            else:
                self.wake_at(traffic)
        if len(timers) > 4 * len(self._running) + EVENTS:  # mostly of conversations long over
            timers[:] = [entry for entry in timers if not entry[2].over and entry[0] == entry[2].timer]
            heapq.heapify(timers)

    def _abandon(self) -> None:
        """Report what is not done; nothing is left after a `close`."""
        for talk in list(self._running):
            talk.stop()
        waiting = [*self._jobs, *itertools.chain.from_iterable(self._held.values())]
        self._jobs.clear()
        self._held.clear()
        for job in waiting:
            self._done(job, None, StoppedError("stopped before it began"))
