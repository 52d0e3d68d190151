"""The floors hold: every contract is kept, every contract bites, and no room stands outside them."""

import ast
import shutil
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from typing import Any

import grimp
import pytest
from importlinter.api import read_configuration
from importlinter.contracts.acyclic_siblings import AcyclicSiblingsContract
from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.contracts.layers import LayersContract
from importlinter.domain.contract import Contract

from tests.house.tree import PACKAGES, ROOT, modules, parsed, rooms

CONFIGURATION = read_configuration(str(ROOT / "pyproject.toml"))
CONTRACTS: dict[str, dict[str, Any]] = {options["id"]: options for options in CONFIGURATION["contracts_options"]}
KINDS: dict[str, type[Contract]] = {
    "layers": LayersContract,
    "forbidden": ForbiddenContract,
    "acyclic_siblings": AcyclicSiblingsContract,
}
FOLDERS = {
    *(".ci", ".github", "benches", "config", "daemon", "docs", "fingerprints"),
    *("livebom", "probes", "requirements", "systemd", "tests"),
}
FILES = {
    *(".gitattributes", ".gitignore", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile"),
    *("README.md", "SECURITY.md", "pyproject.toml"),
}

# One import that each contract must refuse; where several rooms are meant, one for each.
PLANTS = [
    ("floors", "livebom.bom.planted", "livebom.store"),
    ("floors", "livebom.net.planted", "livebom.recognise.rules"),
    ("floors", "livebom.store.planted", "livebom.net.reply"),
    ("floors", "livebom.alerts.planted", "livebom.store"),
    ("floors", "livebom.recognise.planted", "probes"),
    ("floors", "probes.planted", "livebom.surfaces"),
    ("floors", "livebom.turn", "daemon"),
    ("floors", "daemon.planted", "livebom.cli"),
    ("floors", "livebom.settings", "livebom.bom.parts"),
    ("circles", "livebom.bom.parts", "livebom.bom.observation"),
    ("looking", "probes.planted", "livebom.store"),
    ("looking", "livebom.surfaces", "livebom.export"),
    ("turning", "livebom.turn", "livebom.export"),
    ("answering", "livebom.answers", "livebom.surfaces"),
    ("answering", "livebom.answers", "livebom.settings"),
    ("recognising", "livebom.recognise.planted", "livebom.net.pace"),
    ("recognising", "livebom.recognise.planted", "livebom.store"),
    ("reply", "livebom.net.reply", "socket"),
    ("settings", "livebom.store.planted", "livebom.settings"),
    ("settings", "livebom.alerts.rules", "livebom.settings"),
    ("ground", "livebom.bom.planted", "numpy"),
    ("ground", "livebom.settings", "structlog"),
    ("pure", "livebom.bom.planted", "time"),
    ("pure", "livebom.recognise.planted", "random"),
    ("packets", "livebom.surfaces", "socket"),
    ("packets", "probes.sources.planted", "ssl"),
    ("duckdb", "livebom.turn", "duckdb"),
    ("aiohttp", "daemon.service", "aiohttp"),
    ("aiohttp", "livebom.alerts.courier", "aiohttp"),
    ("scapy", "probes.engine.planted", "scapy"),
    ("nmap", "probes.sources.arp", "nmap"),
    ("yaml", "livebom.recognise.planted", "yaml"),
    ("terminal", "livebom.turn", "rich"),
    ("terminal", "livebom.export.table", "click"),
]
# And imports that look alike but are the very door.
DOORS = [
    ("packets", "probes.engine.planted", "socket"),
    ("packets", "livebom.alerts.planted", "ssl"),
    ("duckdb", "livebom.store.planted", "duckdb"),
    ("aiohttp", "daemon.control", "aiohttp"),
    ("aiohttp", "livebom.alerts.delivery", "aiohttp"),
    ("scapy", "probes.sources.arp", "scapy"),
    ("nmap", "probes.sources.nmap", "nmap"),
    ("yaml", "livebom.settings", "yaml"),
    ("terminal", "livebom.cli.planted", "rich"),
    ("terminal", "livebom.export.table", "rich"),
    ("floors", "livebom.recognise.planted", "livebom.net.reply"),
    ("recognising", "livebom.recognise.planted", "livebom.net.reply"),
]
# The walls that rooms of the design need as soon as they stand: contract to the rooms it must bind.
WALLS = {
    "looking": ("livebom.surfaces", "probes", "livebom.code", "livebom.web", "livebom.weights", "livebom.agents"),
    "turning": ("livebom.turn",),
    "answering": ("livebom.answers",),
    "recognising": ("livebom.recognise",),
    "settings": ("livebom.net", "livebom.store", "livebom.export", "livebom.readers", "livebom.alerts"),
    "ground": ("livebom.bom", "livebom.settings"),
    "pure": ("livebom.bom", "livebom.recognise", "probes.checks"),
}
PURE = ("livebom/bom", "livebom/recognise", "probes/checks")
CLOCK_OR_CHANCE = {"now", "utcnow", "today", "uuid1", "uuid4", "urandom"}
IMPURE_CALLS = {"open", "print", "input", "exec", "eval", "__import__", "breakpoint"}


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph(*PACKAGES, include_external_packages=True, cache_dir=None)


def kept(graph: grimp.ImportGraph, name: str) -> bool:
    options = CONTRACTS[name]
    contract = KINDS[options["type"]](options["name"], CONFIGURATION["session_options"], options)
    return contract.check(graph, verbose=False).kept


@pytest.mark.parametrize("name", CONTRACTS)
def test_the_house_keeps_its_contract(graph: grimp.ImportGraph, name: str) -> None:
    assert kept(deepcopy(graph), name), f"run .venv/bin/lint-imports --contract {name}"


@pytest.mark.parametrize(("name", "importer", "imported"), PLANTS)
def test_a_planted_import_breaks_its_contract(
    graph: grimp.ImportGraph, name: str, importer: str, imported: str
) -> None:
    bent = deepcopy(graph)
    bent.add_import(importer=importer, imported=imported)
    assert not kept(bent, name)


@pytest.mark.parametrize(("name", "importer", "imported"), DOORS)
def test_the_door_itself_stays_open(graph: grimp.ImportGraph, name: str, importer: str, imported: str) -> None:
    bent = deepcopy(graph)
    bent.add_import(importer=importer, imported=imported)
    assert kept(bent, name)


def test_every_contract_is_tried_with_a_planted_import() -> None:
    assert {name for name, _, _ in PLANTS} == set(CONTRACTS)


def test_the_command_sees_a_planted_file(tmp_path: Path) -> None:
    for path in [ROOT / "pyproject.toml", *modules()]:
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    (tmp_path / "probes" / "planted.py").write_text('"""Planted."""\n\nimport duckdb\n', encoding="utf-8")
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=50)
    assert done.returncode == 1
    assert f"{len(CONTRACTS) - 1} kept, 1 broken" in done.stdout
    assert "probes.planted -> duckdb" in done.stdout


