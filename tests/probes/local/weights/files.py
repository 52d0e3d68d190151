"""Files of weights and caches, made small."""

import hashlib
import json
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

from probes.local.weights.cursor import Cursor
from probes.local.weights.shapes import Limits

LIMITS = Limits()
COMMIT = "c0" * 20
Value = str | int | float | bool | Sequence[str] | Sequence[int]


def gguf(
    said: Mapping[str, Value], tensors: Mapping[str, Sequence[int]], *, order: str = "<", version: int = 3
) -> bytes:
    """A GGUF file of that version and byte order without its numbers."""
    count = "I" if version == 1 else "Q"
    parts = [b"GGUF", struct.pack(f"{order}I{count}{count}", version, len(tensors), len(said))]
    for key, value in said.items():
        parts += [_text(key, order, count), _value(value, order, count)]
    for name, sizes in tensors.items():
        parts += [_text(name, order, count), struct.pack(f"{order}I{len(sizes)}{count}", len(sizes), *sizes)]
        parts.append(struct.pack(f"{order}IQ", 0, 0))
    return b"".join(parts)


def safetensors(
    tensors: Mapping[str, Sequence[int]], told: Mapping[str, str] | None = None, kind: str = "BF16", width: int = 2
) -> bytes:
    """A whole safetensors file, its numbers zero."""
    at, head = 0, {}
    for name, shape in tensors.items():
        size = width
        for one in shape:
            size *= one
        head[name] = {"dtype": kind, "shape": list(shape), "data_offsets": [at, at + size]}
        at += size
    text = json.dumps({**head, **({"__metadata__": dict(told)} if told else {})}).encode()
    return struct.pack("<Q", len(text)) + text + bytes(at)


def cursor(data: bytes, cap: int = LIMITS.header_bytes, seconds: float = 2.0) -> Cursor:
    """At the beginning of these bytes."""
    return Cursor(lambda count, offset: data[offset : offset + count], len(data), cap, seconds)


def hub(
    root: Path, name: str, files: Mapping[str, bytes], commit: str = COMMIT, refs: Sequence[str] = ("main",)
) -> Path:
    """One snapshot in a cache of the Hugging Face hub; returns its folder."""
    repository = root / f"models--{name.replace('/', '--')}"
    snapshot = repository / "snapshots" / commit
    (repository / "blobs").mkdir(parents=True, exist_ok=True)
    for file, data in files.items():
        large = not file.endswith((".json", ".py"))
        blob = (hashlib.sha256(data) if large else hashlib.sha1(data, usedforsecurity=False)).hexdigest()
        (repository / "blobs" / blob).write_bytes(data)
        place = snapshot / file
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to("../" * (2 + file.count("/")) + f"blobs/{blob}")
    for ref in refs:
        (repository / "refs" / ref).parent.mkdir(parents=True, exist_ok=True)
        (repository / "refs" / ref).write_text(commit)
    return snapshot


def ollama(root: Path, path: str, layers: Mapping[str, bytes], config: Mapping[str, str]) -> str:
    """One tag in a store of Ollama; returns the digest of its manifest."""
    told = [
        {
            "mediaType": f"application/vnd.ollama.image.{kind}",
            "digest": f"sha256:{_blob(root, data)}",
            "size": len(data),
        }
        for kind, data in layers.items()
    ]
    digest = _blob(root, json.dumps(config).encode())
    raw = json.dumps({"schemaVersion": 2, "config": {"digest": f"sha256:{digest}"}, "layers": told}).encode()
    manifest = root / "manifests" / path
    manifest.parent.mkdir(parents=True, exist_ok=True)
    manifest.write_bytes(raw)
    return hashlib.sha256(raw).hexdigest()


def _blob(root: Path, data: bytes) -> str:
    digest = hashlib.sha256(data).hexdigest()
    (root / "blobs").mkdir(parents=True, exist_ok=True)
    (root / "blobs" / f"sha256-{digest}").write_bytes(data)
    return digest


def _text(text: str, order: str, count: str) -> bytes:
    raw = text.encode()
    return struct.pack(f"{order}{count}", len(raw)) + raw


def _value(value: Value, order: str, count: str) -> bytes:
    if isinstance(value, str):
        return struct.pack(f"{order}I", 8) + _text(value, order, count)
    if isinstance(value, bool):
        return struct.pack(f"{order}IB", 7, value)
    if isinstance(value, int):
        return struct.pack(f"{order}II", 4, value)
    if isinstance(value, float):
        return struct.pack(f"{order}If", 6, value)
    inner = 8 if value and isinstance(value[0], str) else 4
    head = struct.pack(f"{order}II{count}", 9, inner, len(value))
    return head + b"".join(_value(one, order, count)[4:] for one in value)
