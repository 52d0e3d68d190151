"""One typed change, and all that a comparison of two states has to say."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid5

from msgspec import Struct

from livebom.bom.identity import NAMESPACE
from livebom.bom.parts import EdgeKind, PartKind, Value
from livebom.bom.service import Severity


class Status(StrEnum):
    """What is to be thought of a change."""

    CONFIRMED = "confirmed"
    SUSPECTED = "suspected"
    """Known only by inference; told as low at most."""
    ACCEPTED = "accepted"
    """An accept row of the policy holds; never fails a build."""
    EXPECTED = "expected"
    """It fell into a maintenance window."""
    FLAPPING = "flapping"
    """It came and went often; told once, with its count."""


class Change(Struct, frozen=True, kw_only=True):
    """One event of a diff: what a reader, a build or an alert is told."""

    event: str
    """Such as `server.new`; see docs/changes.md for all of them."""
    severity: Severity
    status: Status = Status.CONFIRMED
    part: UUID
    """The part it is about; of an edge, where the edge begins."""
    kind: PartKind
    key: str
    name: str
    edge: UUID | None = None
    edge_kind: EdgeKind | None = None
    other: UUID | None = None
    """The edge's other end."""
    other_kind: PartKind | None = None
    other_key: str = ""
    other_name: str = ""
    attribute: str = ""
    before: Value = None
    after: Value = None
    why: tuple[str, ...] = ()
    """In words: what made the severity what it is, in the order in which it was decided."""
    evidence_before: str = ""
    evidence_after: str = ""
    owner: str | None = None
    """Whom to call; None where nobody is known."""
    where: tuple[str, ...] = ()
    """Keys of the listeners, hosts or repositories it can be found at."""
    at: datetime
    """When the newer state last saw it, or last looked for it in vain."""
    count: int = 1
    """How often it came or went, where it flaps."""


class Comparison(Struct, frozen=True, kw_only=True):
    """Two states compared; everything in a fixed order, so equal input gives equal bytes."""

    old: str
    """How the older state was named: a file, `last-good`, a sweep, a time."""
    new: str
    old_at: datetime
    new_at: datetime
    changes: tuple[Change, ...] = ()
    """Worst first, then by event and key."""
    unsaid: tuple[str, ...] = ()
    """In words: what is missing from the newer state and was not looked for completely, so not called gone."""
    unsaid_count: int = 0
    """How many parts and edges that is."""
    not_seen: tuple[str, ...] = ()
    """What the newer state did not look at."""
    held: int = 0
    """How many new things are not told yet: known only by inference, and seen by too few looks (`damping`)."""


def change_id(sweep: str, change: Change) -> str:
    """The id of a change that a sweep told, made of the sweep, the event and what it is about.

    Half surrogate pairs, which UTF-8 cannot hold, count as `?`.
    """
    about = (sweep, change.event, change.part, change.edge or change.other or "", change.attribute)
    whole = "\x1f".join(map(str, about))
    return str(uuid5(NAMESPACE, whole.encode("utf-8", "replace").decode()))
