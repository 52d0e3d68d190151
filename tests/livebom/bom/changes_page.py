"""The page of changes as data: reads its worked examples, compares them, and writes their outputs into it.

`python -m tests.livebom.bom.changes_page` rewrites the page.
"""

import re
import shlex
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import msgspec

from livebom.bom.document import Document, Look, Stretch, document
from livebom.bom.events import EVENTS, History, compare
from livebom.bom.graph import fold
from livebom.bom.identity import edge_id, part_id
from livebom.bom.observation import EdgeTo, Fact, Observation
from livebom.bom.parts import Confidence, EdgeKind, PartKind, Value
from livebom.bom.policy import Policy
from livebom.export.changes import written
from tests.house.tree import ROOT

PAGE = ROOT / "docs" / "changes.md"
BEFORE = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
AFTER = BEFORE + timedelta(days=1)
TODAY = date(2026, 11, 21)

_WORDS: dict[str, Value] = {"true": True, "false": False}
_SURE = {"=": Confidence.DECLARED, "~=": Confidence.INFERRED, "!=": Confidence.VERIFIED}
_BLOCK = re.compile(r"^```(before|after|policy|history|output)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TABLE = re.compile(r"(?<=<!-- events -->\n).*?(?=^<!-- end -->$)", re.MULTILINE | re.DOTALL)


def state(text: str, at: datetime) -> Document:
    """The document that lines of the page's notation stand for; without a line `look` it is a settled one."""
    said: list[Observation] = []
    looks: list[Look] = []
    missed: dict[UUID, int] = {}
    for line in text.splitlines():
        words = shlex.split(line)
        if words[0] == "look":
            looks.append(_look(words[1:], at))
        elif words[0] == "missed":
            missed[named(words[1:-1])] = int(words[-1])
        else:
            said.append(_observation(words, at))
    known = looks or [Look(at=at, id="1", surface="runtime", source="livebom 1.0", complete=True)]
    return document(fold(said), known, settled=not looks, missed=missed)


def output(section: str) -> str:
    """What the examples of a section print, by the renderer of `--format table`."""
    blocks: dict[str, str] = dict(_BLOCK.findall(section))
    policy = msgspec.yaml.decode(blocks.get("policy", "{}"), type=Policy)
    old, new = state(blocks["before"], BEFORE), state(blocks["after"], AFTER)
    told = compare(old, new, policy, TODAY, names=("before", "after"), history=_history(blocks.get("history", "")))
    return written(told, "table")


def table() -> str:
    """The rows of all events."""
    rows = [f"| [`{e.name}`](#{e.name.replace('.', '')}) | {e.severity} | {e.meaning} |" for e in EVENTS]
    return "\n".join(["| event | severity | tells that |", "|---|---|---|", *rows, ""])


def sections(page: str) -> list[str]:
    """The page cut before each heading; a section with an `output` holds one example."""
    return re.split(r"(?=^#{2,3} )", page, flags=re.MULTILINE)


def rewritten(page: str) -> str:
    """The page with its table and every output as they are now."""
    page = _TABLE.sub(lambda _: table(), page)
    return "".join(_with_output(section) for section in sections(page))


def named(words: list[str]) -> UUID:
    """The id of a part (`kind key`) or edge (`kind key edge kind key`)."""
    ends = [part_id(PartKind(words[at]), words[at + 1]) for at in range(0, len(words), 3)]
    return ends[0] if len(ends) == 1 else edge_id(EdgeKind(words[2]), ends[0], ends[1])


def _with_output(section: str) -> str:
    if "```output\n" not in section:
        return section
    told = output(section)
    return re.sub(r"(?<=^```output\n).*?(?=^```$)", lambda _: told, section, flags=re.MULTILINE | re.DOTALL)


def _observation(words: list[str], at: datetime) -> Observation:
    """`kind key [attribute=value …] [@surface]`, or `kind key edge kind key …`, or `kind key same_as key`."""
    kind, key, *rest = words
    surface = rest.pop()[1:] if rest and rest[-1].startswith("@") else "runtime"
    edges: tuple[EdgeTo, ...] = ()
    aliases: tuple[str, ...] = ()
    if rest and rest[0] == "same_as":
        aliases, rest = (rest[1],), rest[2:]
    if rest and rest[0] in set(EdgeKind):
        facts = dict(map(_fact, rest[3:]))
        edges = (EdgeTo(kind=EdgeKind(rest[0]), to_kind=PartKind(rest[1]), to=rest[2], facts=facts),)
        rest = []
    return Observation(
        sweep="1",
        at=at,
        surface=surface,
        source=surface,
        kind=PartKind(kind),
        subject=key,
        aliases=aliases,
        facts=dict(map(_fact, rest)),
        edges=edges,
    )


def _fact(word: str) -> tuple[str, Fact]:
    found = re.fullmatch(r"(\w+)(~=|!=|=)(.*)", word)
    assert found, word
    name, sign, text = found.groups()
    value: Value = text[1:-1].split(",") if text.startswith("[") else _WORDS.get(text, text)
    return name, Fact(int(text) if name == "port" else value, _SURE[sign])


def _look(words: list[str], at: datetime) -> Look:
    """`surface complete|incomplete place …`; a place is a network's `first-last:port`, else words."""
    surface, state_, *places = words
    complete = state_ == "complete"
    stretches = []
    for place in places:
        found = re.fullmatch(r"([\d.]+)-([\d.]+):(\d+)", place)
        if found:
            first, last, port = found.groups()
            stretches.append(Stretch(zone="lab", first=first, last=last, ports=(int(port),), complete=complete))
    return Look(
        at=at,
        id=surface,
        surface=surface,
        source="livebom 1.0",
        scope=tuple(places),
        complete=complete,
        coverage=tuple(stretches),
    )


def _history(text: str) -> History:
    """`sightings|flaps kind key … count` by line."""
    lines = [shlex.split(line) for line in text.splitlines()]
    counts = {which: {named(w[1:-1]): int(w[-1]) for w in lines if w[0] == which} for which in ("sightings", "flaps")}
    return History(sightings=counts["sightings"], flaps=counts["flaps"])


if __name__ == "__main__":
    PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
