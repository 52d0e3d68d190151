"""The vocabulary names everything that can stand in the graph, its page tells it, and the sample keeps to it."""

import pytest

from livebom.bom.document import Document
from livebom.bom.parts import Confidence, EdgeKind, PartKind
from livebom.bom.rules import METHODS
from livebom.bom.vocabulary import COMMON, EDGES, PARTS
from tests.house.tree import ROOT
from tests.sample import older, sample

PAGE = ROOT / "docs" / "graph.md"


def row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def table(head: tuple[str, ...], rows: list[str]) -> str:
    return "\n".join([row(*head), "|" + "---|" * len(head), *rows])


def attributes(words: dict[str, str]) -> str:
    return ", ".join(f"`{name}`" + (f" ({means})" if means else "") for name, means in words.items())


def ends(kinds: tuple[PartKind, ...]) -> str:
    return ", ".join(f"`{kind}`" for kind in kinds) or "any"


TABLES = {
    "common": table(("attribute", "means"), [row(f"`{name}`", means) for name, means in COMMON.items()]),
    "parts": table(
        ("kind", "is", "natural key", "attributes"),
        [row(f"`{kind}`", word.means, word.key, attributes(word.attributes)) for kind, word in PARTS.items()],
    ),
    "edges": table(
        ("edge", "reads", "from", "to"),
        [row(f"`{kind}`", word.means, ends(word.sources), ends(word.destinations)) for kind, word in EDGES.items()],
    ),
    "joins": table(("rule", "confidence"), [row(f"`{method}`", f"{sure:g}") for method, sure in METHODS.items()]),
}


def test_every_kind_is_described_and_nothing_else() -> None:
    assert PARTS.keys() == set(PartKind)
    assert EDGES.keys() == set(EdgeKind)
    assert [kind for kind, word in PARTS.items() if not (word.means and word.key)] == []
    words = [(name, means) for word in PARTS.values() for name, means in word.attributes.items()]
    assert [name for name, means in words if means != COMMON.get(name, means)] == []
    assert {end for word in EDGES.values() for end in (*word.sources, *word.destinations)} <= set(PartKind)


def renewed(page: str) -> str:
    """The page with its tables made anew: `python -m tests.livebom.bom.test_vocabulary` writes it."""
    for name, made in TABLES.items():
        mark = f"<!-- table: {name} -->\n"
        before, _, rest = page.partition(mark)
        page = before + mark + made + "\n<!-- end -->" + rest.partition("<!-- end -->")[2]
    return page


def test_the_page_tells_the_vocabulary() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == renewed(page)
    assert [name for name in TABLES if f"<!-- table: {name} -->" not in page] == []


def test_the_page_names_every_confidence() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [word for word in Confidence if f"**{word}**" not in page] == []


@pytest.mark.parametrize("one", [sample(), older()], ids=["now", "before"])
def test_the_sample_uses_words_of_the_vocabulary_only(one: Document) -> None:
    strange = [
        (part.kind, name)
        for part in one.parts
        for name in part.attributes
        if name not in COMMON and name not in PARTS[part.kind].attributes
    ]
    assert strange == []
    kinds = {part.id: part.kind for part in one.parts}
    wrong = [
        (kinds[edge.source], edge.kind, kinds[edge.destination])
        for edge in one.edges
        if kinds[edge.source] not in (EDGES[edge.kind].sources or PartKind)
        or kinds[edge.destination] not in (EDGES[edge.kind].destinations or PartKind)
    ]
    assert wrong == []


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
