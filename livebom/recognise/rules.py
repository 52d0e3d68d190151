"""The fingerprint format: what one YAML file under `fingerprints/servers/` may say; unknown keys are refused."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from livebom.bom.service import Auth, Severity
from livebom.recognise import versions

Role = Literal[
    "inference",
    "gateway",
    "interface",
    "agent",
    "mcp",
    "vector-store",
    "notebook",
    "platform",
    "runtime",
    "database",
    "proxy",
    "web",
]
"""What a product does in a stack. `database`, `proxy` and `web` are no AI by themselves; `runtime` is a container
engine or a GPU service."""

NOT_AI = frozenset({"database", "proxy", "web"})
"""Roles that stand in a stack and are never the product."""

Scalar = str | int | float | bool | None
Weight = Annotated[float, Meta(ge=-1.0, le=1.0)]
Name = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_.-]*$")]


class Test(Struct, frozen=True, forbid_unknown_fields=True):
    """A predicate on one value; everything it names must hold. A bare scalar in YAML means `equals`."""

    equals: Scalar | UnsetType = UNSET
    one_of: list[Scalar] | None = None
    matches: str | None = None
    """A regular expression, searched (not anchored) in a string; numbers are read as text."""
    contains: str | None = None
    type: Literal["string", "integer", "number", "boolean", "list", "object", "null"] | None = None
    exists: bool | None = None
    empty: bool | None = None
    has_keys: list[str] | None = None
    only_keys: list[str] | None = None
    count: int | None = None
    """At least so many items."""


class Match(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A condition on one reply; everything it names must hold."""

    outcome: str | None = None
    """The ask's outcome; default `ok`, so a condition on content never holds for silence."""
    status: int | list[int] | None = None
    reason: str | None = None
    header: dict[str, Test | Scalar] = {}
    """Header name (case ignored) to a test of its value; `{exists: false}` means it must be absent."""
    media: str | None = None
    """Start of the Content-Type, lower case."""
    body: Test | str | None = None
    """On the text of the body (UTF-8, wrong bytes replaced)."""
    json: dict[str, Test | Scalar] = {}
    """Path to a test. `a.b`, `a[0]`, `a[]` (any item), `""` (the document), `*` (any value of an object);
    a key with dots is written in quotes: `a."b.c"`; `"*.c"` is every key that ends in `.c`. A path that leads nowhere
    fails, but for `{exists: false}`."""
    tls: bool | None = None
    banner: Test | str | None = None
    """On the first bytes of an answer that is no HTTP, each byte read as one character; implies `protocol_error`."""


