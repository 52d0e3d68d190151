"""Whom to alert of which change (`alerts` and `sinks` of the policy), and an alert as it waits in the outbox."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar
from urllib.parse import SplitResult, urlsplit

from msgspec import Meta, Struct

from livebom.bom.change import Status
from livebom.bom.parts import PartKind
from livebom.bom.patterns import Id, Pattern
from livebom.bom.service import Severity

FilePath = Annotated[str, Meta(pattern=r"\A/[^\x00]*\Z", max_length=4096)]
"""An absolute path."""

_LOCAL = ("localhost", "::1")
_FACILITIES = (
    *("kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp"),
    *("audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"),
)


class AlertRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which changes go to which sinks; every field that is given must fit."""

    events: tuple[Pattern, ...] = ("*",)
    """Names of events."""
    severity: Severity = Severity.INFO
    """This bad or worse."""
    statuses: tuple[Status, ...] = (Status.CONFIRMED, Status.SUSPECTED, Status.FLAPPING)
    kinds: tuple[PartKind, ...] = ()
    """Of the part that changed, or of an edge's other end; empty is any."""
    owners: tuple[Pattern, ...] = ()
    """Who is to be called; a change without an owner fits `*` only."""
    where: tuple[Pattern, ...] = ()
    """The key of the part, of the other end, or of a place it is found at."""
    labels: tuple[Pattern, ...] = ()
    """`key=value` of either part; all of these must be there."""
    sinks: Annotated[tuple[Id, ...], Meta(min_length=1)]


class Form(StrEnum):
    """How an alert is written for a program."""

    TEXT = "text"
    JSON = "json"
    CLOUDEVENTS = "cloudevents"
    OCSF = "ocsf"
    CEF = "cef"


