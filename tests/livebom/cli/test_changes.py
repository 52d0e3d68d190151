"""What a store was told, as `changes`, `findings`, `backup` and `restore` have it."""

import json
from pathlib import Path
from typing import Any

import pytest

from livebom.store import Store
from tests.lab import Lab
from tests.livebom.bom.changes_page import PAGE
from tests.livebom.cli import timeline
from tests.livebom.cli.runner import RATE, Run, runner

TEXT = timeline.section(PAGE.read_text(encoding="utf-8"))
WHOLE = ("--since", "2026-11-15", "--until", "2026-11-22")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of the page's timeline."""
    path = tmp_path_factory.mktemp("timeline") / "livebom.duckdb"
    timeline.fill(path, TEXT)
    return path


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    return runner(tmp_path, monkeypatch)


def read(run: Run, path: Path, *more: object) -> Any:
    return json.loads(run("changes", *WHOLE, "--db", path, "--format", "json", *more).stdout)


@pytest.mark.slow
def test_the_timeline_of_the_page_is_what_is_printed(told: Path) -> None:
    assert timeline.printed(told, TEXT) == timeline.block("told", TEXT), "python -m tests.livebom.cli.timeline"


def test_pages_join_to_the_whole(run: Run, told: Path) -> None:
    whole = read(run, told)
    assert (whole["total"], whole["next"], len(whole["changes"])) == (10, None, 10)
    first = read(run, told, "--limit", 7)
    assert first["next"] == first["changes"][-1]["id"]
    second = read(run, told, "--limit", 7, "--after", first["next"])
    assert [*first["changes"], *second["changes"]] == whole["changes"]
    assert second["next"] is None
    assert f"--after {first['next']}" in run("changes", *WHOLE, "--db", told, "--limit", 7).stdout


def test_changes_are_chosen_by_sweep_severity_and_event(run: Run, told: Path) -> None:
    assert [one["sweep"] for one in read(run, told, "--severity", "high")["changes"]] == ["look-2", "look-3", "look-6"]
    auth = run("changes", *WHOLE, "--db", told, "--event", "auth.*", "--format", "jsonl").stdout
    assert [json.loads(line)["change"]["event"] for line in auth.splitlines()] == ["auth.removed", "auth.added"]
    markdown = run("changes", *WHOLE, "--db", told, "--format", "markdown").stdout
    assert "auth.removed" in markdown
    assert run("changes", "--since", "now", "--db", told).exit_code == 2
    assert run("changes", "--since", "nobody-said", "--db", told).exit_code == 2


def test_a_time_without_a_look_is_said(run: Run, told: Path) -> None:
    until = ("--until", "2026-11-25T08:00:00Z")
    late = run("changes", "--since", "2026-11-21T07:00:00Z", *until, "--db", told).stdout
    assert "nobody looked from 2026-11-21T20:00:00Z to 2026-11-25T08:00:00Z" in late
    nothing = run("changes", "--since", "2026-11-23T00:00:00Z", *until, "--db", told).stdout
    assert "no changes" in nothing
    assert "no look ended in this time; the last one before it 2026-11-21T20:00:00Z" in nothing


@pytest.mark.slow
def test_what_a_sweep_told_is_kept_with_its_findings_and_comes_back(run: Run, lab: Lab, tmp_path: Path) -> None:
    look = ("discover", lab.network, "--ports", "8000", "--rate", RATE, "-q")
    place = lab.add("vllm-0.32.0-cpu-apikey")
    run(*look)
    [first] = json.loads(run("sweeps", "--format", "json").stdout)
    lab.switch(place, "vllm-0.32.0-cpu-apikey+auth")
    run(*look, "--format", "json")
    told = run("changes", "--since", first["id"], "--format", "jsonl").stdout
    assert "auth.removed" in {json.loads(line)["change"]["event"] for line in told.splitlines()}
    findings = json.loads(run("findings", "--format", "json").stdout)
    ours = next(one for one in findings if one["severity"] in {"critical", "high"})
    assert ours["since"]
    assert ours["fix"]
    assert f"{place.host}:8000" in str(ours["where"])
    rules = tmp_path / "policy.yaml"
    rules.write_text("accept: [{finding: '*', where: '*', reason: a lab, expires: 2999-01-01}]\n", encoding="utf-8")
    accepted = run("findings", "--policy", rules, "--format", "json")
    assert json.loads(accepted.stdout) == []
    assert f"{len(findings)} more are accepted" in accepted.stderr
    [*every] = json.loads(run("findings", "--policy", rules, "--all", "--format", "json").stdout)
    assert {one["accepted"] for one in every} == {"a lab (until 2999-01-01)"}
    assert run("findings", "--at", "yesterday", "--format", "jsonl").stdout == ""
    saved = tmp_path / "saved"
    assert "the store, as of" in run("backup", saved).stderr
    assert run("backup", saved).exit_code == 4
    assert run("restore", saved).exit_code == 4
    assert run("restore", saved, "--force").exit_code == 0
    assert run("changes", "--since", first["id"], "--format", "jsonl").stdout == told
    with Store.open(tmp_path / "livebom" / "livebom.duckdb") as store:
        assert store.publish()
