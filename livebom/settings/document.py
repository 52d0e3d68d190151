"""Strict YAML: text to a tree of values that know their line and column, with every surprise of YAML refused."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NoReturn

import yaml
from yaml.events import (
    AliasEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from livebom.settings.problem import DataError, Problem, Step, path_text

DEPTH = 48
"""Most levels of nesting; libyaml's own composer overflows the C stack on a deep file, so it is not used."""
ALIASES = 100
"""Most aliases in one file."""
NODES = 600_000
"""Most values of one file, aliases counted at full size; 1 MiB without aliases cannot hold more."""
PROBLEMS = 20
"""Most problems told about one file."""

_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_MEANING = {"null": None, "true": True, "false": False}
_WORDS = {"": None, "~": None} | {
    form: value for word, value in _MEANING.items() for form in (word, word.title(), word.upper())
}
_AMBIGUOUS = {form for word in ("yes", "no", "on", "off") for form in (word, word.title(), word.upper())}
_NUMBER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_HEX = re.compile(r"0x[0-9a-fA-F]{1,15}")
_REAL = re.compile(r"[-+]?(?:[0-9]{1,18}\.[0-9]{0,18}|\.[0-9]{1,18})(?:[eE][-+][0-9]{1,2})?")
_CONTROL = re.compile(r"[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Node:
    """One value of a document: a scalar, a list of nodes or a mapping of text to nodes."""

    __slots__ = ("key_mark", "mark", "value")

    def __init__(self, value: Any, mark: Any) -> None:
        self.value = value
        self.mark = mark
        self.key_mark = mark

    def plain(self) -> Any:
        """The value without its places: what a struct is made from."""
        value = self.value
        if type(value) is dict:
            return {key: node.plain() for key, node in value.items()}
        if type(value) is list:
            return [node.plain() for node in value]
        return value

    def problem(self, file: str, steps: Sequence[Step], reason: str, remedy: str, *, key: bool = False) -> Problem:
        """A problem that stands here, or at the key that leads here."""
        return _problem(file, self.key_mark if key else self.mark, steps, reason, remedy)

    def place(self, steps: Sequence[Step]) -> tuple[int, int]:
        """Line and column, from 1, of the value at `steps` below here, or of the nearest one above it."""
        node = self
        for step in steps:
            try:
                node = node.value[step]
            except (KeyError, IndexError, TypeError):
                break
        return node.mark.line + 1, node.mark.column + 1


def _problem(file: str, mark: Any, steps: Sequence[Step], reason: str, remedy: str) -> Problem:
    line, column = mark.line + 1, mark.column + 1
    return Problem(file=file, line=line, column=column, path=path_text(steps), reason=reason, remedy=remedy)


@lru_cache(maxsize=8192)
def _scalar(text: str) -> Any:
    """What a plain word means: null, boolean, integer, real, else the text itself.

    YAML 1.1's dates, base 60, leading-zero octal, underscores, infinities and not-a-number stay text: where a number
    is wanted they then fail loudly, and where text is wanted nobody is surprised.
    """
    if text in _WORDS:
        return _WORDS[text]
    if _NUMBER.fullmatch(text):
        return int(text)
    if _REAL.fullmatch(text):
        return float(text)
    return int(text, 16) if _HEX.fullmatch(text) else text


class _Composer:
    """Makes the tree from the parser's events; problems that need not stop it are collected."""

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.text = text
        self.next: Callable[[], Any]
        self.path: list[Step] = []
        self.anchors: dict[str, tuple[Node, int]] = {}
        self.aliases = 0
        self.count = 0
        self.problems: list[Problem] = []

    def document(self) -> Node:
        """The only document of the stream; an empty stream is an empty mapping."""
        self.next = _PARSER(self.text).get_event
        self.next()
        first = self.next()
        if isinstance(first, StreamEndEvent):
            return Node({}, first.start_mark)
        node = self.node(self.next())
        if node.value is None:
            node.value = {}
        self.next()
        if not isinstance(after := self.next(), StreamEndEvent):
            self.stop(after, "a second document begins here", "keep one document per file")
        return node

    def stop(self, event: Event, reason: str, remedy: str) -> NoReturn:
        raise DataError([*self.problems, _problem(self.file, event.start_mark, self.path, reason, remedy)])

    def note(self, event: Event, reason: str, remedy: str) -> None:
        self.problems.append(_problem(self.file, event.start_mark, self.path, reason, remedy))
        if len(self.problems) >= PROBLEMS:
            raise DataError(self.problems)

    def node(self, event: Any) -> Node:
        if type(event) is AliasEvent:
            return self.alias(event)
        if type(event) is ScalarEvent and event.tag is event.anchor is None:
            self.count += 1
            return Node(self.scalar(event), event.start_mark)
        before = self.count
        self.count += 1
        if event.tag is not None:
            self.note(event, f"the tag {event.tag} is not read", "write plain values only")
        if type(event) is ScalarEvent:
            node = Node(self.scalar(event), event.start_mark)
        elif type(event) is MappingStartEvent:
            node = self.mapping(event)
        else:
            node = self.sequence(event)
        if event.anchor is not None:
            self.anchors[event.anchor] = (node, self.count - before)
        return node

    def scalar(self, event: ScalarEvent) -> Any:
        text: str = event.value
        if not event.implicit[0]:
            return text
        if text in _AMBIGUOUS:
            self.note(event, f"`{text}` is a boolean to some readers and text to others", "write true, false or quotes")
        return _scalar(text)

    def alias(self, event: Any) -> Node:
        found = self.anchors.get(event.anchor)
        if found is None:
            self.stop(event, f"`*{event.anchor}` names nothing above it", "write the value out")
        target, size = found
        self.aliases += 1
        self.count += size
        if self.aliases > ALIASES or self.count > NODES:
            self.stop(event, f"more than {ALIASES} aliases, or too much behind them", "write the values out")
        return Node(target.value, event.start_mark)

    def sequence(self, event: SequenceStartEvent) -> Node:
        self.check_depth(event)
        items: list[Node] = []
        path = self.path
        path.append(0)
        while type(item := self.next()) is not SequenceEndEvent:
            path[-1] = len(items)
            items.append(self.node(item))
        path.pop()
        return Node(items, event.start_mark)

    def mapping(self, event: MappingStartEvent) -> Node:
        self.check_depth(event)
        entries: dict[str, Node] = {}
        path = self.path
        path.append("")
        while type(key := self.next()) is not MappingEndEvent:
            if type(key) is not ScalarEvent or key.tag is not None:
                path.pop()
                self.stop(key, "a key must be plain text", "write the key as a word or in quotes")
            name = path[-1] = key.value
            if name in entries:
                self.note(key, f"the key `{name}` stands twice", "keep one of the two")
            elif name == "<<" and key.implicit[0]:
                self.note(key, "merge keys are not read", "write the keys out")
            node = self.node(self.next())
            node.key_mark = key.start_mark
            entries[name] = node
        path.pop()
        return Node(entries, event.start_mark)

    def check_depth(self, event: Event) -> None:
        if len(self.path) >= DEPTH:
            del self.path[4:]
            self.stop(event, f"nested deeper than {DEPTH} levels", "write it flatter")


def _position(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def _bad_character(text: str, file: str, reason: str) -> Problem:
    hit = _CONTROL.search(text)
    line, column = _position(text, hit.start()) if hit else (1, 1)
    return Problem(file=file, line=line, column=column, path="the top", reason=reason, remedy="remove the character")


def compose(data: bytes, file: str) -> Node:
    """The document in `data` as a tree; `file` only names it in messages.

    Raises:
        DataError: It is not UTF-8, not YAML, or uses what this project does not read (tags, merge keys, duplicate keys,
            several documents, deep nesting, too many aliases, words like `yes` whose meaning depends on the reader).
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode()
        line, column = _position(before, len(before))
        whole = Problem(file=file, line=line, column=column, path="the top", reason="not UTF-8", remedy="save as UTF-8")
        raise DataError([whole]) from None
    composer = _Composer(text, file)
    try:
        node = composer.document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = "not YAML: " + ", ".join(part for part in (error.problem, error.context) if part)
        remedy = "check indentation, colons and quotes here and on the line above"
        raise DataError([*composer.problems, _problem(file, mark, composer.path, reason, remedy)]) from None
    except yaml.reader.ReaderError as error:
        raise DataError([*composer.problems, _bad_character(text, file, f"not YAML: {error.reason}")]) from None
    if composer.problems:
        raise DataError(composer.problems)
    return node
