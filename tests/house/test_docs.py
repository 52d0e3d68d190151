"""The documents say what is true: every verb and option is described, and nothing is that does not exist."""

import re
from pathlib import Path

import click
import pytest

from livebom.cli import main
from tests.house.tree import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "benches").glob("*.md")])
COMMANDS = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
CONTEXT = click.Context(main)
VERBS = main.list_commands(CONTEXT)


def section(verb: str) -> str:
    """The part of docs/cli.md under the verb's own heading; empty where there is none."""
    found = re.search(rf"^## livebom {re.escape(verb)}$(.*?)(?=^## |\Z)", COMMANDS, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


def options(verb: str) -> set[str]:
    command = main.get_command(CONTEXT, verb)
    assert command is not None
    its = command.commands.values() if isinstance(command, click.Group) else [command]
    params = [param for one in (command, *its) for param in one.params]
    shown = [option for option in params if isinstance(option, click.Option) and not option.hidden]
    return {name for option in shown for name in (*option.opts, *option.secondary_opts)}


@pytest.mark.parametrize("verb", VERBS)
def test_every_option_has_its_row_under_its_verb(verb: str) -> None:
    cells = " ".join(re.findall(r"^\| (.*?) \|", section(verb), re.MULTILINE))
    assert set(re.findall(r"(?<![\w-])--?[a-zA-Z][a-z-]*", cells)) == options(verb), "docs/cli.md"


def test_every_described_verb_exists() -> None:
    assert re.findall(r"^## livebom (\S+)$", COMMANDS, re.MULTILINE) == VERBS
    told = {verb for page in PAGES for verb in re.findall(r"`livebom ([a-z][a-z-]*)", page.read_text(encoding="utf-8"))}
    assert told - set(VERBS) == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_named_make_targets_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"[`$] ?make ([a-z-]+)", page.read_text(encoding="utf-8"))) - targets == set()
