"""Turns the struct library's first complaint about a document into every problem of it, each at its line and column."""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

import msgspec
from msgspec import inspect

from livebom.settings.document import PROBLEMS, Node
from livebom.settings.problem import Problem, Step

_COMPLAINT = re.compile(r"(?s)(?P<reason>.*?)(?: - at (?P<key>`key` in )?`\$(?P<path>[^`]*)`)?")
_STEP = re.compile(r"\.(?P<name>[^.\[]+)|\[(?P<index>[0-9]+)\]|\[(?P<any>\.\.\.)\]")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.S)
_MISSING = re.compile(r"Object missing required field `(.*)`", re.S)
_CHOICE = re.compile(r"Invalid enum value (.*)", re.S)

_REMEDIES = (
    (re.compile(r"Expected `str[^`]*`, got `(?:int|float|bool|null)`"), "put the value in quotes"),
    (re.compile(r"Expected `bool[^`]*`, got"), "write true or false"),
    (re.compile(r"Expected `(?:int|float)[^`]*`, got `str`"), "write a plain decimal number without quotes"),
    (re.compile(r"Expected `array[^`]*`, got"), "write a list"),
    (re.compile(r"Expected `object[^`]*`, got"), "write a mapping of keys to values"),
    (re.compile(r"Expected `(?:int|float)[^`]*` [<>]"), "choose a value within the bound"),
    (re.compile(r"Expected `str` matching"), "write it in that form"),
    (re.compile(r"Invalid RFC3339"), "write it as YYYY-MM-DD"),
)


class _Trail:
    """The way from the top of a document to the node a complaint means."""

    def __init__(self, top: Node) -> None:
        self.nodes = [top]
        self.steps: list[Step] = []

    def step(self, step: Step) -> None:
        self.nodes.append(self.nodes[-1].value[step])
        self.steps.append(step)


def _complaint(top: Node, kind: Any) -> str | None:
    """What the struct library says of the document, or None where it is content."""
    try:
        msgspec.convert(top.plain(), kind, str_keys=True)
    except msgspec.ValidationError as error:
        return str(error)
    return None


def _culprit(top: Node, kind: Any, inside: Node, complaint: str) -> Step | None:
    """Which entry of a mapping a complaint means, since the library names none: the one that brings it about alone."""
    value = inside.value
    steps: list[Step] = list(value) if isinstance(value, dict) else list(range(len(value)))
    try:
        for step in steps:
            inside.value = {step: value[step]} if isinstance(value, dict) else [value[step]]
            if _complaint(top, kind) == complaint:
                return step
    finally:
        inside.value = value
    return None


def _follow(top: Node, kind: Any, complaint: str, path: str, *, at_key: bool) -> _Trail:
    """The trail to the node a complaint's path names; it ends early where the path cannot be followed."""
    trail = _Trail(top)
    wanted: list[Step | None] = [
        int(hit["index"]) if hit["index"] else None if hit["any"] else hit["name"] for hit in _STEP.finditer(path)
    ]
    for step in [*wanted, None] if at_key else wanted:
        inside = trail.nodes[-1]
        if not isinstance(inside.value, dict | list):
            break
        found = _culprit(top, kind, inside, complaint) if step is None else step
        if found is None or (isinstance(inside.value, dict) and found not in inside.value):
            break
        trail.step(found)
    return trail


def _inner(kind: Any, step: Step) -> Iterator[Any]:
    """The types a value may have one step below a value of type `kind`."""
    for option in _options(kind):
        if isinstance(option, inspect.StructType):
            yield from (field.type for field in option.fields if field.encode_name == step)
        elif isinstance(option, inspect.DictType):
            yield option.value_type
        elif isinstance(option, inspect.ListType | inspect.VarTupleType | inspect.SetType | inspect.FrozenSetType):
            yield option.item_type


def _options(kind: Any) -> Iterator[Any]:
    if isinstance(kind, inspect.Metadata):
        yield from _options(kind.type)
    elif isinstance(kind, inspect.UnionType):
        for option in kind.types:
            yield from _options(option)
    else:
        yield kind


def _at(kind: Any, steps: list[Step]) -> list[Any]:
    """The types the place at `steps` may have."""
    kinds = [inspect.type_info(kind)]
    for step in steps:
        kinds = [inner for outer in kinds for inner in _inner(outer, step)]
    return [option for outer in kinds for option in _options(outer)]


def _suggest(word: str, known: list[str]) -> str:
    near = get_close_matches(word, known, n=1)
    return f"did you mean `{near[0]}`?" if near else "known here: " + (", ".join(sorted(known)) or "nothing")


