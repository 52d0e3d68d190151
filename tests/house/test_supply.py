"""What livebom is made of: locked with hashes, asked about, and nothing in it that lets data run as code."""

import ast
import re
import stat
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from daemon.control import CONNECTIONS, OF_ONE
from livebom import __version__
from tests.house.audit import judged, main
from tests.house.sbom import own
from tests.house.tree import ROOT, modules, parsed
from tests.livebom.export.cyclonedx_validator import written

LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
RUNS_DATA = {
    *("eval", "exec", "compile", "__import__", "os.system", "os.popen", "tempfile.mktemp", "builtins.eval"),
    *("subprocess.getoutput", "subprocess.getstatusoutput", "asyncio.create_subprocess_shell", "builtins.exec"),
    *("ssl._create_unverified_context", "ssl._create_stdlib_context", "numpy.load", "np.load", "yaml.load"),
    *("yaml.load_all", "yaml.unsafe_load", "yaml.full_load", "xml.sax.parse", "xml.dom.minidom.parse"),
}
"""Calls by the name that they are written with."""
UNPACKS_CODE = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "multiprocessing", "code", "pty", "imp"}
"""Modules that make objects or code of bytes, or a shell."""
UNSAFE = re.compile(r"C?(?:Full|Unsafe)?Loader")
TRUSTS_ANYBODY = {"probes/engine/tls.py", "livebom/net/cluster.py"}
"""The facts of a target's own TLS, and a cluster whose own configuration says so."""


SUSPECT = re.compile(
    r"\b(?:eval|exec|__import__|system|popen|mktemp|getoutput|getstatusoutput|create_subprocess_shell|shell|verify\w*"
    r"|_create_\w+|load|load_all|unsafe_load|full_load|ssl|check_hostname|allow_pickle|parse)\b|(?<!re\.)\bcompile\("
    r"|Loader\b|CERT_NONE|import (?:" + "|".join(UNPACKS_CODE) + r")\b|from (?:" + "|".join(UNPACKS_CODE) + r")\b"
)
"""A text without any of these does nothing of it, and is not taken apart."""


def called(node: ast.expr) -> str:
    """`a.b.c` of what is called."""
    return f"{called(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else getattr(node, "id", "?")


def wrongs(tree: ast.Module, *, may_trust: bool = False) -> list[str]:
    """What a shipped module may not do."""
    found = []
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                found += [f"imports {one.name}" for one in names if one.name.partition(".")[0] in UNPACKS_CODE]
            case ast.ImportFrom(module=module, names=names):
                whole = [f"{module}.{one.name}" for one in names]
                found += [f"imports {one}" for one in whole if (module or "").partition(".")[0] in UNPACKS_CODE]
                found += [f"imports {one}" for one in whole if one in RUNS_DATA]
            case ast.Call():
                found += [f"calls {called(node.func)}"] if called(node.func) in RUNS_DATA else []
                found += [f"passes {words}" for one in node.keywords if (words := _unsafe(one))]
            case ast.Attribute(attr=name):
                found += [f"names {name}"] if UNSAFE.fullmatch(name) else []
                found += ["trusts any certificate"] if name == "CERT_NONE" and not may_trust else []
    return found


def _unsafe(one: ast.keyword) -> str:
    value = one.value.value if isinstance(one.value, ast.Constant) else ...
    if one.arg == "shell" and value is not False:
        return "shell"
    if one.arg in {"verify", "verify_ssl", "ssl", "check_hostname"} and value is False:
        return f"{one.arg}=False"
    return "allow_pickle" if one.arg == "allow_pickle" and value is not False else ""


def test_no_module_runs_data() -> None:
    names = {path: str(path.relative_to(ROOT)) for path in modules()}
    suspect = {path: name for path, name in names.items() if SUSPECT.search(path.read_text(encoding="utf-8"))}
    found = {name: wrongs(parsed(path), may_trust=name in TRUSTS_ANYBODY) for path, name in suspect.items()}
    assert {name: its for name, its in found.items() if its} == {}
    assert set(names.values()) >= TRUSTS_ANYBODY


@pytest.mark.parametrize(
    "planted",
    [
        "eval(x)",
        "exec(x)",
        "import pickle",
        "import marshal as m",
        "from shelve import open",
        "from multiprocessing.connection import Client",
        "import os\nos.system(x)",
        "from os import popen",
        "import subprocess\nsubprocess.run(x, shell=True)",
        "import subprocess\nsubprocess.run(x, shell=yes)",
        "import tempfile\ntempfile.mktemp()",
        "import yaml\nyaml.load(x, Loader=y)",
        "import yaml\nyaml.parse(x, Loader=yaml.UnsafeLoader)",
        "import yaml\nyaml.parse(x, Loader=yaml.Loader)",
        "session.get(x, verify=False)",
        "session.get(x, ssl=False)",
        "import ssl\ncontext.verify_mode = ssl.CERT_NONE",
        "numpy.load(x)",
        "f(x, allow_pickle=True)",
    ],
)
def test_a_planted_one_is_found(planted: str) -> None:
    assert SUSPECT.search(planted)
    assert wrongs(ast.parse(planted))


