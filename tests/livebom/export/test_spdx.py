"""SPDX 3.0.1: valid whatever the state, read back by the SPDX project's own model, every kind and edge in its place."""

import hashlib
import json
import random
from collections import Counter
from typing import Any

import msgspec
import pytest
import spdx_python_model
from hypothesis import given
from hypothesis import strategies as st

from livebom.bom.document import document
from livebom.bom.graph import fold
from livebom.bom.parts import EdgeKind, PartKind, Value
from livebom.bom.text import safe_text
from livebom.export import formats
from livebom.export.estate import drawn
from livebom.export.gaps import gaps
from livebom.export.spdx.words import EDGES, PARTS, PRINCIPALS
from livebom.export.spdx_3_0 import export
from tests.livebom.export.golden import agrees
from tests.livebom.export.hostile import NAMES, estate, hidden
from tests.livebom.export.spdx import SCHEMA, documents, looked, observed, of, said, small, validator, written
from tests.sample import HOSTILE, sample

E = EdgeKind
K = PartKind


@pytest.fixture(scope="module")
def elements() -> list[dict[str, Any]]:
    return written(sample())


def properties(element: dict[str, Any]) -> dict[str, str]:
    entries = [entry for one in element.get("extension", ()) for entry in one["extension_cdxProperty"]]
    return {entry["extension_cdxPropName"]: entry["extension_cdxPropValue"] for entry in entries}


def test_the_schema_is_the_one_its_page_names() -> None:
    digest = hashlib.sha256(SCHEMA.read_bytes()).hexdigest()
    assert digest in (SCHEMA.parent / "README.md").read_text(encoding="utf-8")


def test_the_schema_refuses_what_is_wrong(elements: list[dict[str, Any]]) -> None:
    broken = json.loads(export(sample()))
    broken["@graph"][-1]["relationshipType"] = "likes"
    assert not validator().is_valid(broken)


def test_golden() -> None:
    agrees("spdx/sample.spdx.json", export(sample()))


def test_the_format_is_found_by_its_name() -> None:
    assert formats("export")["spdx-3.0"].export(sample()) == export(sample())


def test_the_spdx_model_reads_every_element(elements: list[dict[str, Any]]) -> None:
    _, read = spdx_python_model.load_data(json.loads(export(sample())))
    assert read.missing_ids == set()
    lost = [one["spdxId"] for one in elements if "spdxId" in one and read.find_by_id(one["spdxId"]) is None]
    assert lost == []


@given(documents)
def test_any_document_is_valid(state: Any) -> None:
    written(state)


@given(observed, looked, st.randoms(use_true_random=False))
def test_the_order_of_what_was_seen_never_matters(seen: list[Any], looks: list[Any], chance: random.Random) -> None:
    mixed = chance.sample(seen, len(seen))
    assert export(document(fold(seen), looks)) == export(document(fold(mixed), looks[::-1]))


def test_a_shuffled_document_gives_the_same_bytes() -> None:
    state = sample()
    turned = msgspec.structs.replace(state, parts=state.parts[::-1], edges=state.edges[::-1])
    assert export(turned) == export(state)


def test_every_id_stands_once_and_none_is_missing(elements: list[dict[str, Any]]) -> None:
    ids = Counter(one.get("spdxId") or one["@id"] for one in elements)
    assert set(ids.values()) == {1}
    named = {end for one in elements if "relationshipType" in one for end in (one["from"], *one["to"])}
    assert named <= ids.keys()


def test_every_kind_has_its_class(elements: list[dict[str, Any]]) -> None:
    assert PARTS.keys() == set(K)
    found = {(kind, one["type"]) for one in elements if (kind := properties(one).get("livebom:kind"))}
    assert {kind for kind, _ in found} == set(K)
    assert {(kind, type_) for kind, type_ in found if type_ not in {PARTS[K(kind)].type, *PRINCIPALS.values()}} == set()


