"""How a sweep's progress is shown: a bar on a terminal, a line every ten seconds elsewhere, always on stderr."""

import sys
import time

import anyio
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from livebom.surfaces import Progress as Sweeping

EVERY = 10.0
"""Seconds between two lines where there is no terminal."""


async def show(sweeping: Sweeping, *, color: bool) -> None:
    """Show progress until cancelled."""
    if sys.stderr.isatty():
        await _bar(sweeping, Console(stderr=True, no_color=not color))
    else:
        await _lines(sweeping)


async def _bar(sweeping: Sweeping, console: Console) -> None:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("sweeping", total=None)
        while True:
            bar.update(
                task, total=sweeping.planned or None, completed=sweeping.tally.tried, description=_words(sweeping)
            )
            await anyio.sleep(0.2)


async def _lines(sweeping: Sweeping) -> None:
    started = time.monotonic()
    while True:
        await anyio.sleep(EVERY)
        seconds = time.monotonic() - started
        share = 100 * sweeping.tally.tried / sweeping.planned if sweeping.planned else 0
        sys.stderr.write(f"livebom: {seconds:.0f} s, {share:.0f} % of {sweeping.planned} targets, {_words(sweeping)}\n")
        sys.stderr.flush()


def _words(sweeping: Sweeping) -> str:
    talking = sweeping.listeners - sweeping.finished
    return f"{sweeping.listeners} open ports, {sweeping.asked} asks, {talking} conversations"
