"""The words in which an alert tells a change, and how long what a target said may be in it."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

import msgspec

from livebom.bom.believed import shown
from livebom.bom.change import Change, Status
from livebom.bom.events import EVENTS
from livebom.bom.parts import Value
from livebom.bom.text import safe_text
from livebom.bom.vocabulary import EDGES

LONGEST = 300
"""Most characters of one text of a change: a hostile name may be a megabyte, and receivers refuse large alerts."""
MOST = 10
"""Most items of one list of a change."""

_TITLES = {one.name: one.title for one in EVENTS}
_SHOWN = 120
_PLACES = 3

Quote = Callable[[str], str]


def safe(text: str) -> str:
    """A foreign text for a line that people read."""
    return safe_text(text, _SHOWN)


def title(event: str) -> str:
    """What an event is called; one that is not known by its name."""
    return _TITLES.get(event, event)


def sentence(change: Change, quote: Quote = safe) -> str:
    """The change in one line, beginning with its title; `quote` makes foreign text harmless."""
    words = [f"{title(change.event)}: {what(change, quote)}"]
    if change.before is not None or change.after is not None:
        named = f"{quote(change.attribute)} " if change.attribute else ""
        words.append(f"; {named}{shown(change.before, quote)} -> {shown(change.after, quote)}")
    if change.where:
        words.append(f"; at {places(change.where, quote)}")
    if change.owner:
        words.append(f"; ask {quote(change.owner)}")
    if change.status is not Status.CONFIRMED:
        words.append(f"; {change.status}" + (f", {change.count} times" if change.count > 1 else ""))
    return "".join(words)


def what(change: Change, quote: Quote = safe) -> str:
    """The thing by kind and name; of an edge both ends and how the one stands to the other."""
    thing = f"{_kind(change.kind)} {quote(change.name or change.key)}"
    if change.edge_kind is None or change.other_kind is None:
        return thing
    return f"{thing} {EDGES[change.edge_kind].means} {_kind(change.other_kind)} {_other(change, quote)}"


def places(where: Iterable[str], quote: Quote = safe) -> str:
    """The first few places, and how many more there are."""
    its = list(where)
    more = f" and {len(its) - _PLACES} more" if len(its) > _PLACES else ""
    return ", ".join(quote(one) for one in its[:_PLACES]) + more


def _kind(kind: str) -> str:
    return kind.replace("_", " ")


def _other(change: Change, quote: Quote) -> str:
    return quote(change.other_name or change.other_key)


def clipped(change: Change) -> Change:
    """The change with its texts and lists cut, and half surrogate pairs, which UTF-8 cannot hold, as `?`."""
    fields: dict[str, Any] = {name: _clip(getattr(change, name)) for name in change.__struct_fields__}
    return msgspec.structs.replace(change, **fields)


def _clip(value: Value | tuple[str, ...] | UUID | Any) -> Any:
    if type(value) is str:
        return _cut(value)
    if isinstance(value, list | tuple):
        cut = [_cut(one) if type(one) is str else one for one in value[:MOST]]
        return tuple(cut) if isinstance(value, tuple) else cut
    if isinstance(value, int) and value.bit_length() > 64:
        return _cut(hex(value))
    return value


def _cut(text: str) -> str:
    whole = text if text.isascii() else text.encode("utf-8", "replace").decode()
    return whole if len(whole) <= LONGEST else f"{whole[: LONGEST - 1]}\u2026"