def test_every_edge_stands_in_a_relationship_of_its_type(elements: list[dict[str, Any]]) -> None:
    assert EDGES.keys() == set(E)
    graph = drawn(sample())
    told = {
        (one["comment"], one["relationshipType"], one["from"], end)
        for one in elements
        if one.get("comment", "").startswith("livebom:") and "to" in one
        for end in one["to"]
    }
    wanted = set()
    for edge in graph.edges.values():
        ends = (edge.destination, edge.source) if EDGES[edge.kind].turned else (edge.source, edge.destination)
        wanted.add((f"livebom:{edge.kind}", EDGES[edge.kind].type, *(f"urn:uuid:{end}" for end in ends)))
    assert told == wanted
    assert {edge.kind for edge in graph.edges.values()} == set(E)


@pytest.mark.parametrize("what", sorted(set(NAMES) - {"endless"}))
def test_hostile_names_stay_names(what: str) -> None:
    text = export(estate(NAMES[what]))
    assert hidden(text) == set()
    assert validator().is_valid(json.loads(text))


def test_a_hostile_name_reads_back_whole(elements: list[dict[str, Any]]) -> None:
    assert HOSTILE in {one.get("name") for one in of(elements, "ai_AIPackage")}
    assert safe_text(HOSTILE) != HOSTILE


def test_a_link_that_is_no_link_is_only_text() -> None:
    state = small(said(K.MCP_SERVER, "m", {"url": "javascript:alert(1)"}), said(K.PROMPT, "p", {"url": "http://x"}))
    package, file = (of(written(state), type_)[0] for type_ in ("software_Package", "software_File"))
    assert "software_homePage" not in package
    assert file["externalRef"][0]["locator"] == ["http://x"]


def model(**facts: Value) -> dict[str, Any]:
    return of(written(small(said(K.MODEL, "hf:a/b", facts))), "ai_AIPackage")[0]


def test_a_model_fills_the_ai_profile() -> None:
    one = model(
        family="llama",
        task="text-generation",
        context_length=8192,
        parameters="8B",
        limitations="English only",
        base="Llama",
        modalities=["text", "image"],
        revision="0a1b",
        purl="pkg:huggingface/a/b@0a1b",
        supplier="Meta",
        energy="fine-tuning took 3.5 MJ",
    )
    assert one["ai_typeOfModel"] == ["llama"]
    assert one["ai_domain"] == ["text-generation"]
    assert {entry["key"]: entry["value"] for entry in one["ai_hyperparameter"]} == {
        "parameters": "8B",
        "context_length": "8192",
    }
    assert (one["ai_limitation"], one["ai_informationAboutTraining"]) == ("English only", "base: Llama")
    assert (one["software_packageVersion"], one["software_packageUrl"]) == ("0a1b", "pkg:huggingface/a/b@0a1b")
    energy = one["ai_energyConsumption"]["ai_finetuningEnergyConsumption"][0]
    assert (energy["ai_energyQuantity"], energy["ai_energyUnit"]) == (3.5, "megajoule")


@pytest.mark.parametrize("energy", ["a lot", "12 kWh", "training: 12 horses"])
def test_vague_energy_is_no_figure(energy: str) -> None:
    one = model(energy=energy)
    assert "ai_energyConsumption" not in one
    assert properties(one)["livebom:energy"] == energy


def test_datasets_say_how_confidential_they_are() -> None:
    seen = [said(K.DATASET, word, {"classification": word, "bytes": 7}) for word in ("public", "pii", "odd")]
    told = {one["name"]: one for one in of(written(small(*seen)), "dataset_DatasetPackage")}
    assert told["public"]["dataset_confidentialityLevel"] == "clear"
    assert told["pii"]["dataset_confidentialityLevel"] == "red"
    assert told["pii"]["dataset_hasSensitivePersonalInformation"] == "yes"
    assert "dataset_confidentialityLevel" not in told["odd"]
    assert told["odd"]["dataset_datasetSize"] == 7


