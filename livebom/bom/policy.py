"""The rules of one organisation (`config/policy.yaml`): how bad what is, what is allowed, accepted until when."""

from datetime import UTC, date, datetime
from typing import Annotated

from msgspec import Meta, Struct

from livebom.bom.alerting import AlertRule, Sink
from livebom.bom.patterns import Id, Pattern, Words
from livebom.bom.service import Severity


class Grant(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An agent (or a model) that may call these tools of these MCP servers; names or keys."""

    agent: Pattern = "*"
    mcp_server: Pattern = "*"
    tool: Pattern = "*"


class Placement(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Models that may be served from these hosts; names or keys."""

    model: Pattern = "*"
    host: Pattern = "*"


class Allowed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may be run; a list that is left out allows everything, an empty one nothing."""

    products: tuple[Pattern, ...] | None = None
    models: tuple[Pattern, ...] | None = None
    images: tuple[Pattern, ...] | None = None
    """Digests (`sha256:…`) or references."""
    providers: tuple[Pattern, ...] | None = None
    """Domains of hosted AI services that data may go to."""
    grants: tuple[Grant, ...] | None = None
    placements: tuple[Placement, ...] | None = None


class Accept(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A finding, or an event of a diff, that somebody answers for until a day."""

    finding: Pattern | None = None
    """The check's id."""
    event: Pattern | None = None
    """The event's name, as in `docs/changes.md`; one of the two is given."""
    where: Pattern
    """The key of the part it is about or of a listener of it, such as `zone/host:port`."""
    reason: Words
    expires: date
    """The last day on which it counts, in UTC."""
    by: str = ""

    def __post_init__(self) -> None:
        if (self.finding is None) == (self.event is None):
            raise ValueError("an accept row names either a `finding` or an `event`")

    def holds(self, today: date) -> bool:
        """Whether it still counts."""
        return today <= self.expires


class Window(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A time in which changes at a place are expected and told as info."""

    where: Pattern = "*"
    """As in an accept row."""
    begins: datetime
    ends: datetime
    reason: Words

    def __post_init__(self) -> None:
        if self.begins.tzinfo is None or self.ends.tzinfo is None:
            raise ValueError("write `begins` and `ends` with their offset, such as 2026-11-21T08:00:00Z")

    def holds(self, at: datetime) -> bool:
        """Whether the moment lies in it."""
        return self.begins <= at.astimezone(UTC) <= self.ends


class Distinct(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Two keys that are not the same thing, whatever joined them: the join is undone."""

    one: Words
    other: Words


class Damping(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much noise a change has to outlast before it is told."""

    sightings: Annotated[int, Meta(ge=1, le=100)] = 1
    """Consecutive looks that must have seen a new thing known only by inference."""
    flaps: Annotated[int, Meta(ge=2, le=1000)] = 3
    """Comings and goings within the period, from which on a thing counts as flapping and is told once, with a count."""


class Policy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The rules of one organisation."""

    severities: dict[Id, Severity] = {}
    """A check's id, a rule of the policy, a CVE or an event's name, to the severity it has here, not as it comes."""
    allow: Allowed = Allowed()
    accept: tuple[Accept, ...] = ()
    windows: tuple[Window, ...] = ()
    distinct: tuple[Distinct, ...] = ()
    damping: Damping = Damping()
    sinks: dict[Id, Sink] = {}
    """Where alerts go, by the names that rules use."""
    alerts: tuple[AlertRule, ...] = ()
    """A change that fits several rules goes to each sink once."""

    def __post_init__(self) -> None:
        known = ", ".join(sorted(self.sinks)) or "none"
        for number, rule in enumerate(self.alerts):
            for name in rule.sinks:
                if name not in self.sinks:
                    raise ValueError(f"alerts[{number}] names the sink `{name}`; `sinks` has {known}")
