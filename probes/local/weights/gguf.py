"""The header of a GGUF file: what a llama.cpp model says of itself, read without believing any count in it."""

import struct
from math import prod

from probes.local.weights.cursor import Cursor
from probes.local.weights.shapes import FormatError, Header

# The layout is that of ggml's docs/gguf.md: magic, version, counts, key-value pairs, then one entry for each tensor.
MAGIC = b"GGUF"
PAIRS, TENSORS, ELEMENTS, NESTING, DIMENSIONS = 4096, 200_000, 4_000_000, 4, 8
"""The most of each that is read; what real files have stays far below."""
TEXT = 4096
"""Bytes kept of a text; more is cut."""
_BASES = 16
_STRING, _ARRAY = 8, 9
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_WIDTHS = {kind: struct.calcsize("=" + letter) for kind, letter in _SCALARS.items()}

_FILE_TYPES = {
    0: "F32",
    1: "F16",
    2: "Q4_0",
    3: "Q4_1",
    7: "Q8_0",
    8: "Q5_0",
    9: "Q5_1",
    10: "Q2_K",
    11: "Q3_K_S",
    12: "Q3_K_M",
    13: "Q3_K_L",
    14: "Q4_K_S",
    15: "Q4_K_M",
    16: "Q5_K_S",
    17: "Q5_K_M",
    18: "Q6_K",
    19: "IQ2_XXS",
    20: "IQ2_XS",
    21: "Q2_K_S",
    22: "IQ3_XS",
    23: "IQ3_XXS",
    24: "IQ1_S",
    25: "IQ4_NL",
    26: "IQ3_S",
    27: "IQ3_M",
    28: "IQ2_S",
    29: "IQ2_M",
    30: "IQ4_XS",
    31: "IQ1_M",
    32: "BF16",
    36: "TQ1_0",
    37: "TQ2_0",
    38: "MXFP4_MOE",
    39: "NVFP4",
    40: "Q1_0",
}
"""The names of `general.file_type` (llama.cpp include/llama.h, enum llama_ftype)."""
_GUESSED = 1024

_KEPT = ("general.", "adapter.")

Value = str | int | float | bool


def read_gguf(cursor: Cursor) -> Header:
    """The header. Raises FormatError for what is none, and where it says more than is read."""
    if cursor.take(4) != MAGIC:
        raise FormatError("is no GGUF file")
    order = "little"
    version = cursor.number(4, order)
    if version & 0xFFFF == 0:
        order, version = "big", int.from_bytes(version.to_bytes(4, "little"), "big")
    if version not in (1, 2, 3):
        raise FormatError(f"is GGUF of version {version}")
    walk = _Walk(cursor, order, 4 if version == 1 else 8)
    tensors, pairs = walk.count(TENSORS, "tensors"), walk.count(PAIRS, "keys")
    said: dict[str, Value] = {}
    for _ in range(pairs):
        key = walk.text(TEXT)
        value = walk.value(keep=key.startswith(_KEPT) or key.endswith(".context_length"))
        if value is not None:
            said[key] = value
    return _header(said, tensors, sum(walk.tensor() for _ in range(tensors)))


class _Walk:
    """Goes from value to value; numbers of `width` bytes count things."""

    def __init__(self, cursor: Cursor, order: str, width: int) -> None:
        self._cursor = cursor
        self._order = order
        self._mark = ">" if order == "big" else "<"
        self._width = width
        self._elements = 0

    def count(self, most: int, what: str) -> int:
        number = self._cursor.number(self._width, self._order)
        if number > most:
            raise FormatError(f"says it has {number} {what}")
        return number

    def text(self, kept: int) -> str:
        length = self._cursor.number(self._width, self._order)
        head = self._cursor.take(min(length, kept))
        if length > kept:
            self._cursor.skip(length - kept)
        return head.decode("utf-8", "replace")

    def value(self, *, keep: bool) -> Value | None:
        """The next value where it is to be kept and no array; else it is passed over."""
        kind = self._cursor.number(4, self._order)
        if kind == _STRING:
            text = self.text(TEXT if keep else 0)
            return text if keep else None
        if kind == _ARRAY:
            self._array(NESTING)
            return None
        value: Value = struct.unpack(self._mark + self._letter(kind), self._cursor.take(_WIDTHS[kind]))[0]
        return value if keep else None

    def tensor(self) -> int:
        """The number of parameters of the next tensor."""
        self.text(0)
        dimensions = self._cursor.number(4, self._order)
        if dimensions > DIMENSIONS:
            raise FormatError(f"says a tensor has {dimensions} dimensions")
        sizes = [self._cursor.number(self._width, self._order) for _ in range(dimensions)]
        self._cursor.skip(12)  # its type and where it lies
        return prod(sizes)

    def _array(self, nesting: int) -> None:
        if not nesting:
            raise FormatError("has arrays in arrays without end")
        kind, count = self._cursor.number(4, self._order), self.count(ELEMENTS, "elements in an array")
        if kind not in (_STRING, _ARRAY):
            self._letter(kind)
            self._cursor.skip(count * _WIDTHS[kind])
            return
        self._elements += count
        if self._elements > ELEMENTS:
            raise FormatError("has too many texts")
        for _ in range(count):
            if kind == _STRING:
                self.text(0)
            else:
                self._array(nesting - 1)

    def _letter(self, kind: int) -> str:
        letter = _SCALARS.get(kind)
        if letter is None:
            raise FormatError(f"has a value of kind {kind}")
        return letter


def _header(said: dict[str, Value], tensors: int, parameters: int) -> Header:
    architecture = _text(said, "general.architecture")
    context = said.get(f"{architecture}.context_length")
    return Header(
        kind=_text(said, "general.type"),
        name=_text(said, "general.name"),
        architecture=architecture,
        quantization=_file_type(said.get("general.file_type")),
        parameters=parameters if 0 < parameters < 1 << 63 else None,
        context_length=context if type(context) is int and 0 < context < 1 << 63 else None,
        license=_text(said, "general.license"),
        base=tuple(_bases(said)),
        repository=_first(said, "general.source.huggingface.repository", "general.source.repo_url", "general.repo_url"),
        tensors=tensors,
    )


def _bases(said: dict[str, Value]) -> list[str]:
    count = said.get("general.base_model.count", 0)
    made = []
    for number in range(min(count, _BASES) if type(count) is int else 0):
        stem = f"general.base_model.{number}."
        name, organization = _text(said, stem + "name"), _text(said, stem + "organization")
        address = _text(said, stem + "repo_url")
        hub = "https://huggingface.co/"
        if address.startswith(hub):  # its path is the id; name and organization are only how a person says them
            made.append(address[len(hub) :].strip("/"))
        elif address or name:
            made.append(address or f"{organization}/{name}".strip("/"))
    return [one for one in made if one]


def _file_type(number: Value | None) -> str:
    if type(number) is not int:
        return ""
    return _FILE_TYPES.get(number & ~_GUESSED, "")


def _text(said: dict[str, Value], key: str) -> str:
    value = said.get(key, "")
    return value if isinstance(value, str) else ""


def _first(said: dict[str, Value], *keys: str) -> str:
    return next((text for key in keys if (text := _text(said, key))), "")
