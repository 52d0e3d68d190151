"""The header of a safetensors file, whose length is put before any JSON."""

import struct
from collections.abc import Iterator
from contextlib import suppress

from probes.local.weights.formats import format_of
from probes.local.weights.safetensors import read_safetensors
from probes.local.weights.shapes import FormatError
from tests.fuzz.made import encoded
from tests.probes.local.weights.files import cursor, safetensors

JSON_AFTER = 1


def one_input(data: bytes) -> None:
    """The first byte says whether the rest is the whole file or its JSON."""
    raw = data[1:]
    if data[:1] > b"\x0f":
        raw = struct.pack("<Q", len(raw)) + raw + bytes(100)
    format_of("x.safetensors", raw[:16])
    with suppress(FormatError):
        header = read_safetensors(cursor(raw))
        assert len(header.name) + len(header.architecture) + len(header.license) < 20_000
        assert header.parameters is None or 0 < header.parameters < 1 << 63


def seeds() -> Iterator[bytes]:
    tensors = {"q.lora_A.weight": {"dtype": "BF16", "shape": [2, 2], "data_offsets": [0, 8]}}
    told = {"modelspec.title": "t", "modelspec.architecture": "a", "modelspec.license": "mit", "base_model": "a/b"}
    yield b"\x10" + encoded({**tensors, "__metadata__": told})
    yield b"\0" + safetensors({"w": (4, 5), "b": (5,)}, {"format": "pt"})
