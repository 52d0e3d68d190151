"""The words of the graph: kinds of parts and edges, how well a fact is known, and the records that hold them."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec
from msgspec import Struct

_encode = msgspec.json.Encoder().encode

Value = str | int | float | bool | None | list[str]
"""What an attribute can hold."""


class Confidence(StrEnum):
    """How well a fact is known, best first."""

    VERIFIED = "verified"
    DECLARED = "declared"
    INFERRED = "inferred"
    UNRESOLVED = "unresolved"

    @property
    def rank(self) -> int:
        """0 for the best known."""
        return _RANKS[self]


_RANKS = {confidence: rank for rank, confidence in enumerate(Confidence)}


def encoded(value: Value) -> bytes:
    """The value as bytes that tell any two values apart, even those that no JSON can hold.

    A target may send half a surrogate pair, which UTF-8 cannot hold, and integers of thousands of digits, which Python
    refuses to print.
    """
    try:
        return _encode(value)
    except (UnicodeEncodeError, ValueError, OverflowError):
        if isinstance(value, int):
            return hex(value).encode()
        texts = value if isinstance(value, list) else [str(value)]
        return b"\0".join(text.encode("utf-8", "surrogatepass") for text in texts)


class PartKind(StrEnum):
    """Everything that can stand in the graph."""

    HOST = "host"
    LISTENER = "listener"
    SERVER = "server"
    CONTAINER = "container"
    IMAGE = "image"
    PROCESS = "process"
    ENDPOINT = "endpoint"
    MODEL = "model"
    MODEL_VERSION = "model_version"
    WEIGHTS = "weights"
    ADAPTER = "adapter"
    DATASET = "dataset"
    PROMPT = "prompt"
    TOOL = "tool"
    MCP_SERVER = "mcp_server"
    AGENT = "agent"
    VECTOR_STORE = "vector_store"
    API_PROVIDER = "api_provider"
    PRINCIPAL = "principal"
    PACKAGE = "package"
    REPOSITORY = "repository"
    SECRET_REFERENCE = "secret_reference"  # noqa: S105 - a kind of part, not a secret
    GUARDRAIL = "guardrail"
    FINDING = "finding"


class EdgeKind(StrEnum):
    """How one part stands to another; reads from source to destination ("server serves model")."""

    RUNS_ON = "runs_on"
    LISTENS_ON = "listens_on"
    FRONTS = "fronts"
    SERVES = "serves"
    HAS_VERSION = "has_version"
    HAS_WEIGHTS = "has_weights"
    DERIVED_FROM = "derived_from"
    FINE_TUNED_ON = "fine_tuned_on"
    ADAPTER_OF = "adapter_of"
    QUANTIZED_FROM = "quantized_from"
    USES_MODEL = "uses_model"
    USES_PROMPT = "uses_prompt"
    CAN_CALL = "can_call"
    EXPOSES = "exposes"
    USES_MCP = "uses_mcp"
    HANDS_OFF_TO = "hands_off_to"
    GUARDED_BY = "guarded_by"
    READS = "reads"
    WRITES = "writes"
    POPULATED_FROM = "populated_from"
    EMBEDDED_BY = "embedded_by"
    ROUTES_TO = "routes_to"
    CALLS_PROVIDER = "calls_provider"
    SENDS_DATA_TO = "sends_data_to"
    DECLARED_IN = "declared_in"
    BUILT_FROM = "built_from"
    DEPLOYED_AS = "deployed_as"
    MAY_CHANGE = "may_change"
    AUTHENTICATES_WITH = "authenticates_with"
    ALLOWED = "allowed"
    ALIAS_OF = "alias_of"
    CANDIDATE_SAME_AS = "candidate_same_as"
    DEPENDS_ON = "depends_on"
    CONTAINS = "contains"
    HAS_FINDING = "has_finding"


# Millions of these stand in a large state, and none can be in a circle: the cycle collector need not walk them.
class Claim(Struct, frozen=True, kw_only=True, order=True, gc=False):
    """One source's word on one attribute; claims that differ stand side by side."""

    value: Value
    surface: str
    source: str
    confidence: Confidence
    first_seen: datetime
    last_seen: datetime
    evidence: str = ""
    """Where it was last read: a request line, `file:line` or argv, then `#` and the first digits of the digest."""


Attributes = dict[str, tuple[Claim, ...]]
"""Attribute name to its claims, one per (value, surface, source), in a fixed order."""


class Part(Struct, frozen=True, kw_only=True, gc=False):
    """A node of the graph; `id` is the UUIDv5 of kind and natural key and never changes."""

    id: UUID
    kind: PartKind
    key: str
    attributes: Attributes = {}
    first_seen: datetime
    last_seen: datetime


class Edge(Struct, frozen=True, kw_only=True, gc=False):
    """A typed arrow between two parts; `id` is the UUIDv5 of source, kind and destination."""

    id: UUID
    kind: EdgeKind
    source: UUID
    destination: UUID
    attributes: Attributes = {}
    first_seen: datetime
    last_seen: datetime


class Alias(Struct, frozen=True, kw_only=True, order=True, gc=False):
    """Two keys that name the same part; removing the row undoes the merge."""

    id: UUID
    same_as: UUID
    kind: PartKind
    key: str
    """The second key, the one `same_as` was made from."""
    source: str
    method: str = "declared"
    """Why the two are believed to be one: `declared` by the source, or a rule of `livebom.bom.same`."""
    confidence: float = 1.0
    """0..1; see `livebom.bom.same` for the rules and their grades."""


class Graph(Struct, frozen=True, kw_only=True):
    """A state of the bill of materials."""

    parts: dict[UUID, Part] = {}
    edges: dict[UUID, Edge] = {}
    aliases: frozenset[Alias] = frozenset()
