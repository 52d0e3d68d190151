"""Rows 36 and 37: names of models that would move a cursor, run in a spreadsheet, or break a page, a line or a path."""

import csv
import json
import re
from pathlib import Path

import pytest

from tests.hostile.arena import Arena, swept
from tests.hostile.conftest import Table

pytestmark = pytest.mark.hostile

NAMES = {
    "escape codes": "\x1b[2J\x1b[31mred\x1b]8;;http://evil.example\x07link\x1b]8;;\x07",
    "C1 controls": "a\x9b31mb\x85c",
    "bidi": "model\u202egpj.exe\u2066x",
    "zero width": "lla\u200bma\u2060",
    "rich markup": "[red]x[/red][link=http://evil.example]y[/link]",
    "BEL, BS, VT, FF, CR": "a\x07b\x08c\x0bd\x0ce\rf",
    "formula": "=cmd|' /C calc'!A0",
    "plus formula": "+1+1",
    "at formula": "@SUM(A1)",
    "SQL": "'; drop table observation; --",
    "HTML": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "Markdown": "![x](http://evil.example/a.png) | `b` | [c](javascript:1)",
    "newline": "one\ntwo\r\nthree\u2028four",
    "path": "../../../../etc/cron.d/x",
    "NUL": "a\x00b",
    "long": "m" * 500_000,
}
_RAW = {*map(chr, (*range(9), *range(11, 32), *range(127, 160))), "\u202e", "\u2066", "\u200b", "\u2060", "\u2028"}


def model(name: str) -> dict[str, object]:
    details = {"family": name[:200], "format": "gguf", "parameter_size": name[:50], "quantization_level": "Q4"}
    return {"name": name, "model": name, "size": 1, "digest": "ab" * 32, "details": details}


def test_a_name_stays_what_it_is_in_data_and_is_harmless_to_people(arena: Arena, table: Table, tmp_path: Path) -> None:
    place = arena.serve("ollama-0.32.15-default")
    arena.lab.patch(place, "/api/tags", body=json.dumps({"models": [model(name) for name in NAMES.values()]}))
    service, outcome = arena.meet_at(place.host)
    assert service is not None
    assert service["product"] == "ollama"
    told = {one["name"] for one in service["models"]}
    short = {name for name in NAMES.values() if len(name) <= 512}
    assert short <= told
    table.tell("36", "names with escape codes, bidi, markup", "kept as data", outcome)
    for form in ("table", "csv", "html", "markdown", "dot"):
        path = tmp_path / f"out.{form}"
        after = swept([place.host], "--format", form, "-o", str(path))
        assert after.code in (0, 3), after.errors
        text = path.read_text(encoding="utf-8")
        assert _RAW.isdisjoint(text.replace("\r\n", "\n")), form
        if form in {"html", "markdown"}:  # in a code span of Markdown it is a word like any other
            assert "<script>alert(1)" not in re.sub(r"(`+)[^`]*\1", "", text)
        if form == "csv":
            cells = [cell for row in csv.reader(text.splitlines()) for cell in row]
            assert not [cell for cell in cells if cell[:1] in set("=+@\t\r") or cell[:2] == "-1"]
        table.tell("37", f"the same names as {form}", "escaped", after)


def test_a_list_that_is_no_text_is_an_answer_that_cannot_be_read(arena: Arena, table: Table) -> None:
    place = arena.serve("ollama-0.32.15-default")
    arena.lab.patch(place, "/api/tags", body='{"models": [{"name": "a\\ud800b", "model": "x"}]}')
    service, outcome = arena.meet_at(place.host)
    assert service is not None
    assert service["product"] == "ollama"
    assert "\ud800" not in str(service["models"])
    table.tell("37", "a lone surrogate in a name", "cannot be read", outcome)
