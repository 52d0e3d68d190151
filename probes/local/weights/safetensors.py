"""The header of a safetensors file: one JSON object, whose length stands before it."""

from collections import Counter
from math import prod
from typing import Annotated

from msgspec import DecodeError, Meta, Raw, Struct, json

from probes.local.weights.cursor import Cursor
from probes.local.weights.shapes import FormatError, Header

HEADER_CAP = 16 << 20
"""Bytes of JSON that are read; the format itself allows 100 MB, real files have some hundred kB."""
TENSORS, DIMENSIONS = 200_000, 16
_TEXT = 512
_ADAPTED = (".lora_A.", ".lora_B.", "lora_down.", "lora_up.", ".lora_embedding_")

_Number = Annotated[int, Meta(ge=0, le=(1 << 63) - 1)]


class _Tensor(Struct):
    dtype: Annotated[str, Meta(max_length=16)]
    shape: Annotated[list[_Number], Meta(max_length=DIMENSIONS)]
    data_offsets: tuple[_Number, _Number]


def read_safetensors(cursor: Cursor) -> Header:
    """The header. Raises FormatError for what is none, for one that is too long, and for a file cut short."""
    length = cursor.number(8, "little")
    if length > HEADER_CAP:
        raise FormatError(f"says its header has {length} bytes")
    text = cursor.take(length)
    if not text.startswith(b"{"):
        raise FormatError("is no safetensors file")
    try:
        said = json.decode(text, type=dict[str, Raw])
        told = json.decode(said.pop("__metadata__", b"{}"), type=dict[str, str])
        if len(said) > TENSORS:
            raise FormatError(f"says it has {len(said)} tensors")
        tensors = {name: json.decode(one, type=_Tensor) for name, one in said.items()}
    except (DecodeError, RecursionError, UnicodeError) as fault:
        raise FormatError("has a header that cannot be read") from fault
    if cursor.at + max((one.data_offsets[1] for one in tensors.values()), default=0) > cursor.size:
        raise FormatError("ends early")
    return _header(tensors, told)


def _header(tensors: dict[str, _Tensor], told: dict[str, str]) -> Header:
    sizes: Counter[str] = Counter()
    for one in tensors.values():
        sizes[one.dtype] += prod(one.shape)
    total = sum(sizes.values())
    return Header(
        kind="adapter" if any(mark in name for name in tensors for mark in _ADAPTED) else "",
        name=told.get("modelspec.title", "")[:_TEXT],
        architecture=told.get("modelspec.architecture", "")[:_TEXT],
        quantization=sizes.most_common(1)[0][0] if total else "",
        parameters=total if 0 < total < 1 << 63 else None,
        license=told.get("modelspec.license", "")[:_TEXT],
        base=tuple(told[key][:_TEXT] for key in ("base_model", "ss_base_model_version") if told.get(key)),
        tensors=len(tensors),
    )
