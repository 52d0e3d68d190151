"""Hunts for a test: a plan of a few blocks, everything found in a list."""

from collections.abc import Callable, Sequence

from livebom.net.pace import Pace
from livebom.net.ranges import Range, read_address
from probes.engine.plan import Block, make_plan
from probes.engine.tally import Open, Tally
from probes.sources import Hunt


def reach(first: str, last: str) -> Range:
    one, other = read_address(first), read_address(last)
    return Range(one.first, other.first, one.family)


def hunt(
    *blocks: tuple[str, str, Sequence[int]],
    rate: float = 0,
    start: int = 0,
    stop_at: int | None = None,
    allowed: Callable[[str, int], bool] = lambda _address, _port: True,
    stop: Callable[[], bool] = lambda: False,
) -> tuple[Hunt, list[Open]]:
    """A hunt over these, and the list that what it finds goes to."""
    found: list[Open] = []
    plan = make_plan([Block((reach(first, last),), tuple(ports)) for first, last, ports in blocks])
    made = Hunt(
        plan=plan, key=b"key", start=start, stop_at=stop_at, pace=Pace(rate), timeout=0.3, allowed=allowed,
        on_open=found.extend, stop=stop, tally=Tally(),
    )  # fmt: skip
    return made, found
