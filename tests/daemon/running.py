"""Real daemons in processes that tests start, signal and kill, and a harness that plays their service manager."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from daemon.client import Client
from daemon.wire import Sweep, SweepRequest
from tests.lab import ROOT

# Forked from one process that has read the modules, which is quicker than to start Python anew for each daemon.
FORKS = """
import json, os, sys
import livebom.cli, livebom.cli.verb_daemon, daemon.service, daemon.logs, livebom.alerts.courier, duckdb, numpy
import probes.engine.connect, probes.sources.connect, probes.sources.auto
from livebom.cli import main

probes.engine.connect.MARKED = 0.05
for line in sys.stdin:
    order = json.loads(line)
    if "wait" in order:
        print(os.waitstatus_to_exitcode(os.waitpid(order["wait"], 0)[1]), flush=True)
        continue
    child = os.fork()
    if not child:
        os.dup2(os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), 2)
        os.dup2(2, 1)
        os.environ.clear()
        os.environ.update(order["environment"])
        code = 4
        try:
            main(["daemon"])
        except SystemExit as end:
            code = end.code or 0
        finally:
            os._exit(code)
    print(child, flush=True)
"""


class Forks:
    """Starts daemons."""

    def __enter__(self) -> Self:
        code = FORKS.replace(", probes.sources.auto", "")
        self._child = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, text=True
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._child:
            pass

    def start(self, environment: Mapping[str, str], log: Path) -> int:
        """The process id of a new daemon."""
        return self._do({"environment": dict(environment), "log": str(log)})

    def wait(self, pid: int) -> int:
        """The exit code of one that ends; minus the signal that ended it."""
        return self._do({"wait": pid})

    def _do(self, order: dict[str, object]) -> int:
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write(json.dumps(order) + "\n")
        self._child.stdin.flush()
        return int(self._child.stdout.readline())


class Running:
    """One daemon with a folder of its own; its manager is this harness."""

    def __init__(self, forks: Forks, folder: Path, *, groups: Mapping[str, str], more: str = "") -> None:
        """`groups` are names to the text of a group; `more` are further lines of the section `daemon`."""
        self.forks, self.folder = forks, folder
        self.database, self.socket, self.log = folder / "s" / "livebom.duckdb", folder / "control", folder / "log"
        self.config, self.targets = folder / "livebom.yaml", folder / "targets.yaml"
        self.client = Client(self.socket, timeout=20.0)
        self.pid: int | None = None
        self.told: list[str] = []
        """Every line that the manager was told."""
        self._manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._manager.bind(str(folder / "notify"))
        self._manager.settimeout(20.0)
        self.targets.write_text("groups:\n" + "".join(f"  {name}: {text}\n" for name, text in groups.items()))
        self.configure(more)

    def configure(self, more: str, top: str = "") -> None:
        """Write the settings."""
        self.config.write_text(
            f"db: {self.database}\nrate: 20000\ntimeout: 1\n{top}daemon:\n  socket: {self.socket}\n"
            f"  socket_group: null\n  targets: {self.targets}\n{more}"
        )

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "XDG_CACHE_HOME": str(ROOT / ".cache" / "tests"),
            "LIVEBOM_CONFIG": str(self.config),
            "NOTIFY_SOCKET": str(self.folder / "notify"),
        }

    def start(self, **more: str) -> Self:
        """Start it, and return when it says that it is ready."""
        self.pid = self.forks.start({**self.environment, **more}, self.log)
        self.until("READY=1")
        return self

    def until(self, line: str, seconds: float = 20.0) -> None:
        """Wait until the manager is told that line."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                lines = self._manager.recv(4096).decode().splitlines()
            except TimeoutError:
                break
            self.told += lines
            if line in lines:
                return
        raise AssertionError(f"never told {line}: {self.told}\n{self.log.read_text()[-3000:]}")

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Signal it, and return its exit code when it is gone."""
        assert self.pid is not None
        pid, self.pid = self.pid, None
        os.kill(pid, number)
        return self.forks.wait(pid)

    def close(self) -> None:
        """End it, where it still runs."""
        if self.pid is not None:
            self.end(signal.SIGKILL)
        self._manager.close()

    def sweep(self, request: SweepRequest | None = None, key: str = "") -> Sweep:
        """Order one."""
        return self.client.ask("POST", "/v1/sweeps", Sweep, body=request or SweepRequest(), key=key)

    def ended(self, id_: str, seconds: float = 20.0) -> Sweep:
        """The sweep when it is over."""
        for event in self.client.lines(f"/v1/sweeps/{id_}/events", dict[str, object]):
            if event["event"] == "state" and event["state"] in {"done", "failed", "cancelled"}:
                break
        return self.client.get(f"/v1/sweeps/{id_}", Sweep)
