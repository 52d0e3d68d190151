"""`livebom report`: the lists, one report in each format, and the page that shows one."""

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from livebom.bom.completeness import Completeness
from livebom.bom.profile import Profile
from livebom.export import exported
from livebom.settings import parse
from tests.house.tree import ROOT
from tests.livebom.cli.runner import Run, runner
from tests.sample import HOSTILE, QWEN, sample, seen

PAGE = (ROOT / "docs" / "reports.md").read_text(encoding="utf-8")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command line with a home of its own, beside a file of the sample."""
    (tmp_path / "estate.json").write_text(exported(sample(), "json"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return runner(tmp_path, monkeypatch)


def report(run: Run, profile: str, *more: object) -> dict[str, Any]:
    result = run("report", "estate.json", "--profile", profile, "--format", "json", *more)
    assert result.exit_code == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_the_lists_are_named_with_what_they_are(run: Run) -> None:
    rows = json.loads(run("report", "--format", "json").stdout)
    assert [(row["id"], row["status"], row["elements"]) for row in rows] == [
        ("eu-ai-act-annex-iv", "law", 27),
        ("g7", "voluntary", 50),
        ("ntia", "voluntary", 13),
        ("owasp", "tool", 48),
    ]
    table = run("report").stdout
    told = re.findall(r"^\| `([a-z0-9-]+)` \|", PAGE, re.MULTILINE)
    assert all(row["id"] in table and row["id"] in told for row in rows)


def test_the_report_of_the_page_is_what_the_command_says(run: Run) -> None:
    shown = re.search(r"```\n\$ livebom (report .*?)\n(.*?)```", PAGE, re.DOTALL)
    assert shown is not None
    said = run(*shown[1].split()).stdout
    assert shown[2] == said, f"run `livebom {shown[1]}` on tests/sample.py's sample() and put it into docs/reports.md"


def test_the_list_of_the_page_is_one(run: Run, tmp_path: Path) -> None:
    block = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert block is not None
    assert len(parse(block[1].encode(), Profile, "f.yaml")[0].elements) == 2
    (tmp_path / "mine.yaml").write_text(block[1])
    whole = report(run, "mine.yaml")
    assert {one["id"]: one["standing"] for one in whole["elements"]} == {"license": "partial", "pinned": "partial"}
    (tmp_path / "mine.yaml").write_text(block[1].replace("attribute: license}", "attribute: licence}"))
    result = run("report", "estate.json", "--profile", "mine.yaml")
    assert (result.exit_code, "mine.yaml:10:" in result.stderr, "`licence`" in result.stderr) == (2, True, True)


@pytest.mark.parametrize("profile", ["g7", "owasp", "ntia", "eu-ai-act-annex-iv"])
def test_every_format_tells_every_element_and_ends_with_what_was_not_looked_at(run: Run, profile: str) -> None:
    whole = report(run, profile)
    msgspec.convert(whole, Completeness)
    for form in ("table", "markdown"):
        result = run("report", "estate.json", "--profile", profile, "--format", form)
        assert result.exit_code == 0, result.stderr
        flat = " ".join(result.stdout.replace("&#39;", "'").split())
        assert all(one["name"] in flat for one in whole["elements"])
        end = result.stdout.partition("Not looked at")[2]
        assert "10.0.1.0/24: the sweep was ended early" in end
        assert "web: nobody looked at this surface" in end
    assert "web: nobody looked at this surface" in whole["not_seen"]
    assert bool(whole["scores"]) == (profile == "owasp")


def test_names_that_draw_or_run_do_neither(run: Run, tmp_path: Path) -> None:
    from livebom.bom.document import document
    from livebom.bom.graph import fold
    from livebom.bom.parts import PartKind

    said = [seen("runtime", PartKind.MODEL, f"named:{HOSTILE}", {"name": HOSTILE})]
    (tmp_path / "evil.json").write_text(exported(document(fold(said), []), "json"), encoding="utf-8")
    for form in ("table", "markdown"):
        told = run("report", "evil.json", "--profile", "owasp", "--format", form).stdout
        assert "named:x" in told
        assert not re.search("[\x1b\u202e]", told)
    assert not re.search(r"^[^`]*<script>", told, re.MULTILINE), "Markdown holds it in code spans only"


def test_the_output_is_written_whole_and_its_suffix_chooses_the_format(run: Run, tmp_path: Path) -> None:
    for name, start in (("r.md", "# G7"), ("r.json", "{"), ("r.txt", "G7, Software")):
        assert run("report", "estate.json", "--profile", "g7", "-o", name).stdout == ""
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(start)


def test_one_cluster_can_be_asked_for(run: Run) -> None:
    whole = report(run, "g7", "--cluster", "datasets", "--cluster", "kpi")
    assert [len(whole["elements"]), list(whole["clusters"])] == [12, ["datasets", "kpi"]]


def test_json_names_every_part_by_its_standing(run: Run) -> None:
    [name] = [one for one in report(run, "g7")["elements"] if one["id"] == "model-name"]
    assert {"kind": "model", "key": QWEN, "name": HOSTILE} in name["present"]
    assert sum(len(name[standing]) for standing in ("present", "partial", "missing")) == name["of"] == 7


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--profile", "g8"), "there is no profile g8; did you mean g7?"),
        (("--profile", "../policy"), "there is no profile ../policy"),
        (("--profile", "g7", "--cluster", "data"), "g7 has no cluster `data`; it has metadata, system"),
        (("--cluster", "kpi"), "go with --profile"),
        (("--profile", "none.yaml"), "none.yaml: cannot be read"),
    ],
)
def test_what_does_not_exist_is_told(run: Run, arguments: tuple[str, ...], told: str) -> None:
    result = run("report", "estate.json", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr
