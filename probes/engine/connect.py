"""The connect path: finds open ports with plain non-blocking connect() calls and one epoll, no privilege needed."""

import errno
import select
import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from errno import EALREADY, ECONNREFUSED, EINPROGRESS
from itertools import chain
from pathlib import Path

from livebom.net.pace import Pace
from probes.engine.errors import OPEN, OURS, UNREACHABLE, WORN, to_itself
from probes.engine.held import Held
from probes.engine.ledger import Ledger, Outcome
from probes.engine.permute import Numbers
from probes.engine.plan import Plan, Row
from probes.engine.room import CONNTRACK, MOST_IN_FLIGHT, Window, room
from probes.engine.tally import Open, Tally
from probes.engine.wheel import Flight, Lot, Wheel

BURST = 64
"""Connects between two polls: more would blur the round-trip times, fewer would cost more polls."""
SAMPLED = 4
"""Answers of one poll whose round-trip times are learnt from; at speed the others would say the same."""
KEPT = 4096
"""Targets that may wait because their host has had its share; beyond it the order is not walked on."""
PATIENCE = 5
"""After so many timeouts without a single socket to be had, the sweep gives up."""
SETBACKS = 8
"""How often a target is put back for want of a socket or a local port before it counts as lost."""
TICK = 0.05
"""Seconds of the longest sleep, so that `stop` is heard."""
MARKED = 1.0
"""Seconds between two looks at how far the order is settled and how much room there is."""
DELIVERY = 0.02
"""Seconds an open port waits at most to be handed over with others."""


_NO_LINGER = struct.pack("ii", 1, 0)


def stride(rate: float) -> int:
    """Counters of the order in one batch, for `Permutation.walk`: about a tenth of a second's at that rate.

    A sweep that goes on begins with the batch that was not settled, so a slow one must not take large ones.
    """
    return 2048 if not rate else max(16, min(2048, int(rate / 10)))


def connect_sweep(
    plan: Plan,
    order: Iterable[tuple[int, Numbers]],
    pace: Pace,
    *,
    timeout: float = 1.0,
    retries: int = 1,
    in_flight: int | None = None,
    on_open: Callable[[list[Open]], None],
    stop: Callable[[], bool],
    tally: Tally | None = None,
    conntrack: Path = CONNTRACK,
) -> Tally:
    """Try every target of the order in this thread and hand over the open ones in batches, within about 50 ms.

    `order` is `Permutation(len(plan), key).walk()` or an interval of it. A first try waits as long as answers from
    its network have taken (see `Waits`), at most `timeout` seconds; only silent targets are tried again, each time
    for the whole `timeout`; without retries the first try has all of it. At most `in_flight` connects are under way
    at once (default: `room`), half as many when sockets or ports run short, fewer when the connection-tracking table
    (`conntrack`, a folder as in /proc) fills.
    Read `tally` from another thread for the progress. Raises what `on_open` and `stop` raise, OSError where not even
    an epoll can be had, ValueError for numbers that make no sense.
    """
    if timeout <= 0 or retries < 0 or (in_flight is not None and in_flight < 1):
        raise ValueError(f"cannot sweep with timeout={timeout}, retries={retries}, in_flight={in_flight}")
    batches = ((after, plan.rows(numbers)) for after, numbers in order)
    window = Window(in_flight or room(pace.rate, timeout, conntrack), conntrack)
    sweep = _Sweep(batches, pace, timeout, retries, window, tally or Tally())
    try:
        sweep.run(on_open, stop)
    finally:
        sweep.close()
    return sweep.tally


_Batches = Iterator[tuple[int, list[Row]]]


