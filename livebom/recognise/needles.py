"""What must stand in a text for an expression or a test to hold: sets of words, one of which is always there."""

import re
from collections.abc import Iterable, Iterator

import msgspec
from msgspec import UNSET

from livebom.recognise.path import steps
from livebom.recognise.rules import Scalar, Test

Needles = frozenset[str]
"""Words of ASCII, at least one of which stands in every text that is meant."""

SHORTEST = 3
"""Fewest characters of a word that is worth looking for."""
_VARIANTS = 16
"""Most spellings that one place of an expression is followed through."""
_COUNT = re.compile(r"[*+?]|\{(?=[\d,])(\d*)(?:,\d*)?\}")
_CLASS = re.compile(r"\[\^?\]?(?:[^\]\\]|\\.)*\]", re.DOTALL)
_PLAIN_CLASS = re.compile(r"\[([^\]\\^-]{1,4})\]")
_GROUP = re.compile(r"\((?:\?(?:(?P<look>=|!|<=|<!)|P<\w+>|:|(?P<flags>[imsx]+)(?P<end>[:)])))?")
_NOWHERE, _ANYTHING = frozenset("AZbB"), frozenset("dDsSwW")
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v"}
_IN_NUMBERS = frozenset("0123456789.+-einfa")
"""What Python writes a number with (`1e+16`, `inf`, `nan`)."""
_SPELLINGS = {"null": frozenset({"null"}), "boolean": frozenset({"true", "false"})}


class _UnreadError(Exception):
    """The expression uses something that is not followed here."""


class _Part:
    """A part of an expression: every text it can be, or None, and the needles of the texts it can be."""

    __slots__ = ("exact", "needed")

    def __init__(self, exact: Needles | None, needed: Iterable[Needles] = ()) -> None:
        self.exact = exact
        self.needed = list(needed)

    @property
    def groups(self) -> list[Needles]:
        """The needles, whether the part is exact or not."""
        return [*self.needed, self.exact] if self.exact is not None else self.needed


_EMPTY = frozenset({""})


def of_expression(expression: str) -> list[Needles]:
    """The needles of every text in which the expression is found; none where nothing certain is known.

    Expressions that ignore case give none: `k` then matches U+212A, too.
    """
    try:
        part, end = _alternatives(expression, 0)
    except _UnreadError:
        return []
    return [group for group in part.groups if _useful(group)] if end == len(expression) else []


def _useful(group: Needles) -> bool:
    return all(len(one) >= SHORTEST and one.isascii() for one in group)


def _alternatives(text: str, at: int) -> tuple[_Part, int]:
    parts = []
    while True:
        part, at = _sequence(text, at)
        parts.append(part)
        if text[at : at + 1] != "|":
            break
        at += 1
    if len(parts) == 1:
        return parts[0], at
    every = [part.exact for part in parts if part.exact is not None]
    if len(every) == len(parts) and len(union := frozenset().union(*every)) <= _VARIANTS:
        return _Part(union), at
    best = [max(part.groups, key=_worth, default=frozenset({""})) for part in parts]
    return _Part(None, [frozenset().union(*best)]), at


def _worth(group: Needles) -> int:
    return min(map(len, group), default=0)


def _sequence(text: str, at: int) -> tuple[_Part, int]:
    needed: list[Needles] = []
    run, whole = _EMPTY, True
    while at < len(text) and text[at] not in "|)":
        part, at = _atom(text, at)
        part, more, at = _counted(part, text, at)
        if part.exact is not None and len(run) * len(part.exact) <= _VARIANTS:
            run = frozenset(before + after for before in run for after in part.exact)
            if not more:
                continue
        elif part.exact is not None:
            needed.append(part.exact)
        needed += [run, *part.needed]
        run, whole = _EMPTY, False
    return _Part(run if whole else None, needed if whole else [*needed, run]), at


def _counted(part: _Part, text: str, at: int) -> tuple[_Part, bool, int]:
    """The part with its quantifier read: what is certain of it, and whether more of it may follow."""
    found = _COUNT.match(text, at)
    if found is None:
        return part, False, at
    end = found.end()
    if text[end : end + 1] in ("?", "+"):
        end += 1
    if found[0] == "?":
        return _Part(None if part.exact is None else part.exact | _EMPTY), False, end
    least = 1 if found[0] == "+" else int(found[1] or 0) if found[1] is not None else 0
    return (part if least else _Part(None)), True, end


