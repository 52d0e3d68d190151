"""`livebom alerts`: what waits, what was given up, and whether a test alert arrives."""

import json
from pathlib import Path

import pytest

from livebom.alerts import letters
from livebom.store import Store
from tests.livebom.alerts.made import alerts
from tests.livebom.cli.runner import Run, runner

POLICY = """
sinks:
  log: {{kind: file, path: {folder}/alerts.jsonl, format: cef}}
  hook: {{kind: webhook, url: "https://127.0.0.1:1/", key: {{environment: HOOK_KEY}}}}
alerts:
  - {{events: ["server.*"], severity: high, sinks: [log]}}
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    (tmp_path / "policy.yaml").write_text(POLICY.format(folder=tmp_path))
    return runner(tmp_path, monkeypatch)


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """A store in which one alert is dead and the others wait."""
    path = tmp_path / "x.duckdb"
    with Store.open(path) as store:
        its = letters(alerts())
        store.outbox.post(its)
        store.outbox.failed(its[0].id, None, "soc.example answered 500")
    return path


def test_a_test_alert_says_whether_it_arrived(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_KEY", "a-key-that-nobody-knows-x7Qp")
    result = run("alerts", "test", "--policy", tmp_path / "policy.yaml", "--format", "json")
    assert result.exit_code == 1
    hook, log = json.loads(result.stdout)
    assert (log["sink"], log["kind"], log["arrived"], log["told"]) == ("log", "file", True, "")
    assert (hook["sink"], hook["kind"], hook["arrived"]) == ("hook", "webhook", False)
    assert "127.0.0.1 cannot be reached" in hook["told"]
    assert "x7Qp" not in result.output
    assert (tmp_path / "alerts.jsonl").read_text().startswith("CEF:0|livebom|livebom|")
    assert run("alerts", "test", "log", "--policy", tmp_path / "policy.yaml").exit_code == 0


def test_a_sink_that_the_policy_does_not_name_is_a_usage_error(run: Run, tmp_path: Path) -> None:
    result = run("alerts", "test", "nobody", "--policy", tmp_path / "policy.yaml")
    assert result.exit_code == 2
    assert "its sinks are: hook, log" in result.stderr
    assert "names no sinks" in run("alerts", "test").stderr


@pytest.mark.slow
def test_the_dead_are_listed_with_the_reason_and_wait_again(run: Run, db: Path) -> None:
    [dead] = json.loads(run("alerts", "list", "--dead", "--db", db, "--format", "json").stdout)
    assert dead["told"] == "soc.example answered 500"
    assert dead["alert"]["change"]["key"] == "lab/10.0.0.5/vllm"
    everything = json.loads(run("alerts", "list", "--db", db, "--format", "json").stdout)
    assert sorted(one["state"] for one in everything) == ["dead", *["waiting"] * 4]
    table = run("alerts", "list", "--db", db, "--limit", 2)
    assert "there are more than 2" in table.stderr
    assert "1 alert waits again" in run("alerts", "retry", dead["id"][:8], "--db", db).stderr
    assert json.loads(run("alerts", "list", "--dead", "--db", db, "--format", "json").stdout) == []
    assert "0 alerts wait again" in run("alerts", "retry", "--sink", "soc", "--db", db).stderr
    assert run("alerts", "retry", "ab", "--db", db).exit_code == 2


def test_a_hostile_name_does_not_move_the_cursor_of_a_listing(run: Run, db: Path) -> None:
    table = run("alerts", "list", "--db", db).stdout
    assert "\x1b" not in table
    assert "\u202e" not in table
