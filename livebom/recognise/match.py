"""Whether a reply satisfies a condition; the one interpreter of the fingerprints' predicates."""

import re
from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import Any

import msgspec
from msgspec import UNSET

from livebom.bom.observation import Outcome
from livebom.net.reply import Reply
from livebom.recognise.path import walk
from livebom.recognise.rules import Match, Scalar, Test

LOOKED_AT = 256
"""Items of a list that a test is put to; a target that sends a million models is judged by its first ones."""

ABSENT = object()
"""The decoded form of a body that is no JSON."""

_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "list": list,
    "object": dict,
    "null": type(None),
}


class View:
    """A reply with its decoded forms, each made at most once."""

    def __init__(self, reply: Reply) -> None:
        """Hold the reply; nothing is decoded until it is asked for."""
        self.reply = reply
        self.judged: dict[int, tuple[Match, bool]] = {}
        """Conditions already put to it, by identity: every product looks again whenever another reply comes in."""

    @cached_property
    def text(self) -> str:
        """The body as UTF-8, wrong bytes replaced: the charset a target declares is never trusted."""
        return self.reply.body.decode("utf-8", "replace")

    @cached_property
    def media(self) -> str:
        """The Content-Type, lower case, empty where there is none."""
        return (self.reply.header("content-type") or "").strip().lower()

    @cached_property
    def json(self) -> Any:
        """The decoded body, or `ABSENT`; of an event stream, the first event that is JSON (as MCP answers)."""
        if self.media.startswith("text/event-stream"):
            lines = self.text.splitlines()[:64]
            events = (_decoded(line[5:].encode()) for line in lines if line.startswith("data:"))
            return next((event for event in events if event is not ABSENT), ABSENT)
        return _decoded(self.reply.body)

    @cached_property
    def lowered(self) -> list[tuple[str, str]]:
        """The headers in wire order, names in lower case."""
        return [(name.lower(), value) for name, value in self.reply.headers]

    @cached_property
    def headers(self) -> dict[str, list[str]]:
        """Every value of each header, by its name in lower case."""
        found: dict[str, list[str]] = {}
        for name, value in self.lowered:
            found.setdefault(name, []).append(value)
        return found

    @property
    def answered(self) -> bool:
        """Whether a status came back at all."""
        return self.reply.outcome is Outcome.OK and self.reply.status is not None

    @property
    def success(self) -> bool:
        """Whether the status is 2xx."""
        return self.answered and 200 <= (self.reply.status or 0) < 300


def _decoded(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return ABSENT


def holds(match: Match, view: View) -> bool:
    """Whether everything that the condition names is true of the reply; a condition is looked at once per view."""
    known = view.judged.get(id(match))
    if known is None:
        known = view.judged[id(match)] = (match, _holds(match, view))
    return known[1]


def _holds(match: Match, view: View) -> bool:
    reply = view.reply
    expected = Outcome.OK if match.banner is None else Outcome.PROTOCOL_ERROR
    if (match.outcome or expected) != reply.outcome:
        return False
    if match.banner is not None and not _agrees(match.banner, reply.banner.decode("latin-1")):
        return False
    if match.status is not None and not _is_one(reply.status, match.status):
        return False
    if match.reason is not None and match.reason != reply.reason:
        return False
    if match.tls is not None and match.tls != (reply.tls is not None):
        return False
    if match.media is not None and not view.media.startswith(match.media):
        return False
    if match.header and not _headers_hold(match, view):
        return False
    if match.body is not None and not _agrees(match.body, view.text):
        return False
    return not match.json or (view.json is not ABSENT and json_holds(view.json, match.json))


def _is_one(status: int | None, wanted: int | list[int]) -> bool:
    return status in wanted if isinstance(wanted, list) else status == wanted


def _headers_hold(match: Match, view: View) -> bool:
    for name, wanted in match.header.items():
        found = view.headers.get(name.lower(), ())
        if isinstance(wanted, Test) and wanted.exists is False:
            if found:
                return False
        elif not any(_agrees(wanted, value) for value in found):
            return False
    return True


def json_holds(document: Any, tests: Mapping[str, Test | Scalar]) -> bool:
    """Whether a decoded document passes every test; each is bound to a path and needs one value there that passes."""
    return all(_json_holds(document, path, wanted) for path, wanted in tests.items())


def _json_holds(document: Any, path: str, wanted: Test | Scalar) -> bool:
    found = walk(document, path, LOOKED_AT)
    if isinstance(wanted, Test) and wanted.exists is False:
        return next(found, ABSENT) is ABSENT
    return any(_agrees(wanted, value) for value in found)


def _agrees(wanted: Test | Scalar, value: Any) -> bool:
    """Whether the value passes the test, or is the very one that is wanted."""
    return passes(wanted, value) if isinstance(wanted, Test) else _same(wanted, value)


def passes(test: Test, value: Any) -> bool:
    """Whether one value satisfies everything the test names."""
    if test.equals is not UNSET and not _same(test.equals, value):
        return False
    if test.one_of is not None and not any(_same(one, value) for one in test.one_of):
        return False
    if test.type is not None and not _is_type(test.type, value):
        return False
    return _text_passes(test, value) and _shape_passes(test, value)


def _same(wanted: Scalar, value: Any) -> bool:
    """Equality as JSON means it: true is not 1."""
    return isinstance(wanted, bool) == isinstance(value, bool) and wanted == value


def _is_type(name: str, value: Any) -> bool:
    if isinstance(value, bool) and name != "boolean":
        return False
    return isinstance(value, _TYPES[name])


def _text_passes(test: Test, value: Any) -> bool:
    if test.matches is None and test.contains is None:
        return True
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        return False
    if test.contains is not None and test.contains not in value:
        return False
    return test.matches is None or pattern(test.matches).search(value) is not None


def _shape_passes(test: Test, value: Any) -> bool:
    if test.empty is not None and test.empty != (value in ("", None) or value == [] or value == {}):
        return False
    if test.count is not None and not (isinstance(value, list | dict | str) and len(value) >= test.count):
        return False
    if test.has_keys is not None and not (isinstance(value, dict) and value.keys() >= set(test.has_keys)):
        return False
    return test.only_keys is None or (isinstance(value, dict) and value.keys() == set(test.only_keys))


@lru_cache(maxsize=4096)
def pattern(expression: str) -> re.Pattern[str]:
    """The compiled expression; `re` is enough because bodies are capped and expressions are ours."""
    return re.compile(expression)
