"""The account and the folders of the daemon come out as designed, tried in a root folder of the test's own."""

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from tests.house.tree import ROOT

TOOLS = ("systemd-sysusers", "systemd-tmpfiles")
pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or any(shutil.which(tool) is None for tool in TOOLS),
    reason="only root may lay files for another account, and it takes systemd's own tools",
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root folder after both tools; this machine's own tree is never touched."""
    (tmp_path / "etc").mkdir()
    for tool, words in zip(TOOLS, ([], ["--create"]), strict=True):
        conf = ROOT / "systemd" / f"{tool.removeprefix('systemd-')}.d" / "livebom.conf"
        command = [tool, f"--root={tmp_path}", *words, str(conf)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
        assert done.returncode == 0, done.stderr
    return tmp_path


def entries(file: Path) -> dict[str, list[str]]:
    rows = [line.split(":") for line in file.read_text(encoding="utf-8").splitlines()]
    return {row[0]: row[1:] for row in rows}


def test_the_account_cannot_log_in(root: Path) -> None:
    name = entries(root / "etc" / "passwd")["livebom"]
    assert name[-1] == "/usr/sbin/nologin"
    assert 0 < int(name[1]) < 1000


def test_the_folders_belong_to_the_right_groups(root: Path) -> None:
    users, groups = entries(root / "etc" / "passwd"), entries(root / "etc" / "group")
    assert {"livebom", "livebom-read", "livebom-ops"} <= set(groups)
    assert groups["livebom-read"][-1] == "livebom"
    state = (root / "var/lib/livebom").stat()
    assert stat.S_IMODE(state.st_mode) == 0o750
    assert (state.st_uid, state.st_gid) == (int(users["livebom"][1]), int(groups["livebom-read"][1]))
    assert (root / "run/livebom").stat().st_uid == int(users["livebom"][1])