def _choices(kind: Any, steps: list[Step]) -> list[str]:
    kinds = _at(kind, steps)
    enums = [str(member.value) for option in kinds if isinstance(option, inspect.EnumType) for member in option.cls]
    return enums + [str(v) for option in kinds if isinstance(option, inspect.LiteralType) for v in option.values]


def _key_choices(kind: Any, steps: list[Step]) -> list[str]:
    keys = [option.key_type for option in _at(kind, steps) if isinstance(option, inspect.DictType)]
    enums = [str(member.value) for key in keys if isinstance(key, inspect.EnumType) for member in key.cls]
    return enums + [str(value) for key in keys if isinstance(key, inspect.LiteralType) for value in key.values]


class _Explainer:
    """Collects problems: after each one the part it stands in is cut off, and the rest is looked at again."""

    def __init__(self, top: Node, kind: Any, file: str) -> None:
        self.top = top
        self.kind = kind
        self.file = file
        self.cut: dict[int, set[Step]] = {}
        self.left: dict[int, list[int]] = {}
        self.problems: list[Problem] = []

    def run(self) -> list[Problem]:
        while len(self.problems) < PROBLEMS and (complaint := _complaint(self.top, self.kind)) is not None:
            if not self.explain(complaint):
                break
        return self.problems

    def explain(self, complaint: str) -> bool:
        """Tells of one complaint and cuts its cause off; False where nothing is left to look at."""
        hit = _COMPLAINT.fullmatch(complaint)
        reason, path, at_key = (hit["reason"], hit["path"] or "", bool(hit["key"])) if hit else (complaint, "", False)
        trail = _follow(self.top, self.kind, complaint, path, at_key=at_key)
        if unknown := _UNKNOWN.fullmatch(reason):
            self.unknown(trail, unknown[1])
        elif missing := _MISSING.fullmatch(reason):
            self.missing(trail, missing[1])
        else:
            self.other(trail, reason, at_key=at_key)
        return self.prune(trail)

    def unknown(self, trail: _Trail, word: str) -> None:
        structs = [option for option in _at(self.kind, trail.steps) if isinstance(option, inspect.StructType)]
        known = [field.encode_name for struct in structs for field in struct.fields]
        remedy = _suggest(word, known)
        if word in trail.nodes[-1].value:
            trail.step(word)
        self.tell(trail, f"unknown key `{word}`", remedy, key=True)

    def missing(self, trail: _Trail, word: str) -> None:
        node = trail.nodes[-1]
        structs = [option for option in _at(self.kind, trail.steps) if isinstance(option, inspect.StructType)]
        required = [field.encode_name for struct in structs for field in struct.fields if field.required]
        absent = [name for name in required if name not in node.value] if len(structs) == 1 else [word]
        told = self.cut.get(id(node), set())
        if absent := [name for name in absent if name not in told]:
            names = ", ".join(f"`{name}`" for name in absent)
            self.tell(trail, f"{names} {'is' if len(absent) == 1 else 'are'} missing", "add what is missing")

    def other(self, trail: _Trail, reason: str, *, at_key: bool) -> None:
        remedy = next((text for shape, text in _REMEDIES if shape.match(reason)), "correct the value")
        if choice := _CHOICE.fullmatch(reason):
            known = _key_choices(self.kind, trail.steps[:-1]) if at_key else _choices(self.kind, trail.steps)
            remedy = _suggest(choice[1].strip("'\""), known)
        said = reason[:1].lower() + reason[1:]
        self.tell(trail, f"bad key: {said}" if at_key else said, remedy, key=at_key)

    def tell(self, trail: _Trail, reason: str, remedy: str, *, key: bool = False) -> None:
        steps = [self.as_written(node, step) for node, step in zip(trail.nodes, trail.steps, strict=False)]
        self.problems.append(trail.nodes[-1].problem(self.file, steps, reason, remedy, key=key))

    def as_written(self, node: Node, step: Step) -> Step:
        """The step as it was before items of the list were cut off."""
        return self.left[id(node)][step] if isinstance(step, int) and id(node) in self.left else step

    def prune(self, trail: _Trail) -> bool:
        if not trail.steps:
            return False
        parent, step = trail.nodes[-2], trail.steps[-1]
        self.cut.setdefault(id(parent), set()).add(step)
        if isinstance(step, int):
            del self.left.setdefault(id(parent), list(range(len(parent.value))))[step]
        del parent.value[step]
        return True


def convert(top: Node, kind: type[Any], file: str) -> tuple[Any, list[Problem]]:
    """The document as a `kind`, or everything that keeps it from being one; a bad document's tree is used up."""
    try:
        return msgspec.convert(top.plain(), kind, str_keys=True), []
    except msgspec.ValidationError:
        return None, _Explainer(top, kind, file).run()
