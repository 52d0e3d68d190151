"""The service under a real systemd: ready, open to whom it should be, restarted when it hangs, activated on demand."""

import json
import os
import shutil
import time
from collections.abc import Iterator

import pytest

from tests.systemd.machine import TOOLS, CannotError, Machine, booted
from tests.systemd.test_watching import BOARD, RULES, named

pytestmark = [
    pytest.mark.root,
    pytest.mark.timeout(240),
    pytest.mark.skipif(
        os.geteuid() != 0 or any(shutil.which(tool) is None for tool in TOOLS),
        reason=f"needs root, and {', '.join(TOOLS)} (Debian: apt install systemd-container debootstrap)",
    ),
]

CONTROL = "/run/livebom/control.sock"
TARGETS = "groups:\n  far:\n    include: [198.18.0.0/29]\n    exclude: [198.18.0.3]\n    ports: [11434]\n"


SERVES = "python3 -m http.server 8000 --bind 127.0.0.1"
ENTERS = """
import sys
sys.path.append("/opt/checkout")
import livebom
from pathlib import Path
from probes.engine.inside import Inside
with Inside(Path("/run/livebom/inside.sock")) as inside:
    for _ in range(50):
        with inside.open(int(sys.argv[1]), int(sys.argv[2]), "127.0.0.1", 8000) as made:
            made.settimeout(5)
            try:
                made.sendall(b"GET /none HTTP/1.0\\r\\n\\r\\n")
                print(made.recv(100))
                break
            except OSError:
                continue
"""


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    """A machine on which livebom was installed, with three users: of livebom-read, of both groups, of none."""
    try:
        with booted() as one:
            one.do("livebom", "install-systemd", "--enable")
            one.do("useradd", "--groups", "livebom-read", "reader")
            one.do("useradd", "--groups", "livebom-read,livebom-ops", "sweeper")
            one.do("useradd", "stranger")
            yield one
    except CannotError as error:
        pytest.skip(str(error))


def test_ready_arrives(machine: Machine) -> None:
    assert machine.shown("livebom.service", "ActiveState") == "active"  # Type=notify: not before READY=1
    assert machine.shown("livebom.service", "Type") == "notify"
    machine.until("livebom.service", "StatusText", "waiting for orders")
    assert machine.do("systemctl", "is-enabled", "livebom.service", "livebom.socket") == "enabled\nenabled"


