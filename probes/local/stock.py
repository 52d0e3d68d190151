"""The models that lie on this host in the words of the graph: model, revision, files, and what they were made from."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from livebom.bom.observation import EdgeTo, Fact, Observation
from livebom.bom.parts import Confidence, EdgeKind, PartKind
from probes.local.telling import Teller, to
from probes.local.weights import CachedModel, Stock, WeightsFile

SOURCE = "weights"
_HUB = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
_HUB_ADDRESS = "https://huggingface.co/"
_VERIFIED, _INFERRED = Confidence.VERIFIED, Confidence.INFERRED


class Served(Struct, frozen=True, kw_only=True, order=True):
    """A model as its server's workload names it."""

    server: str
    """The server's key."""
    model: str
    """The key that the model has so far: `hf:…` or `served:…`."""
    text: str
    """As named: a Hugging Face id or a path, as the workload sees it."""
    revision: str = ""


def observations(teller: Teller, stock: Stock, served: Mapping[str, Iterable[Served]]) -> tuple[Observation, ...]:
    """What lies there; `served` are the models that each workload names, by the workload's id.

    A model that a server loads by a path has the key of the served one; of the others, one without a name that a cache
    proves is known by its files where all are hashed, else by its place on this host.
    """
    told: list[Observation] = []
    for model in stock.models:
        users = [one for user in model.users for one in served.get(user, ()) if _is_served(model, one)]
        keys = {model.key} if model.key else {one.model for one in users} or {_own_key(teller, model)}
        for key in sorted(keys):
            told += _model(teller, model, key)
        for one in sorted(users):
            key = model.key or one.model
            edge = to(EdgeKind.SERVES, _kind(model), key)
            told.append(teller.say(SOURCE, PartKind.SERVER, one.server, {}, edges=(edge,), evidence=(model.path,)))
    return tuple(told)


def _is_served(model: CachedModel, one: Served) -> bool:
    """Whether what the workload names is this model: by its id and revision, or by the end of its path."""
    if model.key.startswith("hf:"):
        same = model.key == f"hf:{one.text.partition(':')[0].lower()}"
        return same and (one.revision or "main") in (*model.refs, model.revision)
    if not one.text.startswith(("/", ".", "~")) and "." not in one.text:
        return False
    name = one.text.rstrip("/").rpartition("/")[2]
    return name == model.path.rpartition("/")[2] or any(name == file.path.rpartition("/")[2] for file in model.files)


def _own_key(teller: Teller, model: CachedModel) -> str:
    """By its files where all are hashed, as one set; else by its place, which no other host shares."""
    if model.files and all(file.sha256 for file in model.files):
        lines = sorted(f"{file.name} {file.sha256}\n" for file in model.files)
        return f"sha256:{hashlib.sha256(''.join(lines).encode()).hexdigest()}"
    return f"named:{teller.here.key}/{model.path.lstrip('/')}"


def _kind(model: CachedModel) -> PartKind:
    return PartKind.ADAPTER if model.kind == "adapter" else PartKind.MODEL


def _model(teller: Teller, model: CachedModel, key: str) -> Iterator[Observation]:
    version = f"{key}@{model.revision}" if model.revision and model.key else ""
    edges = [to(EdgeKind.HAS_VERSION, PartKind.MODEL_VERSION, version)] if version else []
    edges += [to(EdgeKind.HAS_WEIGHTS, PartKind.WEIGHTS, _weights_key(key, file)) for file in model.files]
    edges += list(_bases(model, key))
    facts = {
        "name": Fact(model.name),
        "family": Fact(model.architecture),
        "quantization": Fact(model.quantization),
        "base": Fact(", ".join(model.base)),
        "license": Fact(model.license),
        "format": Fact(", ".join(sorted({file.format for file in model.files}))),
        "revision": Fact(model.revision, _VERIFIED),
        "parameters": Fact(_parameters(model)),
    }
    yield teller.say(SOURCE, _kind(model), key, facts, edges=edges, evidence=(model.path,))
    if version:
        said = {"revision": Fact(model.revision, _VERIFIED), "name": Fact(model.name)}
        own = [edge for edge in edges if edge.kind is EdgeKind.HAS_WEIGHTS]
        yield teller.say(SOURCE, PartKind.MODEL_VERSION, version, said, edges=own, evidence=(model.path,))
    for file in model.files:
        yield _weights(teller, key, file)


def _weights(teller: Teller, model: str, file: WeightsFile) -> Observation:
    proven = _VERIFIED if file.proof == "read" else Confidence.DECLARED
    facts = {
        "name": Fact(file.name),
        "file": Fact(file.path),
        "format": Fact(file.format, _VERIFIED),
        "bytes": Fact(file.bytes, _VERIFIED),
        "sha256": Fact(file.sha256, proven),
        "quantization": Fact(file.header.quantization if file.header else ""),
        "unsafe": Fact(True, _VERIFIED) if file.unsafe else Fact(None),
    }
    lines = [file.path]
    if file.changed:
        lines.append(f"the cache names it {file.claimed}, its bytes are {file.sha256}")
    if file.problem:
        lines.append(f"its header: {file.problem}")
    return teller.say(SOURCE, PartKind.WEIGHTS, _weights_key(model, file), facts, evidence=lines)


def _weights_key(model: str, file: WeightsFile) -> str:
    return f"sha256:{file.sha256}" if file.sha256 else f"{model}/{file.name}"


def _bases(model: CachedModel, key: str) -> Iterator[EdgeTo]:
    """What it was made from, where that is named so that others would name it alike."""
    kind = EdgeKind.ADAPTER_OF if model.kind == "adapter" else EdgeKind.DERIVED_FROM
    if model.kind == "model" and any(file.format == "gguf" for file in model.files):
        kind = EdgeKind.QUANTIZED_FROM
    for base in model.base:
        name = base.removeprefix(_HUB_ADDRESS).rstrip("/")
        if _HUB.fullmatch(name) and f"hf:{name.lower()}" != key:
            sure = Confidence.DECLARED if kind is not EdgeKind.DERIVED_FROM else _INFERRED
            yield to(kind, PartKind.MODEL, f"hf:{name.lower()}", base=Fact(base, sure))


def _parameters(model: CachedModel) -> str:
    """All files together, as people say it: `0.49B`."""
    total = sum(file.header.parameters or 0 for file in model.files if file.header)
    if total < 1_000_000:
        return ""
    return f"{total / 1e9:.3g}B" if total >= 1_000_000_000 else f"{total / 1e6:.3g}M"
