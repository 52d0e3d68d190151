"""The connect path: finds open ports with plain non-blocking connect() calls and one epoll, no privilege needed."""

import errno
import resource
import select
import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from errno import EALREADY, ECONNREFUSED, EINPROGRESS
from math import ceil
from pathlib import Path

from msgspec import Struct

from livebom.net.pace import Pace
from probes.engine.permute import Numbers
from probes.engine.plan import Plan, Row
from probes.engine.tally import Open, Tally

BURST = 64
"""Connects between two polls: more would blur the round-trip times, fewer would cost more polls."""
MOST_IN_FLIGHT = 16_384
"""A socket in flight holds about 3 kB of kernel memory; more of them than this earn nothing."""
PATIENCE = 5
"""After so many timeouts without a single socket to be had, the sweep gives up."""
SETBACKS = 8
"""How often a target is put back for want of a socket or a local port before it counts as lost."""
TICK = 0.05
"""Seconds of the longest sleep, so that `stop` is heard."""
DELIVERY = 0.02
"""Seconds an open port waits at most to be handed over with others."""


def _codes(names: str) -> frozenset[int]:
    """The numbers of these errors."""
    return frozenset(getattr(errno, name) for name in names.split())


# The handshake was completed: an RST afterwards (ECONNRESET) is a listener that hung up, see tcp_reset() in Linux.
_OPEN = _codes("EISCONN ECONNRESET EPIPE") | {0}
# What ICMP errors become (icmp_err_convert in Linux), and no route.
_UNREACHABLE = _codes("EHOSTUNREACH ENETUNREACH EHOSTDOWN ENETDOWN ENONET ENOPROTOOPT EOPNOTSUPP EPROTO")
# Too many sockets or watches, too little memory, no local port left (EAGAIN, EADDRNOTAVAIL): it will pass.
_OURS = _codes("EMFILE ENFILE ENOBUFS ENOMEM ENOSPC EADDRNOTAVAIL EAGAIN")
# How a kernel that is not Linux says that a socket cannot be used a second time.
_WORN = _codes("ECONNABORTED EALREADY EISCONN EINVAL")
_NO_LINGER = struct.pack("ii", 1, 0)


def room(rate: float, timeout: float) -> int:
    """How many connects may be in flight at once by default.

    The least of 60 % of this process's file descriptors, half of the free connection-tracking table, what the rate
    (probes per second, 0 for unlimited) can start within one timeout (seconds), and MOST_IN_FLIGHT.
    """
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    limits = [MOST_IN_FLIGHT] if soft == resource.RLIM_INFINITY else [MOST_IN_FLIGHT, soft * 6 // 10]
    if rate:
        limits.append(ceil(rate * timeout))
    table = Path("/proc/sys/net/netfilter")
    with suppress(OSError, ValueError):
        most, used = (int((table / f"nf_conntrack_{name}").read_text()) for name in ("max", "count"))
        limits.append((most - used) // 2)
    return max(1, min(limits))


def to_itself(sock: socket.SocketType) -> bool:
    """Whether a connected socket is its own peer.

    A connect to a closed local port can be given that very port as its own (RFC 9293, 3.5, simultaneous open).
    """
    try:
        return bool(sock.getsockname() == sock.getpeername())
    except OSError:  # the peer has already hung up, so there is one
        return False


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
) -> Tally:
    """Try every target of the order in this thread and hand over the open ones in batches, within about 50 ms.

    `order` is `Permutation(len(plan), key).walk()` or an interval of it. Only silent targets are tried again, each
    try for `timeout` seconds. At most `in_flight` connects are under way at once (default: `room`), half as many when
    sockets or ports run short. Read `tally` from another thread for the progress. Raises what `on_open` and `stop`
    raise, OSError where not even an epoll can be had, ValueError for numbers that make no sense.
    """
    if timeout <= 0 or retries < 0 or (in_flight is not None and in_flight < 1):
        raise ValueError(f"cannot sweep with timeout={timeout}, retries={retries}, in_flight={in_flight}")
    batches = ((after, plan.rows(numbers)) for after, numbers in order)
    sweep = _Sweep(batches, pace, timeout, retries, in_flight or room(pace.rate, timeout), tally or Tally())
    try:
        sweep.run(on_open, stop)
    finally:
        sweep.close()
    return sweep.tally


class _Lot(Struct):
    """Targets that are sent together; `begin` is the counter where their batch of the order begins."""

    rows: list[Row]
    begin: int | None
    attempt: int = 0
    setbacks: int = 0
    fds: list[int] = []
    due: float = 0.0


_Flight = tuple[socket.SocketType, Row, float, _Lot]
_Batches = Iterator[tuple[int, list[Row]]]


class _Sweep:
    """The loop of one sweep.

    A refused socket is used again: Linux disconnects a socket whose connect failed (inet_stream_connect), and making
    and closing one is half of what a probe costs. So sockets stay in the epoll, edge-triggered; an event only says
    where to look, and a second connect() tells the result and leaves the socket ready for the next target.
    """

    def __init__(self, batches: _Batches, pace: Pace, timeout: float, retries: int, most: int, tally: Tally) -> None:
        self.tally = tally
        self._batches, self._pace, self._timeout, self._retries = batches, pace, timeout, retries
        self._most = self._limit = most
        self._epoll = select.epoll()
        self._flights: dict[int, _Flight] = {}
        self._wheel: deque[_Lot] = deque()
        self._waiting: deque[_Lot] = deque()
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
            self._collect(self._epoll.poll(0 if sent else self._patience(now), MOST_IN_FLIGHT))
            self._expire(now)
            self._report(now, on_open)
        self.tally.finished = self._walked and not self._waiting and not self._flights
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
            after, rows = next(self._batches, (self._begin, None))
            if rows is None:
                self._walked = True
                break
            self._waiting.extend(_Lot(rows[at : at + BURST], self._begin) for at in range(0, len(rows), BURST))
            self._begin = after
        return bool(self._waiting or self._flights)

    def _send(self) -> int:
        """Start one lot, or what room and pace allow of it; how many were begun."""
        space = self._limit - len(self._flights)
        if not self._waiting or space <= 0 or time.monotonic() < self._paused_until:
            return 0
        lot = self._waiting[0]
        granted = self._pace.take(min(space, len(lot.rows)))
        if not granted:
            return 0
        self._waiting.popleft()
        rows, rest, lot.rows = lot.rows[:granted], lot.rows[granted:], []
        if rest:
            self._waiting.appendleft(_Lot(rest, lot.begin, lot.attempt))
        begun = self._launch(rows, lot)
        lot.due = time.monotonic() + self._timeout
        if lot.fds:
            self._wheel.append(lot)
        self.tally.sent += begun
        return begun

    def _launch(self, rows: list[Row], lot: _Lot) -> int:
        """The hot path: one connect a row; how many were begun before one could not be."""
        (four, six), flights, fresh = self._idle, self._flights, self._fresh
        clock, note = time.monotonic, lot.fds.append
        for number, row in enumerate(rows):
            pool = six if ":" in row[0] else four
            used = bool(pool)
            try:
                sock = pool.pop() if used else fresh(row)
            except OSError as error:
                if error.errno in _OURS:
                    return self._hold(rows, number, lot)
                self.tally.lost += 1  # no such family on this host
                continue
            began = clock()
            code = sock.connect_ex(row)
            if code == EINPROGRESS:
                fd = sock.fileno()
                flights[fd] = (sock, row, began, lot)
                note(fd)
            elif code in _OURS or (used and code in _WORN):
                self._reuse = self._reuse and code in _OURS
                sock.close()
                return self._hold(rows, number, lot)
            else:
                self._settle(code, (sock, row, began, lot))
        self._starving_since, self._pause = None, 0.0
        self._limit = min(self._most, self._limit + 1)
        return len(rows)

    def _collect(self, events: list[tuple[int, int]]) -> None:
        """Look at every socket that has news."""
        (four, six), flights, settle = self._idle, self._flights, self._settle
        refused, reuse = 0, self._reuse
        for fd, _ in events:
            flight = flights.get(fd)
            if flight is None:  # an idle socket: it has been disconnected, which is an event too
                continue
            sock, row = flight[:2]
            code = sock.connect_ex(row)
            if code == EALREADY:
                continue
            del flights[fd]
            if code == ECONNREFUSED and reuse:
                refused += 1
                (six if ":" in row[0] else four).append(sock)
            else:
                settle(code, flight)
        self.tally.refused += refused

    def _settle(self, code: int, flight: _Flight) -> None:
        """Count one result and close its socket."""
        sock, row, began, lot = flight
        tally = self.tally
        if code in _OPEN:
            if to_itself(sock):
                tally.refused += 1
            else:
                tally.open += 1
                self._found.append(Open(row[0], row[1], time.monotonic() - began))
            with suppress(OSError):  # a reset instead of a goodbye: no TIME_WAIT, no local port held
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        elif code == ECONNREFUSED:
            tally.refused += 1
        elif code in _UNREACHABLE:
            tally.unreachable += 1
        elif code == errno.ETIMEDOUT:
            self._unanswered([row], lot)
        elif code in _OURS:
            self._hold([row], 0, lot)
        else:
            tally.lost += 1
        sock.close()

    def _expire(self, now: float) -> None:
        """Give up on what had no news at the last poll, which was not before `now`, though its time was over."""
        while self._wheel and self._wheel[0].due <= now:
            lot = self._wheel.popleft()
            flights = (self._flights.get(fd) for fd in lot.fds)
            left = [flight for flight in flights if flight and flight[3] is lot]  # the others are settled
            for sock, *_ in left:
                del self._flights[sock.fileno()]
                sock.close()
            self._unanswered([row for _, row, _, _ in left], lot)

    def _unanswered(self, rows: list[Row], lot: _Lot) -> None:
        """Try silent targets again, or count them as silent."""
        if lot.attempt >= self._retries:
            self.tally.silent += len(rows)
        elif rows:
            self._waiting.append(_Lot(rows, lot.begin, lot.attempt + 1))

    def _hold(self, rows: list[Row], failed: int, lot: _Lot) -> int:
        """Something is short on this host: put back what was not begun, halve what may be in flight, and pause.

        The target that failed goes last, so that one that never works holds up no other. Returns `failed`.
        """
        if lot.setbacks < SETBACKS:
            self._waiting.append(_Lot(rows[failed : failed + 1], lot.begin, lot.attempt, lot.setbacks + 1))
        else:
            self.tally.lost += 1
        if rows[failed + 1 :]:
            self._waiting.appendleft(_Lot(rows[failed + 1 :], lot.begin, lot.attempt, lot.setbacks))
        self._drop_idle()
        now = time.monotonic()
        if now >= self._paused_until:
            self._limit = max(1, min(self._limit, len(self._flights)) // 2)
            self._pause = min(1.0, max(0.01, 2 * self._pause))
            self._paused_until = now + self._pause
        self._starving_since = now if failed or self._starving_since is None else self._starving_since
        return failed

    def _starved(self) -> bool:
        """Whether it is hopeless; what waits is then lost, and the rest of the order is not walked."""
        since = self._starving_since
        if since is None or self._flights or time.monotonic() - since < PATIENCE * self._timeout:
            return False
        self.tally.lost += sum(len(lot.rows) for lot in self._waiting)
        return True

    def _patience(self, now: float) -> float:
        """Seconds to sleep at most, where nothing could be sent."""
        until = [now + TICK]
        if self._found:
            until.append(self._told + DELIVERY)
        if self._wheel:
            until.append(self._wheel[0].due)
        if self._waiting and len(self._flights) < self._limit:
            until.append(max(now + self._pace.wait(), self._paused_until))
        return max(0.0, min(until) - now)

    def _report(self, now: float, on_open: Callable[[list[Open]], None]) -> None:
        """Hand over what was found, and from time to time tell how far the order is settled."""
        self.tally.in_flight = len(self._flights)
        if self._found and (now - self._told > DELIVERY or now - self._marked > 1.0):  # before the cursor passes them
            found, self._found, self._told = self._found, [], now
            on_open(found)
        if now - self._marked > 1.0:
            self._marked = now
            outstanding = [lot.begin for lot in self._waiting] + [flight[3].begin for flight in self._flights.values()]
            self.tally.cursor = min(outstanding, key=lambda begin: -1 if begin is None else begin, default=self._begin)

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
