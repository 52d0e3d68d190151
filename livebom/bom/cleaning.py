"""Whole records without the secrets in their texts, whatever their shape."""

from typing import Any, TypeVar

import msgspec

from livebom.bom.redact import TRIGGERS, redact

T = TypeVar("T")

_TRIGGERS = tuple(trigger.encode() for trigger in TRIGGERS)


def cleaned(record: T) -> T:
    """The record with secrets replaced in every text of it, keys of mappings too; itself where there are none.

    The replacements have no hash (see `redact`): a name that holds a secret is the same name in the next look.
    """
    if isinstance(record, str):
        return redact(record, None)  # type: ignore[return-value]
    try:
        raw = msgspec.json.encode(record).lower()
    except (TypeError, ValueError):  # UnicodeEncodeError is one: a lone surrogate
        raw = b""
    return _walk(record) if not raw or any(trigger in raw for trigger in _TRIGGERS) else record


def _walk(value: Any) -> Any:
    """The same value where nothing in it changed, so that most of a record is not made anew."""
    if type(value) is str:
        new = redact(value, None)
        return value if new == value else new
    if isinstance(value, msgspec.Struct):
        changed = {
            name: new for name in value.__struct_fields__ if (new := _walk(old := getattr(value, name))) is not old
        }
        return msgspec.structs.replace(value, **changed) if changed else value
    if isinstance(value, tuple | list):
        items = [_walk(one) for one in value]
        return type(value)(items) if any(a is not b for a, b in zip(items, value, strict=True)) else value
    if isinstance(value, dict):
        pairs = {_walk(name): _walk(one) for name, one in value.items()}
        same = len(pairs) == len(value) and all(pairs.get(name) is one for name, one in value.items())
        return value if same else pairs
    return value
