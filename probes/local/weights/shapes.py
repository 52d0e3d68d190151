"""What is told of the models that lie on this host: files, what their headers say, and the models they make up."""

from typing import Literal

from msgspec import Struct

__all__ = ["RUNS_CODE", "CachedModel", "FormatError", "Header", "Limits", "Place", "PlaceKind", "Stock", "WeightsFile"]

PlaceKind = Literal["huggingface", "ollama", "lmstudio", "triton", "folder"]

RUNS_CODE = frozenset({"pickle", "pytorch", "keras"})
"""Formats that may run code when they are loaded."""


class FormatError(ValueError):
    """A file is not what it says, or says more than is read."""


class Place(Struct, frozen=True, kw_only=True, order=True):
    """Where models may lie."""

    path: str
    """Absolute, as whoever uses it sees it; a folder, or of kind `folder` also one file."""
    kind: PlaceKind = "folder"
    """huggingface: the folder that holds `models--*`; ollama: that holds `manifests` and `blobs`; lmstudio: that holds
    publishers; triton: a model repository."""
    root: str = "/"
    """What its `/` is on this host: `/proc/<pid>/root` for the files of a container, or the folder that is mounted."""
    users: tuple[str, ...] = ()
    """The ids of the workloads that name it; empty for what is looked at because it is usual."""


class Header(Struct, frozen=True, kw_only=True):
    """What a GGUF or safetensors file says of itself; empty and None is not said. Not proven by anything."""

    kind: str = ""
    """`model`, `adapter`, `mmproj` …"""
    name: str = ""
    architecture: str = ""
    quantization: str = ""
    """Such as Q4_K_M or BF16."""
    parameters: int | None = None
    context_length: int | None = None
    license: str = ""
    base: tuple[str, ...] = ()
    """The models it was made from: `organization/name` where both are told."""
    repository: str = ""
    """The Hugging Face repository or URL it says it is from."""
    tensors: int = 0


class WeightsFile(Struct, frozen=True, kw_only=True):
    """One file of numbers."""

    path: str
    """On this host, of what holds the bytes: of a Hugging Face cache the blob."""
    name: str
    """Within its model: `model-00001-of-00002.safetensors`; of Ollama `model`, `adapter` or `projector`."""
    format: str
    """By its first bytes, else by its ending: gguf, safetensors, pytorch, pickle, onnx, tensorrt …."""
    bytes: int
    sha256: str = ""
    """Hex; as read where it was read, else as the cache names it."""
    proof: Literal["", "read", "name"] = ""
    """What the hash rests on: the bytes were read, or the cache that checked them when they came names them so."""
    claimed: str = ""
    """The hash by which the cache names it; where another was read, the file was changed."""
    header: Header | None = None
    problem: str = ""
    """Why there is no header where the format has one, in words."""
    mode: int = 0
    """The permission bits."""
    owner: int = -1
    """The user id."""

    @property
    def changed(self) -> bool:
        """Whether its bytes are not those the cache names."""
        return bool(self.claimed and self.sha256 and self.claimed != self.sha256)

    @property
    def unsafe(self) -> bool:
        """Whether loading it may run code."""
        return self.format in RUNS_CODE


class CachedModel(Struct, frozen=True, kw_only=True):
    """A model, or adapter, at one revision, in one place."""

    cache: PlaceKind
    path: str
    """On this host: the snapshot folder, the manifest, the folder, or the file."""
    name: str
    """As written: `Qwen/Qwen2.5-0.5B`, `qwen2.5:0.5b`, the name of the folder."""
    key: str = ""
    """`hf:<ns>/<name>` or `ollama:<registry>/<ns>/<name>`, lower-cased, where the cache proves it; else empty."""
    revision: str = ""
    """Hugging Face: the commit, 40 hex; Ollama: the digest of the manifest, 64 hex; Triton: the version."""
    refs: tuple[str, ...] = ()
    """Branches and tags that point to it now."""
    kind: Literal["model", "adapter"] = "model"
    base: tuple[str, ...] = ()
    """What it was made from, as its files tell: a Hugging Face id, an address or a path."""
    architecture: str = ""
    quantization: str = ""
    license: str = ""
    custom_code: tuple[str, ...] = ()
    """Python files beside the weights, and `auto_map` where config.json has one: code that loading may run."""
    files: tuple[WeightsFile, ...] = ()
    writable: bool = False
    """Whether every user of this host may change its folder or one of its files."""
    users: tuple[str, ...] = ()
    """The ids of the workloads that name the place, or this very model."""


class Stock(Struct, frozen=True, kw_only=True):
    """What lies on this host."""

    models: tuple[CachedModel, ...] = ()
    not_seen: tuple[str, ...] = ()
    """What could not be looked at, in words, one line for a kind of reason."""
    complete: bool = True


class Limits(Struct, frozen=True, kw_only=True):
    """How much is looked at."""

    seconds: float = 20.0
    files: int = 50_000
    """Directory entries in all."""
    depth: int = 8
    """Folders below a place."""
    header_bytes: int = 64 << 20
    """Of one header."""
    header_seconds: float = 2.0
    """For one header."""
