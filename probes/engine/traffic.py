"""The traffic of one conversation: a request goes out, a reply comes back, over one connection at a time."""

import select
import socket
import ssl
from collections.abc import Callable
from enum import Enum, auto
from typing import Protocol

from livebom.bom.observation import Outcome
from livebom.net.reply import Ask, Reply
from probes.engine.link import Link, failure, socket_address
from probes.engine.tls import HANDSHAKE_SECONDS, NotTlsError, TlsError
from probes.engine.wire import Parser

HEAD_SECONDS = 3.0
"""From the first byte of an answer to the end of its head; a server may think longer before it begins."""
FOREIGN_SECONDS = 0.2
"""How long the rest of a greeting that is not HTTP is waited for."""

Opens = Callable[[str, int], socket.socket]
"""Makes a non-blocking TCP socket whose connection to that address and port has begun; raises OSError."""


class Ground(Protocol):
    """What traffic needs of the loop it lives in."""

    timeout: float
    connect_timeout: float
    tls: ssl.SSLContext
    allowed: Callable[[str, int], bool]
    asked: int
    connections: int
    bytes_read: int

    def watch(self, traffic: "Traffic", link: Link, mask: int) -> None:
        """Call `ready` when one of these events happens."""

    def forget(self, link: Link) -> None:
        """No more events of this connection, which is about to be closed."""

    def wake_at(self, traffic: "Traffic") -> None:
        """Call `expire` once `due` has passed."""


class Owner(Protocol):
    """Whose traffic it is."""

    def answered(self, reply: Reply) -> None:
        """The last request's reply, or the reason why there is none."""

    def again(self) -> None:
        """The idle connection was gone before the answer began: call `send` again when the pace allows it."""

    def failed(self, fault: Exception) -> None:
        """`allowed` raised, so nothing is sent."""


class Phase(Enum):
    """What is going on."""

    IDLE = auto()
    """No request is under way; there may be a connection to use again."""
    CONNECT = auto()
    HANDSHAKE = auto()
    ANSWER = auto()
    OVER = auto()


