"""What a surface saw, where and why it is believed: the only way into the graph."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from livebom.bom.parts import Confidence, EdgeKind, PartKind, Value


class Outcome(StrEnum):
    """How one look ended; "could not look" is a fact of its own and never an absence."""

    OK = "ok"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    CLOSED = "closed"
    TLS_ERROR = "tls_error"
    PROTOCOL_ERROR = "protocol_error"
    DENIED = "denied"
    OUT_OF_SCOPE = "out_of_scope"
    UNREADABLE = "unreadable"
    GAVE_UP = "gave_up"


class Fact(Struct, frozen=True):
    """One attribute's value and how well it is known."""

    value: Value
    confidence: Confidence = Confidence.DECLARED
    evidence: str = ""
    """Where it was read (see `Claim.evidence`); empty where only the whole observation's evidence is known."""


class Evidence(Struct, frozen=True, kw_only=True):
    """The why of a statement: what was asked or read, and a short excerpt of the answer with secrets removed."""

    what: str
    """The request line, `file:line`, or argv."""
    digest: str = ""
    """SHA-256 (hex) of the bytes that answered; the key of the store's `content` table."""
    excerpt: str = ""


class Listener(Struct, frozen=True, kw_only=True):
    """One place where something answers: an address and a port of a zone, perhaps under a name."""

    host: str
    """The address in canonical text form (RFC 5952 for IPv6)."""
    port: int
    zone: str = "default"
    transport: str = "tcp"
    name: str | None = None
    """The name asked for (SNI and Host); two virtual hosts on one address and port are two listeners."""
    base_path: str = ""
    """A path prefix without trailing slash, from a URL target."""
    source: str = "connect"
    hints: dict[str, str] = {}
    """What the source knows beside the address: `image`, `argv`, `pid`, `scheme`, labels."""

    @property
    def key(self) -> str:
        """The natural key: `zone/host:port`, then `/name` and the base path where there are any."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.zone}/{host}:{self.port}" + (f"/{self.name}" if self.name else "") + self.base_path


class EdgeTo(Struct, frozen=True, kw_only=True):
    """An edge from an observation's subject to another part, named by its kind and natural key."""

    kind: EdgeKind
    to_kind: PartKind
    to: str
    facts: dict[str, Fact] = {}


class Observation(Struct, frozen=True, kw_only=True):
    """One timestamped statement of one source about one part; append-only."""

    sweep: str
    at: datetime
    """When it was seen, in UTC."""
    surface: str
    source: str
    kind: PartKind
    subject: str
    """The part's natural key."""
    aliases: tuple[str, ...] = ()
    """Further natural keys, of the same kind, that name the same part."""
    facts: dict[str, Fact] = {}
    edges: tuple[EdgeTo, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    confidence: Confidence = Confidence.DECLARED
    outcome: Outcome = Outcome.OK
