"""Where open ports come from: one small module each, all called the same way."""

from collections.abc import Callable
from typing import Protocol

from msgspec import Struct

from livebom.net.pace import Pace
from probes.engine.plan import Plan
from probes.engine.tally import Open, Tally


class Hunt(Struct, kw_only=True):
    """What a source of open ports is to look at, how gently, and to whom it tells what it found."""

    plan: Plan
    key: bytes
    """Of the order: `Permutation(len(plan), key)`."""
    start: int = 0
    """The counter of the order to begin at; a shard or a resumed sweep begins in the middle."""
    stop_at: int | None = None
    """One past the last counter; None is the end."""
    pace: Pace
    timeout: float = 2.0
    """Seconds to wait for an answer."""
    retries: int = 1
    """How often a silent target is tried again."""
    allowed: Callable[[str, int], bool]
    """The scope's last word on an address and port."""
    on_open: Callable[[list[Open]], None]
    """Called with open ports as they are found, from the source's thread; it may block: then the source waits."""
    stop: Callable[[], bool]
    """Whether to end early; asked at least every 50 ms."""
    tally: Tally
    """Kept up to date while it runs; `cursor` is where to go on from."""


class Source(Protocol):
    """What a module of this folder offers."""

    NAME: str
    """The word of `--engine`."""

    def refusal(self, hunt: Hunt) -> str:
        """Why it cannot look at this plan here, in words; empty where it can."""
        ...  # pragma: no cover

    def find(self, hunt: Hunt) -> None:
        """Look at the interval of the order in this thread, until it is done or stopped."""
        ...  # pragma: no cover
