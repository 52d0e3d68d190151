"""`livebom sql` as it is typed: where the query comes from, every form, and what is not understood."""

import csv
import json
from io import StringIO
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

from livebom.cli import main
from tests.livebom.cli.runner import Run, runner
from tests.livebom.store.published import published
from tests.sample import HOSTILE

ODD = "SELECT '=cmd()' AS formula, -1 AS number, chr(27) || 'x' AS hidden, NULL AS nothing, [1, 2] AS several"


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("estate")
    published(folder)
    return folder


@pytest.fixture
def run(estate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(estate)
    run = runner(tmp_path, monkeypatch)
    return lambda *arguments: run("sql", "--db", "estate.duckdb", *arguments)


def test_table_escapes_what_it_shows(run: Run) -> None:
    result = run("SELECT name FROM model UNION ALL SELECT chr(27) || '[2J' AS name")
    assert result.exit_code == 0
    assert r"\u{1b}[2J" in result.stdout
    assert not set(result.stdout + result.stderr) & set("\x1b\u202e")
    assert "9 rows of the snapshot of 20" in result.stderr


@pytest.mark.slow
def test_forms(run: Run) -> None:
    assert json.loads(run(ODD, "-f", "json").stdout)[0]["several"] == [1, 2]
    [line] = run("SELECT name FROM model WHERE name LIKE 'x%'", "-f", "jsonl").stdout.splitlines()
    assert json.loads(line) == {"name": HOSTILE}
    [row] = csv.DictReader(StringIO(run(ODD, "-f", "csv").stdout, newline=""))
    assert row == {"formula": "'=cmd()", "number": "-1", "hidden": r"\u{1b}x", "nothing": "", "several": "1, 2"}
    assert json.loads(run("SELECT 1 AS a, 2 AS a", "-f", "json").stdout) == [{"a": 1, "a_2": 2}]


def test_suffix_chooses_the_form_and_parquet_keeps_the_types(run: Run, tmp_path: Path) -> None:
    odd = r'''SELECT name AS "a ""b""", first_seen, pinned, [1.5, NULL] AS l, '\xFF'::BLOB AS b, {'x': 'y'} AS s,
        uuid() AS u, TIMESTAMPTZ '2026-11-21 08:00+00' AS z, INTERVAL 1 DAY AS i, 'nan'::DOUBLE AS d
        FROM model ORDER BY name DESC'''
    file, sheet = tmp_path / "it's.parquet", tmp_path / "x.csv"
    assert run(odd, "-o", file).exit_code == 0
    with duckdb.connect() as anybody:
        found = anybody.execute("SELECT * EXCLUDE (u, z) FROM read_parquet($1)", [str(file)])
        kinds = [str(column[1]) for column in found.description or ()]
        first = found.fetchall()[0]
    assert kinds == ["VARCHAR", "TIMESTAMP", "BOOLEAN", "DECIMAL(2,1)[]", "BLOB", "VARCHAR", "INTERVAL", "DOUBLE"]
    assert (first[0], first[4], first[5]) == (HOSTILE, b"\xff", '{"x":"y"}')
    assert run("SELECT 1 AS a", "-o", sheet).stdout == ""
    assert sheet.read_bytes() == b'"a"\r\n"1"\r\n'


def test_arrow_without_pyarrow_says_how_to_get_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    result = run("SELECT 1", "-f", "arrow")
    assert result.exit_code == 2
    assert "pip install 'livebom[arrow]'" in result.stderr


def test_query_comes_from_a_file_or_from_standard_input(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "mine.sql"
    file.write_text("-- ports\nSELECT port FROM service\nWHERE port = $port;\n", encoding="utf-8")
    assert json.loads(run("--file", file, "--param", "port=8080", "-f", "json").stdout) == [{"port": 8080}]
    typed = ["sql", "--db", "estate.duckdb", "-", "-f", "json"]
    assert json.loads(CliRunner().invoke(main, typed, input="SELECT 7 AS n").stdout) == [{"n": 7}]


def test_what_is_cut_off_is_said(run: Run) -> None:
    result = run("FROM range(100)", "--max-rows", "3", "-f", "jsonl")
    assert len(result.stdout.splitlines()) == 3
    assert "3 rows of the snapshot" in result.stderr
    assert "there are more: see --max-rows" in result.stderr


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ([], "give the query"),
        (["SELECT 1", "--file", "x.sql"], "give the query"),
        (["DROP TABLE sweep"], "write one SELECT: this is DROP"),
        (["FROM servr"], 'Did you mean "server"?'),
        (["SELECT $a", "--param", "a"], "write NAME=VALUE"),
        (["SELECT $a", "--param", "a=1", "--param", "a=2"], "given twice"),
        (["SELECT max(i) FROM range(100000000000) t(i)", "--timeout", "0.2"], "longer than 0.2 s"),
        (["SELECT 1", "--max-rows", "0"], "0 is not in the range"),
    ],
)
def test_what_is_not_understood_ends_with_two(run: Run, typed: list[str], words: str) -> None:
    result = run(*typed)
    assert result.exit_code == 2
    assert words in result.stderr
    assert result.stdout == ""


def test_without_a_snapshot_it_ends_with_four(run: Run) -> None:
    result = run("SELECT 1", "--db", "none.duckdb")
    assert result.exit_code == 4
    assert "run a sweep first" in result.stderr
