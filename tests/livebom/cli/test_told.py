"""A sweep tells those whom the policy names: through the command line, to a file as the sink."""

import json
from pathlib import Path

import pytest

from tests.lab import Lab
from tests.livebom.cli.runner import RATE, Run, runner

VLLM = "vllm-0.32.0-cpu-apikey"
RULES = """sinks:
  log: {{kind: file, path: {path}}}
alerts:
  - {{sinks: [log], severity: info}}
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    return runner(tmp_path, monkeypatch)


@pytest.mark.slow
def test_a_first_sweep_gives_one_summary_and_later_ones_their_changes(run: Run, lab: Lab, tmp_path: Path) -> None:
    log, rules = tmp_path / "alerts.jsonl", tmp_path / "policy.yaml"
    rules.write_text(RULES.format(path=log), encoding="utf-8")
    look = ("discover", lab.network, "--ports", "8000", "--rate", RATE, "-q", "--policy", rules)
    place = lab.add(VLLM)
    run(*look)
    [first] = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    run(*look)
    assert len(log.read_text(encoding="utf-8").splitlines()) == 1
    lab.switch(place, f"{VLLM}+auth")
    run(*look)
    told = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    assert told[0] == first
    assert "auth.removed" in json.dumps(told[1:])
    assert json.loads(run("alerts", "list", "--waiting", "--format", "json").stdout) == []
    assert {one["state"] for one in json.loads(run("alerts", "list", "--format", "json").stdout)} == {"sent"}
