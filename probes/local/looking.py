"""All sources of this host at once, each in a thread of its own with its own deadline."""

from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from pkgutil import iter_modules

import anyio
from anyio import to_thread

import probes.local
from livebom.bom.cleaning import cleaned
from probes.local.namespaces import filled
from probes.local.workload import LocalSource, Looked, Window, Workload

_GRACE = 5.0
"""Seconds that a source may take beyond its deadline before it is left alone."""


def sources(hinted: Callable[[Workload], bool], wanted: Iterable[str] | None = None) -> tuple[LocalSource, ...]:
    """The sources of this folder, by name: every module with a `NAME`, and `places()` that makes one for each place.

    `hinted` says whether a workload may be a server, for sources that look closer only at those. `wanted` are names;
    None is all that need no place to be named.
    """
    found: list[LocalSource] = []
    for module in sorted(iter_modules(probes.local.__path__), key=lambda one: one.name):
        one = import_module(f"{probes.local.__name__}.{module.name}")
        name = getattr(one, "NAME", None)
        if name is None or (wanted is not None and name not in wanted):
            continue
        if hasattr(one, "Processes"):
            found.append(one.Processes(hinted))
        elif hasattr(one, "places"):
            found += one.places()
    return tuple(found)


async def look(those: Sequence[LocalSource], window: Window) -> tuple[Looked, ...]:
    """What each source tells, in their order; one that hangs or breaks is a fact in its place."""
    looked: list[Looked] = [
        Looked(source=one.NAME, not_seen=(f"{one.NAME}: did not answer in time",), complete=False) for one in those
    ]

    async def one_of(number: int, source: LocalSource) -> None:
        # A thread that hangs is left behind: its source had its deadline, and nobody waits for it any longer.
        with anyio.move_on_after(window.deadline + _GRACE):
            looked[number] = await to_thread.run_sync(_safely, source, window, abandon_on_cancel=True)

    async with anyio.create_task_group() as group:
        for number, source in enumerate(those):
            group.start_soon(one_of, number, source)
    return tuple(looked)


def _safely(source: LocalSource, window: Window) -> Looked:
    try:
        return cleaned(filled(source.look(window)))
    except Exception as error:  # noqa: BLE001 - one source that breaks must not take the others' word with it
        words = f"{source.NAME}: {type(error).__name__}"
        return Looked(source=source.NAME, not_seen=(words,), complete=False)
