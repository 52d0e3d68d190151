"""CycloneDX of other tools: what each one's document becomes in the graph."""

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livebom.bom.document import NEVER
from livebom.bom.graph import value, winner
from livebom.bom.parts import Confidence, PartKind
from livebom.bom.vocabulary import COMMON, EDGES, PARTS
from livebom.readers import read
from tests.livebom.readers.documents import FILES, FOREIGN, arrows, bom, foreign, one, told, tree

K = PartKind


@pytest.mark.parametrize("name", FILES)
def test_every_document_keeps_to_the_vocabulary(name: str) -> None:
    made = foreign(name)
    parts = {part.id: part for part in made.parts}
    for part in made.parts:
        assert part.attributes.keys() <= COMMON.keys() | PARTS[part.kind].attributes.keys()
        assert part.first_seen == part.last_seen == made.at
    for edge in made.edges:
        word = EDGES[edge.kind]
        assert not word.sources or parts[edge.source].kind in word.sources
        assert not word.destinations or parts[edge.destination].kind in word.destinations
    [look] = made.looks
    claims = [claim for part in made.parts for found in part.attributes.values() for claim in found]
    assert {(claim.surface, claim.source) for claim in claims} == {("import", look.source.rpartition(" ")[0])}


def test_cdxgen_npm() -> None:
    made = foreign("cdxgen-12.8-npm.json")
    bot = "pkg:npm/helpdesk-bot@0.3.0"
    assert told(made)[f"package {bot}"] == {
        "name": "helpdesk-bot",
        "version": "0.3.0",
        "license": "MIT",
        "license_family": "permissive",
        "purl": bot,
        "type": "application",
    }
    assert arrows(made) == {
        f"{bot} {edge} pkg:npm/{name}"
        for edge in ("contains", "depends_on")
        for name in ("ms@2.1.3", "is-number@7.0.0")
    }
    [look] = made.looks
    assert (look.source, look.scope, look.complete) == ("cdxgen 12.8.4", (bot,), False)
    assert look.not_seen == ("what the document tells under `annotations` is not read",)
    number = next(part for part in made.parts if part.key == "pkg:npm/is-number@7.0.0")
    assert winner(number.attributes["purl"]).evidence.endswith("package-lock.json")


def test_cdxgen_of_spec_1_5_has_one_identity_and_half_its_confidence_is_a_declaration() -> None:
    made = foreign("cdxgen-12.8-python.json")
    six = next(part for part in made.parts if part.key == "pkg:pypi/six@1.17.0")
    assert winner(six.attributes["version"]).confidence is Confidence.DECLARED


def test_cyclonedx_py_environment() -> None:
    made = foreign("cyclonedx-py-7.5-environment.json")
    assert told(made)["package helpdesk-bot@0.3.0"]["description"] == "Answers tickets"
    assert {
        "helpdesk-bot@0.3.0 depends_on pkg:pypi/six@1.17.0",
        "helpdesk-bot@0.3.0 contains pkg:pypi/six@1.17.0",
    } <= arrows(made)
    assert told(made)["package pkg:pypi/six@1.17.0"]["license"] == "MIT"


def test_cyclonedx_py_requirements_are_about_nothing_and_name_the_program_not_its_library() -> None:
    made = foreign("cyclonedx-py-7.5-requirements.json")
    assert [part.key for part in made.parts] == ["pkg:pypi/idna@3.10", "pkg:pypi/six@1.17.0"]
    assert made.looks[0].source == "cyclonedx-py 7.5.0"
    assert made.scope[0].startswith("urn:uuid:")


def test_syft_image() -> None:
    made = foreign("syft-1-image.json")
    digest = "sha256:" + "9f2c1d7e4b6a8053" * 4
    weights = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert told(made)[f"image {digest}"] == {
        "digest": digest,
        "name": "registry.example/ml/serve:2.1",
        "reference": "registry.example/ml/serve:2.1",
        "tag": "2.1",
    }
    assert told(made)[f"weights {weights}"]["format"] == "safetensors"
    assert told(made)["package pkg:deb/debian/libc6@2.41-12"]["license"] == "GPL-2.0-only AND LGPL-2.1-only"
    assert told(made)["package debian@13"]["type"] == "operating-system"
    assert f"{digest} contains {weights}" in arrows(made)
    assert "pkg:pypi/torch@2.9.1 depends_on pkg:deb/debian/libc6@2.41-12" in arrows(made)
    assert made.at.isoformat() == "2026-11-20T08:30:00+00:00"
    assert made.not_seen == (
        "a component of type `file` left out, as the graph has no word for it: /etc/os-release",
        "a package URL cannot be read: not-a-purl",
    )


