"""The form of a rule: which step becomes which event, and what makes it worse or better."""

from collections.abc import Callable

from msgspec import Struct

from livebom.bom.events.case import Case, On, Predicate
from livebom.bom.parts import EdgeKind, Part, PartKind
from livebom.bom.service import Severity


class Shift(Struct, frozen=True):
    """Where the predicate holds, the severity is at least (or, lowering, at most) this one."""

    severity: Severity
    when: Predicate
    lowers: bool = False


class Rule(Struct, frozen=True, kw_only=True):
    """A row: the step it is about, the event that tells it, and how bad that is in which circumstances."""

    event: str
    on: On
    kinds: tuple[PartKind, ...] = ()
    """Of the part, or of where the edge begins; empty for any."""
    edges: tuple[EdgeKind, ...] = ()
    """Kinds of edges; empty for any."""
    to: tuple[PartKind, ...] = ()
    """Of the edge's other end; empty for any."""
    attribute: str = ""
    """The attribute that changed; of a thing that came or went, the one that is shown."""
    when: tuple[Predicate, ...] = ()
    """All must hold."""
    shifts: tuple[Shift, ...] = ()
    """In the order in which they are tried and told."""
    instead: Callable[[Case], tuple[Part, ...]] | None = None
    """The older parts this one stands instead of: where there are none the rule does not hold, else they are told."""
    besides: bool = False
    """A further rule may tell the same step too."""
    tried: bool = False
    """The value is what the thing did when it was asked, so doubt is about the thing and not about the value."""
