"""Parts of a sweep as a command line names them: which shard, and the sweep that goes on."""

from typing import Any

import click
from msgspec import Struct

from livebom.bom.text import safe_text
from livebom.store import Store

_KEPT = (
    "target",
    "targets",
    "ports",
    "exclude",
    "servers",
    "engine",
    "shard",
    "i_mean_it",
    "local",
    "hashed",
    "containers",
    "kubernetes",
)
"""What is kept of a command line, for whoever has to go on with its sweep; nothing of it can be a secret."""


class Shard(click.ParamType[tuple[int, int]]):
    """`3/8`: the third of eight parts."""

    name = "shard"

    def convert(
        self, value: str | tuple[int, int], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """Which part, and of how many; fails with what would have been understood."""
        if isinstance(value, tuple):
            return value
        which, mark, of = value.partition("/")
        if not (mark and which.isdecimal() and of.isdecimal() and 1 <= int(which) <= int(of) <= 65536):
            self.fail(f"{value!r} is no shard; write 3/8 for the third of eight parts", param, ctx)
        return int(which), int(of)


class Unfinished(Struct, frozen=True):
    """A sweep that can go on."""

    id: str
    arguments: dict[str, Any]


def unfinished(store: Store, sweep: str) -> Unfinished:
    """The sweep whose id begins so. Raises click.UsageError where there is none, or several."""
    found = [(row, trail) for row, trail in store.unfinished() if row.id.startswith(sweep)]
    if len(found) == 1:
        return Unfinished(found[0][0].id, found[0][1].arguments)
    ids = ", ".join(row.id for row, _ in store.unfinished()) or "none"
    many = "several sweeps begin so" if found else "no sweep of that id can go on"
    raise click.UsageError(f"{safe_text(sweep, 40)}: {many}; those that never ended: {ids}")


def kept(options: Any) -> dict[str, Any]:
    """Of a command line, what its sweep needs to go on."""
    return {name: getattr(options, name) for name in _KEPT}


def restored(given: dict[str, Any], again: Unfinished | None) -> dict[str, Any]:
    """The command line with the targets of the sweep that goes on, unless it names its own."""
    if again is None or given["target"] or given["targets"]:
        return given
    found = {name: tuple(value) if isinstance(value, list) else value for name, value in again.arguments.items()}
    return {**given, **{name: value for name, value in found.items() if name in _KEPT}}
