"""The settings of the daemon: when it sweeps what, when it must not, and who may ask it for what."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct

Duration = Annotated[str, Meta(pattern=r"\A[1-9][0-9]{0,5}(s|m|h|d)\Z")]
"""`30s`, `15m`, `6h` or `1d`."""
Pause = Annotated[str, Meta(pattern=r"\A(0|[1-9][0-9]{0,5})(s|m|h|d)\Z")]
"""The same, or `0s`."""
TimeOfDay = Annotated[str, Meta(pattern=r"\A([01][0-9]|2[0-3]):[0-5][0-9]\Z")]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Name = Annotated[str, Meta(pattern=r"\A[a-z0-9][a-z0-9_.-]*\Z", max_length=64)]
Account = str | Annotated[int, Meta(ge=0, le=4_294_967_293)]
"""A name, or a number."""

WEEK: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SYSTEM_SOCKET = Path("/run/livebom/control.sock")
INSIDE_SOCKET = Path("/run/livebom/inside.sock")

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds(duration: str) -> int:
    """How long `30s`, `15m`, `6h` or `1d` is. Raises ValueError for anything else."""
    found = re.fullmatch(r"([0-9]{1,6})(s|m|h|d)", duration)
    if found is None:
        raise ValueError(f"{duration!r} is no duration: write 30s, 15m, 6h or 1d")
    return int(found[1]) * _SECONDS[found[2]]


class BlackoutEntry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Hours of the week in which nothing is swept; what runs then is held, and goes on afterwards."""

    days: Annotated[tuple[Day, ...], Meta(min_length=1)] = WEEK
    """On which it begins."""
    begins: TimeOfDay
    ends: TimeOfDay
    """On the next day where that is not later than `begins`."""
    zone: str = "UTC"
    """The time zone, as in the IANA database: `Europe/Berlin`."""
    reason: Annotated[str, Meta(max_length=200)] = ""


class ScheduleEntry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When to sweep what: either `every` so often, or at the times of `cron`."""

    every: Duration | None = None
    """Counted from 1970-01-01 00:00 UTC, so that a restart moves nothing."""
    cron: Annotated[str, Meta(max_length=200)] | None = None
    """Minute, hour, day of the month, month, day of the week, as in crontab(5)."""
    zone: str = "UTC"
    """The time zone of `cron`."""
    jitter: Pause = "0s"
    """Each run begins up to that much later, so that several scanners do not begin at once."""
    groups: tuple[Name, ...] = ()
    """Of the targets file; none named is all of them."""
    ports: Annotated[str, Meta(min_length=1, max_length=2000)] | None = None
    """In place of the groups' own."""
    servers: tuple[str, ...] = ()
    """Only these products; none named is all."""
    pace: Annotated[float, Meta(gt=0, le=1_000_000)] | None = None
    """Connection attempts per second, where that is slower than `rate` and the group's own."""
    priority: Annotated[int, Meta(ge=-100, le=100)] = 0
    """Of two sweeps that wait, the higher one goes first."""
    blackouts: tuple[BlackoutEntry, ...] = ()
    """Beside those of the daemon."""
    enabled: bool = True

    def __post_init__(self) -> None:
        if (self.every is None) == (self.cron is None):
            raise ValueError("a schedule has either `every` or `cron`")
        if self.every is not None and seconds(self.every) < 60:
            raise ValueError("`every` is at least 60s")
        if self.every is not None and seconds(self.jitter) > seconds(self.every):
            raise ValueError("`jitter` is at most `every`")
        if seconds(self.jitter) > 86400:
            raise ValueError("`jitter` is at most 1d")


class Accounts(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom a role belongs to; an account that this host does not know gets nothing."""

    users: tuple[Account, ...] = ()
    groups: tuple[Account, ...] = ()


class Roles(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may ask for what; root and the daemon's own user are always `admin`."""

    read: Accounts = Accounts(groups=("livebom-read",))
    """Everything that is known."""
    sweep: Accounts = Accounts(groups=("livebom-ops",))
    """That too, and to order, cancel, pause and resume sweeps within the groups of the targets file."""
    admin: Accounts = Accounts()
    """All of it, sweeps of anything, and to reload."""
    collector: Accounts = Accounts(groups=("livebom-collect",))
    """To hand over observations, and nothing else."""


class LocalEntry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of this host and its cluster is looked at, and how often; collectors go by the same."""

    sources: tuple[Literal["containers", "process"], ...] = ()
    """What the daemon itself looks at, with the rights it has; what collectors hand over is taken in any case."""
    kubernetes: tuple[Annotated[str, Meta(max_length=253)], ...] = ()
    """Contexts of the kubeconfig; `""` is the current one, or the cluster that this pod is in."""
    every: Duration = "5m"
    """So often, beside whenever a container or pod comes or goes."""
    jitter: Pause = "30s"
    """Each look begins up to that much later."""
    stale_after: Duration = "20m"
    """What a collector handed over longer ago is not seen any more, and its absence is told."""
    quiet_hours: tuple[BlackoutEntry, ...] = ()
    """Only then are the files of models read whole, to hash them."""
    inside: str | None = None
    """The socket of whatever enters containers' network namespaces; None is `INSIDE_SOCKET` where there is one."""

    def __post_init__(self) -> None:
        if seconds(self.every) < 10:
            raise ValueError("`every` is at least 10s")
        if seconds(self.jitter) > seconds(self.every):
            raise ValueError("`jitter` is at most `every`")
        if seconds(self.stale_after) < seconds(self.every) + seconds(self.jitter):
            raise ValueError("`stale_after` is at least `every` and `jitter` together")

    @property
    def inside_socket(self) -> Path | None:
        """Where network namespaces are entered; None where nobody does."""
        if self.inside is not None:
            return Path(self.inside).expanduser()
        return INSIDE_SOCKET if INSIDE_SOCKET.exists() else None


class Daemon(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The section `daemon` of the settings."""

    socket: str | None = None
    """Where the daemon is reached; None is the default place, see `socket_path`."""
    socket_group: Account | None = "livebom-read"
    """The group of a socket that the daemon makes itself; systemd's own socket unit says it otherwise."""
    targets: str = "/etc/livebom/targets.yaml"
    """The file of groups that schedules and orders name."""
    schedules: dict[Name, ScheduleEntry] = {}
    blackouts: tuple[BlackoutEntry, ...] = ()
    """For every sweep."""
    at_once: Annotated[int, Meta(ge=1, le=16)] = 1
    """Sweeps that may go on at the same time."""
    roles: Roles = Roles()
    local: LocalEntry = LocalEntry()
    """This host, its containers and its cluster."""
    metrics: Annotated[str, Meta(pattern=r"\A(127\.[0-9.]+|\[::1\]):[0-9]{1,5}\Z")] | None = None
    """A loopback address and port where /metrics is told to anyone on this host; None tells it on the socket only."""

    def socket_path(self, environment: Mapping[str, str]) -> Path:
        """Where a daemon of this user makes its socket, and where it is looked for first.

        `socket`, else `livebom/control.sock` under $XDG_RUNTIME_DIR, else the system's.
        """
        if self.socket is not None:
            return Path(self.socket).expanduser()
        own = Path(environment.get("XDG_RUNTIME_DIR", ""))
        return own / "livebom" / "control.sock" if own.is_absolute() else SYSTEM_SOCKET
