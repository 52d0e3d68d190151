"""The store of Ollama: `manifests/<registry>/<ns>/<name>/<tag>` tell which `blobs/sha256-<hex>` make up a model."""

import hashlib
import re
from collections.abc import Iterator
from typing import Any

from msgspec import DecodeError, json

from probes.local.weights.scan import Scan
from probes.local.weights.shapes import CachedModel, Place, WeightsFile
from probes.local.weights.tree import Tree

_DIGEST = re.compile(r"sha256[:-](?P<hex>[0-9a-f]{64})")
_BLOB = re.compile(r"(?:.*/)?blobs/sha256-(?P<hex>[0-9a-f]{64})")
_LAYER = "application/vnd.ollama.image."
_NUMBERS = ("model", "adapter", "projector", "tensor")
"""The kinds of layers that are files of numbers; the others are texts (ollama: server/images.go)."""
_DEFAULT_REGISTRY, _DEFAULT_NAMESPACE = "registry.ollama.ai", "library"
_LAYERS = 10_000


def models(scan: Scan, tree: Tree, place: Place) -> Iterator[CachedModel]:
    """Every tag of every model in the store."""
    for path in list(_manifests(scan, tree, "manifests", 4)):
        raw = scan.text(tree, path)
        if raw and (said := _object(raw)) is not None:
            yield _model(scan, tree, place, path, hashlib.sha256(raw).hexdigest(), said)
        elif raw:
            scan.missed("a manifest that cannot be read")


def _manifests(scan: Scan, tree: Tree, path: str, depth: int) -> Iterator[str]:
    """The manifests, which lie exactly so many folders deep."""
    for name, is_folder in scan.entries(tree, path):
        if is_folder == (depth > 1):
            yield from _manifests(scan, tree, f"{path}/{name}", depth - 1) if is_folder else (f"{path}/{name}",)


def _model(scan: Scan, tree: Tree, place: Place, path: str, digest: str, said: dict[str, Any]) -> CachedModel:
    registry, namespace, name, tag = path.split("/")[1:]
    files = list(_files(scan, tree, said))
    first = next((one.header for one in files if one.name == "model" and one.header), None)
    config = _config(scan, tree, said)
    return CachedModel(
        cache="ollama",
        path=f"{tree.shown}/{path}",
        name=_shown(registry, namespace, name, tag),
        key=f"ollama:{registry}/{namespace}/{name}".lower(),
        revision=digest,
        refs=(tag,),
        base=first.base if first else (),
        architecture=_text(config, "model_family") or (first.architecture if first else ""),
        quantization=_text(config, "file_type") or (first.quantization if first else ""),
        license=first.license if first else "",
        files=tuple(files),
        writable=scan.writable(tree, "blobs", files),
        users=place.users,
    )


def _shown(registry: str, namespace: str, name: str, tag: str) -> str:
    """As Ollama itself shows it: what is its default is left out."""
    prefix = "" if registry == _DEFAULT_REGISTRY else f"{registry}/"
    if prefix or namespace != _DEFAULT_NAMESPACE:
        prefix += f"{namespace}/"
    return f"{prefix}{name}:{tag}"


def _files(scan: Scan, tree: Tree, said: dict[str, Any]) -> Iterator[WeightsFile]:
    for layer in _layers(said):
        kind = _text(layer, "mediaType").removeprefix(_LAYER)
        digest = _DIGEST.fullmatch(_text(layer, "digest"))
        if kind in _NUMBERS and digest:
            file = scan.weights(tree, f"blobs/sha256-{digest['hex']}", kind, claims=_blob_hash)
            if file:
                yield file


def _config(scan: Scan, tree: Tree, said: dict[str, Any]) -> dict[str, Any]:
    told = said.get("config")
    digest = _DIGEST.fullmatch(_text(told, "digest")) if isinstance(told, dict) else None
    return scan.object(tree, f"blobs/sha256-{digest['hex']}") if digest else {}


def _layers(said: dict[str, Any]) -> list[dict[str, Any]]:
    layers = said.get("layers")
    return [one for one in layers[:_LAYERS] if isinstance(one, dict)] if isinstance(layers, list) else []


def _object(raw: bytes) -> dict[str, Any] | None:
    try:
        said = json.decode(raw)
    except (DecodeError, RecursionError, UnicodeError):
        return None
    return said if isinstance(said, dict) else None


def _text(said: dict[str, Any], key: str) -> str:
    value = said.get(key)
    return value[:512] if isinstance(value, str) else ""


def _blob_hash(place: str) -> str:
    match = _BLOB.fullmatch(place)
    return match["hex"] if match else ""
