"""What livebom's own writer leaves in `livebom:` properties: kind, key, further keys, typed edges and attributes."""

import re
from collections.abc import Iterable, Iterator
from uuid import UUID

from livebom.bom.identity import part_id
from livebom.bom.observation import Fact
from livebom.bom.parts import Confidence, EdgeKind, PartKind, Value
from livebom.bom.vocabulary import COMMON, PARTS
from livebom.readers.cyclonedx.card_shape import Property
from livebom.readers.cyclonedx.facts import ALLOWED, Facts
from livebom.readers.cyclonedx.shape import Component, Service, Vulnerability

PREFIX = "livebom:"

_KINDS = {str(kind): kind for kind in PartKind}
_EDGES = {str(kind): kind for kind in EdgeKind}
_GRADES = {str(grade): grade for grade in Confidence}

_ARROW = re.compile(r"(?:(?P<source>\S+) )?(?P<kind>[a-z_]+) -> (?P<ref>\S+?)(?:: (?P<value>.*))?", re.DOTALL)
_ALIAS = re.compile(r"(?P<key>.*) \((?P<method>.*) by (?P<source>.*), (?P<confidence>[0-9.e-]+)\)", re.DOTALL)
_SAID = re.compile(r"(?P<confidence>[a-z]+) by .*: (?P<names>[a-z0-9_]+(?:, [a-z0-9_]+)*)", re.DOTALL)
_ESCAPE = re.compile(r"\\(?P<literal>\\u\{)|\\u\{(?P<code>[0-9a-f]{1,6})\}")
_INTEGERS = frozenset({"port", "bytes", "context_length", "length"})
_TRUTHS = {"true": True, "false": False}
_TRUE_OR_FALSE = frozenset({"pinned", "unsafe"})
_OWN_PAGES = {kind: frozenset({"website", "model-card"}) for kind in PartKind} | {
    PartKind.REPOSITORY: frozenset({"website", "vcs"})
}
"""References to the part itself; of most kinds, `vcs` leads to the repository it is declared in."""
_LISTS = frozenset(
    name
    for word in ({"": COMMON} | {kind: row.attributes for kind, row in PARTS.items()}).values()
    for name, meaning in word.items()
    if meaning.startswith("list")
)
"""Attributes that hold a list, by the vocabulary's own words."""


def told(properties: Iterable[Property] | None) -> list[tuple[str, str]]:
    """Our properties, without their prefix, in their order."""
    return [
        (item.name[len(PREFIX) :], item.value)
        for item in properties or ()
        if item.name and item.value is not None and item.name.startswith(PREFIX)
    ]


def kind_and_key(found: list[tuple[str, str]], ref: str) -> tuple[PartKind, str] | None:
    """The part that an entry of ours stands for, None for anybody else's.

    The writer escapes hidden characters in a key; the entry's `bom-ref` is the part's id and proves the unescaped one.
    """
    said = dict(reversed(found))
    kind, key = _KINDS.get(said.get("kind", "")), said.get("key")
    if kind is None or not key:
        return None
    plain = _ESCAPE.sub(_unescaped, key) if "\\" in key else key
    return kind, plain if plain != key and str(part_id(kind, plain)) == ref else key


def _unescaped(match: re.Match[str]) -> str:
    if match["literal"]:
        return match["literal"]
    code = int(match["code"], 16)
    return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else match[0]


def facts(found: list[tuple[str, str]], kind: PartKind) -> Facts:
    """The attributes that stood in no field."""
    values: dict[str, list[str]] = {}
    for name, text in found:
        if name in ALLOWED[kind]:
            values.setdefault(name, []).append(text)
    return {name: Fact(_value(name, texts)) for name, texts in values.items()}


