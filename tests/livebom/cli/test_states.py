"""States by name: diff, export and baseline on files and on a store that sweeps of a lab filled."""

import json
from pathlib import Path

import pytest

from livebom.bom.document import Document
from livebom.export import exported, formats
from tests.lab import Lab
from tests.livebom.cli.runner import RATE, Run, runner
from tests.sample import older, sample

OLLAMA = "ollama-0.32.15-default"
VLLM = "vllm-0.32.0-cpu-apikey"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    return runner(tmp_path, monkeypatch)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """The sample estate a day before, and today."""
    return _saved(tmp_path / "old.json", older()), _saved(tmp_path / "new.json", sample())


def _saved(path: Path, document: Document) -> Path:
    path.write_text(exported(document, "json"), encoding="utf-8")
    return path


def test_files_are_compared_and_the_worst_stands_first(run: Run, files: tuple[Path, Path]) -> None:
    told = json.loads(run("diff", *files, "--format", "json").stdout)
    assert told["changes"][0]["severity"] == "critical"
    assert {"auth.removed", "agent.tool_added", "guardrail.removed"} <= {one["event"] for one in told["changes"]}
    assert told["not_seen"]


def test_a_limit_decides_the_exit_code(run: Run, files: tuple[Path, Path], tmp_path: Path) -> None:
    assert run("diff", *files, "--fail-on", "critical").exit_code == 1
    assert run("diff", files[1], files[1], "--fail-on", "info").exit_code == 0
    rules = tmp_path / "policy.yaml"
    row = "accept: [{event: '*', where: '*', reason: a rehearsal, expires: 2999-01-01}]\n"
    rules.write_text(row, encoding="utf-8")
    accepted = run("diff", *files, "--fail-on", "critical", "--policy", rules)
    assert accepted.exit_code in {0, 3}
    assert "a rehearsal" in accepted.stdout


def test_a_diff_is_written_by_the_outputs_suffix(run: Run, files: tuple[Path, Path], tmp_path: Path) -> None:
    for name in ("pull.md", "diff.sarif"):
        assert run("diff", *files, "-o", tmp_path / name).exit_code in {0, 3}
    assert (tmp_path / "pull.md").read_text(encoding="utf-8").count("|") > 10
    assert json.loads((tmp_path / "diff.sarif").read_bytes())["version"] == "2.1.0"


@pytest.mark.parametrize("form", sorted(formats("export")))
def test_every_format_is_written_the_same_twice(form: str, run: Run, files: tuple[Path, Path]) -> None:
    first, second = (run("export", files[1], "--format", form) for _ in range(2))
    assert first.exit_code == 0, first.stderr
    assert first.stdout == second.stdout != ""


def test_a_sweeps_format_holds_no_state(run: Run, files: tuple[Path, Path], tmp_path: Path) -> None:
    refused = run("export", files[1], "-o", tmp_path / "x.jsonl")
    assert refused.exit_code == 2
    assert "jsonl tells a sweep" in refused.stderr
    assert not (tmp_path / "x.jsonl").exists()


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("last-good", "no state was called good yet"),
        ("nonsense", "nothing is called"),
        ("missing.json", "cannot be read"),
        ("dead", "nothing is called"),
    ],
)
def test_a_name_that_means_nothing_is_told(reference: str, words: str, run: Run, lab: Lab) -> None:
    run("discover", f"{lab.network}", "--ports", "8000", "--rate", RATE, "-q")
    refused = run("export", reference)
    assert refused.exit_code == 2
    assert words in refused.stderr


