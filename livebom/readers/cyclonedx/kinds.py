"""Which kind of part a component or a service is, and whether the document says so or a rule concludes it."""

import re
from collections.abc import Iterable
from urllib.parse import unquote

from livebom.bom.parts import Confidence, PartKind
from livebom.readers.cyclonedx import places
from livebom.readers.cyclonedx.shape import Component, ComponentType, Service

K = PartKind
DECLARED, INFERRED = Confidence.DECLARED, Confidence.INFERRED
Kind = tuple[PartKind, Confidence]

WEIGHTS = {
    ".gguf": "gguf",
    ".safetensors": "safetensors",
    ".onnx": "onnx",
    ".bin": "pickle",
    ".pt": "pickle",
    ".pth": "pickle",
    ".ckpt": "pickle",
}
"""Endings of files that hold numbers, and the format they stand for."""
_BESIDE = (".json", ".md", ".txt", ".yaml", ".yml", ".jinja", ".py", "license", ".gitattributes")
"""Endings of files that lie beside a model's weights and are none."""

_PACKAGES: frozenset[ComponentType] = frozenset(
    {"application", "framework", "library", "platform", "operating-system", "device-driver", "firmware"}
)
_TAGS = {
    "agent": K.AGENT,
    "ai-agent": K.AGENT,
    "tool": K.TOOL,
    "mcp": K.MCP_SERVER,
    "mcp-server": K.MCP_SERVER,
    "guardrail": K.GUARDRAIL,
    "vector-store": K.VECTOR_STORE,
    "vector-database": K.VECTOR_STORE,
    "inference-server": K.SERVER,
    "api-provider": K.API_PROVIDER,
}
_DATA = {"configuration": K.PROMPT, "source-code": K.REPOSITORY}
"""Types of `data` that are no data set."""
_ADAPTERS = frozenset({"adapter", "lora", "qlora", "peft"})
_STORES = frozenset(
    {"qdrant", "weaviate", "milvus", "chroma", "chromadb", "pinecone", "pgvector", "lancedb", "vectorstore"}
)
_ROUTE = re.compile(r"(?P<method>GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (?P<path>/\S*)")
_WORD = re.compile(r"[A-Za-z0-9]+")


def component_kind(one: Component, properties: dict[str, str], parent: PartKind | None) -> Kind | None:
    """The kind of a component; None for one the graph has no word for (a plain file, a cryptographic asset)."""
    tagged = _tagged(one.tags)
    if tagged and one.type in {"application", "framework", "library", "platform"}:
        return tagged
    if one.type == "machine-learning-model":
        return _model_kind(one, properties)
    if one.type == "data":
        types = {entry.type for entry in one.data or ()}
        only = next(iter(types)) if len(types) == 1 else None
        return _DATA.get(only or "", K.DATASET), (DECLARED if types else INFERRED)
    if one.type == "file":
        return _file_kind(one, parent)
    if one.type in _PACKAGES:
        return K.PACKAGE, DECLARED
    return {"container": (K.IMAGE, DECLARED), "device": (K.HOST, DECLARED)}.get(one.type)


def service_kind(one: Service) -> Kind:
    """The kind of a service; what nothing tells apart is a server, by inference."""
    if tagged := _tagged(one.tags):
        return tagged
    if route(one.name):
        return K.ENDPOINT, DECLARED
    words = {word.lower() for word in _WORD.findall(f"{one.group or ''} {one.name}")}
    if "mcp" in words:
        return K.MCP_SERVER, INFERRED
    if words & _STORES:
        return K.VECTOR_STORE, INFERRED
    hosts = [parts.hostname for url in one.endpoints or () if (parts := places.split(url)) and parts.hostname]
    if any(places.hosted_ai(host) or (one.crosses and places.external(host)) for host in hosts):
        return K.API_PROVIDER, INFERRED
    return K.SERVER, INFERRED


def route(name: str) -> tuple[str, str] | None:
    """Method and path, where a service's name is an HTTP route such as `GET /chat`."""
    found = _ROUTE.fullmatch(unquote(name))
    return (found["method"], found["path"]) if found else None


def weights_format(name: str) -> str | None:
    """The format that a file's ending stands for, None where it is not one of weights."""
    return next((form for ending, form in WEIGHTS.items() if name.lower().endswith(ending)), None)


def _tagged(tags: Iterable[str] | None) -> Kind | None:
    found = sorted(
        {_TAGS[tag.lower().replace("_", "-")] for tag in tags or () if tag.lower().replace("_", "-") in _TAGS}
    )
    return (found[0], DECLARED) if len(found) == 1 else None


def _model_kind(one: Component, properties: dict[str, str]) -> Kind:
    if properties.get("livebom:role") == "adapter":
        return K.ADAPTER, DECLARED
    words = {tag.lower() for tag in one.tags or ()} | {properties.get("library_name", "").lower()}
    return (K.ADAPTER, INFERRED) if words & _ADAPTERS else (K.MODEL, DECLARED)


def _file_kind(one: Component, parent: PartKind | None) -> Kind | None:
    if one.name.lower().endswith(_BESIDE):
        return None
    if parent in {K.MODEL, K.ADAPTER, K.MODEL_VERSION}:
        return K.WEIGHTS, DECLARED
    return (K.WEIGHTS, INFERRED) if weights_format(one.name) else None
