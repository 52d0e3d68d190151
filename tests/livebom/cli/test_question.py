"""`livebom question` as it is typed: every answer of the page, the forms, and what is not understood."""

import csv
import json
import re
import shlex
from io import StringIO
from pathlib import Path

import pytest

from livebom.store import questions
from tests.lab import ROOT
from tests.livebom.cli.runner import Run, runner
from tests.livebom.store.estate import write
from tests.sample import HOSTILE

PAGE = (ROOT / "docs" / "questions.md").read_text(encoding="utf-8")
WORKED = re.findall(r"^```console\n\$ livebom (question .+)\n((?:.*\n)*?)^```$", PAGE, re.MULTILINE)


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the page's examples are typed in."""
    folder = tmp_path_factory.mktemp("estate")
    write(folder)
    return folder


@pytest.fixture
def run(estate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(estate)
    monkeypatch.setenv("COLUMNS", "140")
    return runner(tmp_path, monkeypatch)


def test_every_question_has_its_worked_answer() -> None:
    asked = [shlex.split(line)[1] for line, _ in WORKED]
    assert len(asked) == len(questions())
    told = {f"{one.number} {one.name}" for one in questions()}
    assert set(re.findall(r"^## (\d+ \S+)$", PAGE, re.MULTILINE)) == told


@pytest.mark.parametrize(("line", "output"), WORKED, ids=[shlex.split(line)[1] for line, _ in WORKED])
def test_answer_is_the_pages(run: Run, line: str, output: str) -> None:
    result = run(*shlex.split(line))
    assert result.exit_code == 0, result.stderr
    assert "\n".join(row.rstrip() for row in result.stdout.splitlines()).strip("\n") == output.rstrip("\n")


def test_without_a_name_all_are_listed(run: Run) -> None:
    rows = json.loads(run("question", "-f", "json").stdout)
    assert [(row["number"], row["name"]) for row in rows] == [(one.number, one.name) for one in questions()]
    assert all(one.name in run("question").stdout for one in questions())


def test_forms_hold_every_column_and_no_formula(run: Run) -> None:
    whole = json.loads(run("question", "models", "--in", "estate.json", "-f", "json").stdout)
    lines = [
        json.loads(line) for line in run("question", "5", "--in", "estate.json", "-f", "jsonl").stdout.splitlines()
    ]
    assert lines == whole
    assert HOSTILE in {row["name"] for row in whole}
    sheet = run("question", "5", "--in", "estate.json", "-f", "csv").stdout
    rows = list(csv.DictReader(StringIO(sheet, newline="")))
    assert [row["part_key"] for row in rows] == [row["part_key"] for row in whole]
    assert not set(sheet) & set("\x1b\u202e")


def test_names_like_formulas_stand_behind_an_apostrophe(run: Run, estate: Path) -> None:
    text = (estate / "estate.json").read_text(encoding="utf-8").replace('"RefundAgent"', '"=cmd()|x"')
    (estate / "formula.json").write_text(text, encoding="utf-8")
    sheet = run("question", "callers", "tool=pay", "--in", "formula.json", "-f", "csv").stdout
    assert "'=cmd()|x" in {row["name"] for row in csv.DictReader(StringIO(sheet, newline=""))}


def test_answer_without_rows_says_so(run: Run) -> None:
    assert run("question", "hit", "hash=00", "--in", "estate.json").stdout == "nothing\n"
    assert run("question", "hit", "hash=00", "--in", "estate.json", "-f", "json").stdout == "[]\n"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (["12"], "there is no question"),
        (["callers"], "callers needs tool=…"),
        (["callers", "pay"], "write KEY=VALUE"),
        (["callers", "tool=a", "tool=b"], "given twice"),
        (["callers", "tool=nobody"], "there is no tool or endpoint"),
        (["changers", "part=customers"], "vector_store  10.0.0.9:6333/customers"),
        (["reaches", "since=soon"], "is no time"),
        (["changes", "since=2h"], "--db instead of --in"),
    ],
)
def test_what_is_not_understood_ends_with_two(run: Run, typed: list[str], words: str) -> None:
    result = run("question", *typed, "--in", "estate.json")
    assert result.exit_code == 2
    assert words in result.stderr
    assert result.stdout == ""


def test_question_of_the_store_itself(run: Run) -> None:
    state = run("question", "5", "--db", "estate.duckdb", "-f", "json")
    assert len(json.loads(state.stdout)) == 7
    assert run("question", "changes", "since=2h", "--db", "none.duckdb").exit_code == 4
