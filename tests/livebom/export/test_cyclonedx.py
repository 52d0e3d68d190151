"""CycloneDX as it is written: valid, whole, deterministic and harmless, whatever the document holds."""

import hashlib
import random
import re
import unicodedata
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livebom.bom.document import Document, Look, document
from livebom.bom.graph import fold
from livebom.bom.identity import canonical
from livebom.bom.merge import resolve
from livebom.bom.observation import EdgeTo, Fact, Observation
from livebom.bom.parts import Confidence, EdgeKind, Graph, PartKind
from livebom.bom.vocabulary import COMMON, PARTS
from livebom.export import exported, format_of
from livebom.export.cyclonedx.words import EDGES, LOST, MAPPING, Leans
from tests.livebom.bom.graphs import graphs
from tests.livebom.export.cyclonedx_validator import (
    SCHEMAS,
    VERSIONS,
    defined,
    own,
    pointed,
    things,
    validator,
    written,
)
from tests.sample import older, sample

GOLDEN = Path(__file__).parents[2] / "golden"
PLACES = {
    PartKind.PRINCIPAL: "declarations",
    PartKind.FINDING: "vulnerabilities",
    **dict.fromkeys(
        (
            PartKind.SERVER,
            PartKind.LISTENER,
            PartKind.ENDPOINT,
            PartKind.API_PROVIDER,
            PartKind.MCP_SERVER,
            PartKind.VECTOR_STORE,
        ),
        "services",
    ),
}
"""Where the sample's parts stand; all others are components."""


