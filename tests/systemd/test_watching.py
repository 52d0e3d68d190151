"""The dashboard and the alert rules name only metrics and labels that the daemon tells."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.lab import ROOT

RULES = ROOT / "config" / "prometheus" / "livebom.rules.yaml"
BOARD = ROOT / "config" / "grafana" / "livebom.json"
TOLD = set(re.findall(r"\"(livebom_[a-z_]+)\"", (ROOT / "daemon" / "metrics.py").read_text()))


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load(RULES.read_text())["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def board() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(BOARD.read_text())
    return found


def named(text: str) -> set[str]:
    return set(re.findall(r"\blivebom_[a-z_]+\b", text))


@pytest.mark.parametrize("file", [RULES, BOARD], ids=lambda path: path.name)
def test_every_metric_is_told(file: Path) -> None:
    assert named(file.read_text())
    assert named(file.read_text()) <= TOLD


def test_every_rule_can_be_acted_on() -> None:
    for rule in rules():
        assert rule["alert"].startswith("Livebom")
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert set(rule["annotations"]) == {"summary", "description"}
        assert rule["expr"].count("(") == rule["expr"].count(")")
    assert len({rule["alert"] for rule in rules()}) == len(rules())


def test_the_dashboards_panels_stand_beside_each_other() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in board()["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert place["x"] + place["w"] <= 24
        assert not cells & taken
        taken |= cells
    assert len({panel["id"] for panel in board()["panels"]}) == len(board()["panels"])
