"""What the words of the graph become in CycloneDX, kind by kind."""

from datetime import UTC, datetime
from typing import Any

import pytest

from livebom.bom.document import Document, Look, document
from livebom.bom.graph import fold
from livebom.bom.identity import part_id
from livebom.bom.observation import Observation
from livebom.bom.parts import Confidence, EdgeKind, PartKind, Value
from tests.livebom.export.cyclonedx_validator import own, pointed, things, written
from tests.sample import (
    AGENT,
    DECLARED,
    INFERRED,
    LLAMA,
    MCP,
    OLLAMA,
    PAY,
    PII,
    QWEN,
    STORE,
    VERIFIED,
    VLLM,
    WEIGHTS,
    sample,
    seen,
)

E = EdgeKind
K = PartKind
AT = datetime(2026, 1, 1, tzinfo=UTC)


def state(*observations: Observation, looks: tuple[Look, ...] = ()) -> Document:
    return document(fold(observations), looks)


def thing(bom: dict[str, Any], kind: PartKind, key: str) -> dict[str, Any]:
    """The component or service of that part."""
    return next(one for one in things(bom) if one["bom-ref"] == str(part_id(kind, key)))


def only(kind: PartKind, key: str, facts: dict[str, Value], **more: Any) -> dict[str, Any]:
    """The one part of a document of its own, as CycloneDX has it."""
    return thing(written(state(seen("code", kind, key, facts, **more))), kind, key)


def test_a_server_is_a_service_with_its_listeners_inside() -> None:
    server = thing(written(sample()), K.SERVER, VLLM)
    assert server["version"] == "0.32.0"
    assert server["endpoints"] == ["http://10.0.0.5:8000"]
    assert server["authenticated"] is False
    assert server["x-trust-boundary"] is False
    assert server["trustZone"] == "lab"
    assert server["tags"] == ["server", "inference-server"]
    assert [own(one, "port") for one in server["services"]] == [["8000"]]


@pytest.mark.parametrize(
    ("auth", "exposure", "authenticated", "boundary"),
    [("required", "public", True, True), ("partial", "loopback", None, False), ("unknown", "odd", None, None)],
)
def test_what_a_boolean_cannot_say_stays_a_property(
    auth: str, exposure: str, authenticated: bool | None, boundary: bool | None
) -> None:
    server = only(K.SERVER, "z/a/x", {"auth": auth, "exposure": exposure})
    assert (server.get("authenticated"), server.get("x-trust-boundary")) == (authenticated, boundary)
    assert own(server, "auth") == ([] if authenticated is not None else [auth])
    assert own(server, "exposure") == [exposure]


def test_a_model_has_a_card_weights_and_ancestors() -> None:
    model = thing(written(sample()), K.MODEL, LLAMA)
    assert model["type"] == "machine-learning-model"
    assert model["purl"] == "pkg:huggingface/meta-llama/llama-3.1-8b-instruct@0e9e39f"
    card = model["modelCard"]
    assert card["modelParameters"] == {
        "architectureFamily": "llama",
        "datasets": [{"ref": str(part_id(K.DATASET, "hf-ds:shop/faq"))}],
    }
    assert own(card, "parameters") == ["8B"]
    weights = model["components"][0]
    assert weights["hashes"] == [{"alg": "SHA-256", "content": "ab" * 32}]
    assert (weights["type"], weights["name"]) == ("file", "model.safetensors")
    base = model["pedigree"]["ancestors"][0]
    assert own(base, "ref") == [str(part_id(K.MODEL, "hf:meta-llama/llama-3.1-8b"))]
    adapter = thing(written(sample()), K.ADAPTER, "hf:shop/llama-faq-lora")
    assert own(adapter["pedigree"]["ancestors"][0], "ref") == [str(part_id(K.MODEL, LLAMA))]
    assert adapter["tags"] == ["adapter"]


