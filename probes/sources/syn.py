"""SYN probes from a small process of its own, many times faster than connects; never to this host."""

import select
from collections.abc import Iterator
from contextlib import closing, suppress

import msgspec
from msgspec.structs import replace

from livebom.net.ranges import number_of
from probes.engine.permute import Permutation
from probes.engine.plan import crowded
from probes.engine.syn import privilege, sender
from probes.engine.syn.protocol import Count, Failed, Found, Frames, Message, Order, Taken, framed, stretches
from probes.engine.syn.reaching import DOOR, Child, Sender, Served, door_stands
from probes.engine.tally import Open, Tally
from probes.sources import Hunt

NAME = "syn"
_TICK = 0.05
_ANSWER = 20.0
"""Seconds in which a sender tells whether it can look; it resolves the names of the targets file first."""
_GRACE = 3.0
"""Seconds the sender may take to end after it was told to stop."""


def refusal(hunt: Hunt) -> str:
    """Why it cannot look at this plan from here: no privilege, this host's own addresses, no way there, and so on.

    Where this process may not send frames, the sender behind the service manager's door is asked.
    """
    if privilege.may_send_frames() or not door_stands():
        return sender.unfit(hunt.plan.runs)
    try:
        with closing(_Watch(hunt, Served())) as watch:
            return watch.asked(_order(hunt, hunt.start, hunt.start))
    except OSError as fault:
        return f"the SYN sender's door at {DOOR} does not open: {fault.strerror or fault}"


def find(hunt: Hunt) -> None:
    """Send a SYN to every target of the interval and hand over those that answer as only a listener can.

    An open port's round-trip time is not known: `rtt` is 0. Closed and filtered targets both count as silent, answers
    the kernel had no room for as lost. While `on_open` is at work, sending stops soon. Raises ValueError as `refusal`
    says, and ChildProcessError where the sender process fails or is killed.
    """
    if reason := refusal(hunt):
        raise ValueError(reason)
    whole = Permutation(len(hunt.plan), hunt.key).size
    order = _order(hunt, hunt.start, whole if hunt.stop_at is None else hunt.stop_at)
    try:
        watch = _Watch(hunt, Child() if privilege.may_send_frames() else Served())
    except OSError as fault:
        raise ChildProcessError(f"the SYN sender does not start: {fault.strerror or fault}") from None
    with closing(watch):
        watch.run(order)


def _order(hunt: Hunt, start: int, stop_at: int) -> Order:
    """The order for the sender, whose frames go out evenly: slowly enough for the share of the most crowded host."""
    caps, rate = hunt.pace.caps, hunt.pace.rate
    return Order(
        stretches=stretches(hunt.plan.runs),
        key=hunt.key,
        start=start,
        stop_at=stop_at,
        rate=caps.evenly(rate, *crowded(hunt.plan)) if caps else rate,
        timeout=hunt.timeout,
        retries=hunt.retries,
        ports_never=hunt.ports_never,
    )


class _Watch:
    """The parent's side of one sender process."""

    def __init__(self, hunt: Hunt, its: Sender) -> None:
        self._hunt, self._sender = hunt, its
        self._before = replace(hunt.tally)
        self._opened = 0
        self._count = Count()

    def asked(self, order: Order) -> str:
        """Why it cannot do an order for nothing; empty where it can."""
        self._write(framed(order))
        frames = Frames()
        while select.select([self._sender], [], [], _ANSWER)[0] and (data := self._said()):
            for message in frames.feed(data):
                its: Message = msgspec.msgpack.decode(message, type=Message)
                if isinstance(its, Failed):
                    return its.reason
                if isinstance(its, Count) and its.finished:
                    return ""
        return "the SYN sender behind the door does not answer; `journalctl -u 'livebom-syn@*'` tells more"

    def run(self, order: Order) -> None:
        """Feed it the order and take in what it says, until it ends or is to end."""
        self._write(framed(order))
        for message in self._messages():
            if isinstance(message, Found):
                self._found(message)
            elif isinstance(message, Failed):
                raise ChildProcessError(f"the SYN sender cannot look: {message.reason}")
            else:
                self._count = message
                self._tell(self._hunt.tally)
        if self._hunt.tally.stopped or self._count.finished:
            return
        raise ChildProcessError(f"the SYN sender {self._sender.ended(_GRACE)}")

    def close(self) -> None:
        """End it, if it has not ended by itself."""
        self._sender.close(_GRACE if self._hunt.tally.stopped else 0.2)

    def _messages(self) -> Iterator[Message]:
        """What it says, until it has said everything; stops it as soon as the hunt is to stop."""
        frames = Frames()
        while True:
            if not self._hunt.tally.stopped and self._hunt.stop():
                self._hunt.tally.stopped = True
                self._sender.hang_up()
            if not select.select([self._sender], [], [], _TICK)[0]:
                continue
            data = self._said()
            if not data:
                return
            for message in frames.feed(data):
                yield msgspec.msgpack.decode(message, type=Message)

    def _found(self, message: Found) -> None:
        """Hand over open ports, and tell the sender when that is done; what the scope does not hold is left out."""
        hunt = self._hunt
        places = [Open(address, port, 0.0) for address, port in message.places if self._sound(address, port)]
        self._opened += len(places)
        hunt.tally.open = self._before.open + self._opened
        if places:
            hunt.on_open(places)
        self._write(framed(Taken(len(message.places))))

    def _sound(self, address: str, port: int) -> bool:
        known = number_of(address)
        return known is not None and self._hunt.plan.contains(*known, port) and self._hunt.allowed(address, port)

    def _tell(self, tally: Tally) -> None:
        """Bring the tally up to date; it may have begun with what an earlier part of the sweep counted."""
        before, count = self._before, self._count
        tally.sent = before.sent + count.sent
        tally.lost = before.lost + count.drops
        tally.unreachable = before.unreachable + min(count.unreachable, count.settled)
        tally.silent = before.silent + max(0, count.settled - count.unreachable - self._opened)
        tally.cursor = before.cursor if count.cursor is None else count.cursor
        tally.finished = count.finished and not tally.stopped

    def _said(self) -> bytes:
        try:
            return self._sender.read()
        except OSError:  # it is gone
            return b""

    def _write(self, data: bytes) -> None:
        with suppress(OSError):  # it is gone; what it said last, or its end, tells why
            self._sender.write(data)
