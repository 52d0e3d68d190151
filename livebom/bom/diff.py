"""The raw delta of two graphs: exact, complete, and able to turn the one into the other."""

from collections.abc import Mapping
from typing import Generic, TypeVar
from uuid import UUID

from msgspec import Struct

from livebom.bom.graph import values
from livebom.bom.parts import Alias, Edge, Graph, Part, Value

Node = TypeVar("Node", Part, Edge)


class Step(Struct, Generic[Node], frozen=True):
    """One part's or edge's way from the old graph to the new; None on the side where it is not."""

    before: Node | None
    after: Node | None

    @property
    def values(self) -> dict[str, tuple[Value, Value]]:
        """The attributes whose believed value differs, as (before, after); empty where it was merely seen again."""
        old = values(self.before) if self.before else {}
        new = values(self.after) if self.after else {}
        names = sorted(old.keys() | new.keys())
        return {name: (old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)}

    @property
    def speaks(self) -> bool:
        """Whether anything but the time of sight changed."""
        return self.before is None or self.after is None or bool(self.values)


class Delta(Struct, frozen=True):
    """What has to be done to the old graph to get the new one; every list in order of id."""

    parts: tuple[Step[Part], ...] = ()
    edges: tuple[Step[Edge], ...] = ()
    aliases_added: tuple[Alias, ...] = ()
    aliases_removed: tuple[Alias, ...] = ()


def delta(old: Graph, new: Graph) -> Delta:
    """The exact difference; empty for equal graphs, and `apply(old, delta(old, new)) == new`."""
    return Delta(
        parts=_steps(old.parts, new.parts),
        edges=_steps(old.edges, new.edges),
        aliases_added=tuple(sorted(new.aliases - old.aliases)),
        aliases_removed=tuple(sorted(old.aliases - new.aliases)),
    )


def apply(old: Graph, change: Delta) -> Graph:
    """The graph that `old` becomes by `change`."""
    return Graph(
        parts=_applied(old.parts, change.parts),
        edges=_applied(old.edges, change.edges),
        aliases=(old.aliases - set(change.aliases_removed)) | set(change.aliases_added),
    )


def _steps(old: Mapping[UUID, Node], new: Mapping[UUID, Node]) -> tuple[Step[Node], ...]:
    ids = sorted(old.keys() | new.keys(), key=lambda id_: id_.int)
    return tuple(Step(old.get(id_), new.get(id_)) for id_ in ids if old.get(id_) != new.get(id_))


def _applied(old: Mapping[UUID, Node], steps: tuple[Step[Node], ...]) -> dict[UUID, Node]:
    result = dict(old)
    for step in steps:
        if step.after is not None:
            result[step.after.id] = step.after
        elif step.before is not None:
            result.pop(step.before.id, None)
    return result
