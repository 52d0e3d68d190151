"""The messages of the control socket: what is asked, what is answered, and how a sweep stands."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from msgspec import Meta, Struct

from livebom.bom.change import Change
from livebom.bom.observation import Observation
from livebom.bom.service import Finding, Severity

Word = Annotated[str, Meta(min_length=1, max_length=300)]
Key = Annotated[str, Meta(pattern=r"\A[!-~]{1,200}\Z")]
"""An Idempotency-Key: printable ASCII without spaces."""
SweepId = Annotated[str, Meta(pattern=r"\A[0-9a-f]{4,32}\Z")]
"""A sweep's id, or enough of its beginning."""
Surface = Annotated[str, Meta(pattern=r"\A[a-z][a-z0-9_.-]{0,63}\Z")]


class SweepState(StrEnum):
    """How a sweep stands."""

    WAITING = "waiting"
    """For its turn, or for another attempt."""
    RUNNING = "running"
    HELD = "held"
    """It began, and goes on when the pause or the blackout is over."""
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def over(self) -> bool:
        """Whether nothing more comes of it."""
        return self in {SweepState.DONE, SweepState.FAILED, SweepState.CANCELLED}


class SweepRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What to sweep: groups of the targets file, single targets, or (with neither) everything in that file."""

    groups: Annotated[tuple[Word, ...], Meta(max_length=1000)] = ()
    targets: Annotated[tuple[Word, ...], Meta(max_length=1000)] = ()
    """Addresses, CIDR, ranges, names, host:port or URLs; without the role `admin` they must lie in the groups."""
    exclude: Annotated[tuple[Word, ...], Meta(max_length=1000)] = ()
    ports: Annotated[str, Meta(min_length=1, max_length=2000)] | None = None
    servers: Annotated[tuple[Word, ...], Meta(max_length=200)] = ()
    pace: Annotated[float, Meta(gt=0, le=1_000_000)] | None = None
    priority: Annotated[int, Meta(ge=-100, le=100)] = 0
    local: bool = False
    """This host, its containers and its cluster in place of the network; it has no groups, targets or ports."""

    def __post_init__(self) -> None:
        if self.local and (self.groups or self.targets or self.exclude or self.ports or self.servers or self.pace):
            raise ValueError("`local` stands alone")


class Progressed(Struct, frozen=True, kw_only=True):
    """How far a sweep is."""

    planned: int = 0
    """Targets (host and port) of the order it is at."""
    tried: int = 0
    open: int = 0
    talked: int = 0
    """Conversations that ended."""
    requests: int = 0


class Sweep(Struct, frozen=True, kw_only=True):
    """One sweep as it was ordered and as it stands."""

    id: str
    request: SweepRequest
    by: str
    """`schedule NAME`, `local`, or `uid N`."""
    anywhere: bool = False
    """Ordered by an admin: its targets need not lie in the groups."""
    priority: int = 0
    state: SweepState = SweepState.WAITING
    asked_at: datetime
    not_before: datetime | None = None
    begun_at: datetime | None = None
    ended_at: datetime | None = None
    attempts: int = 0
    said: str = ""
    """What became of it, in words."""
    complete: bool | None = None
    counts: dict[str, int] = {}
    changes: dict[str, int] = {}
    """How many were told, by severity."""
    key: str = ""
    """The Idempotency-Key that it was ordered with."""
    progress: Progressed | None = None
    """While it runs."""


class SweepList(Struct, frozen=True, kw_only=True):
    """A page of sweeps, newest first."""

    sweeps: tuple[Sweep, ...]
    next: str | None = None
    """The cursor of the next page."""


class Event(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of a stream; which further fields there are depends on `event`."""

    event: str
    """`state`, `progress`, `service`, `change`, `lost` (`count` lines were left out: you read too slowly) or `beat`."""
    at: datetime
    sweep: str = ""
    state: SweepState | None = None
    said: str = ""
    complete: bool | None = None
    progress: Progressed | None = None
    key: str = ""
    """The listener's."""
    product: str | None = None
    version: str | None = None
    auth: str = ""
    models: tuple[str, ...] | None = None
    findings: tuple[Finding, ...] = ()
    """Those that failed."""
    change: Change | None = None
    count: int = 0


class ServiceList(Struct, frozen=True, kw_only=True):
    """A page of services, in order of their keys."""

    services: tuple[dict[str, Any], ...]
    total: int
    as_of: datetime | None
    """When the last look ended."""
    next: str | None = None


class ChangeLine(Struct, frozen=True, kw_only=True):
    """A change as a sweep told it."""

    id: str
    sweep: str
    at: datetime
    change: Change


class ChangeList(Struct, frozen=True, kw_only=True):
    """A page of changes, oldest first."""

    since: datetime
    until: datetime
    changes: tuple[ChangeLine, ...]
    total: int
    next: str | None
    not_looked_at: tuple[str, ...]


