"""One open service as it is told to people and programs: the stable record behind a line of `--format jsonl`."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from livebom.bom.observation import Evidence, Outcome


class Auth(StrEnum):
    """What stands between a stranger and the service."""

    NONE = "none"
    REQUIRED = "required"
    PARTIAL = "partial"
    UNKNOWN = "unknown"


class Severity(StrEnum):
    """How bad a finding is, worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Severity).index(self)


class Verdict(StrEnum):
    """What a check concluded."""

    FAIL = "fail"
    PASS = "pass"  # noqa: S105 - a verdict, not a password
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"


class Layer(Struct, frozen=True, kw_only=True):
    """One product of the stack behind a listener, with what speaks for it."""

    product: str
    role: str
    score: float
    """0..1; see `livebom.recognise.judge`."""
    evidence: tuple[str, ...] = ()


class ServedModel(Struct, frozen=True, kw_only=True):
    """One AI model as its server tells of it; what is not told is null."""

    name: str
    digest: str | None = None
    """As the server prints it (Ollama: SHA-256 of the manifest, not of the weights)."""
    format: str | None = None
    family: str | None = None
    parameters: str | None = None
    quantization: str | None = None
    context_length: int | None = None
    base: str | None = None
    path: str | None = None
    license: str | None = None
    loaded: bool | None = None


class Finding(Struct, frozen=True, kw_only=True):
    """One check's verdict about one service."""

    id: str
    title: str
    severity: Severity
    state: Verdict
    evidence: tuple[str, ...] = ()
    remediation: str = ""
    cwe: tuple[str, ...] = ()
    """Numbers of the Common Weakness Enumeration."""
    owasp: tuple[str, ...] = ()
    """Ids of the OWASP Top 10 for LLM applications 2025."""
    accepted: str = ""
    """Until when and why somebody answers for it; empty where nobody does."""


class TlsFacts(Struct, frozen=True, kw_only=True):
    """The certificate and protocol a TLS listener showed; nothing here was trusted."""

    version: str | None = None
    cipher: str | None = None
    subject: str | None = None
    issuer: str | None = None
    names: tuple[str, ...] = ()
    not_before: str | None = None
    not_after: str | None = None
    sha256: str | None = None
    """Of the DER certificate, hex."""
    self_signed: bool | None = None


class Service(Struct, frozen=True, kw_only=True):
    """One open service of one sweep."""

    host: str
    port: int
    zone: str = "default"
    name: str | None = None
    base_path: str = ""
    scheme: str | None = None
    product: str | None = None
    version: str | None = None
    version_source: str | None = None
    score: float = 0.0
    stack: tuple[Layer, ...] = ()
    auth: Auth = Auth.UNKNOWN
    models: tuple[ServedModel, ...] | None = None
    """None where the list could not be read, empty where the server says it serves none."""
    models_source: str | None = None
    """The request whose answer listed them."""
    findings: tuple[Finding, ...] = ()
    tls: TlsFacts | None = None
    requests: int = 0
    """How many requests were sent to it."""
    outcome: Outcome = Outcome.OK
    owner: str | None = None
    """Whom to call, by the rules of the targets file."""
    exposure: str | None = None
    """From where its address can be reached: `loopback`, `private` or `public`."""
    conflict: tuple[str, ...] = ()
    """Products that cannot all be there yet are all claimed: a mimic or a honeypot."""
    at: datetime
    proof: tuple[Evidence, ...] = ()
    """The asks and their answers, in order; not printed by default."""
