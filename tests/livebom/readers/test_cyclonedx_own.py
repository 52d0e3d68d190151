"""What livebom writes as CycloneDX reads back to the same parts, edges and further keys."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livebom.bom.document import Document, Look, document
from livebom.bom.graph import fold, value, values
from livebom.bom.identity import canonical
from livebom.bom.merge import resolve
from livebom.bom.observation import Fact, Observation
from livebom.bom.parts import Confidence, Graph, PartKind
from livebom.bom.policy import Accept, Policy
from livebom.bom.verdicts import with_verdicts
from livebom.export import exported
from livebom.readers import read
from tests.livebom.bom.graphs import START, graphs
from tests.sample import LLAMA, MCP, SHOP, VLLM, older, sample

FORMS = ["cyclonedx-1.6", "cyclonedx-1.7"]
LOOK = Look(at=START, id="1", surface="runtime", source="livebom 1", scope=("a",), complete=True)


def through(made: Document, form: str) -> Document:
    return read(exported(made, form).encode(), "f")


def resolved(made: Document) -> Graph:
    return resolve(made.graph, canonical(made.aliases))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("made", [sample, older])
def test_parts_and_edges_read_back(form: str, made: Any) -> None:
    before, after = resolved(made()), resolved(through(made(), form))
    assert {(part.kind, part.key) for part in after.parts.values()} == {(p.kind, p.key) for p in before.parts.values()}
    assert after.edges.keys() == before.edges.keys()


@pytest.mark.parametrize("form", FORMS)
@given(graph=graphs)
def test_every_graph_reads_back(form: str, graph: Graph) -> None:
    before, after = resolve(graph, canonical(graph.aliases)), resolved(through(document(graph, [LOOK]), form))
    assert after.parts.keys() == before.parts.keys()
    assert after.edges.keys() == before.edges.keys()


WRITTEN = {
    VLLM: ("product", "role", "version", "auth", "host", "zone", "exposure"),
    "lab/10.0.0.5:8000": ("host", "port", "zone", "scheme", "owner"),
    LLAMA: ("name", "license_family", "family", "parameters", "supplier", "revision", "pinned"),
    MCP: ("name", "transport", "url", "auth", "version", "pinned"),
    f"mcp:{MCP}/pay": ("name", "capabilities", "description_sha256", "schema_sha256"),
    f"{SHOP}:prompts/sales.md:system": ("name", "role", "text_sha256"),
    "hf-ds:shop/customers@1f2e3d": ("name", "classification", "sensitive", "governance", "license"),
    f"{SHOP}:.env:OPENAI_API_KEY": ("type", "length"),
    "github:jo": ("name", "type", "email"),
    SHOP: ("name", "revision", "url"),
    "sha256:" + "ab" * 32: ("file", "format", "sha256", "bytes", "signature"),
    "sha256:" + "ac" * 32: ("file", "format", "unsafe"),
    "openai.com": ("name", "base_url"),
    "pkg:pypi/langgraph@1.4.0": ("name", "version", "type", "purl", "license"),
    f"vllm-no-auth@{VLLM}": ("rule", "title", "severity", "state", "where", "remediation", "seen", "cwe", "owasp"),
    "CVE-2026-0001@pkg:pypi/langgraph@1.4.0": ("rule", "title", "severity", "state", "score", "cve"),
}


@pytest.mark.parametrize("key", WRITTEN)
@pytest.mark.parametrize("form", FORMS)
def test_attributes_read_back_with_their_types(form: str, key: str) -> None:
    before = next(values(part) for part in sample().parts if part.key == key)
    after = next(values(part) for part in through(sample(), form).parts if part.key == key)
    assert {name: after.get(name) for name in WRITTEN[key]} == {name: before.get(name) for name in WRITTEN[key]}


@pytest.mark.parametrize("form", FORMS)
def test_what_is_accepted_reads_back(form: str) -> None:
    row = Accept(finding="vllm-*", where="*", reason="a bench", expires=date(2030, 1, 31), by="jo")
    judged = with_verdicts(sample(), Policy(accept=(row,)), date(2026, 11, 21))
    told = {part.key: value(part, "accepted") for part in through(judged, form).parts if part.kind is PartKind.FINDING}
    assert told[f"vllm-no-auth@{VLLM}"] == "a bench (until 2030-01-31, by jo)"
    assert told["CVE-2026-0001@pkg:pypi/langgraph@1.4.0"] is None


def test_what_was_not_looked_at_reads_back() -> None:
    back = through(sample(), "cyclonedx-1.6")
    assert set(sample().not_seen) <= set(back.not_seen)
    assert (back.complete, back.scope, back.at) == (False, sample().scope, sample().at)
    assert back.looks[0].source.startswith("livebom")


def test_a_complete_look_reads_back_as_complete() -> None:
    graph = fold([seen("a")])
    assert through(document(graph, [LOOK]), "cyclonedx-1.6").complete


def test_how_well_a_value_is_known_reads_back() -> None:
    for confidence in Confidence:
        graph = fold([seen("a", facts={"version": Fact("1", confidence), "auth": Fact("none", Confidence.DECLARED)})])
        [part] = through(document(graph, [LOOK]), "cyclonedx-1.6").parts
        assert part.attributes["version"][0].confidence is confidence


def seen(key: str, **more: Any) -> Observation:
    facts = more.pop("facts", {"version": Fact("1")})
    said: dict[str, Any] = {"sweep": "1", "at": START, "surface": "runtime", "source": "s", "kind": PartKind.SERVER}
    return Observation(subject=key, facts=facts, **said, **more)


@pytest.mark.parametrize("key", ["x\x1b[31m\u202ey", "\\u{41}", "a\\\\u{41}\x00", "plain", "ünï"])
def test_a_key_with_hidden_characters_reads_back_as_it_was(key: str) -> None:
    made = document(fold([seen(key, aliases=("second",))]), [LOOK])
    back = through(made, "cyclonedx-1.6")
    assert {part.id for part in resolved(back).parts.values()} == {part.id for part in resolved(made).parts.values()}


def test_further_keys_read_back_as_aliases_that_can_be_undone() -> None:
    made = document(fold([seen("a", aliases=("b", "c"))]), [LOOK])
    back = through(made, "cyclonedx-1.7")
    assert {part.key for part in back.parts} == {"a", "b", "c"}
    assert len(resolved(back).parts) == 1
    assert {(row.method, row.confidence) for row in back.aliases} == {("declared", 1.0)}


def test_an_edge_to_nowhere_or_of_no_kind_is_remarked_on() -> None:
    found = json.loads(exported(sample(), "cyclonedx-1.6"))
    found["services"][0]["properties"] += [
        {"name": "livebom:edge", "value": "serves -> 00000000-0000-5000-8000-000000000000"},
        {"name": "livebom:edge", "value": "likes -> me"},
    ]
    words = " ".join(read(json.dumps(found).encode(), "f").not_seen)
    assert "a bom-ref is named that is nowhere in this document: $.services[0] `00000000-" in words
    assert "an edge cannot be read: likes -> me" in words


@given(
    st.dictionaries(
        st.sampled_from(["kind", "key", "edge", "edge:x", "alias", "said", "port", "score"]), st.text(max_size=20)
    )
)
def test_any_property_of_ours_is_survived(told: dict[str, str]) -> None:
    properties = [{"name": f"livebom:{name}", "value": text} for name, text in told.items()]
    part = {"type": "library", "name": "a", "version": "1", "bom-ref": "x", "properties": properties}
    made = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "components": [part],
        "metadata": {"properties": properties},
    }
    back = read(json.dumps(made).encode(), "f")
    assert "a" in {value(one, "name") for one in back.parts}