def component_facts(one: Component, kind: PartKind, said: Facts) -> Facts:
    """What our writer's fields say of a component: a file's name may be its path, a reference somebody else's page.

    Its card stands whole in our own properties.
    """
    pages = [page.url for page in one.references or () if page.url and page.type in _OWN_PAGES[kind]]
    told = {name: fact for name, fact in said.items() if name not in {"url", "card"}}
    if "file" in told and told["file"].value == one.name:
        del told["name"]
    if kind is PartKind.REPOSITORY and "version" in told:
        told["revision"] = told.pop("version")
    return told | ({"url": Fact(pages[0])} if pages else {})


def beyond_key(said: Facts, key: str) -> Facts:
    """The facts without a name or supplier that our writer took from the key, as it found none."""
    return {name: fact for name, fact in said.items() if name not in {"name", "supplier"} or fact.value != key}


def service_facts(one: Service, kind: PartKind, found: list[tuple[str, str]], said: Facts) -> Facts:
    """What our writer's fields say of a service: its endpoints are its own address only where no listener has them."""
    listens = any(edge is EdgeKind.LISTENS_ON for _, edge, _, _ in edges(found))
    drop = {"url"} if listens or kind in {PartKind.API_PROVIDER, PartKind.VECTOR_STORE} else set()
    told = {name: fact for name, fact in said.items() if name not in drop}
    return told | ({"zone": Fact(one.zone)} if one.zone and "zone" in ALLOWED[kind] else {})


def finding_facts(one: Vulnerability, said: Facts) -> Facts:
    """What our writer's fields say of a finding: its title, its score by whatever method, and what was seen."""
    told = {name: fact for name, fact in said.items() if name not in {"name", "description"}}
    scores = [rating.score for rating in one.ratings or () if rating.score is not None]
    if scores:
        told["score"] = Fact(scores[0])
    if one.analysis and one.analysis.detail:  # our writer tells nothing else there
        told["accepted"] = Fact(one.analysis.detail)
    return told | ({"seen": Fact(one.detail.split("; "))} if one.detail else {})


def grades(found: list[tuple[str, str]]) -> dict[str, Confidence]:
    """How well each attribute is known, by the best of those who said it."""
    best: dict[str, Confidence] = {}
    for name, text in found:
        match = _SAID.fullmatch(text) if name == "said" else None
        grade = _GRADES.get(match["confidence"]) if match else None
        if match and grade:
            for each in match["names"].split(", "):
                best[each] = min(best.get(each, grade), grade, key=lambda one: one.rank)
    return best


def aliases(found: list[tuple[str, str]]) -> Iterator[tuple[str, str, str, float]]:
    """Further keys of the part, each with method, source and confidence."""
    for name, text in found:
        if name == "alias":
            match = _ALIAS.fullmatch(text)
            if match is None:
                yield text, "declared", "", 1.0
            else:
                yield match["key"], match["method"], match["source"], _number(match["confidence"])


def edges(found: list[tuple[str, str]]) -> Iterator[tuple[str, EdgeKind | None, str, Facts]]:
    """Typed edges: the source's `bom-ref` where it is told, kind (None: not one), the destination's, attributes."""
    arrows: dict[str, Facts] = {}
    for name, text in found:
        if name == "edge":
            arrows.setdefault(text, {})
        elif name.startswith("edge:"):
            arrow, _, value = text.partition(": ")
            arrows.setdefault(arrow, {})[name[5:]] = Fact(value)
    for arrow, attributes in arrows.items():
        match = _ARROW.fullmatch(arrow)
        if match is None or match["kind"] not in _EDGES:
            yield "", None, arrow, {}
        else:
            yield match["source"] or "", _EDGES[match["kind"]], match["ref"], attributes


def is_id(ref: str) -> bool:
    """Whether a `bom-ref` is a part's id, as our writer's are."""
    try:
        return str(UUID(ref)) == ref
    except ValueError:
        return False


def _value(name: str, texts: list[str]) -> Value:
    """The text as what the vocabulary says the attribute is."""
    text = texts[0]
    if name in _LISTS:
        return texts
    if name in _INTEGERS and text.isdecimal() and len(text) < 19:
        return int(text)
    if name in _TRUE_OR_FALSE:
        return _TRUTHS.get(text, text)
    return _number(text) if name == "score" else text


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
