"""Podman of a user without root: its containers are told from the socket in that user's own folder."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from livebom.net.engine_api import EngineDoor
from probes.local.engine import Engine
from probes.local.podman import places
from probes.local.workload import Window
from tests.containers.engines import PODMAN, busy_root, inspected, missing, wait_for
from tests.containers.servers import CHECKOUT, discovering

pytestmark = [pytest.mark.containers, pytest.mark.timeout(120)]
_USER = 65534
"""nobody, who has no further ids of its own: everything in the containers is this one user's."""
_STORAGE = '[storage]\ndriver = "vfs"\n[storage.options.vfs]\nignore_chown_errors = "true"\n'


class Rootless:
    """The folders and the Podman of one user."""

    def __init__(self, home: Path) -> None:
        self.home, self.run = home, home / "run"
        self.socket = self.run / "podman" / "podman.sock"
        self.run.mkdir(mode=0o700)
        (home / "containers.conf").write_text(PODMAN)
        (home / "storage.conf").write_text(_STORAGE)
        busy_root(home)
        for path in (home, *home.rglob("*")):
            os.chown(path, _USER, _USER)
        self._argv = ("setpriv", f"--reuid={_USER}", f"--regid={_USER}", "--clear-groups", "podman")
        self._env = {
            "PATH": "/usr/sbin:/usr/bin:/bin",
            "HOME": str(home),
            "XDG_RUNTIME_DIR": str(self.run),
            "CONTAINERS_CONF": str(home / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": str(home / "storage.conf"),
        }

    def podman(self, *words: str) -> str:
        """What that user's own client says."""
        done = subprocess.run(
            [*self._argv, *words], env=self._env, cwd="/", capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, f"{words}: {done.stderr}"
        return done.stdout

    def serve(self) -> subprocess.Popen[bytes]:
        """The service on the user's own socket."""
        self.socket.parent.mkdir()
        os.chown(self.socket.parent, _USER, _USER)
        with (self.home / "log").open("wb") as log:
            words = ("system", "service", "--time=0", f"unix://{self.socket}")
            one = subprocess.Popen([*self._argv, *words], env=self._env, cwd="/", stdout=log, stderr=log)
        wait_for(self.socket.is_socket, "podman's service")
        return one

    def end(self) -> None:
        """Removes its containers and ends the process that keeps its user namespace."""
        with suppress(AssertionError):
            self.podman("rm", "-af", "-t", "0")
        for path in self.run.rglob("pause.pid"):
            with suppress(ProcessLookupError, ValueError):
                os.kill(int(path.read_text()), signal.SIGKILL)


@pytest.fixture(scope="module")
def rootless() -> Iterator[Rootless]:
    reason = missing()
    if reason:
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    home = Path(tempfile.mkdtemp(prefix="livebom-rootless-"))
    made = Rootless(home)
    try:
        made.podman("import", str(home / "busy.tar"), "livebom/busy:1")
        service = made.serve()
        try:
            made.podman("run", "-d", "--name", "mine", "--network", "none", "-e", "HF_TOKEN=hf_" + "b" * 32,
                        "livebom/busy:1", "/bin/httpd", "-f", "-p", "8000")  # fmt: skip
            yield made
        finally:
            made.end()
            service.terminate()
            service.wait(15)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def test_its_containers_are_told_as_its_own_client_tells_them(rootless: Rootless) -> None:
    looked = Engine("podman", EngineDoor(address=f"unix://{rootless.socket}")).look(Window(deadline=10))
    own = inspected(rootless.podman("inspect", "mine"))

    (one,) = looked.workloads
    theirs: dict = own["mine"]  # type: ignore[type-arg]
    assert looked.complete, looked.not_seen
    assert (one.id, one.pid, one.network, one.state) == (theirs["Id"], theirs["State"]["Pid"], "none", "running")
    assert Path(f"/proc/{one.pid}").stat().st_uid == _USER
    assert "hf_bbb" not in repr(looked)


def test_its_socket_is_found_where_users_have_theirs(rootless: Rootless) -> None:
    found = places({"XDG_RUNTIME_DIR": str(rootless.run)})

    looked = [one.look(Window(deadline=10)) for one in found]
    assert [[work.name for work in one.workloads] for one in looked if not one.absent] == [["mine"]]


def test_a_look_at_this_host_tells_it(rootless: Rootless, tmp_path: Path) -> None:
    done = subprocess.run(
        [*discovering(), "--containers", "--ports", "8000", "--no-store", "--format", "json"],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(rootless.run)},
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode in {0, 3}, done.stderr
    lines = [line for one in json.loads(done.stdout)["looks"] for line in one["not_seen"]]
    assert not [line for line in lines if str(rootless.socket) in line], lines
    assert any("1 containers and processes of this host in which no known AI product runs" in line for line in lines)
