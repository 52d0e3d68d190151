"""`livebom merge` as a user runs it: order, conflicts, bad inputs, what is written and what the exit code says."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from livebom.bom.document import Document
from livebom.bom.identity import part_id
from livebom.bom.parts import PartKind
from tests.livebom.bom.documents import everything, written
from tests.livebom.cli.runner import Run, runner
from tests.sample import VLLM, older, sample


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    for name, document in {"new": sample(), "old": older(), "same": everything()}.items():
        (tmp_path / f"{name}.json").write_bytes(written(document))
    (tmp_path / "torn.json").write_text('{"livebom": 1, "parts": [', encoding="utf-8")
    (tmp_path / "wrong.json").write_bytes(written(sample()).replace(b'"complete":false', b'"complete":7'))
    return runner(tmp_path, monkeypatch)


def test_two_inputs_with_a_conflict_give_the_same_bytes_in_both_orders(run: Run, tmp_path: Path) -> None:
    there = run("merge", "--inputs", "new.json,old.json", "--output", "there.json")
    back = run("merge", "--inputs", "old.json", "--inputs", "new.json", "-o", "back.json")
    again = run("merge", "back.json", "new.json", "there.json", "-o", "again.json")
    assert [there.exit_code, back.exit_code, again.exit_code] == [0, 0, 0]
    text = (tmp_path / "there.json").read_bytes()
    assert text == (tmp_path / "back.json").read_bytes() == (tmp_path / "again.json").read_bytes()
    merged = msgspec.json.decode(text, type=Document)
    claims = merged.graph.parts[part_id(PartKind.SERVER, VLLM)].attributes
    assert [claim.value for claim in claims["auth"]] == ["none", "required"]
    assert sorted({claim.source for claim in claims["version"]}) == ["cmdb-export", "livebom"]


def test_without_an_output_the_document_goes_to_stdout(run: Run) -> None:
    result = run("merge", "new.json", "old.json")
    assert result.exit_code == 0
    assert result.stderr == ""
    assert json.loads(result.stdout)["surface"] == "merged"


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ("torn.json", "torn.json: this JSON ends too early"),
        ("wrong.json", "wrong.json: at $."),
        ("missing.json", "missing.json cannot be read: No such file or directory"),
        ("nothing-of-that-name", "nothing-of-that-name"),
    ],
)
def test_a_bad_input_is_told_and_the_others_are_merged(run: Run, tmp_path: Path, bad: str, said: str) -> None:
    result = run("merge", "new.json", bad, "old.json", "-o", "merged.json")
    assert result.exit_code == 3
    [line] = result.stderr.splitlines()
    assert line.startswith("livebom: not merged: ")
    assert said in line
    assert run("merge", "old.json", "new.json").stdout == (tmp_path / "merged.json").read_text(encoding="utf-8")


def test_where_every_input_is_bad_nothing_is_written(run: Run, tmp_path: Path) -> None:
    (tmp_path / "kept.json").write_text("as it was", encoding="utf-8")
    result = run("merge", "torn.json", "missing.json", "-o", "kept.json")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert (tmp_path / "kept.json").read_text(encoding="utf-8") == "as it was"
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".kept")]


@pytest.mark.parametrize(
    "arguments",
    [(), ("--inputs", ","), ("new.json", "--format", "jsonl"), ("new.json", "--diff-against", "missing.json")],
)
def test_a_command_that_makes_no_sense_writes_nothing(run: Run, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    assert run("merge", *arguments, "-o", "merged.json").exit_code == 2
    assert not (tmp_path / "merged.json").exists()


def test_changes_are_told_on_stdout_and_count_for_the_exit_code(run: Run, tmp_path: Path) -> None:
    arguments = "new.json", "--diff-against", "old.json"
    result = run("merge", *arguments, "-o", "merged.json", "--fail-on", "critical")
    assert result.exit_code == 1
    assert "auth.removed" in result.stdout
    assert json.loads((tmp_path / "merged.json").read_bytes())["livebom"] == 1
    piped = run("merge", *arguments)
    assert json.loads(piped.stdout)["livebom"] == 1
    assert "auth.removed" in piped.stderr


def test_findings_count_where_there_is_nothing_to_compare_with(run: Run) -> None:
    codes = [run("merge", "new.json", "--fail-on", severity).exit_code for severity in ("critical", "low")]
    assert codes == [1, 1]
    assert run("merge", "same.json", "--fail-on", "info").exit_code == 0


def test_accepted_findings_do_not_count(run: Run, tmp_path: Path) -> None:
    row = "{finding: '*', where: '*', reason: a rehearsal, expires: 2999-01-01}"
    (tmp_path / "policy.yaml").write_text(f"accept: [{row}]\n", encoding="utf-8")
    assert run("merge", "new.json", "--fail-on", "info", "--policy", "policy.yaml").exit_code == 0


def test_the_suffix_or_the_option_chooses_the_format(run: Run, tmp_path: Path) -> None:
    assert run("merge", "new.json", "old.json", "-o", "merged.dot").exit_code == 0
    assert (tmp_path / "merged.dot").read_text(encoding="utf-8").lstrip().startswith("digraph")
    assert run("merge", "new.json", "old.json", "-f", "dot").stdout == (tmp_path / "merged.dot").read_text(
        encoding="utf-8"
    )


def test_a_distinct_row_of_the_policy_undoes_a_join(run: Run, tmp_path: Path) -> None:
    keys = "http://10.0.0.5:8000", "lab/10.0.0.5/vllm"
    (tmp_path / "policy.yaml").write_text(f"distinct:\n  - {{one: {keys[0]}, other: {keys[1]}}}\n", encoding="utf-8")
    assert _urls(run("merge", "same.json").stdout) == [0.9]
    assert _urls(run("merge", "same.json", "--policy", "policy.yaml").stdout) == []


def _urls(text: str) -> list[Any]:
    return [row["confidence"] for row in json.loads(text)["aliases"] if row["method"] == "url"]
