"""`livebom catalog` and `livebom checks`: what is known is told from the data, and the documents hold the same."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from livebom.bom.service import Severity
from livebom.recognise.describe import ProductEntry
from livebom.surfaces import load_workload_checks
from tests.house.tree import ROOT
from tests.livebom.cli.runner import Run, runner
from tests.playback import catalog

EXPOSURES = {"loopback", "private", "public"}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command line with a home of its own."""
    return runner(tmp_path, monkeypatch)


def told(run: Run, *arguments: str) -> list[dict[str, Any]]:
    result = run(*arguments, "--format", "json")
    assert result.exit_code == 0, result.stderr
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def test_the_catalogue_as_json_is_every_product_with_what_is_known_of_it(run: Run) -> None:
    entries = msgspec.convert(told(run, "catalog"), list[ProductEntry])
    kits = {kit.product: kit.fingerprint for kit in catalog().kits}
    assert [entry.product for entry in entries] == sorted(kits)
    for entry in entries:
        one = kits[entry.product]
        assert (entry.title, entry.role, entry.grade, entry.ports) == (one.title, one.role, one.grade, one.ports)
        assert [mark.weight for mark in entry.marks] == [mark.weight for mark in one.marks]
        assert all(mark.condition and mark.why for mark in entry.marks)
        assert {ask.name for ask in entry.asks} >= set(one.asks)
        assert {mark.ask for mark in entry.marks} <= {ask.name for ask in entry.asks} | {"any"}
        assert len(entry.cves) == len(one.cves)


def test_the_checks_as_json_are_all_checks_with_their_fields(run: Run) -> None:
    found = told(run, "checks")
    named = [check.id for check in load_workload_checks()]
    named += [check.id for kit in catalog().kits for check in kit.fingerprint.checks]
    ids = [entry["id"] for entry in found]
    assert len(set(ids)) == len(ids)
    assert [one for one in ids if not one.endswith("-vulnerable-version")] == named
    for entry in found:
        assert entry.keys() >= {
            *("id", "product", "title", "severity", "why", "confirm", "cwe", "owasp", "remediation", "fail", "pass"),
        }
        levels = [entry["severity"]] if isinstance(entry["severity"], str) else entry["severity"].values()
        assert {Severity(level) for level in levels}
        assert isinstance(entry["severity"], str) or entry["severity"].keys() <= EXPOSURES
        assert entry["why"]
        assert entry["remediation"]


def test_one_product_is_told_whole(run: Run) -> None:
    text = run("catalog", "vllm").stdout
    [entry] = told(run, "catalog", "vllm")
    for mark in entry["marks"]:
        assert f"{mark['weight']:+.2f} {mark['why']}" in text
        assert mark["condition"] in text
    for ask in entry["asks"]:
        assert f"{ask['method']} {ask['path']}" in text
    for flaw in entry["cves"]:
        assert f"{flaw['id']}: `{flaw['affected']}`" in text
    assert all(check in text for check in entry["checks"])
    assert all(source in text for source in entry["sources"])
    assert "context_length = `max_model_len`" in text
    assert "required: `models: status 401 or 403`" in text


def test_a_lying_version_is_called_one(run: Run) -> None:
    lies = [kit.product for kit in catalog().kits if any(v.trust == "lies" for v in kit.fingerprint.version)]
    assert lies
    assert "- lies: `" in run("catalog", lies[0]).stdout


def test_one_check_is_told_whole(run: Run) -> None:
    text = run("checks", "vllm-api-key-bypass-routes").stdout
    [entry] = told(run, "checks", "vllm-api-key-bypass-routes")
    for part in (entry["title"], entry["why"], entry["remediation"], "public critical", "CWE-288", *entry["owasp"]):
        assert part in text
    for title, clauses in (("Fails", entry["fail"]), ("Passes", entry["pass"]), ("Applies", entry["applies"])):
        assert all(f"- {title} where `{clause}`" in text for clause in clauses)
    assert any("GET /invocations: status 405" in clause for clause in entry["fail"])


def test_the_tables_count(run: Run) -> None:
    by_product, by_check = run("catalog").stdout, run("checks").stdout
    grades = [kit.fingerprint.grade for kit in catalog().kits]
    assert f"{len(grades)} products: {grades.count('recorded')} recorded" in by_product
    assert f"{grades.count('memory')} memory" in by_product
    assert "11434" in by_product
    assert f"{len(told(run, 'checks'))} checks: " in by_check
    assert "vllm-dev-mode-enabled" in by_check


@pytest.mark.parametrize(
    ("verb", "name", "meant"),
    [("catalog", "olama", "ollama"), ("catalog", "LLAMA", "llamacpp"), ("checks", "vllm", "vllm-dev-mode-enabled")],
)
def test_an_unknown_name_is_told_with_the_nearest(run: Run, verb: str, name: str, meant: str) -> None:
    result = run(verb, name)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert meant in result.stderr


def test_a_name_that_moves_the_cursor_does_not(run: Run) -> None:
    assert "\x1b" not in run("catalog", "\x1b[2J").stderr


@pytest.mark.parametrize("verb", ["catalog", "checks"])
def test_the_documents_are_current(run: Run, verb: str) -> None:
    page = ROOT / "docs" / f"{verb}.md"
    made = run(verb, "--markdown").stdout
    assert made.splitlines()[1].startswith("<!-- Generated by")
    same = page.is_file() and page.read_text(encoding="utf-8") == made
    assert same, f"run .venv/bin/livebom {verb} --markdown > docs/{verb}.md"
