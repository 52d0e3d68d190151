"""livebom's own documents read back as they were, and an edited one is refused with its place."""

import json
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livebom.bom.document import Look, document
from livebom.bom.parts import Graph
from livebom.export import exported
from livebom.readers import ReadProblem, read
from tests.livebom.bom.graphs import START, graphs
from tests.sample import older, sample


@pytest.mark.parametrize("made", [sample, older])
def test_a_document_reads_back_as_it_was(made: Any) -> None:
    assert read(exported(made(), "json").encode(), "f") == made()


@given(graphs)
def test_every_graph_reads_back_as_it_was(graph: Graph) -> None:
    look = Look(at=START, id="1", surface="runtime", source="livebom", scope=("a",), not_seen=("b",))
    made = document(graph, [look])
    assert read(exported(made, "json").encode(), "f") == made


@given(st.integers(0, 2**32))
def test_the_order_of_what_stands_in_it_never_matters(seed: int) -> None:
    found = shuffled(json.loads(exported(sample(), "json")), Random(seed))  # noqa: S311 - an order, not a secret
    assert read(json.dumps(found).encode(), "f") == sample()


def shuffled(value: Any, random: Random, depth: int = 0) -> Any:
    """The document's own lists, a part's claims and the keys of every record in another order."""
    if isinstance(value, dict):
        items = list(value.items())
        random.shuffle(items)
        return {key: _shuffled_list(key, item, random, depth) for key, item in items}
    return [shuffled(item, random, depth + 1) for item in value] if isinstance(value, list) else value


def _shuffled_list(key: str, value: Any, random: Random, depth: int) -> Any:
    claims = isinstance(value, list) and bool(value) and isinstance(value[0], dict) and "first_seen" in value[0]
    if (depth == 0 and key in {"parts", "edges", "aliases", "looks"}) or (claims and depth > 0):
        value = random.sample(value, len(value))
    return shuffled(value, random, depth + 1)


def edited(change: Any) -> bytes:
    found = json.loads(exported(sample(), "json"))
    change(found)
    return json.dumps(found).encode()


def other_key(found: Any) -> None:
    found["parts"][3]["key"] += "x"


def twice(found: Any) -> None:
    found["parts"].append(found["parts"][0])


def loose(found: Any) -> None:
    found["edges"][2]["destination"] = "00000000-0000-5000-8000-000000000000"


def other_edge(found: Any) -> None:
    found["edges"][2]["kind"] = "contains"


def local_time(found: Any) -> None:
    found["at"] = "2026-11-21T09:00:00+01:00"


def part_without_offset(found: Any) -> None:
    found["parts"][1]["first_seen"] = "2026-11-21T09:00:00"


def wrong_kind(found: Any) -> None:
    found["parts"][0]["kind"] = "spaceship"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (other_key, "f: at $.parts[3].id: this is not the id of that kind and key; "),
        (twice, "f: at $.parts[42].id: this part stands twice; "),
        (loose, "f: at $.edges[2].destination: no part has this id; "),
        (other_edge, "f: at $.edges[2].id: this is not the id of that edge, or it stands twice; "),
        (local_time, "f: at $.at: this time is not in UTC; "),
        (part_without_offset, "f: at $.parts[1]: a time in it is not in UTC; "),
    ],
)
def test_an_edited_document_is_refused_with_its_place(change: Any, words: str) -> None:
    with pytest.raises(ReadProblem) as caught:
        read(edited(change), "f")
    assert str(caught.value) == words + "take the document as livebom wrote it, without edits"


def test_a_value_of_the_wrong_type_is_told_with_its_path() -> None:
    with pytest.raises(ReadProblem, match=r"^f: at \$\.parts\[0\]\.kind: invalid enum value 'spaceship'; "):
        read(edited(wrong_kind), "f")


def test_a_settled_document_stays_settled() -> None:
    some = sample()
    made = document(some.graph, some.looks, settled=True, missed={some.parts[0].id: 2})
    back = read(msgspec.json.encode(made), "f")
    assert (back.settled, back.missed) == (True, made.missed)