class SecretFrom(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a secret is kept; exactly one of the fields is given."""

    file: FilePath | None = None
    """A file that others may not read."""
    environment: Annotated[str, Meta(pattern=r"\A[A-Za-z_][A-Za-z0-9_]*\Z")] | None = None
    """The name of a variable."""
    credential: Annotated[str, Meta(pattern=r"\A[A-Za-z0-9][A-Za-z0-9_.-]{0,254}\Z")] | None = None
    """The name of a credential that systemd hands over (systemd.exec(5), `LoadCredential=`)."""

    def __post_init__(self) -> None:
        if sum(one is not None for one in (self.file, self.environment, self.credential)) != 1:
            raise ValueError("a secret is named by one of `file`, `environment` and `credential`")


class _Sink(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """What all sinks have."""

    deadline: Annotated[float, Meta(gt=0, le=120)] = 10.0
    """Seconds that one attempt may take."""
    attempts: Annotated[int, Meta(ge=1, le=50)] = 12
    """After so many that failed, an alert is dead."""
    digest_over: Annotated[int, Meta(ge=1, le=100_000)] = 10_000
    """More alerts of one turn than this become one digest."""
    per_minute: Annotated[int, Meta(ge=1, le=60_000)] = 600
    """At most so many deliveries."""


class _Web(_Sink, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all sinks that are reached by HTTP have."""

    url: Annotated[str, Meta(max_length=2000)]
    """Without credentials and query, which could be secrets; `http` to this host only."""
    path: SecretFrom | None = None
    """Where the path (with its query) is kept, where it is a secret; it takes the place of that of `url`."""
    ca: FilePath | None = None
    """Certificates to trust instead of the system's."""

    def __post_init__(self) -> None:
        parts = _split(self.url)
        if parts.scheme not in {"http", "https"}:
            raise ValueError("write a `url` that begins with https://")
        if parts.scheme == "http" and not local(parts.hostname or ""):
            raise ValueError("a `url` with http:// goes to this host only (localhost); write https://")


class Webhook(_Web, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="webhook"):
    """A URL that takes JSON, signed as Standard Webhooks says."""

    key: SecretFrom
    """The key of the HMAC: at least 16 bytes, or `whsec_` and its base64."""
    format: Form = Form.CLOUDEVENTS
    digest_over: Annotated[int, Meta(ge=1, le=100_000)] = 50


class Slack(_Web, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="slack"):
    """An incoming webhook of Slack, Mattermost or what understands the same."""

    digest_over: Annotated[int, Meta(ge=1, le=100_000)] = 10
    per_minute: Annotated[int, Meta(ge=1, le=60_000)] = 50


class Splunk(_Web, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="splunk"):
    """Splunk's HTTP Event Collector; `url` names the host and port."""

    token: SecretFrom
    index: Annotated[str, Meta(min_length=1, max_length=80)] | None = None
    sourcetype: Annotated[str, Meta(min_length=1, max_length=200)] = "livebom:alert"
    format: Form = Form.JSON


class Syslog(_Sink, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="syslog"):
    """A syslog server, RFC 5424."""

    url: Annotated[str, Meta(max_length=2000)]
    """`tls://host:6514`, `tcp://host:601`, `udp://host:514` or `unix:///dev/log`."""
    facility: str = "local0"
    enterprise: Annotated[int, Meta(ge=1, le=2**31 - 1)] = 32473
    """The enterprise number of the structured data; 32473 is that for examples (RFC 5612)."""
    ca: FilePath | None = None
    format: Form = Form.TEXT

    FACILITIES: ClassVar[tuple[str, ...]] = _FACILITIES
    """By their number (RFC 5424 table 1)."""

    def __post_init__(self) -> None:
        if self.facility not in _FACILITIES:
            raise ValueError(f"a `facility` is one of {', '.join(_FACILITIES)}")
        parts = _split(self.url, path=self.url.startswith("unix:"))
        if parts.scheme == "unix":
            if parts.netloc or not parts.path.startswith("/"):
                raise ValueError("write `url` as unix:///dev/log")
        elif parts.scheme not in {"tls", "tcp", "udp"}:
            raise ValueError("write a `url` that begins with tls://, tcp://, udp:// or unix://")
        elif parts.port is None:
            raise ValueError("write the port in `url`, such as tls://logs.example:6514")


class Journald(_Sink, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="journald"):
    """The journal of this host."""

    socket: FilePath = "/run/systemd/journal/socket"


class File(_Sink, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="file"):
    """A file to which one line per alert is added."""

    path: FilePath
    format: Form = Form.JSON


Sink = Webhook | Slack | Splunk | Syslog | Journald | File


def local(host: str) -> bool:
    """Whether the host is this one, by its name or address alone."""
    return host in _LOCAL or (host.startswith("127.") and host.replace(".", "").isdigit())


def _split(url: str, *, path: bool = True) -> SplitResult:
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise ValueError("a `url` is plain ASCII; write a name in its ASCII form (xn--…)")
    parts = urlsplit(url)
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError("a `url` holds neither credentials nor a query, which belong into a file")
    if not path and parts.path.strip("/"):
        raise ValueError("this `url` has no path")
    if parts.scheme != "unix" and not parts.hostname:
        raise ValueError("a `url` names a host")
    if parts.port == 0:
        raise ValueError("a port is 1 to 65535")
    return parts


class LetterState(StrEnum):
    """What became of a letter."""

    WAITING = "waiting"
    SENT = "sent"
    DEAD = "dead"
    """It was given up; it can be sent again by hand."""


class Letter(Struct, frozen=True, kw_only=True):
    """An alert on its way to one sink."""

    id: str
    """Whoever receives it twice knows it by that."""
    sink: str
    body: bytes
    """The alert as JSON."""
    created: datetime
    """Letters of one sink are delivered in the order of this."""
    due: datetime
    attempts: int = 0
    state: LetterState = LetterState.WAITING
    told: str = ""
    """What the last attempt came to; no secret, nothing from the other side."""
