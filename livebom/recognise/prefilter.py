"""From a reply to the few fingerprints that it can speak for: everything that is evidence is looked for at once.

A rule is put to a reply only where its rarest words stand there. What is left out could not have held, so what is
found is the same with every engine and without any.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from operator import itemgetter
from typing import Generic, TypeVar

import msgspec
from msgspec import Struct

from livebom.bom.observation import Outcome
from livebom.recognise.engines import Build
from livebom.recognise.match import ABSENT, View, holds
from livebom.recognise.needles import SHORTEST, Needles, of_json, of_text
from livebom.recognise.rules import Match, Test

Owner = TypeVar("Owner")
Request = TypeVar("Request")

_JSON_BEGINS = frozenset(b'{["-0123456789tfn')
_BLANKS = b" \t\r\n"
_START = 64
"""Bytes looked at for the beginning of a document."""


_SHORT = 1 << 12
"""Bytes of a text in which another look for a word costs less than a look at the document."""
_KEPT = 64
"""Sets of header lines remembered for one kind of reply; a target may make up any number."""
_LONG = 256
"""Most characters of one such set."""
_OTHERS = 3
"""Most words of a rule that are looked for beyond its rarest."""

_Entry = tuple[int, Owner, Match, tuple[bytes, ...]]
"""Its place among the rules, whose it is, the rule, and what else must stand in the text."""


class _Need(Struct, frozen=True):
    """What must be there for a rule to hold; with neither, it is put to every reply."""

    words: Needles = frozenset()
    header: str = ""
    """Lower case."""
    others: tuple[bytes, ...] = ()
    """More that must stand in the body."""


class Prefilter(Generic[Request, Owner]):
    """Which owners have a rule that holds, by request and reply."""

    def __init__(self, rules: Mapping[Request, Iterable[tuple[Owner, Match]]], build: Build) -> None:
        """`rules` are those that look at the reply to a request. Nothing is compiled before a reply wants it."""
        self._rules = rules
        self._build = build
        self._statuses: dict[Request, frozenset[int]] = {}
        self._drawers: dict[tuple[Request, Outcome, int | None, bool], _Drawer[Owner]] = {}

    def owners(self, request: Request, view: View) -> list[Owner]:
        """Those of whom a rule holds for this reply to this request, each once, in the order of the rules."""
        reply = view.reply
        if (known := self._statuses.get(request)) is None:
            known = self._statuses[request] = frozenset(_statuses(rule for _, rule in self._rules.get(request, ())))
        # What no rule names is one drawer, so that a target cannot have us make any number of them.
        status = reply.status if reply.status in known else None
        key = request, reply.outcome, status, _may_be_json(view)
        drawer = self._drawers.get(key)
        if drawer is None:
            _, outcome, status, is_json = key
            fit = [
                (owner, rule) for owner, rule in self._rules.get(request, ()) if _fits(rule, outcome, status, is_json)
            ]
            drawer = self._drawers[key] = _Drawer(fit, self._build)
        return drawer.owners(view)


def _statuses(rules: Iterable[Match]) -> Iterator[int]:
    for rule in rules:
        if rule.status is not None:
            yield from rule.status if isinstance(rule.status, list) else (rule.status,)


def _fits(rule: Match, outcome: Outcome, status: int | None, is_json: bool) -> bool:
    if (rule.outcome or (Outcome.OK if rule.banner is None else Outcome.PROTOCOL_ERROR)) != outcome:
        return False
    if rule.status is not None and status not in set(_statuses([rule])):
        return False
    return is_json or not rule.json


def _may_be_json(view: View) -> bool:
    """Whether the body begins as a document does; RFC 8259 sections 2 and 3."""
    start = view.reply.body[:_START].lstrip(_BLANKS)
    if start:
        return start[0] in _JSON_BEGINS or view.media.startswith("text/event-stream")
    return len(view.reply.body) > _START


class _Drawer(Generic[Owner]):
    """The rules for one kind of reply, by what must stand in it."""

    def __init__(self, rules: list[tuple[Owner, Match]], build: Build) -> None:
        self._json = any(rule.json for _, rule in rules)
        self._all: list[_Entry[Owner]] = [(rank, owner, rule, ()) for rank, (owner, rule) in enumerate(rules)]
        self._always: list[_Entry[Owner]] = []
        self._named: dict[str, list[_Entry[Owner]]] = {}
        self._heads: dict[tuple[tuple[str, str], ...], list[_Entry[Owner]]] = {}
        in_body: dict[str, list[_Entry[Owner]]] = {}
        in_head: dict[str, list[_Entry[Owner]]] = {}
        for (rank, owner, rule, _), need in zip(self._all, _rarest([rule for _, rule in rules]), strict=True):
            entry = (rank, owner, rule, need.others)
            present = self._named.setdefault(need.header, []) if need.header else self._always
            for word in need.words:
                (in_head if need.header else in_body).setdefault(word, []).append(entry)
            if not need.words:
                present.append(entry)
        self._in_body, self._in_head = list(in_body.values()), list(in_head.values())
        self._scan_body = build([word.encode() for word in in_body]) if in_body else None
        self._scan_head = build([word.encode() for word in in_head]) if in_head else None

    def owners(self, view: View) -> list[Owner]:
        """Those of whom a rule holds, in the order of the rules."""
        entries = self._always
        named = self._named
        if named and (head := [pair for pair in view.lowered if pair[0] in named]):
            entries = entries + self._by_head(tuple(head))
        if self._scan_body is None and not entries:
            return []
        text = self._text(view)
        if text is None:
            return _holding(self._all, view, b"")
        if self._scan_body is not None:
            for number in self._scan_body(text):
                entries = entries + self._in_body[number]
        return _holding(entries, view, text) if entries else []

    def _by_head(self, head: tuple[tuple[str, str], ...]) -> list[_Entry[Owner]]:
        """What these headers may speak for; most servers of a network have the same ones."""
        known = self._heads.get(head)
        if known is None:
            known = [entry for name, _ in head for entry in self._named[name]]
            if self._scan_head is not None:
                text = "\n".join(value for _, value in head).encode("utf-8", "replace")
                known += [entry for number in self._scan_head(text) for entry in self._in_head[number]]
            if len(self._heads) >= _KEPT:
                self._heads.clear()
            if sum(len(value) for _, value in head) <= _LONG:
                self._heads[head] = known
        return known

    def _text(self, view: View) -> bytes | None:
        """The body; of a document that has escapes, also how it reads without them.

        None where that cannot be written (a number too large): then words tell nothing.
        """
        body = view.reply.body
        if self._json and b"\\" in body and view.json is not ABSENT:
            try:
                return b"\n".join((body, msgspec.json.encode(view.json)))
            except (OverflowError, RecursionError, ValueError):
                return None
        return body


def _holding(entries: list[_Entry[Owner]], view: View, text: bytes) -> list[Owner]:
    if len(entries) > 1:
        entries = sorted(entries, key=itemgetter(0))
    short = len(text) <= _SHORT
    holding: dict[Owner, None] = {}
    for _, owner, rule, others in entries:
        if owner in holding or (short and others and not all(map(text.__contains__, others))):
            continue
        if holds(rule, view):
            holding[owner] = None
    return list(holding)


def _rarest(rules: list[Match]) -> list[_Need]:
    """Of each rule the need that fewest share; of those the longest words."""
    needs = [_needs(rule) for rule in rules]
    used = Counter(one for every in needs for one in {word for need in every for word in (need.words or {need.header})})

    def worth(need: _Need) -> tuple[bool, int, int, list[str]]:
        common = sum(used[word] for word in need.words or {need.header})
        return need != _Need(), -common, min(map(len, need.words), default=0), sorted(need.words)

    return [_with_others(sorted(every, key=worth, reverse=True)) for every in needs]


def _with_others(needs: list[_Need]) -> _Need:
    if not needs:
        return _Need()
    more = dict.fromkeys(
        word.encode() for need in needs[1:] if len(need.words) == 1 and not need.header for word in need.words
    )
    return msgspec.structs.replace(needs[0], others=tuple(more)[:_OTHERS])


def _needs(rule: Match) -> list[_Need]:
    groups = [(words, "") for path, test in rule.json.items() for words in of_json(path, test)]
    if rule.body is not None:
        groups += [(words, "") for words in of_text(rule.body)]
    needs = []
    for name, test in rule.header.items():
        if isinstance(test, Test) and test.exists is False:
            continue
        needs.append(_Need(header=name.lower()))
        groups += [(words, name.lower()) for words in of_text(test)]
    return needs + [_Need(words, header) for words, header in groups if _useful(words)]


def _useful(words: Needles) -> bool:
    return bool(words) and all(len(word) >= SHORTEST and word.isascii() for word in words)