class FindingLine(Struct, frozen=True, kw_only=True):
    """An open finding."""

    severity: Severity
    finding: str
    title: str
    kind: str
    about: str
    where: tuple[str, ...] | str
    owner: str | None
    since: datetime
    last_seen: datetime
    seen: tuple[str, ...]
    """What it rests on, in words."""
    fix: str
    accepted: str | None


class FindingList(Struct, frozen=True, kw_only=True):
    """A page of findings, worst first."""

    findings: tuple[FindingLine, ...]
    total: int
    next: str | None = None


class SqlRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One SELECT on the last snapshot."""

    query: Annotated[str, Meta(min_length=1, max_length=100_000)]
    parameters: dict[str, str | int | float | bool | None] = {}
    max_rows: Annotated[int, Meta(ge=1, le=1_000_000)] = 10_000
    timeout: Annotated[float, Meta(ge=0.1, le=60)] = 10.0
    """Seconds."""


class SqlAnswer(Struct, frozen=True, kw_only=True):
    """Its rows."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    cut: bool
    """There were more."""
    as_of: datetime
    """When the snapshot was published."""
    seconds: float


class Batch(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One look of a local collector; the sweep named in the observations is replaced by the batch's own."""

    surface: Surface
    source: Surface
    scope: Annotated[tuple[Word, ...], Meta(max_length=1000)] = ()
    observations: Annotated[tuple[Observation, ...], Meta(min_length=1, max_length=20_000)]

    def __post_init__(self) -> None:
        # Times without a zone cannot be compared with ours, and those of the first and last year not be turned to UTC.
        if any(one.at.tzinfo is None or not 1970 <= one.at.year < 9999 for one in self.observations):
            raise ValueError("write the times of observations with their offset, such as 2026-11-21T08:00:00Z")


class Taken(Struct, frozen=True, kw_only=True):
    """A batch is stored: it survives whatever happens now."""

    sweep: str
    observations: int
    changes: int


class Paused(Struct, frozen=True, kw_only=True):
    """Whether sweeps are paused."""

    paused: bool
    by: str = ""


class Reloaded(Struct, frozen=True, kw_only=True):
    """What a reload came to; where it is refused, the last good configuration stays."""

    loaded: bool
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class ScheduleStatus(Struct, frozen=True, kw_only=True):
    """One schedule."""

    name: str
    next: datetime | None
    last: datetime | None


class StoreStatus(Struct, frozen=True, kw_only=True):
    """The store."""

    path: str
    open: bool
    trouble: str = ""
    snapshot_at: datetime | None = None
    snapshot_bytes: int = 0
    free_bytes: int = 0
    """On its disk."""
    unflushed: int = 0
    """Rows that were seen and are not committed yet."""


class ConfigStatus(Struct, frozen=True, kw_only=True):
    """The configuration in force."""

    file: str | None
    loaded_at: datetime
    refused_at: datetime | None = None
    problems: tuple[str, ...] = ()
    """Of the one that was refused."""
    notes: tuple[str, ...] = ()


class WatchStatus(Struct, frozen=True, kw_only=True):
    """One source that is listened to, so that what starts is seen at once."""

    place: str
    state: str
    """`watched`, `connecting`, `absent` (nobody is there, which is quite usual) or `failing`."""
    since: datetime
    said: str = ""
    """Why, in words."""
    heard: int = 0
    """Events until now."""


class CollectorStatus(Struct, frozen=True, kw_only=True):
    """One collector that hands over what it sees of this host."""

    name: str
    at: datetime
    """When it handed over something last."""
    counts: bool
    """Whether that is new enough to count as seen."""
    missed: bool = False
    """It should have handed over something by now."""
    complete: bool | None = None
    workloads: int = 0


class LocalStatus(Struct, frozen=True, kw_only=True):
    """This host, its containers and its cluster."""

    last: Sweep | None = None
    """The last look at them that ended here."""
    watched: tuple[WatchStatus, ...] = ()
    collectors: tuple[CollectorStatus, ...] = ()


class Status(Struct, frozen=True, kw_only=True):
    """Whether all is well."""

    version: str
    well: bool
    trouble: tuple[str, ...]
    """In words, the worst first."""
    at: datetime
    started_at: datetime
    paused: bool
    held_until: datetime | None
    """The end of the blackout that holds all sweeps now."""
    running: tuple[Sweep, ...]
    waiting: int
    last: Sweep | None
    """The last sweep that ended here."""
    not_looked_at: tuple[str, ...]
    schedules: tuple[ScheduleStatus, ...]
    store: StoreStatus
    config: ConfigStatus
    findings: dict[str, int]
    """Open ones by severity."""
    alerts: dict[str, int]
    """In the outbox, by state."""
    happened: tuple[str, ...]
    """The last things out of the ordinary, oldest first."""
    loop_lag: float
    """Seconds, the worst of the last minute."""
    role: str = ""
    """What you may do here."""
    local: LocalStatus = LocalStatus()


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An error (RFC 9457), with what to do about it."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str = ""
    remedy: str = ""
