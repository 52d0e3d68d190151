"""The collectors under a real systemd: what the daemon may not see reaches it, and they may do nothing else."""

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.systemd.machine import TOOLS, CannotError, Machine, booted

pytestmark = [
    pytest.mark.root,
    pytest.mark.timeout(240),
    pytest.mark.skipif(
        os.geteuid() != 0 or any(shutil.which(tool) is None for tool in TOOLS),
        reason=f"needs root, and {', '.join(TOOLS)} (Debian: apt install systemd-container debootstrap)",
    ),
]

CAPABILITIES = {"livebom-host.service": 1 << 19 | 1 << 2, "livebom-containers.service": 0}
"""CAP_SYS_PTRACE is 19, CAP_DAC_READ_SEARCH 2 (capability.h)."""
OLLAMA = """
import http.server
class Ollama(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = {"/": b"Ollama is running", "/api/version": b'{"version":"0.12.6"}', "/api/tags": b'{"models":[]}'}
        told = body.get(self.path)
        self.send_response(404 if told is None else 200)
        self.send_header("Content-Length", str(len(told or b"")))
        self.end_headers()
        self.wfile.write(told or b"")
http.server.HTTPServer(("127.0.0.1", 18080), Ollama).serve_forever()
"""
UNIT = "[Service]\nUser=ada\nWorkingDirectory=/srv/ollama\nExecStart=@/usr/bin/python3 ollama serve\n"


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    """A machine on which livebom was installed, its collectors run, and a user has an Ollama on loopback."""
    try:
        with booted() as one:
            one.run("ip", "link", "set", "lo", "up")
            one.do("useradd", "ada")
            one.write("/srv/ollama/serve", OLLAMA)
            one.write("/run/systemd/system/ollama.service", UNIT)
            one.do("livebom", "install-systemd", "--enable")
            one.do("systemctl", "start", "ollama.service")
            one.do("systemctl", "enable", "--now", *CAPABILITIES)
            yield one
    except CannotError as error:
        pytest.skip(str(error))


def until(machine: Machine, told: Callable[[], Any], patience: float = 40.0) -> Any:
    end = time.monotonic() + patience
    while not (found := told()):
        assert time.monotonic() < end, "\n".join(machine.journal(unit)[-1500:] for unit in CAPABILITIES)
        time.sleep(0.3)  # noqa: TID251 - the collectors are what is waited for
    return found


def got(machine: Machine, path: str) -> dict[str, Any]:
    code, body = machine.asked("root", path)
    assert code == 200, body
    found: dict[str, Any] = json.loads(body)
    return found


def test_both_hand_over_with_no_more_rights_than_theirs(machine: Machine) -> None:
    def counting() -> set[str]:
        its = got(machine, "/v1/status")["local"]["collectors"]
        return {one["name"] for one in its if one["counts"]}

    until(machine, lambda: counting() == {"host", "containers"})
    for unit, held in CAPABILITIES.items():
        pid = machine.shown(unit, "MainPID")
        status = dict(line.split(":", 1) for line in machine.do("cat", f"/proc/{pid}/status").splitlines())
        assert {int(status[name], 16) for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb")} == {held}
        assert (status["NoNewPrivs"].strip(), status["Seccomp"].strip()) == ("1", "2")
        assert machine.shown(unit, "ActiveState") == "active"


def test_a_server_that_only_its_user_reaches_is_known(machine: Machine) -> None:
    """The daemon sees neither the process nor whose socket that is; the collector does."""

    def row() -> dict[str, Any] | None:
        rows = got(machine, "/v1/services")["services"]
        return next((one for one in rows if one["port"] == 18080), None)

    found = until(machine, row)
    assert found["product"] == "ollama"
    pid = machine.shown("ollama.service", "MainPID")
    assert machine.run("ls", f"/proc/{pid}/fd", user="livebom").returncode != 0
    query = {"query": "SELECT attributes->'user'->0->>'value' FROM part WHERE kind = 'process'"}
    code, body = machine.asked("root", "/v1/sql", "--json", json.dumps(query))
    assert code == 200, body
    assert ["ada"] in json.loads(body)["rows"]


def test_a_collector_that_is_stopped_is_told(machine: Machine) -> None:
    machine.write(
        "/etc/livebom/livebom.yaml",
        "daemon:\n  local: {every: 10s, jitter: 0s, stale_after: 10s}\n",
    )
    machine.do("systemctl", "stop", "livebom-containers.service")
    machine.do("systemctl", "reload", "livebom.service")
    machine.do("systemctl", "restart", "livebom-host.service")
    trouble = until(machine, lambda: [one for one in got(machine, "/v1/status")["trouble"] if "containers" in one])
    assert trouble[0].startswith("the collector containers handed over nothing since ")