class Traffic:
    """One request at a time to one address and port. Times are of the monotonic clock.

    Raises ValueError as `socket_address` does.
    """

    __slots__ = (
        "_address",
        "_ask",
        "_ask_until",
        "_asked_at",
        "_data",
        "_ground",
        "_link",
        "_name",
        "_opens",
        "_owner",
        "_parser",
        "_phase",
        "_phase_until",
        "_retried",
        "_target",
        "_until",
        "due",
        "late",
        "timer",
    )

    def __init__(
        self,
        ground: Ground,
        owner: Owner,
        address: tuple[str, int],
        name: str | None,
        until: float,
        opens: Opens | None = None,
    ) -> None:
        self._ground = ground
        self._owner = owner
        self._address = address
        self._target = socket_address(*address)
        self._name = name
        self._opens = opens
        self._until = until
        self._phase = Phase.IDLE
        self._link: Link | None = None
        self._retried = False
        self._asked_at = until
        self.due = until
        """When `expire` is to be called."""
        self.timer = 0.0
        """When the loop has planned to look at `due`; 0 where it has not. The loop's own."""
        self.late = False
        """The time of the whole conversation is up."""

    @property
    def over(self) -> bool:
        """Whether it is closed for good."""
        return self._phase is Phase.OVER

    def can_carry(self, ask: Ask) -> bool:
        """Whether the ask would go over the connection that is there."""
        return self._link is not None and self._link.scheme == ask.scheme

    def rest(self) -> None:
        """Wait for the next request, but not beyond the time of the whole."""
        self._phase, self.due = Phase.IDLE, self._until
        self._ground.wake_at(self)

    def send(self, ask: Ask, data: bytes, now: float) -> None:
        """Send the request `data` for `ask`; the owner is told what comes of it."""
        self._ask, self._data = ask, data
        self._ask_until = now + (ask.deadline or self._ground.timeout)
        self._parser = Parser(ask.method, ask.cap)
        self._asked_at = now
        link = self._link
        if link is not None and self.can_carry(ask):
            self._write(link, now)
            return
        self._drop()
        try:
            allowed = self._ground.allowed(*self._address)
        except Exception as fault:  # noqa: BLE001 - what the scope cannot judge is not asked, and is that job's end
            self._owner.failed(fault)
            return
        if allowed:
            self._connect(now)
        else:
            self._answer(Reply(outcome=Outcome.OUT_OF_SCOPE))

    def ready(self, mask: int, now: float) -> None:
        """Something happened on the connection."""
        link = self._link
        if link is None:
            return
        if self._phase is Phase.CONNECT:
            if mask & (select.EPOLLERR | select.EPOLLHUP):
                self._fail(link.error(), now)
            else:
                self._connected(link, now)
            return
        if mask & select.EPOLLOUT:
            link.flush()
        if mask & ~select.EPOLLOUT:
            self._read(link, now)
        if link is self._link and link.mask != link.wanted:
            self._ground.watch(self, link, link.wanted)

    def expire(self, now: float) -> None:
        """The time of the conversation, of the ask or of a part of it is up."""
        if now >= self._until:
            self.late = True
            self._fail(Outcome.GAVE_UP, now)
        elif self._phase is Phase.ANSWER:
            self._parser.cut()
            self._answer(self._reply(now))
        else:
            self._fail(Outcome.TIMEOUT, now)

    def close(self) -> None:
        """Give up the connection, for good."""
        self._phase = Phase.OVER
        self._drop()
        del self._owner  # which holds this: without the ring both are gone at once, and the last body with them

    def _connect(self, now: float) -> None:
        ground = self._ground
        ground.connections += 1
        try:
            begun = self._opens(*self._address) if self._opens else None
            link = Link(self._target, (ground.tls, self._name) if self._ask.scheme == "https" else None, begun)
        except OSError as fault:
            self._fail(failure(fault.errno), now)
            return
        self._link = link
        self._enter(Phase.CONNECT, now + ground.connect_timeout)
        ground.watch(self, link, select.EPOLLOUT)

    def _connected(self, link: Link, now: float) -> None:
        if link.ready:
            self._write(link, now)
            return
        self._enter(Phase.HANDSHAKE, now + HANDSHAKE_SECONDS)
        try:
            link.begin()
        except TlsError as fault:
            self._broken(fault, now)
        else:
            self._ground.watch(self, link, link.wanted)

    def _write(self, link: Link, now: float) -> None:
        self._enter(Phase.ANSWER, self._ask_until)
        self._asked_at = now
        self._ground.asked += 1
        try:
            link.write(self._data)
        except TlsError as fault:
            self._broken(fault, now)
        else:
            self._ground.watch(self, link, link.wanted)

    def _read(self, link: Link, now: float) -> None:
        try:
            data = link.read()
        except (TlsError, NotTlsError) as fault:
            self._broken(fault, now)
            return
        finally:
            self._ground.bytes_read += link.received
        if self._phase is Phase.IDLE:
            if data is not None:  # an idle peer closed, or spoke unasked: not to be used again either way
                self._drop()
            return
        if self._phase is Phase.HANDSHAKE and link.ready:
            self._write(link, now)
        if data and link is self._link:
            self._feed(data, now)
        if (data == b"" or link.ended) and link is self._link:
            self._closed(link, now)

    def _feed(self, data: bytes, now: float) -> None:
        parser = self._parser
        begun, headed = parser.started, parser.headed
        if parser.feed(data):
            self._answer(self._reply(now))
        elif parser.foreign:
            self._enter(self._phase, min(self._phase_until, now + FOREIGN_SECONDS))
        elif parser.headed is not headed:
            self._enter(self._phase, self._ask_until)
        elif not begun:
            self._enter(self._phase, now + HEAD_SECONDS)

    def _closed(self, link: Link, now: float) -> None:
        """The peer closed: the end of the answer, or of an idle connection just as it was used again."""
        parser = self._parser
        if link.used and not parser.started and not self._retried and self._ask.method in ("GET", "HEAD"):
            self._retried = True
            self._drop()
            self._owner.again()
            return
        parser.eof()
        self._answer(self._reply(now))

    def _broken(self, fault: TlsError | NotTlsError, now: float) -> None:
        """TLS failed: before an answer that is a fact of its own, within one it is the end of the stream."""
        if self._phase is Phase.IDLE:
            self._drop()
        elif isinstance(fault, NotTlsError):
            self._fail(Outcome.PROTOCOL_ERROR, now, fault.banner)
        elif self._parser.headed:
            self._parser.eof()
            self._answer(self._reply(now))
        else:
            self._fail(Outcome.TLS_ERROR, now)

    def _fail(self, outcome: Outcome, now: float, banner: bytes = b"") -> None:
        tls = self._link.facts if self._link else None
        self._drop(abort=True)
        self._answer(Reply(outcome=outcome, tls=tls, banner=banner, elapsed=max(0.0, now - self._asked_at)))

    def _reply(self, now: float) -> Reply:
        return self._parser.reply(now - self._asked_at, self._link.facts if self._link else None)

    def _answer(self, reply: Reply) -> None:
        link = self._link
        if link is not None:
            link.used += 1
            if not self._parser.keep or link.ended:
                self._drop(abort=reply.truncated or reply.outcome is not Outcome.OK)
        self._retried = False
        self._owner.answered(reply)

    def _drop(self, *, abort: bool = False) -> None:
        link, self._link = self._link, None
        if link is not None:
            self._ground.forget(link)
            link.close(abort=abort)

    def _enter(self, phase: Phase, until: float) -> None:
        """Go into a phase that may last until then, and never longer than the ask and the conversation may."""
        self._phase, self._phase_until = phase, until
        self.due = min(until, self._ask_until, self._until)
        self._ground.wake_at(self)
