"""llama-cpp-python's server over a Llama of 0.4 MB with meaningless weights, written here."""

import math
import struct
from array import array
from itertools import accumulate, chain
from pathlib import Path

from tests.real.recipe import Command, Place, Ready, Recipe, installed

HOST = "127.0.0.12"
_ALIGNMENT = 32
_WIDTH, _HEADS, _BLOCKS, _INNER = 64, 4, 2, 128
_TOKENS = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), "\u2581", *"abcdefghijklmnopqrstuvwxyz"]
_KINDS = [2, 3, 3, *[6] * 256, *[1] * 27]
"""Unknown, control, byte and normal tokens."""

# Value types of the GGUF format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
_U32, _F32, _TEXT, _I32 = 4, 6, 8, 5


def _text(value: str) -> bytes:
    raw = value.encode()
    return struct.pack("<Q", len(raw)) + raw


def _pair(key: str, kind: int, value: bytes) -> bytes:
    return _text(key) + struct.pack("<I", kind) + value


def _list(key: str, kind: int, values: list[bytes]) -> bytes:
    array_of = 9
    return _pair(key, array_of, struct.pack("<IQ", kind, len(values)) + b"".join(values))


def _metadata() -> list[bytes]:
    numbers = {
        "llama.context_length": 256,
        "llama.embedding_length": _WIDTH,
        "llama.block_count": _BLOCKS,
        "llama.feed_forward_length": _INNER,
        "llama.attention.head_count": _HEADS,
        "llama.rope.dimension_count": _WIDTH // _HEADS,
        "tokenizer.ggml.unknown_token_id": 0,
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
    }
    texts = {"general.architecture": "llama", "general.name": "tiny", "tokenizer.ggml.model": "llama"}
    scores = [struct.pack("<f", 0.0 if kind in {2, 3} else -1.0) for kind in _KINDS]
    return [
        *(_pair(key, _TEXT, _text(value)) for key, value in texts.items()),
        *(_pair(key, _U32, struct.pack("<I", value)) for key, value in numbers.items()),
        _pair("llama.attention.layer_norm_rms_epsilon", _F32, struct.pack("<f", 1e-5)),
        _list("tokenizer.ggml.tokens", _TEXT, [_text(token) for token in _TOKENS]),
        _list("tokenizer.ggml.scores", _F32, scores),
        _list("tokenizer.ggml.token_type", _I32, [struct.pack("<i", kind) for kind in _KINDS]),
    ]


def _shapes() -> dict[str, tuple[int, ...]]:
    """The tensors; the dimension that lies together in memory comes first."""
    words = (_WIDTH, len(_TOKENS))
    square = (_WIDTH, _WIDTH)
    block = {
        "attn_norm": (_WIDTH,),
        **{f"attn_{part}": square for part in ("q", "k", "v", "output")},
        "ffn_norm": (_WIDTH,),
        "ffn_gate": (_WIDTH, _INNER),
        "ffn_up": (_WIDTH, _INNER),
        "ffn_down": (_INNER, _WIDTH),
    }
    blocks = {f"blk.{number}.{name}.weight": shape for number in range(_BLOCKS) for name, shape in block.items()}
    return {"token_embd.weight": words, "output_norm.weight": (_WIDTH,), "output.weight": words, **blocks}


def _padded(raw: bytes) -> bytes:
    return raw + bytes(-len(raw) % _ALIGNMENT)


def write_model(path: Path) -> None:
    """Writes the model as GGUF, version 3, all weights 32-bit floats."""
    shapes, pairs = _shapes(), _metadata()
    weights = [array("f", (math.sin(n) * 0.02 for n in range(math.prod(shape)))).tobytes() for shape in shapes.values()]
    data = [_padded(raw) for raw in weights]
    offsets = accumulate(chain([0], (len(raw) for raw in data)))
    tensors = [
        _text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, offset)
        for (name, shape), offset in zip(shapes.items(), offsets, strict=False)
    ]
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(pairs))
    path.write_bytes(_padded(head + b"".join(pairs) + b"".join(tensors)) + b"".join(data))


def _start(place: Place) -> Command:
    model = place.folder / "tiny.gguf"
    write_model(model)
    options = ("--model_alias", "tiny-gguf", "--n_ctx", "128", "--n_threads", "1", "--host", HOST, "--port", "8000")
    return Command((place.python, "-m", "llama_cpp.server", "--model", str(model), *options))


_OFF = ("GGML_NATIVE", "GGML_OPENMP", "LLAVA_BUILD", "MTMD_BUILD", "GGML_LLAMAFILE")

RECIPE = Recipe(
    host=HOST,
    port=8000,
    packages=("llama-cpp-python[server]==0.3.36",),
    build={"CMAKE_ARGS": " ".join(f"-D{name}=OFF" for name in _OFF)},
    start=_start,
    ready=Ready(path="/v1/models"),
    product="llama-cpp-python",
    version=installed("llama-cpp-python"),
    models=("tiny-gguf",),
)
