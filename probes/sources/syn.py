"""SYN probes from a small process of its own, many times faster than connects; never to this host."""

import os
import select
import subprocess
from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from livebom.net.ranges import number_of
from probes.engine.permute import Permutation
from probes.engine.syn import sender
from probes.engine.syn.protocol import Count, Failed, Found, Frames, Message, Order, Taken, framed, stretches
from probes.engine.tally import Open, Tally
from probes.sources import Hunt

NAME = "syn"
_TICK = 0.05
_READ = 1 << 16
_GRACE = 3.0
"""Seconds the sender may take to end after it was told to stop."""


def refusal(hunt: Hunt) -> str:
    """Why it cannot look at this plan from here: no privilege, this host's own addresses, no way there, and so on."""
    return sender.unfit(hunt.plan.runs)


def find(hunt: Hunt) -> None:
    """Send a SYN to every target of the interval and hand over those that answer as only a listener can.

    An open port's round-trip time is not known: `rtt` is 0. Closed and filtered targets both count as silent, answers
    the kernel had no room for as lost. While `on_open` is at work, sending stops soon. Raises ValueError as `refusal`
    says, and ChildProcessError where the sender process fails or is killed.
    """
    if reason := refusal(hunt):
        raise ValueError(reason)
    whole = Permutation(len(hunt.plan), hunt.key).size
    order = Order(
        stretches=stretches(hunt.plan.runs),
        key=hunt.key,
        start=hunt.start,
        stop_at=whole if hunt.stop_at is None else hunt.stop_at,
        rate=hunt.pace.rate,
        timeout=hunt.timeout,
        retries=hunt.retries,
        ports_never=hunt.ports_never,
    )
    child = subprocess.Popen(  # noqa: S603 - our own Python, our own code
        sender.command(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=sender.environment(),
        cwd="/",
    )
    watch = _Watch(hunt, child)
    try:
        watch.run(order)
    finally:
        watch.close()


class _Watch:
    """The parent's side of one sender process."""

    def __init__(self, hunt: Hunt, child: "subprocess.Popen[bytes]") -> None:
        self._hunt, self._child = hunt, child
        self._before = replace(hunt.tally)
        self._opened = 0
        self._count = Count()

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
        code = self._child.wait(_GRACE)
        raise ChildProcessError(f"the SYN sender {f'was ended by signal {-code}' if code < 0 else 'ended early'}")

    def close(self) -> None:
        """End it, if it has not ended by itself."""
        child = self._child
        self._hang_up()
        try:
            child.wait(_GRACE if self._hunt.tally.stopped else 0.2)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        if child.stdout:
            child.stdout.close()

    def _messages(self) -> Iterator[Message]:
        """What it says, until it has said everything; stops it as soon as the hunt is to stop."""
        output = self._child.stdout
        if output is None:  # pragma: no cover - it was asked for
            return
        frames = Frames()
        while True:
            if not self._hunt.tally.stopped and self._hunt.stop():
                self._hunt.tally.stopped = True
                self._hang_up()
            if not select.select([output], [], [], _TICK)[0]:
                continue
            data = os.read(output.fileno(), _READ)
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

    def _write(self, data: bytes) -> None:
        try:
            if self._child.stdin and not self._child.stdin.closed:
                self._child.stdin.write(data)
                self._child.stdin.flush()
        except OSError:  # it is gone; what it said last, or its end, tells why
            pass

    def _hang_up(self) -> None:
        try:
            if self._child.stdin:
                self._child.stdin.close()
        except OSError:
            pass
