"""The unit files are sound, hold what was promised, and are laid where systemd looks for them."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from livebom.cli.units import ProgramError, placed, sound
from livebom.cli.verb_install_systemd import command
from tests.lab import ROOT

UNITS = ROOT / "systemd" / "system"
MOST = {"livebom.service": 1.3, "livebom-syn@.service": 2.0, "livebom-inside@.service": 2.0}
MOST |= {"livebom-host.service": 1.4, "livebom-containers.service": 0.6}
analyzed = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not here (Debian: apt install systemd)"
)
laid = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("systemd-sysusers") is None or shutil.which("systemctl") is None,
    reason="only root may lay files for another account, and it takes systemd's own tools",
)


def lines(unit: str) -> list[str]:
    return [line for line in (UNITS / unit).read_text().splitlines() if line and not line.startswith("#")]


@analyzed
@pytest.mark.parametrize("unit", [path.name for path in sorted(UNITS.glob("*.service"))])
def test_exposure(unit: str) -> None:
    words: list[str | Path] = [
        "systemd-analyze",
        "security",
        "--offline=yes",
        f"--threshold={round(MOST[unit] * 10)}",
        UNITS / unit,
    ]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, done.stdout.splitlines()[-1:] + done.stderr.splitlines()


@analyzed
def test_systemd_finds_nothing_wrong(tmp_path: Path) -> None:
    for path in UNITS.iterdir():
        (tmp_path / path.name).write_text(path.read_text().replace("/usr/bin/livebom", "/bin/true"))
    words: list[str | Path] = ["systemd-analyze", "verify", "--man=no", *sorted(tmp_path.iterdir())]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=30)
    said = [line for line in done.stderr.splitlines() if "livebom" in line]
    assert (done.returncode, said) == (0, [])


def test_the_daemon_holds_no_capability_and_sees_its_callers() -> None:
    its = lines("livebom.service")
    assert {"Type=notify", "User=livebom", "CapabilityBoundingSet=", "AmbientCapabilities=", "UMask=0027"} <= set(its)
    assert not [line for line in its if line.startswith(("PrivateUsers=", "DynamicUser="))]
    assert [line for line in its if line.startswith("WatchdogSec=")]


def test_the_sender_holds_one_capability() -> None:
    its = lines("livebom-syn@.service")
    assert {"CapabilityBoundingSet=CAP_NET_RAW", "AmbientCapabilities=CAP_NET_RAW"} <= set(its)


def test_collectors_hold_what_they_need_and_have_no_network() -> None:
    held = {"livebom-host.service": "CAP_SYS_PTRACE CAP_DAC_READ_SEARCH", "livebom-containers.service": ""}
    for unit, capabilities in held.items():
        wanted = {f"{name}={capabilities}" for name in ("CapabilityBoundingSet", "AmbientCapabilities")}
        wanted |= {"PrivateNetwork=yes", "RestrictAddressFamilies=AF_UNIX", "DynamicUser=yes"}
        assert wanted | {"SupplementaryGroups=livebom-read livebom-collect"} <= set(lines(unit))


def test_what_enters_namespaces_holds_two_capabilities_and_no_network() -> None:
    its = lines("livebom-inside@.service")
    held = "CAP_SYS_ADMIN CAP_SYS_PTRACE"
    assert {f"CapabilityBoundingSet={held}", f"AmbientCapabilities={held}", "PrivateNetwork=yes"} <= set(its)
    assert {"SocketMode=0660", "SocketGroup=livebom", "Accept=yes"} <= set(lines("livebom-inside.socket"))


@pytest.mark.parametrize("path", sorted(UNITS.glob("*.service")), ids=lambda path: path.name)
def test_every_unit_starts_a_verb_that_there_is(path: Path) -> None:
    from livebom.cli import main

    (start,) = [line for line in lines(path.name) if line.startswith("ExecStart=")]
    program, verb, *options = start.removeprefix("ExecStart=").split()
    assert program == "/usr/bin/livebom"
    done = CliRunner().invoke(main, [verb, *options, "--help"])
    assert done.exit_code == 0, done.output


def test_the_program_takes_the_place_of_the_packaged_one(tmp_path: Path) -> None:
    files = {
        one.path.relative_to(tmp_path).as_posix(): one for one in placed(tmp_path, "/usr/lib", "/opt/x/bin/livebom")
    }
    assert "ExecStart=/opt/x/bin/livebom daemon" in files["usr/lib/systemd/system/livebom.service"].text
    assert {"usr/lib/sysusers.d/livebom.conf", "usr/lib/tmpfiles.d/livebom.conf"} <= set(files)
    assert files["etc/livebom/livebom.yaml"].keep


@pytest.mark.parametrize(
    "path", ["livebom", "/opt/a b/livebom", "/opt/%n/livebom", "/opt/$x/livebom", '/opt/"/livebom']
)
def test_a_path_that_would_need_quoting_is_refused(path: str) -> None:
    with pytest.raises(ProgramError, match="plain letters"):
        sound(Path(path), here=False)


@pytest.mark.parametrize("folder", ["/home/me/venv/bin", "/root/bin", "/tmp/venv/bin"])  # noqa: S108 - nothing is made there
def test_a_program_that_the_units_cannot_see_is_refused(folder: str) -> None:
    with pytest.raises(ProgramError, match="cannot see"):
        sound(Path(folder) / "livebom", here=False)


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    done = CliRunner().invoke(command, ["--dry-run", "--root", str(tmp_path), "--program", "/opt/livebom/bin/livebom"])
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[-1] == "nothing was done"
    assert f"new     {tmp_path}/etc/systemd/system/livebom.service" in done.output.splitlines()
    assert list(tmp_path.iterdir()) == []


@laid
def test_what_an_administrator_wrote_is_kept(tmp_path: Path) -> None:
    own = tmp_path / "etc" / "livebom" / "livebom.yaml"
    own.parent.mkdir(parents=True)
    own.write_text("rate: 10\n")
    words = ["--root", str(tmp_path), "--program", "/opt/livebom/bin/livebom", "--enable"]
    first, second = (CliRunner().invoke(command, words) for _ in range(2))
    assert (first.exit_code, second.exit_code) == (0, 0), first.output + second.output
    assert own.read_text() == "rate: 10\n"
    assert (tmp_path / "etc/systemd/system/multi-user.target.wants/livebom.service").is_symlink()
    assert {line.split()[0] for line in second.output.splitlines() if "/" in line} - {"run"} == {"same", "kept"}
