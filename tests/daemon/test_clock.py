"""A daemon whose clocks are set, stopped and jump: it says so, orders each run once, and loses nothing."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from daemon.client import NoDaemon
from daemon.wire import Status, SweepList
from tests.daemon.running import Forks, Running
from tests.lab import ROOT, Lab

CODE = """
import os, sys, time
from datetime import UTC, datetime, timedelta
from pathlib import Path
import anyio
import daemon.service
from daemon.clock import Moment
from daemon.logs import configure

daemon.service._TICK = 0.05
began = datetime(2026, 11, 21, 12, 0, 30, tzinfo=UTC)

def clock():
    # Seconds that the wall clock and the time awake are ahead of the start.
    wall, running, elapsed = map(float, Path(sys.argv[1]).read_text().split())
    return Moment(began + timedelta(seconds=wall), running, elapsed)

configure()
anyio.run(daemon.service.Service({}, os.environ, clock=clock).run)
"""


def until(what: Callable[[], bool]) -> None:
    """Wait for it, a while."""
    end = time.monotonic() + 15
    while not what():
        assert time.monotonic() < end, "it did not come"
        threading.Event().wait(0.05)


@pytest.mark.slow
def test_clocks_that_stop_and_jump_are_told_and_each_run_is_ordered_once(
    forks: Forks, lab: Lab, tmp_path: Path
) -> None:
    place = lab.add("ollama-0.32.15-default")
    groups = {"lab": f"{{include: [{place.host}], ports: {place.port}}}"}
    made = Running(forks, tmp_path, groups=groups, more="  schedules: {s: {every: 1h}}\n")
    hands = tmp_path / "hands"

    def turn(wall: float, running: float, elapsed: float) -> None:
        half = hands.with_suffix(".part")
        half.write_text(f"{wall} {running} {elapsed}")
        half.replace(hands)

    def sweeps() -> int:
        return sum(one.complete is True for one in made.client.get("/v1/sweeps", SweepList).sweeps)

    def up() -> bool:
        try:
            return made.client.get("/v1/status", Status).store.open
        except NoDaemon:
            return False

    turn(0, 0, 0)
    with made.log.open("ab") as log:
        command = [sys.executable, "-c", CODE, str(hands)]
        child = subprocess.Popen(command, env=made.environment, cwd=ROOT, stderr=log)
    try:
        until(up)
        threading.Event().wait(0.5)
        assert sweeps() == 0, "a clock that stands still orders nothing"
        turn(36_000, 10, 36_000)
        until(lambda: sweeps() == 1)
        assert "this host was suspended for 9 h 59 min" in made.log.read_text()
        assert "9 runs were missed of s" in made.log.read_text()
        turn(32_000, 20, 36_010)
        until(lambda: "its clock was set back by" in made.log.read_text())
        threading.Event().wait(0.5)
        assert sweeps() == 1
        turn(36_030, 30, 36_020)
        until(lambda: sweeps() == 2)
        found = made.client.get("/v1/status", Status)
        assert any("clock was set forward" in line for line in found.happened)
    finally:
        child.terminate()
        assert child.wait(20) == 0
        made.close()
