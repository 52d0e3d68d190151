"""What the tests of SPDX share: the schema, and documents with any kind of part and edge."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
from hypothesis import strategies as st

from livebom.bom.document import Document, Look, document
from livebom.bom.graph import fold
from livebom.bom.observation import EdgeTo, Fact, Observation
from livebom.bom.parts import Confidence, EdgeKind, PartKind, Value
from livebom.bom.vocabulary import COMMON, PARTS
from livebom.export.spdx_3_0 import export
from tests.livebom.bom.graphs import START, times

SCHEMA = Path(__file__).parents[2] / "schemas" / "spdx" / "spdx-json-schema.json"


@cache
def validator() -> Any:
    return jsonschema_rs.validator_for(json.loads(SCHEMA.read_text(encoding="utf-8")))


def written(state: Document) -> list[dict[str, Any]]:
    """The elements of the state's SPDX document, which is valid."""
    tree = json.loads(export(state))
    assert [str(error) for error in validator().iter_errors(tree)] == []
    elements: list[dict[str, Any]] = tree["@graph"]
    return elements


def of(elements: list[dict[str, Any]], *types: str) -> list[dict[str, Any]]:
    return [element for element in elements if element["type"] in types]


_keys = st.sampled_from(["a", "b", "sha256:" + "ab" * 32, "pkg:pypi/a@1", "\u202e"])
_names = st.sampled_from(sorted(COMMON.keys() | {name for word in PARTS.values() for name in word.attributes}))
_values: st.SearchStrategy[Value] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.sampled_from([0.5, "", "x", "mit", "llama3.1 OR MIT", "https://x.example/a", "javascript:x", "pii", "ab" * 32]),
    st.sampled_from(["training 12.5 kWh", "person", "library", "fail", "pass", "cpe:2.3:a:b:c:1:*:*:*:*:*:*:*"]),
    st.lists(st.text(max_size=3), max_size=2),
)
_facts = st.dictionaries(_names, st.builds(Fact, _values, st.sampled_from(list(Confidence))), max_size=4)
_observations = st.builds(
    Observation,
    sweep=st.just("s"),
    at=times,
    surface=st.sampled_from(["runtime", "code"]),
    source=st.sampled_from(["livebom", "docker"]),
    kind=st.sampled_from(list(PartKind)),
    subject=_keys,
    aliases=st.lists(_keys, max_size=1).map(tuple),
    facts=_facts,
    edges=st.lists(
        st.builds(
            EdgeTo,
            kind=st.sampled_from(list(EdgeKind)),
            to_kind=st.sampled_from(list(PartKind)),
            to=_keys,
            facts=_facts,
        ),
        max_size=2,
    ).map(tuple),
)
_looks = st.builds(
    Look,
    at=times,
    id=st.just("s"),
    surface=st.sampled_from(["runtime", "code", "import"]),
    source=st.sampled_from(["livebom 0.1.0", "syft 1.0"]),
    complete=st.booleans(),
    mute=st.lists(_keys, max_size=1).map(tuple),
    not_seen=st.lists(st.text(max_size=3), max_size=2).map(tuple),
)
observed = st.lists(_observations, max_size=6)
looked = st.lists(_looks, max_size=2)
documents = st.builds(lambda seen, looks: document(fold(seen), looks), observed, looked)


def small(*seen: Observation, **look: Any) -> Document:
    """The observations with one look at the network."""
    one = {"at": START, "id": "1", "surface": "runtime", "source": "livebom 0.1.0", **look}
    return document(fold(seen), [Look(**one)])


def said(kind: PartKind, key: str, facts: dict[str, Value], *edges: tuple[EdgeKind, PartKind, str]) -> Observation:
    return Observation(
        sweep="1",
        at=START,
        surface="runtime",
        source="livebom",
        kind=kind,
        subject=key,
        facts={name: Fact(value) for name, value in facts.items()},
        edges=tuple(EdgeTo(kind=edge, to_kind=to_kind, to=to) for edge, to_kind, to in edges),
    )