def test_a_document_that_cannot_be_read_names_file_place_and_reason(run: Run, tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text('{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": 7}', encoding="utf-8")
    refused = run("diff", bad, bad)
    assert refused.exit_code == 2
    assert str(bad) in refused.stderr
    assert "$.components" in refused.stderr


def test_a_good_state_is_kept_and_compared_with(run: Run, lab: Lab) -> None:
    place = lab.add(VLLM)
    look = ("discover", lab.network, "--ports", "8000,11434", "--rate", RATE, "-q")
    run(*look)
    assert run("baseline", "set", "--reason", "the first look").exit_code == 0
    assert run("diff").stdout.count("\n") >= 1
    lab.switch(place, f"{VLLM}+auth")
    lab.add(OLLAMA)
    run(*look)
    changed = run("diff", "--format", "json", "--fail-on", "high")
    assert changed.exit_code == 1
    events = [one["event"] for one in json.loads(changed.stdout)["changes"]]
    assert {"auth.removed", "server.new", "finding.opened"} <= set(events)
    [row] = json.loads(run("baseline", "list", "--format", "json").stdout)
    assert (row["name"], row["reason"]) == ("last-good", "the first look")
    assert "last-good" in run("baseline", "show").stdout
    run("baseline", "set")
    assert "no changes" in run("diff").stdout


@pytest.mark.slow
def test_a_sweep_and_a_time_name_states_too(run: Run, lab: Lab) -> None:
    lab.add(OLLAMA)
    look = ("discover", lab.network, "--ports", "11434", "--rate", RATE, "-q")
    run(*look)
    [sweep] = json.loads(run("sweeps", "--format", "json").stdout)
    assert json.loads(run("export", sweep["id"][:8]).stdout)["parts"]
    assert json.loads(run("export", "yesterday").stdout)["parts"] == []
    assert "no changes" in run("diff", sweep["id"], "now").stdout


@pytest.mark.parametrize("name", ["now", "a/b", "\x1b[2J"])
def test_a_baseline_needs_a_name_that_can_be_said(name: str, run: Run) -> None:
    assert run("baseline", "set", name).exit_code == 2


def test_what_is_accepted_is_told_as_such_in_every_export(run: Run, files: tuple[Path, Path], tmp_path: Path) -> None:
    rules = tmp_path / "policy.yaml"
    row = "{finding: vllm-*, where: '*', reason: a bench without data, expires: 2030-01-31, by: jo}"
    text = f"accept: [{row}]\nseverities: {{vllm-no-auth: low}}\nallow: {{products: [vllm]}}\n"
    rules.write_text(text, encoding="utf-8")
    told = {form: run("export", files[1], "--policy", rules, "--format", form) for form in formats("export")}
    assert {form: one.exit_code for form, one in told.items() if one.exit_code} == {}
    words = "a bench without data (until 2030-01-31, by jo)"
    graphical = {"dot"}
    assert {form for form, one in told.items() if words not in one.stdout} <= graphical
    assert "- **low** (accepted) `vllm-no-auth`" in told["markdown"].stdout
    assert '<span class="mark">accepted</span>' in told["html"].stdout
    results = json.loads(told["sarif"].stdout)["runs"][0]["results"]
    assert [one["suppressions"][0]["justification"] for one in results if "suppressions" in one] == [words]
    assert "policy.product" in {one["ruleId"] for one in results}
    known = json.loads(told["cyclonedx-1.6"].stdout)["vulnerabilities"]
    [accepted] = [one for one in known if one["id"] == "vllm-no-auth"]
    assert accepted["analysis"]["response"] == ["will_not_fix"]
    assert accepted["ratings"][0]["severity"] == "low"
    elements = json.loads(told["spdx-3.0"].stdout)["@graph"]
    [vex] = [one for one in elements if "security_statusNotes" in one]
    assert (vex["relationshipType"], vex["security_statusNotes"]) == ("affects", f"Accepted: {words}")


def test_the_day_of_an_accept_row_can_be_set(
    run: Run, files: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = tmp_path / "policy.yaml"
    row = "{event: '*', where: '*', reason: a rehearsal, expires: 2030-01-31}"
    rules.write_text(f"accept: [{row}]\n", encoding="utf-8")
    diff = ("diff", *files, "--policy", rules, "--fail-on", "critical")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1895961600")  # 2030-01-30
    assert run(*diff).exit_code in {0, 3}
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1896220800")  # 2030-02-02
    assert run(*diff).exit_code == 1
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "soon")
    assert run(*diff).exit_code == 2


@pytest.mark.slow
def test_a_filled_store_can_be_reported_on_checked_and_asked(run: Run, lab: Lab, tmp_path: Path) -> None:
    lab.add(OLLAMA)
    run("discover", lab.network, "--ports", "11434", "--rate", RATE, "-q")
    rules = tmp_path / "policy.yaml"
    rules.write_text("allow: {products: [vllm]}\n", encoding="utf-8")
    report = run("report", "--profile", "ntia", "now")
    assert report.exit_code == 0
    assert "Not looked at" in report.stdout
    checked = run("policy", "check", "now", "--policy", rules, "--fail-on", "high")
    assert checked.exit_code == 1
    assert "policy.product" in checked.stdout
    models = json.loads(run("question", "models", "--format", "json").stdout)
    assert len(models) == 3
    written = run("export", "now", "--policy", rules, "--format", "cyclonedx-1.6")
    assert written.exit_code == 0
    bom = json.loads(written.stdout)
    assert sum(one["type"] == "machine-learning-model" for one in bom["components"]) >= len(models)
    assert "policy.product" in {one["id"] for one in bom["vulnerabilities"]}