def test_it_holds_no_capability(machine: Machine) -> None:
    pid = machine.shown("livebom.service", "MainPID")
    status = dict(line.split(":", 1) for line in machine.do("cat", f"/proc/{pid}/status").splitlines())
    assert {status[name].strip() for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert status["NoNewPrivs"].strip() == "1"
    assert machine.do("stat", "-c", "%U %G", f"/proc/{pid}") == "livebom livebom-read"


def test_each_user_gets_what_its_groups_grant(machine: Machine) -> None:
    order = ("--json", "{}", "-H", "Idempotency-Key: one")
    assert machine.asked("reader", "/v1/status")[0] == 200
    assert machine.asked("reader", "/v1/sweeps", *order)[0] == 403
    assert machine.asked("sweeper", "/v1/sweeps", *order)[0] in {200, 201, 202}
    assert machine.asked("stranger", "/v1/status")[0] == 0  # by the socket's mode already


def test_peer_credentials_refuse_even_whom_the_mode_lets_in(machine: Machine) -> None:
    machine.do("chmod", "0666", CONTROL)
    try:
        code, body = machine.asked("stranger", "/v1/status")
    finally:
        machine.do("chmod", "0660", CONTROL)
    assert code == 403
    assert "has not the role read" in json.loads(body)["title"]


def test_members_read_the_snapshot_and_nobody_else(machine: Machine) -> None:
    snapshot = "/var/lib/livebom/livebom.snapshot.duckdb"
    assert machine.do("stat", "-c", "%a %U %G", snapshot) == "640 livebom livebom-read"
    assert machine.do("stat", "-c", "%a %U %G", "/var/lib/livebom") == "750 livebom livebom-read"
    assert machine.run("test", "-r", snapshot, user="reader").returncode == 0
    assert machine.run("test", "-r", snapshot, user="stranger").returncode != 0


def test_sql_is_answered_within_the_units_walls(machine: Machine) -> None:
    code, body = machine.asked("reader", "/v1/sql", "--json", '{"query": "SELECT 40 + 2"}')
    assert code == 200, body
    assert json.loads(body)["rows"] == [[42]]


def test_a_reload_is_taken_up(machine: Machine) -> None:
    pid = machine.shown("livebom.service", "MainPID")
    machine.do("systemctl", "reload", "livebom.service")
    machine.until("livebom.service", "ActiveState", "active")
    assert machine.shown("livebom.service", "MainPID") == pid


def test_the_socket_activates_it(machine: Machine) -> None:
    machine.do("systemctl", "stop", "livebom.service")
    assert machine.shown("livebom.service", "ActiveState") == "inactive"
    assert machine.asked("reader", "/v1/status")[0] == 200
    assert machine.shown("livebom.service", "ActiveState") == "active"


def test_the_watchdog_restarts_a_frozen_daemon(machine: Machine) -> None:
    """With less patience than the unit's, so that the test has some."""
    machine.write("/run/systemd/system/livebom.service.d/quick.conf", "[Service]\nWatchdogSec=3s\nTimeoutAbortSec=2s\n")
    machine.do("systemctl", "daemon-reload")
    machine.do("systemctl", "restart", "livebom.service")
    before = machine.shown("livebom.service", "MainPID")
    machine.do("systemctl", "kill", "--kill-who=main", "--signal=STOP", "livebom.service")
    machine.until("livebom.service", "NRestarts", "1")
    machine.until("livebom.service", "ActiveState", "active")
    assert machine.shown("livebom.service", "MainPID") not in {before, "0"}
    assert "Watchdog timeout" in machine.journal("livebom.service")
    assert machine.asked("reader", "/v1/status")[0] == 200


def test_what_was_installed_stays_and_a_second_time_changes_nothing(machine: Machine) -> None:
    machine.do("sh", "-c", "echo '# mine' >> /etc/livebom/livebom.yaml")
    fates = {line.split()[1]: line.split()[0] for line in machine.do("livebom", "install-systemd").splitlines()[:-1]}
    assert fates["/etc/livebom/livebom.yaml"] == "kept"
    assert fates["/etc/systemd/system/livebom.service"] == "same"
    assert machine.do("tail", "-n1", "/etc/livebom/livebom.yaml") == "# mine"


def swept(machine: Machine, body: str, key: str) -> dict[str, object]:
    """A sweep that root ordered, once it has ended."""
    code, answer = machine.asked("root", "/v1/sweeps", "--json", body, "-H", f"Idempotency-Key: {key}")
    assert code in {200, 201, 202}, answer
    path = f"/v1/sweeps/{json.loads(answer)['id']}"
    end = time.monotonic() + 40
    while (sweep := json.loads(machine.asked("root", path)[1]))["state"] not in {"done", "failed", "cancelled"}:
        assert time.monotonic() < end, sweep
        time.sleep(0.2)  # noqa: TID251 - the daemon is what is waited for
    assert isinstance(sweep, dict)
    return sweep


def senders(machine: Machine) -> int:
    """How many SYN senders were started until now."""
    return machine.journal("livebom-syn@*").count("Started livebom-syn@")


def test_the_daemon_sweeps_by_the_syn_sender_within_its_targets(machine: Machine) -> None:
    """Beside a neighbour in a network namespace of the machine's own."""
    for line in (
        "ip link set lo up",
        "ip netns add far",
        "ip link add near type veth peer name veth0 netns far",
        "ip addr add 198.18.0.1/24 dev near",
        "ip link set near up",
        "ip -n far addr add 198.18.0.2/24 dev veth0",
        "ip -n far link set veth0 up",
        "systemd-run --collect --unit=neighbour ip netns exec far python3 -m http.server 11434 --bind 198.18.0.2",
        "systemctl enable --now livebom-syn.socket",
    ):
        machine.do(*line.split())
    machine.write("/etc/livebom/targets.yaml", TARGETS)
    machine.do("systemctl", "restart", "livebom.service")
    inside = swept(machine, "{}", "inside")
    assert inside["complete"]
    assert isinstance(inside["counts"], dict)
    assert inside["counts"]["open"] == 1
    asked = senders(machine)
    assert asked >= 3  # whether it can look, the same before it looks, and the look
    outside = swept(machine, '{"targets": ["198.18.0.9:11434"]}', "outside")  # as root may; the sender may not
    assert outside["complete"]
    assert senders(machine) == asked + 1  # it was asked, and connects looked


def test_nobody_else_hands_over_a_plan(machine: Machine) -> None:
    door = "/run/livebom/syn.sock"
    machine.do("systemctl", "start", "livebom-syn.socket")
    assert machine.do("stat", "-c", "%a %U", door) == "600 livebom"
    machine.do("chmod", "0666", door)
    machine.run("curl", "-s", "-m", "10", "--unix-socket", door, "http://localhost/", user="stranger")
    uid = machine.do("id", "-u", "stranger")
    assert f"uid {uid} may not hand over plans" in machine.journal("livebom-syn@*")


def test_namespaces_are_entered_for_the_daemon_and_for_nobody_else(machine: Machine) -> None:
    door, there = "/run/livebom/inside.sock", "systemctl show --value --property MainPID lonely"
    machine.do("systemctl", "enable", "--now", "livebom-inside.socket")
    assert machine.do("stat", "-c", "%a %U:%G", door) == "660 livebom:livebom"
    machine.do("systemd-run", "--unit=lonely", "-p", "PrivateNetwork=yes", *SERVES.split())
    pid = machine.do(*there.split())
    start = machine.do("cat", f"/proc/{pid}/stat").rpartition(")")[2].split()[19]
    entered = machine.run("/opt/livebom/bin/python", "-c", ENTERS, pid, start, user="livebom")
    assert "404" in entered.stdout, entered.stderr + machine.journal("livebom-inside@*")
    machine.do("chmod", "0666", door)
    machine.run("/opt/livebom/bin/python", "-c", ENTERS, pid, start, user="stranger")
    uid = machine.do("id", "-u", "stranger")
    assert f"uid {uid} may not have namespaces entered" in machine.journal("livebom-inside@*")


def test_every_alert_rule_and_panel_is_about_what_it_tells(machine: Machine) -> None:
    """After a sweep and a snapshot nothing is left out."""
    code, body = machine.asked("reader", "/v1/metrics")
    assert code == 200
    assert named(RULES.read_text()) <= named(body)
    assert named(BOARD.read_text()) <= named(body)
