"""Reading SPDX 3.0.1: ours comes back as it was, others' fits into the graph, what is broken is told with its place."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from spdx_python_model import v3_0_1 as spdx3

from livebom.bom.document import Document
from livebom.bom.graph import values
from livebom.bom.parts import EdgeKind, Part, PartKind
from livebom.export.estate import drawn
from livebom.export.spdx_3_0 import export
from livebom.readers import ReadProblem, formats, read
from tests.livebom.export.spdx import documents, said, small, validator
from tests.sample import sample

E = EdgeKind
K = PartKind

FOREIGN = Path(__file__).parents[2] / "foreign" / "spdx"
MADE = (FOREIGN / "made-faq-bot.spdx.json").read_bytes()
TREE: dict[str, Any] = json.loads(MADE)


def parts(state: Document) -> dict[tuple[str, str], Part]:
    return {(part.kind, part.key): part for part in state.parts}


def edges(state: Document) -> set[tuple[str, str, str]]:
    keys = {part.id: part.key for part in state.parts}
    return {(keys[edge.source], str(edge.kind), keys[edge.destination]) for edge in state.edges}


def reread(state: Document) -> Document:
    return read(export(state).encode(), "ours.spdx.json")


def test_the_format_has_its_name() -> None:
    assert "spdx-3.0" in formats()


def test_ours_comes_back_as_it_was() -> None:
    before, after = drawn(sample()), drawn(reread(sample()))
    assert after.parts == before.parts
    assert after.edges == before.edges


@given(documents)
def test_any_document_of_ours_comes_back(state: Document) -> None:
    before, after = drawn(state), drawn(reread(state))
    assert after.parts == before.parts
    assert after.edges == before.edges


def test_other_keys_come_back_as_aliases() -> None:
    model = msgspec.structs.replace(said(K.MODEL, "served:s/b", {"name": "b"}), aliases=("hf:a/b", "hf:a/c"))
    again = reread(small(model))
    assert {part.key for part in again.parts} == {"served:s/b", "hf:a/b", "hf:a/c"}
    assert len(drawn(again).parts) == 1


def test_a_look_of_ours_says_what_it_did_not_see() -> None:
    (look,) = reread(sample()).looks
    assert (look.surface, look.source, look.complete) == ("import", "livebom 0.1.0", False)
    assert set(sample().not_seen) <= set(look.not_seen)
    assert reread(small(said(K.HOST, "h", {}), complete=True)).complete


def test_a_part_of_ours_that_another_tool_cut_down_keeps_its_key() -> None:
    tree = json.loads(export(small(said(K.TOOL, "mcp:x/pay", {"name": "pay", "capabilities": ["payment"]}))))
    for element in tree["@graph"]:
        for one in element.get("extension", ()):
            entries = one["extension_cdxProperty"]
            one["extension_cdxProperty"] = [one for one in entries if one["extension_cdxPropName"] != "livebom:part"]
    (part,) = read(json.dumps(tree).encode(), "cut").parts
    assert (part.kind, part.key, values(part)["name"]) == (K.TOOL, "mcp:x/pay", "pay")


def test_cdxgen() -> None:
    state = read((FOREIGN / "cdxgen-12.8.4.spdx.json").read_bytes(), "cdxgen")
    image = "sha256:" + "12" * 32
    assert parts(state).keys() == {
        (K.PACKAGE, "pkg:npm/assistant@1.0.0"),
        (K.PACKAGE, "pkg:npm/left-pad@1.3.0"),
        (K.PACKAGE, "assistant/faq"),
        (K.MODEL, "hf:baai/bge-m3"),
        (K.IMAGE, image),
    }
    assert edges(state) == {
        ("pkg:npm/assistant@1.0.0", "depends_on", "pkg:npm/left-pad@1.3.0"),
        ("pkg:npm/assistant@1.0.0", "depends_on", image),
        ("pkg:npm/assistant@1.0.0", "uses_model", "hf:baai/bge-m3"),
        ("hf:baai/bge-m3", "depends_on", "assistant/faq"),
    }
    assert values(parts(state)[K.MODEL, "hf:baai/bge-m3"])["revision"] == "5617a9f"


def test_the_made_one_is_valid() -> None:
    assert validator().is_valid(TREE)


def test_parts_of_others() -> None:
    found = parts(read(MADE, "made"))
    model = values(found[K.MODEL, "named:shop/faq-llama"])
    assert model["license"] == "MIT OR Apache-2.0"
    assert model["license_family"] == "permissive"
    assert (model["family"], model["task"], model["context_length"]) == ("llama", "text-generation", 8192)
    assert (model["supplier"], model["version"], model["energy"]) == ("Shop", "7", "training 12.5 kWh")
    weights = values(found[K.WEIGHTS, "sha256:" + "ab" * 32])
    assert (weights["file"], weights["blake3"]) == ("model.safetensors", "cd" * 32)
    assert (K.WEIGHTS, "named:shop/faq-llama/adapter.bin") in found
    assert values(found[K.DATASET, "hf-ds:shop/faq"])["classification"] == "internal"
    assert values(found[K.DATASET, "named:faq-bot/tickets"])["classification"] == "pii"
    assert values(found[K.PACKAGE, "faq-bot@3.1.0"])["supplier"] == "Inline Org"
    assert values(found[K.PACKAGE, "pkg:pypi/torch@2.13.0"])["license"] == "BSD-3-Clause"
    assert values(found[K.PRINCIPAL, "jo@shop.example"])["type"] == "person"
    finding = values(found[K.FINDING, "CVE-2026-0002@pkg:pypi/torch@2.13.0"])
    assert (finding["state"], finding["severity"], finding["score"]) == ("not_applicable", "high", 8.8)


def test_a_link_loses_its_user() -> None:
    found = parts(read(MADE, "made"))
    url = values(found[K.REPOSITORY, "git.example/Shop/faq-bot"])["url"]
    assert url == "https://Git.example/Shop/faq-bot.git"


def test_edges_of_others() -> None:
    model, torch = "named:shop/faq-llama", "pkg:pypi/torch@2.13.0"
    assert edges(read(MADE, "made")) == {
        ("faq-bot@3.1.0", "depends_on", torch),
        (torch, "depends_on", "faq-bot@3.1.0"),
        ("faq-bot@3.1.0", "uses_model", model),
        (model, "has_weights", "sha256:" + "ab" * 32),
        (model, "has_weights", f"{model}/adapter.bin"),
        (model, "fine_tuned_on", "hf-ds:shop/faq"),
        (model, "fine_tuned_on", "named:faq-bot/tickets"),
        (model, "depends_on", "named:faq-bot/tickets"),
        (model, "derived_from", "hf:meta-llama/llama-3.1-8b"),
        ("sha256:" + "12" * 32, "built_from", "git.example/Shop/faq-bot"),
        ("sha256:" + "12" * 32, "contains", "faq-bot@3.1.0"),
        ("jo@shop.example", "may_change", model),
        (torch, "has_finding", f"CVE-2026-0002@{torch}"),
    }


def test_what_has_no_place_is_told() -> None:
    (look,) = read(MADE, "made").looks
    assert (look.at, look.source, look.complete) == (datetime(2026, 10, 2, 9, 30, tzinfo=UTC), "sbom-maker 2.1", False)
    assert look.not_seen == (
        "1 file of other kinds than weights and data",
        "elements that are no parts here: software_Snippet (1)",
        "relationships without a meaning here: hasDocumentation (1)",
        "1 element named by relationships and told of nowhere, first https://elsewhere.example/lib",
        "the rest of 1 relationship called incomplete",
    )


def test_claims_of_others_are_imports() -> None:
    claims = [claim for part in read(MADE, "made").parts for told in part.attributes.values() for claim in told]
    assert {(claim.surface, claim.source) for claim in claims} == {("import", "sbom-maker 2.1")}


def test_the_order_of_elements_never_matters() -> None:
    turned = json.dumps(TREE | {"@graph": TREE["@graph"][::-1]}).encode()
    one, other = read(MADE, "made"), read(turned, "made")
    assert (one.parts, one.edges) == (other.parts, other.edges)


def test_what_the_spdx_model_writes() -> None:
    made = spdx3.CreationInfo(specVersion="3.0.1", created=datetime(2026, 10, 1, tzinfo=UTC))
    org = spdx3.Organization(_id="https://x.example/org", name="Shop", creationInfo=made)
    made.createdBy = [org]
    model = spdx3.ai_AIPackage(_id="https://x.example/m", name="Faq", creationInfo=made, suppliedBy=org)
    data = spdx3.dataset_DatasetPackage(
        _id="https://x.example/d",
        name="tickets",
        creationInfo=made,
        originatedBy=[org],
        dataset_datasetType=[spdx3.dataset_DatasetType.text],
    )
    trained = spdx3.Relationship(
        _id="https://x.example/r",
        creationInfo=made,
        from_=model,
        to=[data],
        relationshipType=spdx3.RelationshipType.trainedOn,
    )
    written = io.BytesIO()
    spdx3.JSONLDSerializer().write(spdx3.SHACLObjectSet([org, model, data, trained]), written)
    state = read(written.getvalue(), "model")
    assert edges(state) == {("named:shop/faq", "fine_tuned_on", "named:shop/tickets")}
    assert state.looks[0].source == "Shop"


def changed(path: str, value: object) -> bytes:
    """The made document with one value replaced; the path is dotted, a number is an index."""
    tree = json.loads(MADE)
    *steps, last = path.split(".")
    at: Any = tree
    for step in steps:
        at = at[int(step) if step.isdigit() else step]
    at[int(last) if last.isdigit() else last] = value
    return json.dumps(tree).encode()


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        ("@context", "https://spdx.org/rdf/3.1.0/spdx-context.jsonld", "$.@context"),
        ("@graph", None, "$.@graph"),
        ("@graph", {}, "$.@graph"),
        ("@graph.4", "x", "$.@graph[4]"),
        ("@graph.4.type", 1, "$.@graph[4].type"),
        ("@graph.4.spdxId", [], "$.@graph[4].spdxId"),
        ("@graph.8.spdxId", TREE["@graph"][9]["spdxId"], "$.@graph[9].spdxId"),
        ("@graph.4.creationInfo", "_:nobody", "$.@graph[4].creationInfo"),
        ("@graph.0.created", "yesterday", "$.@graph[0].created"),
        ("@graph.0.created", "0001-01-01T00:00:00+14:00", "$.@graph[0].created"),
        ("@graph.0.specVersion", "3.1.0", "$.@graph[0].specVersion"),
        ("@graph.6.name", {}, "$.@graph[6].name"),
        ("@graph.6.externalIdentifier.0", 1, "$.@graph[6].externalIdentifier[0]"),
        ("@graph.22.to.0", 7, "$.@graph[22].to[0]"),
        ("@graph.10.ai_typeOfModel", [False], "$.@graph[10].ai_typeOfModel[0]"),
    ],
)
def test_what_is_broken_is_told_with_its_place(path: str, value: object, place: str) -> None:
    with pytest.raises(ReadProblem) as problem:
        read(changed(path, value), "made")
    assert problem.value.path == place


def test_what_calls_itself_ours_and_is_broken_is_told() -> None:
    broken = export(sample()).replace('\\"confidence\\":\\"declared\\"', '\\"confidence\\":\\"sure\\"', 1)
    with pytest.raises(ReadProblem, match=r"livebom:part: .*sure"):
        read(broken.encode(), "ours")


@pytest.mark.parametrize("version", ["SPDX-2.3", "SPDX-2.2"])
def test_spdx_2_is_refused_with_a_remedy(version: str) -> None:
    old = {"spdxVersion": version, "SPDXID": "SPDXRef-DOCUMENT", "packages": []}
    with pytest.raises(ReadProblem, match=rf"this is {version}, not SPDX 3.0.1; SPDX 2 is not read; have its tool"):
        read(json.dumps(old).encode(), "old.spdx.json")


def test_3_0_0_is_read_and_said() -> None:
    text = MADE.replace(b"/rdf/3.0.1/spdx-context", b"/rdf/3.0.0/spdx-context")
    state = read(text.replace(b'"specVersion": "3.0.1"', b'"specVersion": "3.0.0"'), "made")
    assert state.parts == read(MADE, "made").parts
    assert any("3.0.0" in words for words in state.not_seen)


_json: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-2, 2), st.floats(), st.text(max_size=3)),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.text(max_size=4), inner, max_size=2)),
    max_leaves=4,
)
BOTH = tuple(
    json.dumps(tree)
    for tree in (TREE, json.loads(export(small(said(K.SERVER, "s", {"auth": "none"}, (E.SERVES, K.MODEL, "hf:a/b"))))))
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container of the tree with each of its keys."""
    inner = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    return [(value, key) for key, _ in inner] + [place for _, one in inner for place in places(one)]


_changes = st.lists(
    st.tuples(st.integers(0, 10_000), st.integers(0, 10_000), st.none() | _json), min_size=1, max_size=3
)


@given(st.integers(0, 1), _changes)
def test_a_mutated_document_is_read_or_told(which: int, changes: list[tuple[int, int, Any]]) -> None:
    tree = json.loads(BOTH[which])
    for place, other, value in changes:
        found = places(tree)
        if not found:
            break
        at, key = found[place % len(found)]
        taken, name = found[other % len(found)]
        if other % 3 == 0:
            del at[key]
        else:
            at[key] = json.loads(json.dumps(taken[name])) if other % 3 == 1 else value
    try:
        state = read(json.dumps(tree).encode(), "mutated")
    except ReadProblem:
        return
    export(state)
