"""The page of formats is true: a row for each kind, in the writers' own words, and no format that does not exist."""

import os
import re
from pathlib import Path

import pytest

from livebom import readers
from livebom.bom.parts import EdgeKind, PartKind
from livebom.export import formats
from livebom.export.cyclonedx.words import MAPPING as CYCLONEDX
from livebom.export.spdx.words import MAPPING as SPDX
from livebom.readers.spdx.words import EDGES as READ

PAGE = Path(__file__).parents[3] / "docs" / "formats.md"


def kinds(all_kinds: type[PartKind] | type[EdgeKind]) -> list[list[str]]:
    """Where each kind goes, as the writers' mappings have it."""
    head = ["kind", "CycloneDX", "lost there", "SPDX", "only in properties"]
    return [head, *([f"`{kind}`", *CYCLONEDX[kind], *SPDX[kind]] for kind in all_kinds)]


def relationships() -> list[list[str]]:
    """What each relationship of others becomes, the first edge that may join its ends."""
    told = [[f"`{edge}`" + ("" if not turned else " turned round") for edge, turned in READ[type_]] for type_ in READ]
    return [["SPDX", "becomes the first of these that may join its ends"]] + [
        [f"`{type_}`", ", ".join(words)] for type_, words in zip(READ, told, strict=True)
    ]


TABLES = {"relationships": relationships(), "parts": kinds(PartKind), "edges": kinds(EdgeKind)}


def drawn(cells: list[list[str]]) -> str:
    lines = [re.sub(r" +\|", " |", f"| {' | '.join(row)} |") for row in cells]
    return "\n".join([lines[0], "|" + "---|" * len(cells[0]), *lines[1:]])


def between(text: str, mark: str) -> str:
    found = re.search(rf"<!-- {mark} -->\n(.*?)\n?<!-- end -->", text, re.DOTALL)
    assert found, mark
    return found[1]


@pytest.mark.parametrize("mark", TABLES)
def test_the_tables_are_the_writers_and_readers_own(mark: str) -> None:
    text = PAGE.read_text(encoding="utf-8")
    old = between(text, mark)
    if os.environ.get("LIVEBOM_GOLDEN") == "write":
        text = text.replace(f"<!-- {mark} -->\n{old}\n", f"<!-- {mark} -->\n{drawn(TABLES[mark])}\n")
        PAGE.write_text(text, encoding="utf-8")
    assert between(text, mark) == drawn(TABLES[mark]), f"{PAGE}: LIVEBOM_GOLDEN=write, then read it"


def test_every_kind_has_a_row() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for mark, all_kinds in (("parts", PartKind), ("edges", EdgeKind)):
        assert re.findall(r"^\| `([a-z_]+)` \|", between(text, mark), re.MULTILINE) == list(all_kinds)


def rows(heading: str) -> dict[str, list[str]]:
    """First cell to the others, of the first table under a heading."""
    section = PAGE.read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n#")[0]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:1] == "|"]
    return {first.strip("`"): rest for first, *rest in cells[2:]}


def test_the_named_formats_exist_with_their_suffixes() -> None:
    told = rows("Writing")
    assert told.keys() == formats().keys()
    for name, (suffixes, *_) in told.items():
        assert set(re.findall(r"`([^`]+)`", suffixes)) <= set(formats()[name].SUFFIXES), name
        assert bool(suffixes) == bool(formats()[name].SUFFIXES), name


def test_the_read_formats_exist() -> None:
    told = {name.split()[0].lower() for name in rows("Reading")}
    assert told == {name.split("-")[0] for name in readers.formats()}
