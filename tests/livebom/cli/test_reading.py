"""The verbs that only read: schema, services, sweeps, and times as people write them."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import pytest

from livebom.cli.when import When
from tests.livebom.cli.runner import Run, runner


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command line with a home of its own."""
    return runner(tmp_path, monkeypatch)


@pytest.mark.parametrize(("form", "field"), [("json", "parts"), ("jsonl", "product")])
def test_the_schema_names_the_fields(run: Run, form: str, field: str) -> None:
    schema = json.loads(run("schema", form).stdout)
    [record] = [d for name, d in schema["$defs"].items() if f"#/$defs/{name}" == schema["$ref"]]
    assert field in record["properties"]


@pytest.mark.parametrize("verb", ["services", "sweeps"])
def test_without_a_store_the_error_says_where_it_was_looked_for(run: Run, tmp_path: Path, verb: str) -> None:
    result = run(verb, "--db", tmp_path / "none.duckdb")
    assert result.exit_code == 4
    assert str(tmp_path / "none.duckdb") in result.stderr


@pytest.mark.parametrize(
    ("text", "seconds"), [("2h", 7200), ("3d", 259_200), ("yesterday", 86_400), ("90s ago", 90), ("now", 0)]
)
def test_times_as_people_write_them(text: str, seconds: int) -> None:
    said = When().convert(text, None, None)
    assert abs(datetime.now(UTC) - said - timedelta(seconds=seconds)) < timedelta(seconds=5)


def test_an_iso_time_keeps_its_offset() -> None:
    assert When().convert("2026-11-21T08:00:00+02:00", None, None) == datetime(2026, 11, 21, 6, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01", "99999999999d", "9999999999h"])
def test_a_time_that_is_none_is_a_usage_error(text: str) -> None:
    with pytest.raises(click.BadParameter):
        When().convert(text, None, None)
