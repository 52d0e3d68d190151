"""Which format a file has: by its first bytes where they tell, else by its name."""

from collections.abc import Callable
from pathlib import PurePosixPath

from probes.local.weights.cursor import Cursor
from probes.local.weights.gguf import read_gguf
from probes.local.weights.safetensors import read_safetensors
from probes.local.weights.shapes import Header

HEAD = 16
"""Bytes that are enough to tell."""

_BY_NAME = {
    ".gguf": "gguf",
    ".safetensors": "safetensors",
    ".pt": "pytorch",
    ".pth": "pytorch",
    ".ckpt": "pytorch",
    ".pkl": "pickle",
    ".pickle": "pickle",
    ".joblib": "pickle",
    ".onnx": "onnx",
    ".plan": "tensorrt",
    ".engine": "tensorrt",
    ".h5": "keras",
    ".keras": "keras",
    ".tflite": "tflite",
    ".npz": "numpy",
}
_BIN = ("pytorch_model", "adapter_model", "model", "diffusion_pytorch_model", "consolidated")
"""How a `.bin` of weights begins; other `.bin` files are not looked at."""

_READERS: dict[str, Callable[[Cursor], Header]] = {"gguf": read_gguf, "safetensors": read_safetensors}


def is_weights(name: str) -> bool:
    """Whether a file of that name may hold weights."""
    path = PurePosixPath(name)
    ending = path.suffix.lower()
    return ending in _BY_NAME or (ending == ".bin" and path.name.lower().startswith(_BIN))


def format_of(name: str, head: bytes) -> str:
    """The format: what the first bytes say goes before the name, so that a pickle with another's ending is a pickle."""
    if head.startswith(b"GGUF"):
        return "gguf"
    if head[:1] == b"\x80" and head[1:2] <= b"\x05" and len(head) > 1 and head[8:9] != b"{":
        return "pickle"
    if head.startswith(b"PK\x03\x04"):
        ending = PurePosixPath(name).suffix.lower()
        return {".npz": "numpy", ".keras": "keras"}.get(ending, "pytorch")
    if head.startswith(b"\x89HDF\r\n\x1a\n"):
        return "keras"
    if head[4:8] == b"TFL3":
        return "tflite"
    if len(head) > 8 and head[8:9] == b"{" and not any(head[5:8]):
        return "safetensors"
    return _BY_NAME.get(PurePosixPath(name).suffix.lower(), "pytorch" if is_weights(name) else "")


def reader_of(form: str) -> Callable[[Cursor], Header] | None:
    """What reads the header of that format."""
    return _READERS.get(form)
