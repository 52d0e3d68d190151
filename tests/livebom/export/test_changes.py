"""A comparison is told in each format whole, harmless and the same every time."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from livebom.bom.change import Comparison
from livebom.bom.service import Severity
from livebom.export.changes import format_of, formats, written
from tests.every import every
from tests.livebom.export.comparisons import CHANGES, COMPARISON, NOTHING
from tests.livebom.export.golden import agrees
from tests.livebom.export.hostile import NAMES, comparison, hidden
from tests.livebom.export.sarif import valid

ENDINGS = {"json": "json", "markdown": "md", "sarif": "sarif", "table": "txt"}


def told(one: Comparison, form: str) -> list[str]:
    return written(one, form).splitlines()


def test_the_formats_are_found_by_walking_and_by_ending() -> None:
    assert set(formats()) == set(ENDINGS)
    found = {name: format_of(Path(f"/tmp/Changes.{ending.upper()}")) for name, ending in ENDINGS.items()}  # noqa: S108
    assert found == {name: name for name in ENDINGS}
    assert format_of(Path("x.sarif.json")) == "sarif"
    assert format_of(Path("x.pdf")) is None


@every(sorted(ENDINGS))
def test_golden(form: str) -> None:
    agrees(f"changes/changes.{ENDINGS[form]}", written(COMPARISON, form))
    agrees(f"changes/nothing.{ENDINGS[form]}", written(NOTHING, form))


@pytest.mark.parametrize("form", sorted(ENDINGS))
@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_no_name_moves_a_cursor_or_reorders_text(form: str, name: str) -> None:
    assert hidden(written(comparison(name), form)) == set()


def test_table_tells_each_change_on_a_line_with_its_reasons_below() -> None:
    lines = told(COMPARISON, "table")
    assert lines[0].endswith(
        "5 changes (1 critical, 1 high, 1 medium, 1 low, 1 info), 1 suspected, 1 accepted, 1 flapping"
    )
    heads = [line for line in lines if line.startswith(tuple(Severity))]
    assert [head.split()[1] for head in heads] == [change.event for change in CHANGES]
    assert heads[0].endswith("server vllm at lab/10.0.0.5:8000  auth: required -> none")
    assert "agent SalesAgent" in heads[1]
    assert f"can call tool shell [{CHANGES[1].other_key}]" in heads[1]
    assert "(flapping, 4 times)" in heads[3]
    assert heads[4].endswith("capabilities: unknown -> exec, fs-write")
    assert lines[lines.index(heads[0]) + 1 : lines.index(heads[1])] == [
        "    why: comes as critical; reachable from the private network",
        "    owner: gpu-team@example",
        "    evidence before: GET /v1/models#1a2b3c4d5e6f; after: GET /v1/models#9f86d081884c",
    ]
    assert lines[-3:] == ["Not looked at:", *(f"  - {words}" for words in COMPARISON.not_seen)]
    assert "  - 3 parts and edges in all" in lines


def test_nothing_changed_is_said_plainly() -> None:
    assert told(NOTHING, "table") == ["a.json (2026-11-21T08:00:00Z) -> b.json (2026-11-21T08:00:00Z): no changes"]
    assert told(NOTHING, "markdown")[0] == "### AI bill of materials: no changes"


def test_a_hostile_name_stays_on_its_line() -> None:
    assert len(told(comparison(NAMES["lines"]), "table")) == len(told(comparison("plain"), "table"))
    assert len(told(comparison(NAMES["lines"]), "markdown")) == len(told(comparison("plain"), "markdown"))


def test_json_is_the_record() -> None:
    assert msgspec.json.decode(written(COMPARISON, "json"), type=Comparison) == COMPARISON
    for name in set(NAMES) - {"surrogate"}:
        assert msgspec.json.decode(written(comparison(NAMES[name]), "json"), type=Comparison) == comparison(NAMES[name])
    shown = msgspec.json.decode(written(comparison(NAMES["surrogate"]), "json"), type=Comparison)
    assert shown.changes[0].name == "a\\u{d800}b"


def test_markdown_fits_into_a_comment_and_counts_what_does_not() -> None:
    many = msgspec.structs.replace(
        COMPARISON, changes=CHANGES * 400, unsaid=("x" * 300,) * 90, not_seen=("&" * 300,) * 90
    )
    text = written(many, "markdown")
    assert len(text) < 65_536
    rows = sum(line.startswith("| **") for line in text.splitlines())
    assert f"{len(many.changes) - rows} of {len(many.changes)} changes are not listed here" in text


def results(one: Comparison) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = valid(written(one, "sarif"))["runs"][0]["results"]
    return found


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_sarif_is_valid_whatever_the_names(name: str) -> None:
    assert len(results(comparison(name))) == 1


def test_sarif_tells_events_as_rules_and_what_is_accepted_as_suppressed() -> None:
    run = valid(written(COMPARISON, "sarif"))["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert [rules[one["ruleIndex"]]["id"] for one in run["results"]] == [change.event for change in CHANGES]
    assert [one["level"] for one in run["results"]] == ["error", "error", "warning", "note", "none"]
    assert [one for one in run["results"] if "suppressions" in one] == [run["results"][2]]
    assert run["results"][2]["suppressions"][0]["justification"] == "accepted until 2026-12-31: a trial; by speech-team"
    where = run["results"][1]["locations"][0]
    assert where["physicalLocation"] == {"artifactLocation": {"uri": "agents/sales.py"}, "region": {"startLine": 12}}
    assert "physicalLocation" not in run["results"][0]["locations"][0]
    notes = [note["message"]["text"] for note in run["invocations"][0]["toolExecutionNotifications"]]
    assert len(notes) == len(COMPARISON.unsaid) + len(COMPARISON.not_seen) + 1
    assert "2 new things" in notes[0]


def test_a_fingerprint_is_of_the_thing_and_not_of_its_words() -> None:
    first = CHANGES[0]
    later = msgspec.structs.replace(first, severity=Severity.LOW, after="partial", why=("x",), name="other", owner=None)
    elsewhere = msgspec.structs.replace(first, part=CHANGES[1].part)
    prints = [
        results(msgspec.structs.replace(COMPARISON, changes=(one,)))[0]["partialFingerprints"]
        for one in (first, later, elsewhere)
    ]
    assert prints[0] == prints[1] != prints[2]


def test_a_rule_is_as_bad_as_its_worst_change() -> None:
    milder = msgspec.structs.replace(CHANGES[0], severity=Severity.LOW)
    log = json.loads(written(msgspec.structs.replace(COMPARISON, changes=(milder, CHANGES[0])), "sarif"))
    assert [rule["properties"]["security-severity"] for rule in log["runs"][0]["tool"]["driver"]["rules"]] == ["9.5"]