def test_the_vendored_schemas_are_the_ones_that_the_readme_names() -> None:
    rows = re.findall(r"\| `([^`]+)` \| `([0-9a-f]{64})` \|", (SCHEMAS / "README.md").read_text())
    assert dict(rows) == {
        one.name: hashlib.sha256(one.read_bytes()).hexdigest() for one in SCHEMAS.iterdir() if one.name != "README.md"
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_the_sample_is_written_as_the_golden_file_has_it(version: str) -> None:
    """After a wanted change: write `exported(sample(), …)` to the file, and read what differs."""
    golden = (GOLDEN / f"cyclonedx-{version}.cdx.json").read_text(encoding="utf-8")
    assert _unversioned(exported(sample(), f"cyclonedx-{version}")) == _unversioned(golden)


def _unversioned(text: str) -> str:
    """Without what changes with each release of livebom: its version, and so the serial number."""
    bom = msgspec.json.decode(text)
    bom["metadata"]["tools"]["components"][0].pop("version")
    bom.pop("serialNumber")
    return msgspec.json.format(msgspec.json.encode(bom), indent=2).decode()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("state", [sample(), older(), document(Graph(), [])], ids=["sample", "older", "nothing"])
def test_every_state_is_valid(version: str, state: Document) -> None:
    bom = written(state, version)
    assert bom["specVersion"] == version
    assert bom["metadata"]["timestamp"] == state.at.isoformat().replace("+00:00", "Z")
    assert [one["phase"] for one in bom["metadata"]["lifecycles"]][:1] == ["discovery"]


def test_the_validator_refuses_what_is_wrong() -> None:
    bom = written(sample())
    bom["components"][0]["colour"] = "red"
    assert not validator("1.6").is_valid(bom)
    assert not validator("1.6").is_valid({**written(sample()), "serialNumber": "urn:uuid:0"})


def test_the_mapping_names_every_kind_once() -> None:
    assert set(MAPPING) == {*PartKind, *EdgeKind}
    assert all(place for place, _ in MAPPING.values())
    assert all(LOST.values())


def test_every_kind_of_part_stands_where_the_mapping_says() -> None:
    state = sample()
    assert {part.kind for part in state.parts} == set(PartKind)
    bom = written(state)
    sections = {name: set(defined(bom[name])) for name in ("components", "services", "vulnerabilities", "declarations")}
    for part in state.parts:
        assert str(part.id) in sections[PLACES.get(part.kind, "components")], part.key
    for one in [*things(bom), *bom["vulnerabilities"]]:
        assert own(one, "kind") == [next(part.kind for part in state.parts if str(part.id) == one["bom-ref"])]


def test_every_edge_stands_typed_and_as_a_dependency() -> None:
    state = sample()
    assert {edge.kind for edge in state.edges} == set(EdgeKind)
    bom = written(state)
    typed = {f"{one['bom-ref']} {edge}" for one in [*things(bom), *bom["vulnerabilities"]] for edge in own(one, "edge")}
    typed |= set(own(bom["metadata"], "edge"))
    assert typed == {f"{edge.source} {edge.kind} -> {edge.destination}" for edge in state.edges}
    needs = {one["ref"]: one.get("dependsOn", []) for one in bom["dependencies"]}
    for edge in state.edges:
        ends = str(edge.source), str(edge.destination)
        source, destination = ends if EDGES[edge.kind].leans is Leans.FORWARD else ends[::-1]
        if EDGES[edge.kind].leans is not Leans.NOT:
            assert destination in needs[source], edge.kind


@pytest.mark.parametrize("version", VERSIONS)
def test_every_reference_leads_somewhere_and_no_name_is_given_twice(version: str) -> None:
    bom = written(sample(), version)
    names = list(defined(bom))
    assert len(names) == len(set(names))
    known = set(names)
    assert set(_referred(bom)) <= known
    listed = {one["bom-ref"] for one in things(bom)}
    assert {one["ref"] for one in bom["dependencies"]} == listed | {bom["metadata"]["component"]["bom-ref"]}


def _referred(bom: dict[str, Any]) -> list[str]:
    found = [ref for one in bom["dependencies"] for ref in (one["ref"], *one.get("dependsOn", []))]
    found += [ref for one in bom["annotations"] for ref in one["subjects"]]
    found += [ref for one in bom["compositions"] for ref in one.get("assemblies", []) + one.get("dependencies", [])]
    found += [one["ref"] for vulnerability in bom["vulnerabilities"] for one in vulnerability["affects"]]
    found += [ref for one in bom["declarations"]["claims"] for ref in (one["target"], *one["evidence"])]
    found += [one["attributedTo"] for one in bom.get("citations", [])]
    for flow in (flow for one in things(bom) if "data" in one and "type" not in one for flow in one["data"]):
        found += flow.get("source", []) + flow.get("destination", [])
    for one in things(bom):
        found += [tool for identity in one.get("evidence", {}).get("identity", []) for tool in identity["tools"]]
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_order_never_matters(version: str) -> None:
    state = sample()
    chance = random.Random(7)  # noqa: S311 - a fixed shuffle
    fields = ("parts", "edges", "aliases", "looks", "observations")
    mixed = {name: tuple(chance.sample(getattr(state, name), len(getattr(state, name)))) for name in fields}
    assert exported(msgspec.structs.replace(state, **mixed), f"cyclonedx-{version}") == exported(
        state, f"cyclonedx-{version}"
    )


def test_the_serial_number_is_the_contents_own() -> None:
    numbers = {written(state, version)["serialNumber"] for state in (sample(), older()) for version in VERSIONS}
    assert len(numbers) == 4


def test_a_file_with_cyclonedxs_ending_is_written_as_1_6() -> None:
    assert format_of(Path("estate.cdx.json")) == "cyclonedx-1.6"


@given(graphs, st.booleans(), st.sampled_from(VERSIONS))
def test_any_graph_is_valid(graph: Graph, complete: bool, version: str) -> None:
    look = Look(at=datetime(2026, 1, 2, tzinfo=UTC), id="s", surface="runtime", source="livebom 1", complete=complete)
    bom = written(document(graph, [look]), version)
    shown = resolve(graph, canonical(graph.aliases))
    assert {one["bom-ref"] for one in things(bom)} == {str(id_) for id_ in shown.parts}


_TEXTS = st.one_of(
    st.sampled_from(
        [
            "\x1b]0;owned\x07",
            "a\u202eb",
            "javascript:alert(1)",
            "https://user:word@h/x",
            "sha256:12",
            "ab" * 32,
            "MIT OR Apache-2.0",
            "GPL-2.0+",
            "llama3.1",
            "https://h.example/a b#c#d%zz",
            "jo@example.org",
            "owner=x",
            "CVE-2026-1",
            "",
        ]
    ),
    st.text(max_size=40),
    st.text(st.characters(categories=["Co", "Cf"]), min_size=300, max_size=300),
)
_VALUES = st.one_of(
    _TEXTS, st.integers(-(2**200), 2**200), st.floats(), st.booleans(), st.none(), st.lists(_TEXTS, max_size=3)
)


@st.composite
def hostile(draw: st.DrawFn) -> Observation:
    """Any kind with any value for any of its words, and any edge to anything."""
    kind = draw(st.sampled_from(list(PartKind)))
    words = st.sampled_from([*COMMON, *PARTS[kind].attributes])
    facts = st.builds(Fact, _VALUES, st.sampled_from(list(Confidence)), _TEXTS)
    keys = st.sampled_from(["a", "b:80/c", "https://h/\u202e", "stdio:x", "POST https://h:1/{id}", "x y", "<b>:0"])
    kinds = st.sampled_from(list(PartKind))
    edges = st.builds(EdgeTo, kind=st.sampled_from(list(EdgeKind)), to_kind=kinds, to=keys)
    return Observation(
        sweep="s",
        at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=draw(st.integers(0, 3))),
        surface=draw(st.sampled_from(["runtime", "code", "elsewhere"])),
        source=draw(st.sampled_from(["x", "x 1", "\u202e"])),
        kind=kind,
        subject=draw(keys),
        aliases=tuple(draw(st.lists(keys, max_size=1))),
        facts=draw(st.dictionaries(words, facts, max_size=5)),
        edges=tuple(draw(st.lists(edges, max_size=3))),
    )