class Condition(Match, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A condition on the reply to a named ask."""

    ask: str
    """An ask of this file or of `shared.yaml`; `any` means every reply of the conversation."""


class Mark(Condition, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A piece of evidence: a condition with a weight. Positive ones speak for the product, negative ones against."""

    weight: Weight
    why: str
    source: str = ""
    """Where the fact comes from: a recording, an upstream file, a document."""
    even_if_control: bool = False
    """Counts also where the reply to the random path satisfies it (a product whose unknown paths are its mark)."""


class Veto(Condition, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A condition under which the product is not there, whatever else speaks for it."""

    why: str
    source: str = ""


class Entries(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The entries of a list in an earlier reply that pass every test."""

    ask: str
    each: str
    """Path to the entries."""
    name: str
    """Path, within an entry, to the model's name."""
    json: dict[str, Test | Scalar] = {}


class AskRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One request the fingerprint may make; exactly one of the six ways."""

    get: str | None = None
    head: str | None = None
    safe_post: str | None = None
    """A POST that reads only, declared so with its source in `why`."""
    safe_options: str | None = None
    safe_session: str | None = None
    """An MCP session: initialize, list, delete."""
    safe_raw: str | None = None
    """The first bytes of a protocol that is not HTTP, one character a byte; they must ask and change nothing. Sent
    before anything else, on `ports` alone."""
    ports: list[int] = []
    """Sent only there; anywhere where there are none."""
    json: Any = None
    """The body of a `safe_post` or `safe_session`; `{model}` in a string is replaced by the model's name."""
    headers: dict[str, str] = {}
    phase: Literal["identify", "models", "checks"] = "identify"
    """When it may be sent: to find out what it is, then to name models, then for verdicts."""
    each: Literal["model"] | None = None
    """Sent once per model already named."""
    most: Annotated[int, Meta(ge=1, le=16)] = 4
    """How many times at most, with `each`."""
    only_for: Entries | None = None
    """With `each`: only for models named by these entries (Ollama forwards an ask about a cloud model)."""
    blind: bool = False
    """Worth sending on the product's usual ports before anything speaks for it, because no shared ask shows it."""
    cap: int = 1 << 20
    sensitive: bool = False
    """Its body may hold secrets or prompts: it is judged, and never stored."""
    after: str | None = None
    """Only where this ask was answered with 2xx."""
    why: str = ""


class VersionRule(Condition, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the version stands. The first rule that yields a value wins."""

    at: str
    """A JSON path, `header:NAME`, or `body` or `banner` for a regular expression over the text."""
    pattern: str | None = None
    """A regular expression whose first group (else the whole match) is the version."""
    trust: Literal["exact", "declared", "inferred", "lies"] = "declared"
    """`lies`: the value is known not to be the product's version; it is shown, marked, and never compared."""
    value: str | None = None
    """With `trust: inferred`: the statement to make where the condition holds, such as `>=0.4.0`."""
    note: str = ""


class Field(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"is_": "is"}):
    """Where one field of a model stands; a bare string in YAML means `at`."""

    at: str | None = None
    pattern: str | None = None
    value: Scalar | UnsetType = UNSET
    """A constant, for example `loaded: {value: true}` in a list of running models."""
    is_: Scalar | UnsetType = UNSET
    """True where the value at `at` equals this."""
    exists: bool | None = None
    """True where `at` leads to a value (or, with `false`, to none): an entry of a list of running instances."""

    def __post_init__(self) -> None:
        if self.at is None and self.value is UNSET:
            raise ValueError("a field needs `at` or `value`")


class ModelRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a reply names models. Rules are applied in order; a later one fills what is still unknown, by name."""

    ask: str
    when: Match | None = None
    each: str | None = None
    """Path to the list (or to an object: its values); none for an ask sent once per model or for a single model."""
    name: Field | str | None = None
    """None only with an ask `each: model`: the name asked for."""
    adds: bool = True
    """Whether a name not seen before becomes a model."""
    digest: Field | str | None = None
    format: Field | str | None = None
    family: Field | str | None = None
    parameters: Field | str | None = None
    quantization: Field | str | None = None
    context_length: Field | str | None = None
    base: Field | str | None = None
    path: Field | str | None = None
    license: Field | str | None = None
    loaded: Field | str | None = None
    otherwise_loaded: bool | None = None
    """What `loaded` is for the models this list does not name."""


MODEL_FIELDS = (
    "digest", "format", "family", "parameters", "quantization", "context_length", "base", "path", "license", "loaded",
)  # fmt: skip
"""What a `ModelRule` can say of a model beside its name."""


class AuthRule(Condition, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a reply tells about authentication. The first rule that holds wins."""

    auth: Auth


Exposure = Literal["loopback", "private", "public"]
"""From where a listener can be reached, as its zone says."""

Grading = Severity | dict[Exposure, Severity]
"""How bad a failure is: the same everywhere, or by exposure."""


class Demand(Condition, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A condition of a check. On an ask sent once per model it holds if any model's reply satisfies it."""

    every: bool = False
    """Every model that the ask may be sent for was asked, and each reply satisfies it; there may be none."""


class Clause(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Conditions that must all hold."""

    all: Annotated[list[Demand], Meta(min_length=1)]
    severity: Grading | None = None
    """In place of the check's own, where this clause is what proves the failure."""


class CheckRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"pass_": "pass"}):
    """A misconfiguration check that is requests and matchers; `fail` and `pass` are alternatives of clauses."""

    id: Name
    title: str
    why: str
    severity: Grading
    severity_why: str = ""
    cwe: list[int] = []
    owasp: list[str] = []
    """Ids of the OWASP Top 10 for LLM applications 2025."""
    remediation: str
    confirm: Literal["remote", "host", "inferred"] = "remote"
    fail: list[Clause] = []
    pass_: list[Clause] = []
    applies: list[Clause] = []
    """Where given and replies refute them all, the verdict is not_applicable."""
    exposures: list[Exposure] = []
    """Where it applies, elsewhere the verdict is not_applicable; everywhere where there are none."""
    source: str = ""


class CveRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A known vulnerability and the versions it is in."""

    id: str
    affected: str
    """Comma-joined bounds, all of which must hold: `>=0.6.5,<0.8.5`."""
    title: str
    severity: Severity | None = None
    fixed: str | None = None
    source: str = ""
    grade: Literal["source", "advisory", "memory"] = "advisory"
    """How the range is known; what is only known from memory is shown in the catalogue and never judged by."""

    def __post_init__(self) -> None:
        versions.bounds(self.affected)


class Hints(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a host or container source knows the product before a packet is sent; regular expressions."""

    process: list[str] = []
    image: list[str] = []
    environment: list[str] = []


class Fingerprint(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One product."""

    product: Name
    title: str
    role: Role
    grade: Literal["recorded", "source", "memory"]
    """How its marks are known; what is only known from memory scores less."""
    homepage: str = ""
    generic: bool = False
    """Named only where no other product of its role is (an OpenAI-compatible API of unknown make)."""
    fronts: list[str] = []
    """Products that may stand behind it in one stack."""
    ports: list[Annotated[int, Meta(ge=1, le=65535)]] = []
    """Its usual ports; first its default."""
    hints: Hints = Hints()
    asks: dict[Name, AskRule] = {}
    marks: list[Mark] = []
    vetoes: list[Veto] = []
    version: list[VersionRule] = []
    models: list[ModelRule] = []
    auth: list[AuthRule] = []
    checks: list[CheckRule] = []
    cves: list[CveRule] = []
    sources: list[str] = []


class NeverRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request that is never sent where the product may be, because it acts."""

    product: str
    """`any`: it is never sent to anything."""
    method: str = "GET"
    path: str
    """A regular expression over the whole path with its query."""
    why: str
    source: str


class Shared(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`fingerprints/shared.yaml`: the asks every conversation starts with, in order."""

    asks: dict[Name, AskRule]


class Never(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`fingerprints/never.yaml`."""

    never: list[NeverRule]


class Workloads(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`fingerprints/workloads.yaml`: the checks of containers and processes, whichever server they hold."""

    checks: list[CheckRule]