def test_weights_carry_their_digests() -> None:
    seen = said(K.WEIGHTS, "sha256:" + "ab" * 32, {"sha256": "AB" * 32, "blake3": "cd" * 32})
    (file,) = of(written(small(seen)), "software_File")
    assert {(one["algorithm"], one["hashValue"]) for one in file["verifiedUsing"]} == {
        ("sha256", "ab" * 32),
        ("blake3", "cd" * 32),
    }


def test_licenses_that_differ_all_stand_and_one_is_concluded() -> None:
    one, other = (said(K.MODEL, "hf:a/b", {"license": tag}) for tag in ("mit", "llama3.1"))
    elements = written(small(one, msgspec.structs.replace(other, surface="weights")))
    names = {one["spdxId"]: one["name"] for one in of(elements, "simplelicensing_LicenseExpression")}
    told = {one["relationshipType"]: [names[end] for end in one["to"]] for one in of(elements, "Relationship")}
    assert sorted(told["hasDeclaredLicense"]) == ["LicenseRef-llama3.1", "MIT"]
    assert len(told["hasConcludedLicense"]) == 1


@pytest.mark.parametrize(
    ("state", "relation"),
    [
        ("fail", "affects"),
        ("pass", "fixedIn"),
        ("not_applicable", "doesNotAffect"),
        ("unknown", "underInvestigationFor"),
    ],
)
def test_a_finding_is_a_vex_statement(state: str, relation: str) -> None:
    key = "no-auth@s"
    found = said(K.FINDING, key, {"rule": "no-auth", "state": state, "cve": ["CVE-2026-1"], "cwe": ["306"]})
    elements = written(small(found, said(K.SERVER, "s", {}, (E.HAS_FINDING, K.FINDING, key))))
    (statement,) = (one for one in elements if one["type"].startswith("security_Vex"))
    (vulnerability,) = of(elements, "security_Vulnerability")
    assert (statement["relationshipType"], statement["from"]) == (relation, vulnerability["spdxId"])
    assert vulnerability["externalRef"][0]["locator"] == ["CWE-306"]
    assert [one["identifier"] for one in vulnerability["externalIdentifier"]] == ["CVE-2026-1"]


@pytest.mark.parametrize(
    ("look", "completeness"),
    [
        ({"complete": True}, "complete"),
        ({"complete": False}, "incomplete"),
        ({"complete": True, "mute": ("l",)}, "incomplete"),
        ({"complete": True, "surface": "code"}, "noAssertion"),
    ],
)
def test_relationships_say_how_complete_they_are(look: dict[str, Any], completeness: str) -> None:
    server = said(K.SERVER, "s", {"product": "vllm"}, (E.SERVES, K.MODEL, "m"), (E.LISTENS_ON, K.LISTENER, "l"))
    (serves,) = (one for one in written(small(server, **look)) if one.get("comment") == "livebom:serves")
    assert serves["completeness"] == completeness


def test_what_was_not_looked_at_is_annotated(elements: list[dict[str, Any]]) -> None:
    notes = {one["statement"]: one for one in of(elements, "Annotation") if one["comment"] == "livebom:not_seen"}
    assert notes.keys() == set(gaps(sample()))
    assert {one["subject"] for one in notes.values()} == {of(elements, "SpdxDocument")[0]["spdxId"]}


def test_other_keys_of_a_part_are_identifiers() -> None:
    model = msgspec.structs.replace(said(K.MODEL, "served:s/b", {}), aliases=("hf:a/b",))
    (one,) = of(written(small(model)), "ai_AIPackage")
    keys = {properties(one)["livebom:key"], *(each["identifier"] for each in one["externalIdentifier"])}
    assert keys == {"served:s/b", "hf:a/b"}


def test_no_domain_of_somebody_is_used(elements: list[dict[str, Any]]) -> None:
    assert [one["spdxId"] for one in elements if not one.get("spdxId", "urn:uuid:").startswith("urn:uuid:")] == []
