"""One conversation: runs its generator from ask to ask behind a wall that no fault of it gets through."""

import contextlib
from collections.abc import Callable, Generator
from functools import partial
from typing import Any, Protocol

from msgspec import Struct

from livebom.bom.observation import Outcome
from livebom.net.reply import Ask, Reply
from probes.engine.request import authority, request
from probes.engine.traffic import Ground, Opens, Traffic

VAIN_CAP = 50
"""How many asks are refused, being wrong or too late, before the conversation is closed."""

Conversation = Generator[Ask, Reply, Any]
"""Yields asks, is sent the reply to each, and returns what it found; pure, so that any loop can have it."""


class StoppedError(Exception):
    """The conversation was closed before it returned: the talker was stopped, or it would not end by itself."""


class Job(Struct, frozen=True, kw_only=True):
    """One conversation to have, and with whom."""

    address: str
    """An IP address in text form; names are never looked up here."""
    port: int
    name: str | None = None
    """For SNI and the Host header; without one, Host is the address."""
    talk: Callable[[], Conversation]
    """Makes the conversation; called once, when it begins."""
    deadline: float
    """Seconds for the whole conversation, counted from its beginning, waiting for the pace included."""
    number: int = 0
    """The caller's own."""
    opens: Opens | None = None
    """Begins its connections where that takes more than connect(2), such as in another network namespace."""


class Home(Ground, Protocol):
    """What a conversation needs of the loop it lives in."""

    user_agent: str

    def queue(self, talk: "Talk") -> None:
        """Call `go` when the pace has granted the tokens it lacks."""

    def over(self, talk: "Talk", result: Any, fault: BaseException | None) -> None:
        """The conversation has ended."""


class Talk:
    """A running conversation; all its methods are for the loop's thread.

    Raises ValueError where the job's address is none.
    """

    __slots__ = ("_ask", "_bytes", "_home", "_hosts", "_talk", "_traffic", "_vain", "credit", "job", "waiting")

    def __init__(self, job: Job, home: Home, now: float) -> None:
        self.job = job
        self.credit = 0
        """Tokens of the pace that were granted and not used yet."""
        self.waiting = False
        """Whether it wants a turn."""
        self._home = home
        self._traffic = Traffic(home, self, (job.address, job.port), job.name, now + job.deadline, job.opens)
        self._hosts: dict[str, str] = {}
        self._vain = 0

    @property
    def lack(self) -> int:
        """Tokens still missing: one for the request, one for a connection where there is none to use again."""
        return (1 if self._traffic.can_carry(self._ask) else 2) - self.credit

    def begin(self) -> None:
        """Start the conversation, up to its first ask."""
        try:
            self._talk = self.job.talk()
        except Exception as fault:  # noqa: BLE001 - the wall: one job's fault is that job's end
            self._end(None, fault)
            return
        self._run(partial(next, self._talk))

    def go(self, now: float) -> None:
        """It is its turn: send the ask."""
        self.waiting, self.credit = False, 0
        self._traffic.send(self._ask, self._bytes, now)

    def answered(self, reply: Reply) -> None:
        """Hand the reply to the conversation, and go on to its next ask."""
        self._run(partial(self._talk.send, reply))

    def again(self) -> None:
        """Wait for a turn."""
        self.waiting = True
        self._traffic.rest()
        self._home.queue(self)

    def failed(self, fault: Exception) -> None:
        """End the conversation, for a fault that is not its own."""
        self._close(fault)

    def stop(self) -> None:
        """Close the conversation where it stands."""
        self._close(StoppedError("stopped"))

    def _run(self, step: Callable[[], Ask]) -> None:
        """Let the conversation run to its next ask that can be sent, or to its end."""
        while True:
            try:
                ask = step()
            except StopIteration as end:
                self._end(end.value, None)
                return
            except Exception as fault:  # noqa: BLE001 - the wall
                self._end(None, fault)
                return
            refusal = self._prepare(ask)
            if refusal is None:
                self.again()
                return
            self._vain += 1
            if self._vain > VAIN_CAP:
                self._close(StoppedError("goes on asking in vain"))
                return
            step = refusal

    def _prepare(self, ask: Ask) -> Callable[[], Ask] | None:
        """Make the ask ready to be sent; where it cannot be, the step that tells the conversation so."""
        if self._traffic.late:
            return partial(self._talk.send, Reply(outcome=Outcome.GAVE_UP))
        try:
            host = self._hosts.get(ask.scheme)
            if host is None:
                job = self.job
                host = self._hosts[ask.scheme] = authority(job.name or job.address, job.port, ask.scheme)
            self._bytes = request(ask, host, self._home.user_agent)
        except Exception as fault:  # noqa: BLE001 - the wall: it is the conversation's ask that is wrong
            return partial(self._talk.throw, fault)
        self._ask = ask
        return None

    def _close(self, fault: BaseException) -> None:
        with contextlib.suppress(Exception):  # it may object to being closed; it is, all the same
            self._talk.close()
        self._end(None, fault)

    def _end(self, result: Any, fault: BaseException | None) -> None:
        self.waiting = False
        self._traffic.close()
        self._home.over(self, result, fault)