@pytest.mark.parametrize("kind", PartKind)
def test_half_a_surrogate_pair_breaks_nothing(kind: PartKind) -> None:
    facts = {word: Fact("\ud800", evidence="\udfff") for word in [*COMMON, *PARTS[kind].attributes]}
    seen = Observation(
        sweep="s", at=datetime(2026, 1, 1, tzinfo=UTC), surface="code", source="x", kind=kind, subject="a", facts=facts
    )
    for version in VERSIONS:
        assert "\\\\u{d800}" in exported(document(fold([seen]), []), f"cyclonedx-{version}")
        written(document(fold([seen]), []), version)


@pytest.mark.slow
@given(st.lists(hostile(), max_size=5), st.sampled_from(VERSIONS))
def test_hostile_values_give_a_valid_bom_that_moves_no_cursor(seen: list[Observation], version: str) -> None:
    look = Look(at=seen[0].at if seen else datetime(2026, 1, 1, tzinfo=UTC), id="\ud800", surface="code", source="\x07")
    text = exported(document(fold(seen), [look]), f"cyclonedx-{version}")
    bom = msgspec.json.decode(text)
    validator(version).validate(bom)
    assert not {unicodedata.category(letter) for letter in text.replace("\n", "")} & {"Cc", "Cf", "Cs", "Co", "Zl"}
    assert len(list(defined(bom))) == len(set(defined(bom)))
    assert all(pointed(bom, end) is not None for one in bom.get("citations", []) for end in one["pointers"])
    for word in ("javascript:", "user:word"):
        assert not [one for one in _urls(bom) if word in one]


def _urls(value: Any) -> list[str]:
    if isinstance(value, dict):
        found: list[str] = [said for name, said in value.items() if name == "url" and isinstance(said, str)]
        return [*found, *value.get("endpoints", []), *(one for item in value.values() for one in _urls(item))]
    return [one for item in value for one in _urls(item)] if isinstance(value, list) else []
