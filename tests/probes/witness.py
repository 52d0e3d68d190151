"""Replies made to satisfy conditions: proof that a rule can hold at all."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import msgspec
from hypothesis import Phase, find, settings
from hypothesis import strategies as st
from msgspec import UNSET

from livebom.bom.observation import Outcome
from livebom.bom.service import TlsFacts
from livebom.net.reply import Reply
from livebom.recognise.match import passes
from livebom.recognise.path import steps
from livebom.recognise.rules import Condition, Test

_OF_TYPE: dict[str, Any] = {
    "string": "x", "integer": 1, "number": 1.5, "boolean": True, "list": ["x"], "object": {"x": 1}, "null": None,
}  # fmt: skip
_SEARCH = settings(database=None, derandomize=True, max_examples=2000, phases=[Phase.generate])


def reply_for(conditions: Iterable[Condition]) -> Reply:
    """One reply that satisfies all of them, as far as they do not contradict each other."""
    found = list(conditions)
    banner = [text(one.banner) for one in found if one.banner is not None]
    if banner:
        return Reply(outcome=Outcome.PROTOCOL_ERROR, banner=banner[0].encode("latin-1", "replace"))
    outcome = next((Outcome(one.outcome) for one in found if one.outcome), Outcome.OK)
    if outcome is not Outcome.OK:
        return Reply(outcome=outcome)
    return Reply(
        status=next(statuses(found), 200),
        reason=next((one.reason for one in found if one.reason), ""),
        headers=tuple(headers(found)),
        body=body(found),
        tls=TlsFacts() if any(one.tls for one in found) else None,
    )


def statuses(conditions: list[Condition]) -> Iterator[int]:
    """Statuses that every condition allows."""
    for one in conditions:
        if one.status is not None:
            yield from one.status if isinstance(one.status, list) else [one.status]


def headers(conditions: list[Condition]) -> Iterator[tuple[str, str]]:
    """Headers that must be there."""
    for one in conditions:
        if one.media is not None:
            yield "Content-Type", one.media
        for name, wanted in one.header.items():
            if not (isinstance(wanted, Test) and wanted.exists is False):
                yield name, text(wanted)


def body(conditions: list[Condition]) -> bytes:
    """A JSON document where paths are asked about, else a text."""
    document: Any = UNSET
    for one in conditions:
        for path, wanted in one.json.items():
            if not (isinstance(wanted, Test) and wanted.exists is False):
                document = planted(document, steps(path), wanted)
    if document is not UNSET:
        return msgspec.json.encode(document)
    texts = [text(one.body) for one in conditions if one.body is not None]
    if not texts and any(one.json for one in conditions):
        return b"{}"
    return "".join(dict.fromkeys(texts)).encode()


def planted(document: Any, path: tuple[Any, ...], wanted: Any) -> Any:
    """The document with a value at the path that passes the test."""
    if not path:
        return value(wanted, document)
    step, rest = path[0], path[1:]
    if step is None or isinstance(step, int):
        items = document if isinstance(document, list) else []
        first = items[0] if items else UNSET
        return [planted(first, rest, wanted)] * ((step or 0) + 1)
    name = f"x{step[1:]}" if step.startswith("*") else step
    inner = dict(document) if isinstance(document, dict) else {}
    inner[name] = planted(inner.get(name, UNSET), rest, wanted)
    return inner


def value(wanted: Any, before: Any) -> Any:
    """A value that passes the test, kept close to what stands there already."""
    if not isinstance(wanted, Test):
        return wanted
    if wanted.equals is not UNSET:
        return wanted.equals
    if wanted.one_of is not None:
        return wanted.one_of[0]
    keys = wanted.only_keys or wanted.has_keys
    if keys is not None:
        return {**dict.fromkeys(keys, "x"), **(before if isinstance(before, dict) else {})}
    if wanted.matches is not None or wanted.contains is not None:
        return text(wanted)
    if wanted.empty is True:
        return [] if wanted.type in {None, "list"} else _OF_TYPE["string"][:0]
    if before is not UNSET and passes(wanted, before):
        return before
    made = _OF_TYPE[wanted.type or "string"]
    return made * (wanted.count or 1) if isinstance(made, list | str) else made


def text(wanted: Any) -> str:
    """A text that passes the test."""
    if not isinstance(wanted, Test):
        return str(wanted)
    if wanted.equals is not UNSET:
        return str(wanted.equals)
    if wanted.one_of is not None:
        return str(wanted.one_of[0])
    if wanted.matches is not None:
        return (wanted.contains or "") + matching(wanted.matches)
    return wanted.contains or ("" if wanted.empty else "x")


@cache
def matching(expression: str) -> str:
    """The shortest text found that the expression is found in, in characters a header can carry."""
    strategy = st.from_regex(expression, alphabet=st.characters(max_codepoint=126))
    return find(strategy, lambda one: re.search(expression, one) is not None, settings=_SEARCH)
