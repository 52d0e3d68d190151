"""How many of 1000 open ports are found among 655,360 targets whose hosts answer RST to everything else.

Each target is tried once, as masscan does; a false open port makes the figure 0. At full rate, at 100,000 a second, and
at full rate beside as many busy processes as there are cores.
"""

import os
from collections.abc import Callable
from contextlib import nullcontext

from benches.bed import ANSWERING, PORTS, Bed, burning, chosen, masscan, masscan_found, missing
from benches.harness import Cost, Result, by_turns, call, judged, main, skipped

FIGURE = "open ports found, full rate"
TARGET = "ours >= 1000"
UNIT = "of 1000; the peer is masscan"
CASES = {FIGURE: (0, 3, 0), "open ports found, 100,000/s": (100_000, 2, 0), "open ports found, busy cores": (0, 2, 1)}
"""Rate, runs, busy processes a core."""


def _ours(rate: int) -> Cost:
    return call("benches.bed:hunt", ANSWERING, PORTS, rate, 1.0, 0)


def _true(found: set[tuple[str, int]]) -> float:
    """How many were found; 0 where anything else was."""
    return float(len(found)) if found <= set(chosen()) else 0.0


def _case(bed: Bed, rate: int, runs: int, busy: int) -> tuple[list[float], list[float]]:
    peer: Callable[[], Cost] = lambda: masscan(bed, ANSWERING, PORTS, rate=rate or 10_000_000, wait=2)  # noqa: E731
    with burning(busy * (os.cpu_count() or 1)) if busy else nullcontext():
        mine, peers = by_turns(lambda: _ours(rate), peer, runs=runs)
    found = [_true({(address, port) for address, port in cost.answer["open"]}) for cost in mine]
    return found, [_true(masscan_found(cost.answer)) for cost in peers]


def run() -> list[Result]:
    """Measure each case; the worst of our runs counts, and the best of masscan's."""
    if reason := missing("masscan"):
        return [skipped(figure, TARGET, UNIT, reason) for figure in CASES]
    with Bed() as bed, bed.responder("listen"):
        told = {figure: _case(bed, *case) for figure, case in CASES.items()}
    return [
        judged(figure, TARGET, UNIT, [min(mine)], [max(peers)], note=f"every run: {_list(mine)}; {_list(peers)}")
        for figure, (mine, peers) in told.items()
    ]


def _list(found: list[float]) -> str:
    return ", ".join(f"{one:.0f}" for one in found)


if __name__ == "__main__":
    main(run)