def test_trivy_repository_with_vulnerabilities() -> None:
    made = foreign("trivy-0-repository.json")
    graph, requests = "pkg:pypi/langgraph@1.4.0", "pkg:pypi/requests@2.30.0"
    assert told(made)[f"finding CVE-2026-10001@{graph}"] == {
        "rule": "CVE-2026-10001",
        "name": "CVE-2026-10001",
        "title": "A crafted checkpoint runs code.",
        "description": "A crafted checkpoint runs code.\nSecond line of the advisory.",
        "severity": "critical",
        "score": 9.8,
        "state": "fail",
        "cve": ["CVE-2026-10001"],
        "cwe": ["502", "787"],
        "remediation": "Upgrade langgraph to version 1.4.1",
    }
    spared = told(made)[f"finding GHSA-aaaa-bbbb-cccc@{requests}"]
    assert (spared["state"], spared["cve"], spared["severity"]) == ("not_applicable", ["CVE-2026-10002"], "medium")
    mended = told(made)[f"finding CVE-2026-10003@{requests}"]
    assert (mended["state"], mended["severity"], mended["score"]) == ("pass", "medium", 4.1)
    assert one(made, K.REPOSITORY).key == "services/assistant"
    assert {
        "services/assistant depends_on services/assistant/poetry.lock",
        f"services/assistant/poetry.lock depends_on {graph}",
        f"{graph} has_finding CVE-2026-10001@{graph}",
        f"{requests} has_finding GHSA-aaaa-bbbb-cccc@{requests}",
        f"{graph} has_finding GHSA-aaaa-bbbb-cccc@{graph}",
    } <= arrows(made)
    assert made.not_seen == (
        "a bom-ref is named that is nowhere in this document: $.vulnerabilities[2].affects[0].ref `pkg:pypi/gone@1`",
    )


def test_k8s_aibom_workload() -> None:
    made = foreign("k8s-aibom-0.1-inference.json")
    chat, model = "k8s:inference/Deployment/chat", "hf:example-org/tiny-chat-1b"
    image = "sha256:" + "77aa" * 16
    assert arrows(made) == {
        f"{chat} serves {model}",
        f"{chat} calls_provider openai.com",
        f"{chat} contains vllm@v0.11.0",
        f"{chat} contains named:k8s:inference/deployment/chat/weights",
        f"{image} deployed_as {chat}",
    }
    grades = {part.key: winner(part.attributes["name"]).confidence for part in made.parts}
    assert grades[chat] is Confidence.INFERRED
    assert grades[model] is Confidence.DECLARED
    assert grades["openai.com"] is Confidence.UNRESOLVED
    provider = one(made, K.API_PROVIDER).attributes["name"][0]
    assert provider.evidence == "spec.template.spec.containers[0].env[OPENAI_API_KEY].valueFrom"
    assert value(one(made, K.IMAGE), "reference") == "vllm/vllm-openai:v0.11.0"


def test_owasp_aibom_generator() -> None:
    made = foreign("owasp-aibom-generator-1.json")
    model = "hf:example-org/tiny-chat-1b"
    assert told(made)[f"model {model}"] == {
        "name": "Tiny-Chat-1B",
        "description": "A small chat model",
        "supplier": "Example-Org",
        "license": "llama3.2",
        "license_family": "use-restricted",
        "purl": "pkg:huggingface/Example-Org/Tiny-Chat-1B@0f1e2d3c",
        "revision": "0f1e2d3c",
        "url": "https://huggingface.co/Example-Org/Tiny-Chat-1B",
        "task": "text-generation",
        "family": "llama",
        "modalities": ["text"],
        "limitations": "English only",
        "context_length": 8192,
        "quantization": "Q4_K_M",
        "card": [
            "domain=retail",
            "ethicalConsiderations=Repeats the bias of its data",
            'hyperparameter={"num_hidden_layers": 16}',
            "intendedUse=Chat in shops",
            "metric=accuracy: 0.7",
            "paper=https://example.com/paper",
            "safetyRiskAssessment=low",
            "vocab_size=32000",
        ],
    }
    assert arrows(made) == {
        f"{model} has_version {model}@0f1e2d3c",
        f"{model} fine_tuned_on hf-ds:example-org/chats",
        f"{model} fine_tuned_on named:pkg:huggingface/example-org/tiny-chat-1b/crawl",
    }
    assert len(made.not_seen) == 1
    assert "`pkg:generic/Example-Org/Tiny-Chat-1B@0f1e2d3c`" in made.not_seen[0]