def test_a_models_card_holds_what_its_maker_says() -> None:
    facts: dict[str, Value] = {
        "task": "text-generation",
        "modalities": ["text", "image", "embedding"],
        "limitations": ["English only"],
        "energy": "40 kWh",
        "base": "Mistral 7B",
        "context_length": 8192,
        "quantization": "Q4_K_M",
        "owner": "ml@example",
        "url": "https://hub.example/m",
    }
    model = only(K.MODEL, "named:x/y", facts)
    card = model["modelCard"]
    assert card["modelParameters"]["inputs"] == [{"format": "text"}, {"format": "image"}]
    assert card["modelParameters"]["outputs"] == [{"format": "embedding"}]
    assert card["considerations"]["technicalLimitations"] == ["English only"]
    assert own(card["considerations"]["environmentalConsiderations"], "energy") == ["40 kWh"]
    assert (own(card, "context_length"), own(card, "quantization")) == (["8192"], ["Q4_K_M"])
    assert model["pedigree"]["ancestors"] == [{"type": "machine-learning-model", "name": "Mistral 7B"}]
    assert own(model, "owner") == ["ml@example"]
    assert model["externalReferences"] == [{"url": "https://hub.example/m", "type": "model-card"}]


def test_weights_carry_both_hashes_and_their_signature() -> None:
    facts: dict[str, Value] = {
        "sha256": "AB" * 32,
        "blake3": "cd" * 32,
        "signature": "valid",
        "signature_url": "https://hub.example/m.sig",
    }
    weights = only(K.WEIGHTS, "hf:x/y/model.gguf", facts)
    assert weights["hashes"] == [
        {"alg": "BLAKE3", "content": "cd" * 32},
        {"alg": "SHA-256", "content": "ab" * 32},
    ]
    assert weights["externalReferences"] == [
        {"url": "https://hub.example/m.sig", "type": "digital-signature", "comment": "valid"}
    ]
    assert only(K.WEIGHTS, WEIGHTS, {"blake3": "none"})["hashes"] == [{"alg": "SHA-256", "content": "ab" * 32}]


@pytest.mark.parametrize(
    ("tag", "written_as"),
    [
        ("apache-2.0", {"license": {"id": "Apache-2.0", "acknowledgement": "declared"}}),
        ("llama3.1", {"license": {"name": "llama3.1", "acknowledgement": "declared"}}),
        ("mit or apache-2.0", {"expression": "MIT OR Apache-2.0", "acknowledgement": "declared"}),
        ("Apache-2.0+", {"expression": "Apache-2.0+", "acknowledgement": "declared"}),
    ],
)
def test_a_license_is_an_id_only_where_spdx_lists_it(tag: str, written_as: dict[str, Any]) -> None:
    assert only(K.MODEL, "hf:x/y", {"license": tag})["licenses"] == [written_as]


def test_data_says_what_it_is_and_who_answers_for_it() -> None:
    customers = thing(written(sample()), K.DATASET, PII)
    assert customers["data"] == [
        {
            "type": "dataset",
            "name": "customers",
            "classification": "pii",
            "sensitiveData": ["e-mail", "orders"],
            "governance": {"owners": [{"contact": {"email": "crm-team@example"}}]},
        }
    ]
    odd = only(K.DATASET, "named:x/y", {"governance": ["steward=The data office", "somebody"]})
    assert odd["data"][0]["governance"] == {"stewards": [{"organization": {"name": "The data office"}}]}
    assert own(odd, "governance") == ["somebody"]


def test_data_flows_stand_at_the_services_they_go_through() -> None:
    bom = written(sample())
    agent = str(part_id(K.AGENT, AGENT))
    provider = thing(bom, K.API_PROVIDER, "openai.com")
    assert provider["x-trust-boundary"] is True
    assert provider["endpoints"] == ["https://api.openai.com/v1"]
    assert {"flow": "inbound", "classification": "unknown", "name": "sends_data_to", "source": [agent]} in provider[
        "data"
    ]
    store = thing(bom, K.VECTOR_STORE, STORE)
    assert {one["classification"] for one in store["data"]} == {"pii"}
    assert {"flow": "outbound", "classification": "pii", "name": "reads", "destination": [agent]} in store["data"]


def test_what_runs_as_a_command_or_lies_on_a_disk_is_a_component() -> None:
    command = seen(
        "agents", K.MCP_SERVER, "stdio:npx fs", {"transport": "stdio", "command": "npx fs"}, [(E.EXPOSES, K.TOOL, "t")]
    )
    bom = written(state(command, seen("code", K.VECTOR_STORE, "/data/chroma", {"classification": "internal"})))
    assert "services" not in bom
    server = thing(bom, K.MCP_SERVER, "stdio:npx fs")
    assert (server["type"], own(server, "command")) == ("application", ["npx fs"])
    assert [one["tags"] for one in server["components"]] == [["tool"]]
    assert thing(bom, K.VECTOR_STORE, "/data/chroma")["data"][0]["classification"] == "internal"
    networked = thing(written(sample()), K.MCP_SERVER, MCP)
    assert (networked["endpoints"], networked["authenticated"]) == ([MCP], True)


