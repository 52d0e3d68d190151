"""One step from the older state to the newer as the rules see it, with both states around it."""

from collections.abc import Callable
from enum import StrEnum

from msgspec import Struct

from livebom.bom.events.state import State
from livebom.bom.graph import value
from livebom.bom.parts import Edge, Part, PartKind, Value
from livebom.bom.policy import Policy


class On(StrEnum):
    """What kind of step it is."""

    PART_NEW = "part new"
    PART_GONE = "part gone"
    PART_CHANGED = "attribute of a part changed"
    EDGE_NEW = "edge new"
    EDGE_GONE = "edge gone"
    EDGE_CHANGED = "attribute of an edge changed"
    NOT_SEEN = "not seen"
    REACHES = "reach grew"


class Case(Struct, frozen=True, kw_only=True):
    """A step, and where it stands."""

    on: On
    old: State
    new: State
    policy: Policy
    part: Part
    """As the newer state has it, else as the older; of an edge, where it begins."""
    edge: Edge | None = None
    other: Part | None = None
    """The edge's other end; of a finding, what it is about."""
    attribute: str = ""
    before: Value = None
    after: Value = None
    was: Part | Edge | None = None
    """What changed or went, as it was."""
    now: Part | Edge | None = None
    """What came or changed, as it is."""
    reached: tuple[Part, ...] = ()
    """Of an endpoint: what it now reaches and did not."""
    notes: tuple[str, ...] = ()
    """Words for `why` that come with the step."""

    @property
    def state(self) -> State:
        """Where `part` was taken from."""
        return self.new if self.part.id in self.new.parts else self.old

    @property
    def ends(self) -> tuple[Part, ...]:
        """The part, and the other where there is one."""
        return (self.part, self.other) if self.other else (self.part,)


Predicate = Callable[[Case], str]
"""Says in words why it holds, and nothing where it does not."""


def items(part: Part, name: str) -> list[str]:
    """An attribute that is a list of texts, or one text; empty where it is neither."""
    said = value(part, name)
    return said if isinstance(said, list) else [said] if isinstance(said, str) and said else []


def of_kind(case: Case, kind: PartKind) -> list[Part]:
    """Those of the case's ends that are of the kind."""
    return [part for part in case.ends if part.kind is kind]