def test_the_rules_are_on_and_no_remark_puts_one_out() -> None:
    """Ruff's S rules find the same and more; a remark may put out those of a name only, never those of a deed."""
    allowed = {"S101", "S104", "S105", "S108", "S603"}
    for path in modules():
        for remark in re.findall(r"#\s*noqa:?([^-\n]*)", path.read_text(encoding="utf-8")):
            assert remark.strip(), f"{path}: a remark that puts out every rule"
            assert set(re.findall(r"\bS\d+", remark)) <= allowed, path


@pytest.mark.parametrize("lock", LOCKS, ids=[one.name for one in LOCKS])
def test_every_locked_package_has_its_hashes(lock: Path) -> None:
    text = re.sub(r"\\\n", " ", lock.read_text(encoding="utf-8"))
    packages = [line for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]
    assert packages
    for line in packages:
        assert re.match(r"[a-z0-9._-]+(?:\[[a-z,]+\])?==\S+ ", line), line[:80]
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", line), line[:80]


def test_every_installation_of_the_makefile_asks_for_hashes() -> None:
    """But for livebom itself and for uv, which compiles the locks."""
    for line in (ROOT / "Makefile").read_text(encoding="utf-8").splitlines():
        if re.search(r"(?:PIP\)|\bpip\b).* install\b", line) and "echo" not in line:
            assert re.search(r"--require-hashes -r (?:requirements/|\$<)|--no-deps .*-e \.|install uv$", line), line


def test_the_bill_of_materials_of_livebom_holds_every_locked_package() -> None:
    bom = written(own(datetime(2026, 1, 1, tzinfo=UTC)))  # which the schema of CycloneDX allows
    found = {one["purl"]: one["bom-ref"] for one in bom["components"]}
    lines = (ROOT / "requirements" / "run.txt").read_text(encoding="utf-8").splitlines()
    names = {line.split()[0] for line in lines if line[:1].isalnum()}
    assert set(found) - {f"pkg:pypi/{name.replace('==', '@')}" for name in names} == {f"pkg:pypi/livebom@{__version__}"}
    assert len(found) == len(names) + 1
    needs = {one["ref"]: set(one.get("dependsOn", ())) for one in bom["dependencies"]}
    first = needs[found[f"pkg:pypi/livebom@{__version__}"]]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    direct = {re.split(r"[<>=]", one)[0].lower() for one in project["dependencies"]}
    assert {purl.split("/")[1].partition("@")[0] for purl, ref in found.items() if ref in first} == direct


def test_the_threat_model_names_files_and_units_that_are_there() -> None:
    page = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    files = set(re.findall(r"`((?:tests|livebom|daemon|probes)/[\w/.]+)`", page))
    assert len(files) > 20
    assert {name for name in files if not (ROOT / name).is_file()} == set()
    units = {path.name for path in (ROOT / "systemd" / "system").iterdir() if path.suffix == ".service"}
    assert set(re.findall(r"`(livebom[\w@-]*\.service)`", page)) == units
    for unit in units:
        text = (ROOT / "systemd" / "system" / unit).read_text(encoding="utf-8")
        ambient = re.findall(r"^(?:AmbientCapabilities|CapabilityBoundingSet)=(.*)$", text, re.MULTILINE)
        [row] = re.findall(rf"^\| `{re.escape(unit)}` \|.*$", page, re.MULTILINE)
        assert set(re.findall(r"CAP_\w+", row)) == {word for line in ambient for word in line.split()}, unit
    limits = re.search(r"(\d+) connections of one account and (\d+) in all", page)
    assert limits
    assert tuple(map(int, limits.groups())) == (OF_ONE, CONNECTIONS)


VULNERABLE = """{"dependencies": [{"name": "a", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}]},
{"name": "b", "skip_reason": "Dependency not found"}], "fixes": []}"""
FINE = '{"dependencies": [{"name": "a", "version": "1", "vulns": []}]}'
UNASKED = '{"dependencies": [{"name": "a", "skip_reason": "x"}]}'


@pytest.mark.parametrize(
    ("said", "words", "code"),
    [
        (FINE, "no advisory names any of 1 packages", 0),
        (VULNERABLE, "a 1: CVE-1, mended in 2", 1),
        (VULNERABLE, "PARTLY DONE, 1 packages looked up: nothing could be learned of b", 1),
        (UNASKED, "NOT DONE: nothing could be learned of a", 0),
        ("", "NOT DONE, the advisories could not be read: Failed to resolve", 0),
        ("[1]", "NOT DONE", 0),
    ],
)
def test_an_audit_says_what_it_found_and_what_it_could_not_ask(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], said: str, words: str, code: int
) -> None:
    (tmp_path / "said").write_text(said)
    program = tmp_path / "pip-audit"
    program.write_text(
        f"#!/bin/sh\ncat {tmp_path / 'said'}; echo Traceback >&2; echo Failed to resolve x >&2; exit 1\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    assert main(str(program), "requirements/run.txt") == code
    assert words in capsys.readouterr().out


def test_an_audit_without_its_program_is_not_done(capsys: pytest.CaptureFixture[str]) -> None:
    assert main("/nonexistent/pip-audit") == 0
    assert "NOT DONE" in capsys.readouterr().out
    assert judged(b"{}", "") == (["NOT DONE, the advisories could not be read: it said nothing"], False)