def test_services_agents_and_models() -> None:
    made = foreign("services-1.6.json")
    shop = "git.example/shop/assistant"
    kinds = {part.key: part.kind for part in made.parts}
    assert kinds == {
        shop: K.REPOSITORY,
        f"{shop}:agents/sales.py:SalesAgent": K.AGENT,
        f"{shop}:shell": K.TOOL,
        f"{shop}:system": K.PROMPT,
        "named:example org/tiny-base-1b": K.MODEL,
        "sha256:" + "cd" * 32: K.WEIGHTS,
        "named:shop/shop-lora": K.ADAPTER,
        "named:shop/shop-lora@0123456789abcdef0123456789abcdef01234567": K.MODEL_VERSION,
        "https://data.example/faq.jsonl": K.DATASET,
        f"named:{shop}/gpu-17": K.HOST,
        "http://llm.internal:8000/v1": K.SERVER,
        "POST http://llm.internal:8000/v1/chat/completions": K.ENDPOINT,
        "openai.com": K.API_PROVIDER,
        "partner.co.uk": K.API_PROVIDER,
        "https://mcp.example/payments": K.MCP_SERVER,
        "10.0.0.9:6333": K.VECTOR_STORE,
        f"named:{shop}/shop/ranker": K.SERVER,
    }
    assert {
        "named:shop/shop-lora adapter_of named:example org/tiny-base-1b",
        "named:shop/shop-lora fine_tuned_on https://data.example/faq.jsonl",
        "named:example org/tiny-base-1b has_weights sha256:" + "cd" * 32,
        "http://llm.internal:8000/v1 exposes POST http://llm.internal:8000/v1/chat/completions",
        f"{shop}:agents/sales.py:SalesAgent depends_on http://llm.internal:8000/v1",
        f"{shop}:agents/sales.py:SalesAgent depends_on {shop}:shell",
    } <= arrows(made)
    facts = told(made)
    assert facts["server http://llm.internal:8000/v1"]["auth"] == "none"
    assert facts["server http://llm.internal:8000/v1"]["data_classification"] == "PII"
    assert facts["dataset https://data.example/faq.jsonl"]["governance"] == ["custodian=IT", "owner=crm@example"]
    assert facts["adapter named:shop/shop-lora"]["energy"] == "training: 12.5 kWh"
    assert facts[f"prompt {shop}:system"]["text_sha256"] == "ab" * 32
    weights = next(part for part in made.parts if part.kind is K.WEIGHTS)
    assert winner(weights.attributes["sha256"]).confidence is Confidence.VERIFIED
    assert made.looks[0].source == "architecture-export 4"
    assert made.not_seen == (
        (
            "3 times a bom-ref is named that is nowhere in this document: "
            "$.components[4].modelCard.modelParameters.datasets `nowhere`, $.dependencies[0].dependsOn[2] `missing`, "
            "$.dependencies[1].ref `gone`"
        ),
        "a component of type `cryptographic-asset` left out, as the graph has no word for it: tls-key",
        "a component of type `file` left out, as the graph has no word for it: config.json",
        "the document says that it is not complete about 2 of its entries: aggregate `incomplete_third_party_only`",
        "what the document tells under `formulation` is not read",
    )


def test_no_secret_of_an_address_is_kept() -> None:
    said = json.dumps(sorted(told(foreign("services-1.6.json")).items()))
    assert [word for word in ("secret", "pw@", "X-Amz", "token=") if word in said] == []


def moved(found: Any, random: Random) -> Any:
    """Every list and every record's keys in another order; a tool's place among tools counts and stays."""
    if isinstance(found, dict):
        items = list(found.items())
        random.shuffle(items)
        return {key: (item if key == "tools" else moved(item, random)) for key, item in items}
    if isinstance(found, list):
        return [moved(item, random) for item in random.sample(found, len(found))]
    return found