def test_a_secrets_place_is_written_and_only_its_length() -> None:
    secret = only(K.SECRET_REFERENCE, "r:.env:KEY", {"type": "openai-key", "length": 51})
    assert secret["cryptoProperties"]["relatedCryptoMaterialProperties"] == {"type": "credential", "size": 408}


def test_an_image_is_known_by_its_digest() -> None:
    image = thing(written(sample()), K.IMAGE, "sha256:" + "12" * 32)
    assert image["purl"] == f"pkg:oci/vllm-openai@sha256%3A{'12' * 32}?repository_url=docker.io/vllm/vllm-openai"
    assert image["name"] == "vllm/vllm-openai:latest"


@pytest.mark.parametrize(
    ("said", "confidence", "analysis"),
    [
        ("fail", DECLARED, "exploitable"),
        ("fail", INFERRED, "in_triage"),
        ("pass", DECLARED, "resolved"),
        ("not_applicable", DECLARED, "not_affected"),
        ("unknown", DECLARED, "in_triage"),
    ],
)
def test_a_finding_is_a_vulnerability_in_a_state(said: str, confidence: Confidence, analysis: str) -> None:
    finding = seen("code", K.FINDING, "r@a", {"rule": "r", "state": said}, confidence=confidence)
    pointing = seen("code", K.AGENT, "a", {}, [(E.HAS_FINDING, K.FINDING, "r@a")])
    (vulnerability,) = written(state(finding, pointing))["vulnerabilities"]
    assert vulnerability["analysis"]["state"] == analysis
    assert vulnerability["affects"] == [{"ref": str(part_id(K.AGENT, "a"))}]


def test_a_finding_tells_its_rating_weakness_and_fix() -> None:
    check = next(one for one in written(sample())["vulnerabilities"] if one["id"] == "vllm-no-auth")
    assert check["ratings"] == [{"source": {"name": "livebom"}, "severity": "high"}]
    assert check["cwes"] == [306]
    assert check["recommendation"].startswith("Start it with --api-key")
    assert check["affects"] == [{"ref": str(part_id(K.SERVER, VLLM))}]
    known = next(one for one in written(sample())["vulnerabilities"] if one["id"] == "CVE-2026-0001")
    assert known["source"]["name"] == "NVD"
    assert known["ratings"][0]["score"] == 9.8


def test_an_agents_steps_are_a_workflow_and_its_grants_are_claims() -> None:
    bom = written(sample())
    workflow = next(one for one in bom["formulation"][0]["workflows"] if one["name"] == "SalesAgent")
    assert [one["name"] for one in workflow["tasks"]] == ["can call shell", "hands off to RefundAgent"]
    claims = bom["declarations"]["claims"]
    assert "agent SalesAgent is allowed to use tool pay" in [one["predicate"] for one in claims]
    proofs = {one["bom-ref"]: one for one in bom["declarations"]["evidence"]}
    arrow = f"{part_id(K.AGENT, AGENT)} allowed -> {part_id(K.TOOL, PAY)}"
    assert arrow in [
        proofs[ref]["data"][0]["contents"]["attachment"]["content"] for one in claims for ref in one["evidence"]
    ]
    assert bom["declarations"]["targets"]["organizations"][0]["contact"] == [{"name": "Jo", "email": "jo@example"}]
    assert own(bom["metadata"], f"{part_id(K.PRINCIPAL, 'github:jo')}:type") == ["person"]


def test_evidence_says_how_surely_and_where() -> None:
    agent = thing(written(sample()), K.AGENT, AGENT)
    assert agent["evidence"]["occurrences"] == [{"location": "agents/sales.py", "line": 12}]
    (identity,) = agent["evidence"]["identity"]
    assert (identity["field"], identity["confidence"]) == ("name", 0.8)
    assert identity["methods"][0]["technique"] == "source-code-analysis"
    assert "declared by code/code (agents/sales.py:12): framework, name, owner" in own(agent, "said")
    runtime = only(K.HOST, "z/h", {"name": "h"}, evidence="lab/10.0.0.5:8000")
    assert runtime["evidence"]["occurrences"] == [{"location": "lab/10.0.0.5", "line": 8000}]
    network = written(state(seen("runtime", K.HOST, "z/h", {"name": "h"}, evidence="lab/10.0.0.5:8000")))
    assert "occurrences" not in network["components"][0]["evidence"]


