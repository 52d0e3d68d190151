"""Where open ports come from: one small module each, all called the same way."""

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol, cast

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
    ports_never: tuple[int, ...] = ()
    """Never contacted on any address; planning has left them out, and a source of its own process checks again."""
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


class EngineError(Exception):
    """No source can look at a plan as asked; the text says why."""


AUTO = "auto"
"""The fastest source that can look at a plan here."""
_PREFERRED = ("syn", "connect")


def sources() -> dict[str, Source]:
    """Every source of this folder by its name."""
    found = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    return {one.NAME: cast("Source", one) for one in found if hasattr(one, "find")}


def chosen(name: str, hunt: Hunt) -> tuple[Source, str]:
    """The source of that name, or with `auto` the first that can look at this plan; and in words why it is that one.

    Raises EngineError where the named one does not exist or cannot look.
    """
    known = sources()
    if name != AUTO:
        if name not in known:
            raise EngineError(f"there is no engine {name}; there are auto, {', '.join(sorted(known))}")
        if reason := known[name].refusal(hunt):
            raise EngineError(f"the engine {name} cannot look here: {reason}")
        return known[name], f"the {name} path, as asked for"
    refused = []
    for one in (known[name] for name in _PREFERRED if name in known):
        if reason := one.refusal(hunt):
            refused.append(f"not the {one.NAME} path: {reason}")
            continue
        return one, "; ".join([f"the {one.NAME} path", *refused])
    raise EngineError("; ".join(refused))
