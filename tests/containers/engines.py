"""Real engines from Debian's packages, in a network namespace and folders of their own, ended by their process ids."""

import ctypes
import json
import os
import shutil
import signal
import subprocess
import tarfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event
from typing import TypeVar

T = TypeVar("T")
_CLONE_NEWNET = 0x40000000
PROGRAMS = ("dockerd", "docker", "containerd", "ctr", "podman", "runc", "iptables", "busybox", "unshare", "nsenter")
PODMAN = """
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
"""
_CONTAINERD = """
version = 2
root = "{0}/containerd"
state = "{0}/containerd-state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "{0}/containerd.sock"
"""


def missing() -> str:
    """Why no engine can be started here; empty where one can."""
    if os.geteuid() != 0:
        return "needs root"
    absent = [name for name in PROGRAMS if shutil.which(name) is None]
    return f"not installed: {', '.join(absent)}" if absent else ""


class Engines:
    """containerd, dockerd and Podman's service, in one network namespace with loopback alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.containerd = folder / "containerd.sock"
        self.docker_socket = folder / "docker.sock"
        self.podman_socket = folder / "podman.sock"
        self._running: list[subprocess.Popen[bytes]] = []
        self._holder: subprocess.Popen[bytes] | None = None
        (folder / "containers.conf").write_text(PODMAN)
        self._env = {
            **os.environ,
            "DOCKER_HOST": f"unix://{self.docker_socket}",
            "CONTAINERS_CONF": str(folder / "containers.conf"),
        }

    def start(self) -> None:
        """Starts all of them. Raises TimeoutError where one does not come up."""
        self._holder = subprocess.Popen(
            ["unshare", "-n", "sh", "-c", "ip link set lo up; echo up; exec sleep 100000"], stdout=subprocess.PIPE
        )
        assert self._holder.stdout is not None
        assert self._holder.stdout.readline() == b"up\n"
        (self.folder / "containerd.toml").write_text(_CONTAINERD.format(self.folder))
        self._begin("containerd", "--config", f"{self.folder}/containerd.toml")
        wait_for(self.containerd.is_socket, "containerd")
        here = self.folder
        self._begin(
            "dockerd", "--data-root", f"{here}/docker", "--exec-root", f"{here}/docker-run",
            "--pidfile", f"{here}/docker.pid", "-H", f"unix://{self.docker_socket}",
            "--storage-driver=vfs", "--containerd", str(self.containerd),
        )  # fmt: skip
        wait_for(
            lambda: subprocess.run(["docker", "version"], env=self._env, capture_output=True).returncode == 0, "dockerd"
        )
        self._begin(*self._podman(), "system", "service", "--time=0", f"unix://{self.podman_socket}")
        wait_for(self.podman_socket.is_socket, "podman")

    def docker(self, *words: str) -> str:
        """What Docker's own client says."""
        return self._said("docker", *words)

    def podman(self, *words: str) -> str:
        """What Podman's own client says."""
        return self._said(*self.inside(), *self._podman(), *words)

    def ctr(self, *words: str) -> str:
        """What containerd's own client says, in a namespace of the tests."""
        return self._said(*self.inside(), "ctr", "-a", str(self.containerd), "-n", "lb", *words)

    @contextmanager
    def second_docker(self, address: str, *options: str) -> Iterator[Path]:
        """A dockerd beside the first one, with folders of its own, until it has ended; its log is in the folder."""
        home = self.folder / "second"
        home.mkdir()
        self._begin(
            "dockerd", "--data-root", f"{home}/docker", "--exec-root", f"{home}/run", "--pidfile", f"{home}/pid",
            "-H", address, *options, "--storage-driver=vfs", "--containerd", str(self.containerd), "--bridge=none",
            "--iptables=false", "--containerd-namespace", "second", "--containerd-plugins-namespace", "seconds",
            log=home / "log",
        )  # fmt: skip
        try:
            wait_for(lambda: b"API listen on" in (home / "log").read_bytes(), "the second dockerd")
            yield home
        finally:
            _ended(self._running.pop())

    def within(self, do: Callable[[], T]) -> T:
        """What `do` returns in the engines' network: a thread of its own goes there (setns(2)), and nobody else."""
        assert self._holder is not None
        with (
            Path(f"/proc/{self._holder.pid}/ns/net").open("rb") as space,
            ThreadPoolExecutor(1, initializer=_enter, initargs=(space.fileno(),)) as pool,
        ):
            return pool.submit(do).result()

    def end(self) -> None:
        """Ends the containers, then the engines, then the namespace; an engine that is down holds up no other."""
        for emptied in (self._docker_emptied, self._podman_emptied, self._containerd_emptied):
            with suppress(AssertionError, OSError, subprocess.SubprocessError):
                emptied()
        for one in reversed(self._running):
            _ended(one)
        if self._holder is not None:
            self._holder.kill()
            self._holder.communicate()
        self._cleared()

    def _docker_emptied(self) -> None:
        if ids := self.docker("ps", "-aq").split():
            self.docker("rm", "-f", *ids)

    def _podman_emptied(self) -> None:
        self.podman("rm", "-af", "-t", "0")

    def _containerd_emptied(self) -> None:
        for task in self.ctr("tasks", "ls", "-q").split():
            self.ctr("tasks", "delete", "--force", task)  # and with it its shim, and what runc remembers of it

    def _cleared(self) -> None:
        """Takes away the mounts that the engines leave below the folder, and then, where none is left, the folder."""
        for mount in reversed(self._mounts()):
            subprocess.run(["umount", "-l", mount], check=False, capture_output=True)
        if not self._mounts():
            shutil.rmtree(self.folder, ignore_errors=True)

    def _mounts(self) -> list[str]:
        places = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
        return [place for place in places if place.startswith(f"{self.folder}/")]

    def inside(self) -> tuple[str, ...]:
        """The words that begin a command in the engines' network namespace."""
        assert self._holder is not None
        return ("nsenter", f"--net=/proc/{self._holder.pid}/ns/net")

    def _podman(self) -> tuple[str, ...]:
        here = self.folder
        return ("podman", "--root", f"{here}/podman", "--runroot", f"{here}/podman-run", "--storage-driver", "vfs")

    def _begin(self, *argv: str, log: Path | None = None) -> None:
        with (log or self.folder / f"{argv[0]}.log").open("wb") as said:
            self._running.append(
                subprocess.Popen(
                    [*self.inside(), *argv], env=self._env, stdout=said, stderr=said, stdin=subprocess.DEVNULL
                )
            )

    def _said(self, *argv: str) -> str:
        done = subprocess.run(argv, env=self._env, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, f"{argv}: {done.stderr}"
        return done.stdout


def _enter(space: int) -> None:
    """Puts the calling thread into a network namespace."""
    if ctypes.CDLL(None, use_errno=True).setns(space, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def _ended(one: subprocess.Popen[bytes]) -> None:
    one.send_signal(signal.SIGTERM)
    try:
        one.wait(15)
    except subprocess.TimeoutExpired:
        one.kill()
        one.wait()


@contextmanager
def engines(folder: Path) -> Iterator[Engines]:
    """The engines, with an image `livebom/busy:1` of a small root file system in Docker and Podman."""
    made = Engines(folder)
    try:
        made.start()
        archive = busy_root(folder)
        made.docker("import", str(archive), "livebom/busy:1")
        made.podman("import", str(archive), "livebom/busy:1")
        yield made
    finally:
        made.end()


def busy_root(folder: Path) -> Path:
    """A root file system of busybox alone, as an archive."""
    path = folder / "busy.tar"
    with tarfile.open(path, "w") as archive:
        archive.add(str(shutil.which("busybox")), "bin/busybox")
        for name in ("sh", "sleep", "httpd"):
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            archive.addfile(link)
        for name in ("tmp", "proc", "sys", "dev", "etc"):
            one = tarfile.TarInfo(name)
            one.type, one.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(one)
    return path


def wait_for(ready: Callable[[], bool], what: str, seconds: float = 30) -> None:
    """Waits up to so many seconds. Raises TimeoutError."""
    until = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > until:
            raise TimeoutError(f"{what} does not come up")
        Event().wait(0.1)


def inspected(text: str) -> dict[str, dict[str, object]]:
    """What `docker inspect` says, by the name of the container."""
    return {one["Name"].removeprefix("/"): one for one in json.loads(text)}