@given(st.sampled_from(FILES), st.integers(0, 2**32))
def test_the_order_of_entries_never_matters(name: str, seed: int) -> None:
    again = read(json.dumps(moved(tree(name), Random(seed))).encode(), name)  # noqa: S311 - an order, not a secret
    assert again.graph == foreign(name).graph
    assert (again.at, again.scope, again.complete) == (foreign(name).at, foreign(name).scope, foreign(name).complete)


@pytest.mark.parametrize(
    ("compositions", "complete"),
    [
        ([], False),
        ([{"aggregate": "complete"}], True),
        ([{"aggregate": "complete", "assemblies": ["app"]}], True),
        ([{"aggregate": "complete", "assemblies": ["other"]}], False),
        ([{"aggregate": "complete"}, {"aggregate": "unknown", "dependencies": ["x"]}], False),
        ([{"aggregate": "not_specified"}], False),
    ],
)
def test_a_look_is_complete_only_where_the_document_says_so(compositions: list[Any], complete: bool) -> None:
    metadata = {"timestamp": "2026-11-20T10:00:00Z", "component": {"type": "library", "name": "a", "bom-ref": "app"}}
    made = read(bom(metadata=metadata, compositions=compositions), "f")
    assert (made.complete, made.looks[0].complete) == (complete, complete)


def test_what_does_not_say_when_or_by_whom_it_was_made_says_so() -> None:
    made = read(bom(metadata=None), "f")
    assert made.at == NEVER
    assert made.looks[0].source == "cyclonedx"
    assert made.not_seen == (
        "when this was seen: the document does not say when it was made",
        "who made this document: it names no tool",
    )


def page(kind: str, url: str) -> dict[str, Any]:
    return {"externalReferences": [{"type": kind, "url": url}]}


ML = {"type": "machine-learning-model"}


@pytest.mark.parametrize(
    ("fields", "kind", "key"),
    [
        ({**ML, "purl": "pkg:huggingface/A/B@main"}, K.MODEL, "hf:a/b"),
        ({**ML, "name": "hf://A/B"}, K.MODEL, "hf:a/b"),
        (
            {**ML, **page("website", "https://huggingface.co/A/B/tree/main")},
            K.MODEL,
            "hf:a/b",
        ),
        (
            {**ML, **page("website", "https://huggingface.co/docs/hub")},
            K.MODEL,
            "named:urn/thing",
        ),
        (
            {**ML, "purl": "pkg:mlflow/Fraud@3?repository_url=https://ml.example:8080/api"},
            K.MODEL,
            "mlflow:ml.example:8080/Fraud",
        ),
        ({**ML, "tags": ["lora"], "group": "Shop"}, K.ADAPTER, "named:shop/thing"),
        ({"type": "container", "purl": "pkg:oci/a@sha256:" + "AB" * 32}, K.IMAGE, "sha256:" + "ab" * 32),
        ({"type": "container", "name": "Docker.IO/A/B", "version": "1"}, K.IMAGE, "docker.io/a/b:1"),
        ({"type": "framework", "purl": "pkg:pypi/Torch_Audio@1?x=y#z"}, K.PACKAGE, "pkg:pypi/torch-audio@1"),
        ({"group": "org", "version": "2"}, K.PACKAGE, "org/thing@2"),
        (
            {"type": "application", "tags": ["mcp-server"], "purl": "pkg:npm/%40x/mcp@1"},
            K.MCP_SERVER,
            "stdio:pkg:npm/%40x/mcp@1",
        ),
        ({"type": "application", "tags": ["agent", "tool"], "version": "1"}, K.PACKAGE, "thing@1"),
        ({"type": "file", "name": "a/model.GGUF"}, K.WEIGHTS, "urn/a/model.GGUF"),
        ({"type": "data"}, K.DATASET, "named:urn/thing"),
        (
            {"type": "data", "data": [{"type": "source-code"}], **page("vcs", "git@Host.example:a/b.git")},
            K.REPOSITORY,
            "host.example/a/b",
        ),
    ],
)
def test_a_component_has_one_kind_and_one_key(fields: dict[str, Any], kind: PartKind, key: str) -> None:
    subject = {"timestamp": "2026-11-20T10:00:00Z", "component": {"type": "file", "name": "urn"}}
    made = read(bom(metadata=subject, components=[{"type": "library", "name": "thing", **fields}]), "f")
    assert (kind, key) in {(part.kind, part.key) for part in made.parts}


