"""Where alerts wait until they are delivered: what the courier asks of it."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Protocol, TypeVar

from livebom.bom.alerting import Letter

T = TypeVar("T")


class Outbox(Protocol):
    """Letters that outlive the process; what a method did is kept when it returns."""

    def head(self, sink: str) -> Letter | None:
        """The oldest letter that waits for the sink, due or not: those behind it wait for it."""

    def sent(self, id_: str, at: datetime) -> None:
        """It was delivered."""

    def failed(self, id_: str, due: datetime | None, told: str) -> None:
        """It was not, and is due again then; None gives it up."""

    def bury(self, sinks: Collection[str], told: str) -> int:
        """Give up what waits for a sink that is none of these; returns how many."""

    def forget(self, sent_before: datetime, dead_before: datetime) -> int:
        """Remove letters that are sent or dead and were created before; returns how many."""


class Run(Protocol):
    """How the outbox is called: whoever owns it decides on which thread."""

    async def __call__(self, work: Callable[[], T], /) -> T:
        """Do the work, which may block for a moment, and return what it returns."""


async def at_once(work: Callable[[], T], /) -> T:
    """Do the work in this thread."""
    return work()
