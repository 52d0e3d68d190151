"""`livebom policy`: a state judged by a policy, on the command line."""

import json
from pathlib import Path
from typing import Any

import pytest

from livebom.export import exported
from tests.livebom.cli.runner import Run, runner
from tests.sample import HOSTILE, sample

RULES = """\
severities:
  policy.product: medium
allow:
  models: ["hf:*", "openai:*"]
  products: [vllm, open-webui]
accept:
  - finding: vllm-no-auth
    where: lab/10.0.0.5:8000
    reason: Behind the lab's firewall.
    expires: 2999-12-31
    by: jo@example
  - finding: zz*
    where: "*"
    reason: Long gone.
    expires: 2020-01-31
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command line with a home of its own, beside the sample and a policy."""
    (tmp_path / "estate.json").write_text(exported(sample(), "json"), encoding="utf-8")
    (tmp_path / "rules.yaml").write_text(RULES)
    monkeypatch.chdir(tmp_path)
    return runner(tmp_path, monkeypatch)


def found(run: Run, *more: object) -> dict[str, dict[str, Any]]:
    """Every finding by its key."""
    result = run("policy", "check", "estate.json", "--policy", "rules.yaml", "--format", "json", *more)
    assert result.exit_code == 3, result.stderr
    return {one["key"]: one for one in json.loads(result.stdout)["findings"]}


def test_breaches_findings_and_accepted_ones_are_told_together(run: Run) -> None:
    told = found(run)
    severities = {key.partition("@")[0]: one["severity"] for key, one in told.items()}
    assert severities == {
        "CVE-2026-0001": "critical",
        "policy.model": "high",
        "policy.product": "medium",
        "policy.expired": "low",
        "vllm-no-auth": "high",
    }
    assert [row["by"] for row in told["vllm-no-auth@lab/10.0.0.5/vllm"]["accepted"]] == ["jo@example"]
    assert sum(bool(one["accepted"]) for one in told.values()) == 1


def test_the_table_says_where_why_and_what_to_do(run: Run) -> None:
    text = run("policy", "check", "estate.json", "--policy", "rules.yaml").stdout
    assert text.startswith(
        "4 findings (1 critical, 1 high, 1 medium, 1 low), 1 accepted; the state of 2026-11-21T08:00:00Z"
    )
    open_, _, accepted = text.partition("\nAccepted:\n")
    assert "medium   policy.product: The product is not on the list of allowed products (comes as high)" in open_
    assert "server lab/10.0.0.6/ollama at lab/10.0.0.6:11434, lab/10.0.0.6:8080" in open_
    assert "fix: Stop it, or add it to allow.models." in open_
    assert "accepted until 2999-12-31 by jo@example: Behind the lab's firewall." in accepted
    assert accepted.partition("Not looked at:\n")[2].startswith("  - 10.0.1.0/24: the sweep was ended early\n")


@pytest.mark.parametrize(("limit", "code"), [("critical", 1), ("low", 1), (None, 3)])
def test_the_exit_code_follows_the_limit_then_the_look(run: Run, limit: str | None, code: int) -> None:
    more = () if limit is None else ("--fail-on", limit)
    assert run("policy", "check", "estate.json", "--policy", "rules.yaml", *more).exit_code == code


def test_what_is_accepted_fails_nothing(run: Run, tmp_path: Path) -> None:
    rows = "".join(
        f"  - {{finding: '{one}', where: '*', reason: known, expires: 2999-12-31}}\n" for one in ("vllm*", "CVE-*")
    )
    (tmp_path / "rules.yaml").write_text(f"accept:\n{rows}")
    result = run("policy", "check", "estate.json", "--policy", "rules.yaml", "--fail-on", "info")
    assert result.exit_code == 3, result.stdout
    assert result.stdout.startswith("0 findings, 2 accepted")


def test_sarif_has_the_severities_of_the_policy_and_its_breaches(run: Run) -> None:
    result = run("policy", "check", "estate.json", "--policy", "rules.yaml", "--format", "sarif")
    results = json.loads(result.stdout)["runs"][0]["results"]
    assert {"policy.model", "policy.product", "CVE-2026-0001", "vllm-no-auth"} == {one["ruleId"] for one in results}


def test_a_mistake_is_told_with_its_place(run: Run, tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text("allow:\n  modells: []\naccept:\n  - {finding: a, where: b, reason: c}\n")
    result = run("policy", "check", "estate.json", "--policy", "rules.yaml")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "rules.yaml:2:3: at allow.modells: unknown key `modells`; did you mean `models`?" in result.stderr
    assert "rules.yaml:4:5: at accept[0]: `expires` is missing" in result.stderr


def test_the_rules_that_count_are_shown_with_their_file(run: Run, tmp_path: Path) -> None:
    named = run("policy", "show", "--policy", "rules.yaml")
    assert json.loads(named.stdout)["allow"]["models"] == ["hf:*", "openai:*"]
    assert "the policy is rules.yaml" in named.stderr
    none = run("policy", "show")
    assert json.loads(none.stdout)["allow"]["models"] is None
    assert "everything is allowed" in none.stderr
    users = tmp_path / "livebom" / "policy.yaml"
    users.parent.mkdir()
    users.write_text(RULES)
    assert str(users) in run("policy", "show").stderr.replace("\n", "")
    assert "policy.model" in run("policy", "check", "estate.json").stdout


def test_a_name_that_moves_the_cursor_does_not(run: Run, tmp_path: Path) -> None:
    from livebom.bom.document import document
    from livebom.bom.graph import fold
    from livebom.bom.parts import EdgeKind, PartKind
    from tests.sample import seen

    said = [seen("runtime", PartKind.SERVER, HOSTILE, {"product": HOSTILE}, [(EdgeKind.SERVES, PartKind.MODEL, "m")])]
    (tmp_path / "estate.json").write_text(exported(document(fold(said), []), "json"), encoding="utf-8")
    text = run("policy", "check", "estate.json", "--policy", "rules.yaml").stdout
    assert "policy.product" in text
    assert not {"\x1b", "\u202e"} & set(text)
