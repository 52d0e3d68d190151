"""What a SYN sender asks before it serves: who hands over the plan, and whether the targets file holds it."""

import os
import socket
import threading
from pathlib import Path

import pytest

from livebom.cli.fence import fence
from livebom.net.ranges import read_address
from probes.engine.plan import Run
from probes.engine.syn.protocol import Order
from probes.engine.syn.reaching import Served, caller
from probes.engine.syn.routes import UnfitError
from probes.engine.syn.sender import serve

TARGETS = """
exclude: [10.0.0.9]
groups:
  lab: {include: [10.0.0.0/28, "10.0.1.1:8000"], exclude: [10.0.0.3], zone: lab}
  other: {include: [10.0.0.3, 10.0.0.16/30], zone: other}
"""


def run(first: str, last: str, *ports: int) -> Run:
    one, other = read_address(first), read_address(last)
    return Run(one.first, other.first, one.family, ports)


@pytest.fixture
def targets(tmp_path: Path) -> Path:
    file = tmp_path / "targets.yaml"
    file.write_text(TARGETS)
    return file


@pytest.mark.parametrize(
    "plan",
    [
        run("10.0.0.0", "10.0.0.8", 11434),
        run("10.0.0.10", "10.0.0.19", 8000),
        run("10.0.0.3", "10.0.0.3", 1),  # excluded in one zone, included in another
        run("10.0.1.1", "10.0.1.1", 9000),  # ports of an order take the place of the group's
    ],
)
def test_what_the_file_holds_passes(targets: Path, plan: Run) -> None:
    fence(targets, (9100,)).judge((plan,))


@pytest.mark.parametrize(
    ("plan", "reason"),
    [
        (run("10.0.0.8", "10.0.0.9", 80), r"does not hold all of 10\.0\.0\.8-10\.0\.0\.9"),
        (run("10.0.0.0", "10.0.0.20", 80), "does not hold"),
        (run("10.0.2.0", "10.0.2.0", 80), "does not hold"),
        (run("0.0.0.0", "255.255.255.255", 80), "does not hold"),
        (run("10.0.0.1", "10.0.0.1", 80, 9100), "port 9100 is never contacted"),
    ],
)
def test_anything_else_is_refused(targets: Path, plan: Run, reason: str) -> None:
    with pytest.raises(UnfitError, match=reason):
        fence(targets, (9100,)).judge((run("10.0.0.1", "10.0.0.2", 80), plan))


def test_the_caller_is_who_the_kernel_says() -> None:
    one, other = socket.socketpair()
    with one, other:
        assert caller(other.fileno()) == os.getuid()


def test_a_pipe_has_no_caller() -> None:
    reading, writing = os.pipe()
    try:
        with pytest.raises(OSError, match=r"[Ss]ocket"):
            caller(reading)
    finally:
        os.close(reading)
        os.close(writing)


def test_a_refused_plan_is_told_over_the_socket(tmp_path: Path, targets: Path) -> None:
    from probes.engine.syn.protocol import Frames, framed, stretches

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "door"))
        listener.listen()

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                serve(connection.fileno(), connection.fileno(), fence(targets, ()).judge)

        thread = threading.Thread(target=answer)
        thread.start()
        asking = Served(tmp_path / "door")
        plan = stretches((run("10.9.9.9", "10.9.9.9", 80),))
        asking.write(framed(Order(stretches=plan, key=b"k", start=0, stop_at=0, rate=1, timeout=1, retries=0)))
        said = b"".join(Frames().feed(asking.read()))
        asking.close(0)
        thread.join(10)
    assert b"does not hold all of 10.9.9.9" in said
