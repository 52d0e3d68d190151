"""The built program works wherever it is put: wheel, sdist, editable install and plain checkout find their data."""

import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

import livebom
from tests.house.tree import ROOT

pytestmark = [pytest.mark.packaging, pytest.mark.xdist_group("packaging"), pytest.mark.timeout(180)]

FOLDERS = ("daemon", "probes", "fingerprints", "config", "systemd")
WHERE = "import livebom, daemon, probes; print(livebom.HOUSE, daemon.__file__, probes.__file__, sep='\\n')"
BUILT = f"livebom-{livebom.__version__}"

# The SYN sender is a process of its own; without an order it says that it got none.
SENDER = """
import subprocess
import livebom
from probes.engine.syn import sender
child = subprocess.run(sender.command(), input=b"", capture_output=True, env=sender.environment(), cwd="/", timeout=60)
assert child.stdout, child.stderr
print("sender process answered")
"""


def run(*words: str | Path, cwd: Path) -> str:
    """The command's standard output; fails with all it said where it did not end well."""
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Venv:
    """A fresh virtual environment that can borrow the dependencies, and nothing else, from the developer's."""

    def __init__(self, folder: Path) -> None:
        run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder.parent)
        self.python = folder / "bin" / "python"
        self.livebom = folder / "bin" / "livebom"
        self.packages = folder / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"

    def borrow(self) -> None:
        """Put the developer's packages last on the path: the .pth files in there are not followed."""
        (self.packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")

    def install(self, *words: str | Path) -> None:
        pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--python", self.python)
        run(*pip, "install", "--no-deps", "--no-index", *words, cwd=self.packages)


def proves_itself(python: Path, house: Path, cwd: Path) -> None:
    """The version is told, and code and data both come from the one house."""
    assert run(python, "-m", "livebom", "--version", cwd=cwd).split()[-1] == livebom.__version__
    told, *files = run(python, "-c", WHERE, cwd=cwd).splitlines()
    assert Path(told) == house
    assert [Path(file).parents[1] for file in files] == [house, house]
    assert list((house / "fingerprints" / "servers").glob("*.yaml"))
    assert "ports" in run(python, "-m", "livebom", "discover", "--dry-run", "127.0.0.1", cwd=cwd)
    assert "sender process answered" in run(python, "-c", SENDER, cwd=cwd)


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sdist of this checkout, and the wheel built from that sdist alone."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    return folder


@pytest.fixture(scope="module")
def installed(dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Venv:
    venv = Venv(tmp_path_factory.mktemp("installed") / "venv")
    assert list(venv.packages.iterdir()) == []
    venv.install(dist / f"{BUILT}-py3-none-any.whl")
    return venv


def test_only_livebom_lands_in_site_packages(installed: Venv) -> None:
    landed = {path.name for path in installed.packages.iterdir()} - {"borrowed.pth"}
    assert landed == {"livebom", f"{BUILT}.dist-info"}
    assert {path.name for path in (installed.packages / "livebom" / "_house").iterdir()} == set(FOLDERS)


def test_the_wheel_holds_every_file_of_the_house(dist: Path) -> None:
    with zipfile.ZipFile(dist / f"{BUILT}-py3-none-any.whl") as wheel:
        names = set(wheel.namelist())
    for folder in FOLDERS:
        files = [path.relative_to(ROOT) for path in (ROOT / folder).rglob("*") if path.is_file()]
        wanted = {f"livebom/_house/{file.as_posix()}" for file in files if "__pycache__" not in file.parts}
        assert wanted
        assert wanted - names == set()
    assert {"livebom/py.typed", f"{BUILT}.dist-info/licenses/LICENSE"} <= names
    assert not [name for name in names if name.endswith((".pyc", ".duckdb"))]


def test_the_sdist_can_be_built_and_tested_from(dist: Path) -> None:
    with tarfile.open(dist / f"{BUILT}.tar.gz") as sdist:
        tops = {name.split("/")[1] for name in sdist.getnames()}
    assert {*FOLDERS, "livebom", "tests", "benches", "docs", "requirements"} <= tops
    assert {"pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "Makefile"} <= tops


def test_the_installed_program_runs(installed: Venv, tmp_path: Path) -> None:
    installed.borrow()
    assert run(installed.livebom, "--version", cwd=tmp_path).split()[-1] == livebom.__version__
    proves_itself(installed.python, installed.packages / "livebom" / "_house", tmp_path)


def test_the_house_wins_over_foreign_packages(installed: Venv, tmp_path: Path) -> None:
    installed.borrow()
    for name in ("daemon", "probes"):  # PyPI's python-daemon lays such a one, and the current folder comes first
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise ImportError('the foreign one')\n", encoding="utf-8")
    proves_itself(installed.python, installed.packages / "livebom" / "_house", tmp_path)


def test_the_editable_install_runs(tmp_path: Path) -> None:
    venv = Venv(tmp_path / "venv")
    venv.borrow()
    venv.install("--no-build-isolation", "--editable", ROOT)
    assert run(venv.livebom, "--version", cwd=tmp_path).split()[-1] == livebom.__version__
    proves_itself(venv.python, ROOT, tmp_path)


def test_the_plain_checkout_runs(tmp_path: Path) -> None:
    venv = Venv(tmp_path / "venv")
    venv.borrow()
    proves_itself(venv.python, ROOT, ROOT)
