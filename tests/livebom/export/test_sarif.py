"""Findings as SARIF: what fails is told once, ranked, found again and valid by the official schema."""

import hashlib
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from livebom.bom.document import Document, document
from livebom.bom.graph import fold
from livebom.bom.parts import EdgeKind, PartKind
from livebom.export import exported
from livebom.export.results import is_line
from tests.livebom.export.golden import agrees
from tests.livebom.export.hostile import NAMES, estate, hidden
from tests.livebom.export.sarif import SCHEMA, valid
from tests.sample import older, sample, seen


def run(one: Document) -> dict[str, Any]:
    found: dict[str, Any] = valid(exported(one, "sarif"))["runs"][0]
    return found


def test_golden() -> None:
    agrees("sarif/sample.sarif", exported(sample(), "sarif"))


def test_the_schema_is_the_official_one_and_refuses_what_is_wrong() -> None:
    digest = hashlib.sha256(SCHEMA.read_bytes()).hexdigest()
    assert digest in (SCHEMA.parent / "README.md").read_text(encoding="utf-8")
    with pytest.raises(jsonschema_rs.ValidationError):
        valid(exported(sample(), "sarif").replace('"level": "error"', '"level": "worse"', 1))


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_valid_and_harmless_whatever_the_names(name: str) -> None:
    text = exported(estate(name), "sarif")
    assert hidden(text) == set()
    messages = [result["message"]["text"] for result in valid(text)["runs"][0]["results"]]
    assert messages
    for message in messages:
        assert "](" not in message
        assert "{" not in message.replace("{{", "")
        assert "}" not in message.replace("}}", "")


def test_what_is_mended_is_not_told() -> None:
    assert {one["ruleId"] for one in run(sample())["results"]} == {"vllm-no-auth", "CVE-2026-0001"}
    assert {one["ruleId"] for one in run(older())["results"]} == {"CVE-2026-0001"}


def test_a_finding_stands_at_its_part_and_at_its_line() -> None:
    told = {one["ruleId"]: one["locations"][0] for one in run(sample())["results"]}
    assert told["CVE-2026-0001"]["physicalLocation"]["artifactLocation"] == {"uri": "requirements.txt"}
    assert told["CVE-2026-0001"]["physicalLocation"]["region"] == {"startLine": 3}
    assert told["vllm-no-auth"]["logicalLocations"][0]["fullyQualifiedName"] == "lab/10.0.0.5/vllm"
    assert "physicalLocation" not in told["vllm-no-auth"]


def test_rules_carry_score_weakness_and_remedy() -> None:
    rules = {rule["id"]: rule for rule in run(sample())["tool"]["driver"]["rules"]}
    assert rules["CVE-2026-0001"]["properties"]["security-severity"] == "9.8"
    assert rules["vllm-no-auth"]["properties"]["security-severity"] == "8.0"
    assert {"external/cwe/cwe-306", "owasp/LLM10"} <= set(rules["vllm-no-auth"]["properties"]["tags"])
    assert "--api-key" in rules["vllm-no-auth"]["help"]["text"]


def test_what_was_not_looked_at_is_a_notification() -> None:
    notes = run(sample())["invocations"][0]["toolExecutionNotifications"]
    told = " / ".join(note["message"]["text"] for note in notes)
    assert "10.0.1.0/24: the sweep was ended early" in told
    assert "web: nobody looked at this surface" in told
    assert "lab/10.0.0.7:3000: reached, but it did not tell its models" in told


def test_a_listener_that_looks_like_a_line_of_a_file_is_none() -> None:
    key = "lab/gpu.internal:8000"
    facts: dict[str, Any] = {"rule": "r", "state": "fail", "where": [key]}
    said = [
        seen("runtime", PartKind.LISTENER, key, {"port": 8000}, [(EdgeKind.HAS_FINDING, PartKind.FINDING, "r@x")]),
        seen("runtime", PartKind.FINDING, "r@x", facts),
    ]
    assert "physicalLocation" not in run(document(fold(said), []))["results"][0]["locations"][0]


@pytest.mark.parametrize(
    ("evidence", "is_one"),
    [
        ("agents/sales.py:12", True),
        ("agents/sales.py:12:4#5e88", True),
        ("deploy/Dockerfile:3", True),
        ("GET /v1/models#5e88", False),
        ("10.0.0.5:8000", False),
        ("ollama serve", False),
        ("a.py:0", False),
        ("https://x.example/a.py:3", False),
    ],
)
def test_only_a_line_of_a_file_is_a_physical_location(evidence: str, is_one: bool) -> None:
    assert is_line(evidence) is is_one


def test_equal_states_give_equal_bytes() -> None:
    one = sample()
    turned = msgspec.structs.replace(one, parts=one.parts[::-1], edges=one.edges[::-1])
    assert exported(turned, "sarif") == exported(one, "sarif")