def test_every_room_stands_on_a_floor() -> None:
    named = {
        room.strip(" ()") for layer in CONTRACTS["floors"]["layers"] for room in layer.replace(":", "|").split("|")
    }
    assert rooms() - named == set(), "name the new room in the floors contract of pyproject.toml"


@pytest.mark.parametrize("name", WALLS)
def test_a_room_stands_behind_its_wall(graph: grimp.ImportGraph, name: str) -> None:
    standing = {room for room in WALLS[name] if room in graph.modules}
    assert standing - set(CONTRACTS.get(name, {}).get("source_modules", [])) == set()


def test_nothing_unknown_stands_at_the_top() -> None:
    git = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(git, capture_output=True, text=True, check=False, timeout=50)
    if listed.returncode:
        pytest.skip("not a git checkout")
    paths = [Path(line) for line in listed.stdout.splitlines() if (ROOT / line).exists()]
    assert {path.parts[0] for path in paths if len(path.parts) > 1} - FOLDERS == set()
    assert {path.name for path in paths if len(path.parts) == 1} - FILES == set()


def impurities(tree: ast.Module) -> list[str]:
    """Calls that reach for a clock, chance or the world without any import that a contract could see."""
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    names = [func.id for func in calls if isinstance(func, ast.Name) and func.id in IMPURE_CALLS | CLOCK_OR_CHANCE]
    return names + [func.attr for func in calls if isinstance(func, ast.Attribute) and func.attr in CLOCK_OR_CHANCE]


def test_pure_rooms_reach_for_nothing() -> None:
    pure = [path for path in modules() if str(path.relative_to(ROOT)).startswith(PURE)]
    assert pure
    assert {str(path): found for path in pure if (found := impurities(parsed(path)))} == {}


@pytest.mark.parametrize("line", ["datetime.now(UTC)", "uuid.uuid4()", "open('x')", "x = [uuid1() for _ in y]"])
def test_an_impure_call_is_seen(line: str) -> None:
    assert impurities(ast.parse(line))