def test_a_conflict_names_the_claim_that_lost() -> None:
    about = str(part_id(K.SERVER, VLLM))
    texts = [one["text"] for one in written(sample())["annotations"] if one["subjects"] == [about]]
    assert any("version is believed to be 0.32.0" in text and "not 0.31.0 (unresolved" in text for text in texts)


def test_what_was_not_looked_at_is_said_and_not_called_complete() -> None:
    bom = written(sample())
    estate = bom["metadata"]["component"]["bom-ref"]
    remarks = [one["text"] for one in bom["annotations"] if one["subjects"] == [estate]]
    assert any("10.0.1.0/24: the sweep was ended early" in text for text in remarks)
    assert any("import/cmdb-export 7" in text for text in remarks)
    aggregates = {ref: one["aggregate"] for one in bom["compositions"] for ref in one.get("assemblies", [])}
    assert aggregates[estate] == "incomplete"
    assert aggregates[str(part_id(K.SERVER, OLLAMA))] == "incomplete"
    assert aggregates[str(part_id(K.MODEL, QWEN))] == "incomplete"
    assert aggregates[str(part_id(K.AGENT, AGENT))] == "complete"


def test_completeness_needs_a_look() -> None:
    host = seen("runtime", K.HOST, "z/h", {"name": "h"})
    whole = Look(at=AT, id="1", surface="runtime", source="livebom 1", complete=True)
    for looks, expected in ((), "unknown"), ((whole,), "complete"):
        (composition,) = written(state(host, looks=looks))["compositions"]
        assert (composition["aggregate"], len(composition["assemblies"])) == (expected, 2)


def test_a_mute_listener_leaves_its_server_incomplete() -> None:
    server = seen("runtime", K.SERVER, "z/h/x", {"product": "x"}, [(E.LISTENS_ON, K.LISTENER, "z/h:1")])
    look = Look(at=AT, id="1", surface="runtime", source="livebom 1", complete=True, mute=("z/h:1",))
    mute = [one for one in written(state(server, looks=(look,)))["compositions"] if "dependencies" in one]
    assert [one["aggregate"] for one in mute] == ["incomplete"]
    assert set(mute[0]["dependencies"]) == {str(part_id(K.SERVER, "z/h/x")), str(part_id(K.LISTENER, "z/h:1"))}


def test_one_thing_under_two_keys_is_one_part_that_tells_its_other_key() -> None:
    model = seen("runtime", K.MODEL, "served:z/h/x/m", {"name": "m"}, aliases=("hf:x/m",))
    bom = written(state(model))
    (one,) = things(bom)
    assert {own(one, "key")[0], own(one, "alias")[0].split(" ")[0]} == {"served:z/h/x/m", "hf:x/m"}


def test_1_7_cites_who_said_which_field() -> None:
    bom = written(sample(), "1.7")
    tools = {one["bom-ref"]: one["name"] for one in bom["metadata"]["tools"]["components"]}
    cited: dict[str, set[tuple[str, str]]] = {}
    for citation in bom["citations"]:
        for pointer in citation["pointers"]:
            assert pointed(bom, pointer) is not None
            cited.setdefault(pointer, set()).add((tools[citation["attributedTo"]], citation["note"]))
    at = next(number for number, one in enumerate(bom["services"]) if one["bom-ref"] == str(part_id(K.SERVER, VLLM)))
    assert cited[f"/services/{at}/version"] == {("livebom", "declared")}
    model = next(n for n, one in enumerate(bom["components"]) if one["bom-ref"] == str(part_id(K.MODEL, LLAMA)))
    assert cited[f"/components/{model}/supplier/name"] == {("weights", VERIFIED.value)}
    assert "citations" not in written(sample(), "1.6")


def test_1_7_says_what_only_somebody_else_runs() -> None:
    external = {one["name"] for one in things(written(sample(), "1.7")) if one.get("isExternal")}
    assert external == {"gpt-4o"}
    assert not [one for one in things(written(sample(), "1.6")) if "isExternal" in one]