def _atom(text: str, at: int) -> tuple[_Part, int]:
    character = text[at]
    if character == "\\":
        return _escape(text, at)
    if character == "[":
        return _class(text, at)
    if character == "(":
        return _group(text, at)
    if character in "^$":
        return _Part(_EMPTY), at + 1
    return _Part(None if character == "." else frozenset({character})), at + 1


def _escape(text: str, at: int) -> tuple[_Part, int]:
    character = text[at + 1]
    if character in _NOWHERE:
        return _Part(_EMPTY), at + 2
    if character in _ANYTHING:
        return _Part(None), at + 2
    if character.isalnum() and character not in _CONTROLS:
        raise _UnreadError(text)
    return _Part(frozenset({_CONTROLS.get(character, character)})), at + 2


def _class(text: str, at: int) -> tuple[_Part, int]:
    if plain := _PLAIN_CLASS.match(text, at):
        return _Part(frozenset(plain[1])), plain.end()
    found = _CLASS.match(text, at)
    if found is None:
        raise _UnreadError(text)
    return _Part(None), found.end()


def _group(text: str, at: int) -> tuple[_Part, int]:
    found = _GROUP.match(text, at)
    flags = (found["flags"] or "") if found else ""
    if found is None or text[found.end() : found.end() + 1] == "?" or set(flags) - set("ims"):
        raise _UnreadError(text)
    if found["end"] == ")":
        if "i" in flags:
            raise _UnreadError(text)
        return _Part(_EMPTY), found.end()
    part, end = _alternatives(text, found.end())
    if text[end : end + 1] != ")":
        raise _UnreadError(text)
    if found["look"]:
        return _Part(_EMPTY), end + 1
    return (_Part(None) if "i" in flags else part), end + 1


def of_text(test: Test | Scalar) -> Iterator[Needles]:
    """The needles of a text that passes the test."""
    one = test if isinstance(test, Test) else Test(equals=test)
    for wanted in _whole(one):
        yield frozenset(wanted)
    if one.contains is not None:
        yield frozenset({one.contains})
    if one.matches is not None:
        yield from of_expression(one.matches)


def of_json(path: str, test: Test | Scalar) -> Iterator[Needles]:
    """The needles of a JSON document in which some value at the path passes the test.

    Strings stand as an encoder writes them that escapes only what it must.
    """
    one = test if isinstance(test, Test) else Test(equals=test)
    if one.exists is False:
        return
    for step in steps(path):
        if isinstance(step, str):
            yield frozenset({_encoded(step[1:])[1:] if step.startswith("*") else _encoded(step)})
    for wanted in _whole(one):
        yield frozenset(map(_encoded, wanted))
    yield from _of_kind(one)
    for group in ({one.contains} if one.contains is not None else (), *of_expression(one.matches or "")):
        yield from _within(group)


def _of_kind(test: Test) -> Iterator[Needles]:
    """The needles of what is no string: constants, and the keys that an object must have."""
    if test.equals is None or isinstance(test.equals, bool):
        yield frozenset({_encoded(test.equals)})
    if test.type in _SPELLINGS:
        yield _SPELLINGS[test.type]
    for key in (*(test.has_keys or ()), *(test.only_keys or ())):
        yield frozenset({_encoded(key)})


def _whole(test: Test) -> Iterator[list[str]]:
    """The strings that the value must be one of."""
    if test.equals is not UNSET and isinstance(test.equals, str):
        yield [test.equals]
    if test.one_of is not None:
        strings = [one for one in test.one_of if isinstance(one, str)]
        if len(strings) == len(test.one_of):
            yield strings


def _within(group: Iterable[str]) -> Iterator[Needles]:
    """The words as part of a JSON string; none where a number might be meant, which is read as text, too."""
    words = list(group)
    if words and not any(set(word) <= _IN_NUMBERS for word in words):
        yield frozenset(_encoded(word)[1:-1] for word in words)


def _encoded(value: str | bool | None) -> str:
    return msgspec.json.encode(value).decode()