@pytest.mark.parametrize(
    ("fields", "kind", "key"),
    [
        ({"endpoints": ["https://API.OpenAI.com/v1"]}, K.API_PROVIDER, "openai.com"),
        ({"endpoints": ["https://bedrock-runtime.eu-west-1.amazonaws.com"]}, K.API_PROVIDER, "amazonaws.com"),
        ({"endpoints": ["https://ml.partner.com.au"], "x-trust-boundary": True}, K.API_PROVIDER, "partner.com.au"),
        ({"endpoints": ["http://10.1.2.3:80"], "x-trust-boundary": True}, K.SERVER, "http://10.1.2.3:80"),
        ({"endpoints": ["http://llm.svc:80"], "x-trust-boundary": True}, K.SERVER, "http://llm.svc:80"),
        ({"endpoints": ["http://[::1", "::", "not a url"]}, K.SERVER, "named:urn:uuid:2/thing"),
        ({"tags": ["inference-server"], "endpoints": ["http://a.example/"]}, K.SERVER, "http://a.example"),
        ({"name": "GET /health"}, K.ENDPOINT, "GET urn:uuid:2/health"),
        ({"group": "qdrant", "name": "db"}, K.VECTOR_STORE, "named:urn:uuid:2/qdrant/db"),
    ],
)
def test_a_service_has_one_kind_and_one_key(fields: dict[str, Any], kind: PartKind, key: str) -> None:
    made = read(bom(serialNumber="urn:uuid:urn:uuid:2", services=[{"name": "thing", **fields}]), "f")
    assert [(part.kind, part.key) for part in made.parts] == [(kind, key)]


def test_two_nameless_things_of_two_documents_stay_two() -> None:
    model = [{"type": "machine-learning-model", "name": "classifier"}, {"type": "data", "name": "d"}]
    one_, other = (read(bom(serialNumber=f"urn:uuid:{n}", components=model), "f") for n in (1, 2))
    assert not {part.id for part in one_.parts} & {part.id for part in other.parts}


def test_hostile_names_are_kept_as_they_are_and_shown_safely() -> None:
    name = 'x\x1b[31m"><script>\u202e' + "y" * 3000
    made = read(
        bom(components=[{"type": "library", "name": name, "bom-ref": name}], dependencies=[{"ref": "\x1b[2J"}]), "f"
    )
    assert value(one(made, K.PACKAGE), "name") == name
    assert "\x1b" not in made.not_seen[0]


def test_the_same_entry_named_twice_is_one_part() -> None:
    entry = {"type": "library", "name": "a", "version": "1", "bom-ref": "x"}
    made = read(bom(components=[entry, entry], dependencies=[{"ref": "x", "dependsOn": ["x"]}]), "f")
    assert (len(made.parts), made.edges) == (1, ())


@pytest.mark.parametrize(
    ("ratings", "severity", "score"),
    [
        ([{"severity": "none"}], "info", None),
        ([{"severity": "low"}, {"severity": "high"}], "high", None),
        ([{"score": 9.8, "method": "CVSSv2"}, {"score": 3.0, "method": "CVSSv4"}], "low", 3.0),
        ([{"score": 0.0, "method": "CVSSv31"}], "info", 0.0),
        ([{"score": 8, "method": "OWASP"}], "high", None),
    ],
)
def test_the_best_rating_counts(ratings: list[Any], severity: str, score: float | None) -> None:
    found = {"id": "V", "ratings": ratings, "affects": [{"ref": "a"}]}
    made = read(
        bom(components=[{"type": "library", "name": "a", "version": "1", "bom-ref": "a"}], vulnerabilities=[found]), "f"
    )
    finding = one(made, K.FINDING)
    assert (finding.key, value(finding, "severity"), value(finding, "score")) == ("V@a@1", severity, score)


def test_a_vulnerability_about_nothing_is_about_the_subject_or_remarked_on() -> None:
    found = [{"id": "V"}]
    alone = read(bom(vulnerabilities=found), "f")
    assert alone.parts == ()
    assert alone.not_seen == ("a vulnerability is about nothing in this document: V",)
    subject = {"timestamp": "2026-11-20T10:00:00Z", "component": {"type": "container", "name": "img"}}
    assert one(read(bom(metadata=subject, vulnerabilities=found), "f"), K.FINDING).key == "V@img"


def test_the_tiny_files_stay_tiny() -> None:
    assert max((FOREIGN / name).stat().st_size for name in FILES) <= 30_000
