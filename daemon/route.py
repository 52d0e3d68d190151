"""What a route of the control socket is: its path, who may use it, what it takes and gives, and who answers."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

from msgspec import Struct

from daemon.desk import Desk
from daemon.peers import Peer, Role
from daemon.wire import Problem
from daemon.worker import Worker

BODY = 256 << 10
"""Bytes of a request's body, where a route says nothing else."""


class Refused(Exception):  # noqa: N818 - it is an answer
    """The request is answered with a problem."""

    def __init__(self, status: int, title: str, detail: str = "", remedy: str = "") -> None:
        super().__init__(title)
        self.problem = Problem(title=title, status=status, detail=detail, remedy=remedy)


class Call(Struct, frozen=True, kw_only=True):
    """One request, read and found to be allowed."""

    desk: Desk
    worker: Worker
    peer: Peer
    roles: frozenset[Role]
    path: Mapping[str, str] = {}
    query: Any = None
    """The route's own `query` struct."""
    body: Any = None
    """The route's own `takes` struct."""
    key: str = ""
    """The Idempotency-Key."""
    lines: bool = False
    """It is to be answered with lines of JSON."""

    @property
    def by(self) -> str:
        """Who asks, as it is written down."""
        return f"uid {self.peer.uid}"


class Text(Struct, frozen=True):
    """An answer that is no JSON."""

    text: str
    kind: str = "text/plain; version=0.0.4; charset=utf-8"


class Given(Struct, frozen=True):
    """An answer with a status of its own."""

    body: Any
    status: int


Lines = AsyncIterator[Any]
Answer = Callable[[Call], Awaitable[Any]]


class Route(Struct, frozen=True, kw_only=True):
    """One method of one path; `{name}` in it is one segment."""

    method: str
    path: str
    role: Role
    summary: str
    gives: Any
    """The struct of the answer, or of one of its lines."""
    answer: Answer
    """Gives a `gives`, a `Given`, a `Text`, or `Lines`."""
    takes: Any = None
    query: Any = None
    keyed: bool = False
    """It may have an Idempotency-Key."""
    lines: bool = False
    """It answers with lines of JSON: always, where `gives` is one line; else where the caller accepts them."""
    most: int = BODY
    """Bytes of the body."""
    status: int = 200
    """Of an answer that is no error."""
    also: Mapping[int, str] = {}
    """Other statuses that come with the same answer, and what they mean."""
