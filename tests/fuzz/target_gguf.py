"""The header of a GGUF file."""

from collections.abc import Iterator
from contextlib import suppress

from probes.local.weights.formats import format_of
from probes.local.weights.gguf import read_gguf
from probes.local.weights.shapes import FormatError
from tests.probes.local.weights.files import Value, cursor, gguf

SAID: dict[str, Value] = {
    "general.architecture": "qwen2", "general.type": "model", "general.name": "Tiny", "general.file_type": 15,
    "general.base_model.count": 2, "general.base_model.0.name": "Qwen", "general.base_model.0.repo_url": "https://hf.co/a/b",
    "general.source.huggingface.repository": "a/b", "qwen2.context_length": 32768, "tokenizer.ggml.tokens": ["a", "b"],
    "tokenizer.ggml.scores": [1, 2], "general.flag": True, "general.share": 0.5,
}  # fmt: skip


def one_input(data: bytes) -> None:
    format_of("x.gguf", data[:16])
    with suppress(FormatError):
        header = read_gguf(cursor(data))
        assert len(header.name) + len(header.architecture) + len(header.license) + len(header.repository) < 20_000
        assert sum(map(len, header.base)) < 100_000
        assert header.parameters is None or 0 <= header.parameters < 1 << 63


def seeds() -> Iterator[bytes]:
    for order, version in (("<", 3), (">", 3), ("<", 2), ("<", 1)):
        yield gguf(SAID, {"a": (3, 4), "b": (5,)}, order=order, version=version)
