"""JSON fit for a terminal too: indented, in a fixed order, with every hidden character written as an escape."""

import re
from collections.abc import Iterator
from typing import Literal

import msgspec
from msgspec import Struct, structs

from livebom.bom.text import safe_text

_SURROGATE = re.compile("[\ud800-\udfff]")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7e]")


def encoded(value: object) -> str:
    r"""The value as JSON that any parser reads back to the same strings, with a newline at its end.

    A character that draws nothing or reorders what is drawn stands as `\uXXXX`. A lone surrogate is no Unicode text and
    many parsers refuse even its escape: it is written as `safe_text` writes it.
    """
    return "".join(pieces(value))


def pieces(value: object) -> Iterator[str]:
    """The same bit by bit: of a large document, only one item of its lists stands in memory as text."""
    if not isinstance(value, Struct) or not structs.fields(value) or not _is_plain(value.__struct_config__):
        yield block(value, order="deterministic") + "\n"
        return
    before = "{\n  "
    for field in structs.fields(value):
        yield f'{before}"{field.encode_name}": '
        yield from _items(getattr(value, field.name))
        before = ",\n  "
    yield "\n}\n"


def _is_plain(config: structs.StructConfig) -> bool:
    """Whether all fields are written, as an object and with nothing else."""
    return not config.omit_defaults and not config.array_like and config.tag is None


def _items(value: object) -> Iterator[str]:
    if not isinstance(value, list | tuple) or not value:
        yield _indented(value, "\n  ")
        return
    before = "[\n    "
    for item in value:
        yield before + _indented(item, "\n    ")
        before = ",\n    "
    yield "\n  ]"


def _indented(value: object, begin: str) -> str:
    return block(value, order="deterministic").replace("\n", begin)  # within its strings JSON has no line ends


def block(value: object, *, order: Literal["deterministic"] | None = None) -> str:
    """The same without the newline, and in the value's own order where no other is asked for."""
    return _shown(msgspec.json.format(_bytes(value, order), indent=2))


def line(value: object) -> str:
    """The same on one line."""
    return _shown(_bytes(value, None))


def _bytes(value: object, order: Literal["deterministic"] | None) -> bytes:
    try:
        return msgspec.json.encode(value, order=order)
    except (UnicodeEncodeError, TypeError):  # the latter: only keys of text can be put in order
        return msgspec.json.encode(_whole(msgspec.to_builtins(value, str_keys=True)), order=order)


def _shown(data: bytes) -> str:
    text = data.decode()
    return text if text.isascii() and "\x7f" not in text else _BEYOND_ASCII.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    character = match[0]
    if safe_text(character) == character:
        return character
    units = character.encode("utf-16-be")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


def _whole(value: object) -> object:
    if isinstance(value, str):
        return _SURROGATE.sub(lambda match: f"\\u{{{ord(match[0]):x}}}", value)
    if isinstance(value, dict):
        return {_whole(key): _whole(item) for key, item in value.items()}
    return [_whole(item) for item in value] if isinstance(value, list | tuple) else value