class _Sweep:
    """The loop of one sweep.

    A refused socket is used again: Linux disconnects a socket whose connect failed (inet_stream_connect), and making
    and closing one is half of what a probe costs. So sockets stay in the epoll, edge-triggered; an event only says
    where to look, and a second connect() tells the result and leaves the socket ready for the next target.
    """

    def __init__(
        self, batches: _Batches, pace: Pace, timeout: float, retries: int, window: Window, tally: Tally
    ) -> None:
        self.tally = tally
        self._batches, self._pace, self._timeout, self._retries = batches, pace, timeout, retries
        self._window = window
        self._wheel = Wheel(timeout, patient=not retries)
        self._waits = self._wheel.waits
        self._ledger = Ledger(tally)
        self._epoll = select.epoll()
        self._flights: dict[int, Flight] = {}
        self._waiting: deque[Lot] = deque()
        self._held = Held[Lot](pace.caps) if pace.caps is not None else None
        self._idle: tuple[list[socket.SocketType], list[socket.SocketType]] = [], []  # IPv4, IPv6
        self._reuse = True
        self._begin: int | None = None
        self._walked = False
        self._found: list[Open] = []
        self._told = self._marked = 0.0
        self._pause = self._paused_until = 0.0
        self._starving_since: float | None = None

    def run(self, on_open: Callable[[list[Open]], None], stop: Callable[[], bool]) -> None:
        """Walk the order to its end, or until `stop`, or until there is no socket to be had."""
        while self._refill() and not self._starved():
            if stop():
                self.tally.stopped = True
                break
            sent = self._send()
            now = time.monotonic()
            events = self._epoll.poll(0 if sent else self._patience(now), MOST_IN_FLIGHT)
            if events:
                self._collect(events, time.monotonic())
            self._expire(now)
            self._report(now, on_open)
        self.tally.finished = self._walked and not (self._waiting or self._held or self._flights)
        self._report(float("inf"), on_open)

    def close(self) -> None:
        """Give all sockets back."""
        for sock, *_ in self._flights.values():
            sock.close()
        self._drop_idle()
        self._epoll.close()
        self.tally.in_flight = 0

    def _refill(self) -> bool:
        """Have targets waiting, and tell whether anything at all is left to do."""
        while not self._waiting and not self._walked:
            found = next(self._batches, None)
            if found is None:
                self._walked = True
                break
            after, rows = found
            self._waiting.extend(Lot(rows[at : at + BURST], self._begin) for at in range(0, len(rows), BURST))
            self._ledger.batch(self._begin, after, len(rows))
            self._begin = after
        return bool(self._waiting or self._held or self._flights)

    def _send(self) -> int:
        """Start one lot, or what room and pace allow of it; how many were begun."""
        space = min(BURST, self._window.limit - len(self._flights))
        now = time.monotonic()
        if space <= 0 or now < self._paused_until or not self._sendable(now):
            return 0
        granted = self._pace.take(space)
        if not granted:
            return 0
        begun = used = 0
        for lot in self._next(granted, now):
            used += len(lot.rows)
            begun += self._launch(lot)
        self._pace.give(granted - used)
        self.tally.sent += begun
        return begun

    def _sendable(self, now: float) -> bool:
        """Whether there is a target that may go as far as its host is concerned."""
        held = self._held
        if held is None:
            return bool(self._waiting)
        due = held.due()
        return (due is not None and due <= now) or (bool(self._waiting) and len(held) < KEPT)

    def _next(self, granted: int, now: float) -> list[Lot]:
        """At most so many targets: the rest of one lot, and with caps first those whose turn has come again."""
        held, waiting = self._held, self._waiting
        lots = held.ready(now, granted) if held else []
        space = granted - len(lots)
        if not waiting or not space or (held is not None and len(held) >= KEPT):
            return lots
        lot = waiting.popleft()
        rows, begin, taken = lot.rows, lot.begin, 0
        if held is None:
            lot.rows, taken = rows[:space], space
        else:
            lot.rows = []
            while taken < len(rows) and len(lot.rows) < space:
                row, taken = rows[taken], taken + 1
                if held.admits(row[0], Lot([row], begin, lot.attempt, lot.setbacks)):
                    lot.rows.append(row)
        if taken < len(rows):
            waiting.appendleft(Lot(rows[taken:], begin, lot.attempt, lot.setbacks))
        return [*lots, lot] if lot.rows else lots

    def _launch(self, lot: Lot) -> int:
        """The hot path: one connect a row; how many were begun before one could not be."""
        rows, fds = lot.rows, list[int]()
        begun, (four, six), flights, fresh, note = 0, self._idle, self._flights, self._fresh, fds.append
        lot.rows, lot.began = [], time.monotonic()
        for begun, row in enumerate(rows):
            pool = six if ":" in row[0] else four
            used = bool(pool)
            try:
                sock = pool.pop() if used else fresh(row)
            except OSError as error:
                if error.errno in OURS:
                    self._hold(rows, begun, lot)
                    break
                self._count(lot, "lost")  # no such family on this host
                continue
            code = sock.connect_ex(row)
            if code == EINPROGRESS:
                fd = sock.fileno()
                flights[fd] = (sock, row, lot)
                note(fd)
            elif code in OURS or (used and code in WORN):
                self._reuse = self._reuse and code in OURS
                sock.close()
                self._hold(rows, begun, lot)
                break
            else:
                self._settle(code, (sock, row, lot), lot.began)
        else:
            begun = len(rows)
            self._starving_since, self._pause = None, 0.0
            self._window.grow()
        if fds:
            self._wheel.add(lot, fds)
        return begun

    def _collect(self, events: list[tuple[int, int]], now: float) -> None:
        """Look at every socket that has news; `now` is when they came."""
        (four, six), flights, settle = self._idle, self._flights, self._settle
        refused, reuse = 0, self._reuse
        for fd, _ in events:
            flight = flights.get(fd)
            if flight is None:  # an idle socket: it has been disconnected, which is an event too
                continue
            sock, row, lot = flight
            code = sock.connect_ex(row)
            if code == EALREADY:
                continue
            del flights[fd]
            if code == ECONNREFUSED and reuse:
                refused += 1
                if refused <= SAMPLED:
                    self._waits.answered(row[0], now - lot.began)
                (six if ":" in row[0] else four).append(sock)
            else:
                settle(code, flight, now)
        self.tally.refused += refused

    def _settle(self, code: int, flight: Flight, now: float) -> None:
        """Count one result and close its socket."""
        sock, row, lot = flight
        tally, took = self.tally, now - lot.began
        if code in OPEN:
            if to_itself(sock):
                tally.refused += 1
            else:
                self._count(lot, "open")
                self._found.append(Open(row[0], row[1], took))
                self._waits.answered(row[0], took)
            with suppress(OSError):  # a reset instead of a goodbye: no TIME_WAIT, no local port held
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        elif code == ECONNREFUSED:
            tally.refused += 1
            self._waits.answered(row[0], took)
        elif code in UNREACHABLE:
            self._count(lot, "unreachable")
        elif code == errno.ETIMEDOUT:
            self._unanswered([row], lot)
        elif code in OURS:
            self._hold([row], 0, lot)
        else:
            self._count(lot, "lost")
        sock.close()

    def _expire(self, now: float) -> None:
        """Give up on what had no news at the last poll, which was not before `now`, though its time was over."""
        for lot, left in self._wheel.silent(now, self._flights):
            for fd, (sock, _, _) in left:
                del self._flights[fd]
                sock.close()
            self._unanswered([row for _, (_, row, _) in left], lot)

    def _unanswered(self, rows: list[Row], lot: Lot) -> None:
        """Try silent targets again, or count them as silent."""
        if lot.attempt >= self._retries:
            self._count(lot, "silent", len(rows))
        elif rows:
            self._waiting.append(Lot(rows, lot.begin, lot.attempt + 1))

    def _hold(self, rows: list[Row], failed: int, lot: Lot) -> None:
        """Something is short on this host: put back what was not begun, halve what may be in flight, and pause.

        The target that failed goes last, so that one that never works holds up no other.
        """
        if lot.setbacks < SETBACKS:
            self._waiting.append(Lot(rows[failed : failed + 1], lot.begin, lot.attempt, lot.setbacks + 1))
        else:
            self._count(lot, "lost")
        if rows[failed + 1 :]:
            self._waiting.appendleft(Lot(rows[failed + 1 :], lot.begin, lot.attempt, lot.setbacks))
        self._drop_idle()
        now = time.monotonic()
        if now >= self._paused_until:
            self._window.halve(len(self._flights))
            self._pause = min(1.0, max(0.01, 2 * self._pause))
            self._paused_until = now + self._pause
        self._starving_since = now if failed or self._starving_since is None else self._starving_since

    def _starved(self) -> bool:
        """Whether it is hopeless; what waits is then lost, and the rest of the order is not walked."""
        since = self._starving_since
        if since is None or self._flights or time.monotonic() - since < PATIENCE * self._timeout:
            return False
        self.tally.lost += sum(len(lot.rows) for lot in self._waiting) + len(self._held or ())
        return True

    def _patience(self, now: float) -> float:
        """Seconds to sleep at most, where nothing could be sent."""
        until = [now + TICK, self._wheel.due() or now + TICK]
        if self._found:
            until.append(self._told + DELIVERY)
        if len(self._flights) < self._window.limit:
            if self._sendable(now):
                until.append(max(now + self._pace.wait(), self._paused_until))
            elif self._held:
                until.append(self._held.due() or now)
        return max(0.0, min(until) - now)

    def _report(self, now: float, on_open: Callable[[list[Open]], None]) -> None:
        """Hand over what was found, and from time to time tell how far the order is settled."""
        self.tally.in_flight = len(self._flights)
        if self._found and (
            now - self._told > DELIVERY or now - self._marked > MARKED
        ):  # before the cursor passes them
            found, self._found, self._told = self._found, [], now
            on_open(found)
        if now - self._marked > MARKED:
            self._marked = now
            self._window.look(len(self._flights))
            lots = chain(self._waiting, (flight[2] for flight in self._flights.values()), self._kept())
            outstanding = {lot.begin for lot in lots}
            cursor = min(outstanding, key=lambda begin: -1 if begin is None else begin, default=self._begin)
            if cursor is not None:
                self.tally.settled = cursor, self._ledger.before(cursor, self.tally)
            self.tally.cursor = cursor

    def _count(self, lot: Lot, outcome: Outcome, number: int = 1) -> None:
        """So many targets of the lot ended so."""
        setattr(self.tally, outcome, getattr(self.tally, outcome) + number)
        self._ledger.add(lot.begin, outcome, number)

    def _kept(self) -> Iterator[Lot]:
        """What waits for its host's next turn."""
        return (lot for _, lot in self._held or ())

    def _fresh(self, row: Row) -> socket.SocketType:
        """A new socket for that address, already watched. Raises OSError."""
        family = socket.AF_INET6 if ":" in row[0] else socket.AF_INET
        sock = socket.SocketType(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)  # without the slow Python subclass
        try:
            self._epoll.register(sock.fileno(), select.EPOLLOUT | select.EPOLLET)
        except OSError:
            sock.close()
            raise
        return sock

    def _drop_idle(self) -> None:
        """Close the sockets that wait for a next target."""
        for pool in self._idle:
            while pool:
                pool.pop().close()
