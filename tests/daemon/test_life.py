"""The life of a daemon: it tells its manager, ends cleanly, is killed, and goes on with nothing lost."""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from daemon.client import Denied, NoDaemon
from daemon.wire import Batch, ServiceList, Status, Sweep, SweepList, SweepRequest, Taken
from livebom.bom.observation import Observation
from livebom.bom.parts import PartKind
from livebom.store import Store, snapshot_path
from tests.daemon.running import Forks, Running
from tests.lab import ROOT, Lab

OLLAMA = "ollama-0.32.15-default"
GROUP = "{{include: [{0}.0/24], ports: {1}}}"


@pytest.fixture
def made(forks: Forks, lab: Lab, tmp_path: Path) -> Iterator[Running]:
    """A daemon that does not run yet; its only group takes about a second at the pace that tests ask for."""
    place = lab.add(OLLAMA)
    one = Running(forks, tmp_path, groups={"lab": GROUP.format(lab.prefix, f"'{place.port},{place.port + 1}'")})
    yield one
    one.close()


def progress(daemon: Running, sweep: str) -> None:
    """Wait until the sweep is on its way."""
    for event in daemon.client.lines(f"/v1/sweeps/{sweep}/events", dict[str, object]):
        if event["event"] == "progress":
            return


@pytest.mark.slow
def test_it_tells_its_manager_and_ends_with_a_sweep_that_goes_on(made: Running) -> None:
    made.start(WATCHDOG_USEC="2000000", WATCHDOG_PID="")
    made.until("WATCHDOG=1")
    slow = made.sweep(SweepRequest(pace=600))
    progress(made, slow.id)
    os.kill(made.pid or 0, signal.SIGHUP)
    made.until("READY=1")
    assert any(line.startswith("MONOTONIC_USEC=") for line in made.told)
    assert "RELOADING=1" in made.told
    began = time.monotonic()
    assert made.end() == 0
    assert time.monotonic() - began < 5
    made.until("STOPPING=1")
    assert not made.socket.exists()
    with Store.open(made.database) as store:
        assert [row.id for row, _ in store.unfinished()] == [slow.id]
    made.start()
    done = made.ended(slow.id)
    assert (done.complete, done.counts["planned"], done.attempts) == (True, 512, 1)
    assert done.counts["open"] == 1


@pytest.mark.slow
def test_a_bad_configuration_on_sighup_is_refused_and_the_daemon_goes_on(made: Running) -> None:
    made.start()
    made.configure("  schedules: [night]\n")
    os.kill(made.pid or 0, signal.SIGHUP)
    made.until("READY=1")
    found = made.client.get("/v1/status", Status)
    assert found.config.problems == (
        f"{made.config}:8:14: at daemon.schedules: expected `object`, got `array`; write a mapping of keys to values",
    )
    assert "refused" in made.log.read_text()


def test_a_bad_configuration_at_the_start_is_told_whole(made: Running) -> None:
    made.targets.write_text("groups:\n  lab:\n    include: [10.0.0.300]\n")
    made.configure(
        "  schedules:\n    a: {cron: 1 2 3, zone: Mars/North}\n  blackouts: [{begins: '1:00', ends: '02:00'}]\n"
    )
    assert made.forks.wait(made.forks.start(made.environment, made.log)) == 2
    assert f"{made.config}:10:24: at daemon.blackouts[0].begins" in made.log.read_text()
    made.configure("  schedules:\n    a: {cron: 1 2 3, zone: Mars/North}\n")
    assert made.forks.wait(made.forks.start(made.environment, made.log)) == 2
    said = made.log.read_text()
    assert f"{made.config}:9:15: at daemon.schedules.a.cron: 3 fields instead of 5" in said
    assert f"{made.config}:9:28: at daemon.schedules.a.zone: `Mars/North` is no time zone" in said
    assert f"{made.targets}:3:15: at `10.0.0.300`" in said


@pytest.mark.slow
def test_a_socket_that_a_dead_daemon_left_is_replaced_and_a_living_one_is_not(made: Running) -> None:
    made.start()
    second = made.forks.start(made.environment, made.log)
    assert made.forks.wait(second) == 4
    assert "another daemon answers" in made.log.read_text()
    made.end(signal.SIGKILL)
    assert made.socket.exists()
    made.start()
    assert made.client.get("/v1/status", Status).well


@pytest.mark.slow
def test_the_manager_hands_over_its_socket(made: Running) -> None:
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(made.socket))
    listening.listen(8)
    code = (
        "import os, sys\n"
        f"os.dup2({listening.fileno()}, 3)\n"
        "os.environ.update(LISTEN_FDS='1', LISTEN_PID=str(os.getpid()))\n"
        "from livebom.cli import main\nmain(['daemon'])\n"
    )
    with made.log.open("ab") as log, listening:
        child = subprocess.Popen(
            [sys.executable, "-c", code],
            env=made.environment,
            cwd=ROOT,
            stderr=log,
            pass_fds=(listening.fileno(),),
        )
        try:
            assert made.client.get("/v1/status", Status).store.path == str(made.database)
        finally:
            child.terminate()
            assert child.wait(20) == 0
    assert made.socket.exists()


@pytest.mark.slow
def test_a_store_that_is_busy_is_waited_for_and_told(made: Running) -> None:
    with Store.open(made.database):
        made.start()
        found = made.client.get("/v1/status", Status)
        assert not found.well
        assert not found.store.open
        assert str(os.getpid()) in found.store.trouble
        sweep = made.sweep()
    assert made.ended(sweep.id).complete


class Collector(threading.Thread):
    """Hands over batches, whatever happens to the daemon, and remembers what was acknowledged."""

    def __init__(self, daemon: Running) -> None:
        super().__init__()
        self.daemon_, self.taken, self.over = daemon, list[str](), threading.Event()

    def run(self) -> None:
        number = 0
        while not self.over.is_set():
            number += 1
            with suppress(NoDaemon, Denied):
                self.taken.append(handed(self.daemon_, number))
            self.over.wait(0.02)


def killed(made: Running, kills: int, seed: int) -> None:
    """Kill the daemon at random moments of sweeps; in the end nothing that was acknowledged is missing."""
    chance = random.Random(seed)  # noqa: S311 - moments, no secrets
    made.start()
    ordered = [made.sweep(SweepRequest(pace=800), key=f"k{seed}").id]
    collector = Collector(made)
    collector.start()
    try:
        for _ in range(kills):
            threading.Event().wait(chance.uniform(0.0, 0.5))
            made.end(signal.SIGKILL)
            made.start()
            if made.client.get(f"/v1/sweeps/{ordered[-1]}", Sweep).state.over:
                ordered.append(made.sweep(SweepRequest(pace=600)).id)
        ended = [made.ended(id_) for id_ in ordered]
    finally:
        collector.over.set()
        collector.join()
    assert {(one.state.value, one.complete) for one in ended} == {("done", True)}
    assert [one.counts["planned"] for one in ended] == [512] * len(ended)
    listed = made.client.get("/v1/sweeps", SweepList).sweeps
    assert {one.id for one in listed} == set(ordered)
    assert made.end() == 0
    assert_nothing_lost(made, ordered, collector.taken)


def assert_nothing_lost(made: Running, ordered: list[str], taken: list[str]) -> None:
    with Store.open(made.database) as store:
        graph = store.graph()
        keys = {part.key for part in graph.parts.values() if part.kind is PartKind.HOST}
        assert set(taken) <= keys
        past = {one.sweep.id: one for one in store.sweeps() if one.sweep.surface == "runtime"}
        assert set(past) == set(ordered)
        assert all(one.complete for one in past.values())
        assert store.unfinished() == []
        told = Counter(one.change.key for one in store.changes(datetime(2020, 1, 1, tzinfo=UTC)))
        hosts = {key: count for key, count in told.items() if key.startswith("lab/192.0.2.")}
        assert set(hosts.values()) <= {1}, "a change was told twice"


@pytest.mark.slow
def test_a_daemon_that_is_killed_loses_nothing(made: Running) -> None:
    killed(made, kills=2, seed=1)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_daemon_that_is_killed_fifty_times_loses_nothing(made: Running) -> None:
    killed(made, kills=50, seed=2)


def batch(number: int) -> Batch:
    """A host that only this batch tells of."""
    seen = Observation(
        sweep="-",
        at=datetime.now(UTC),
        surface="host",
        source="proc",
        kind=PartKind.HOST,
        subject=f"lab/192.0.2.{number}",
    )
    return Batch(surface="host", source="proc", observations=(seen,))


def handed(made: Running, number: int) -> str:
    """Its key, acknowledged."""
    made.client.ask("POST", "/v1/observations", Taken, body=batch(number))
    return f"lab/192.0.2.{number}"


@pytest.mark.slow
@pytest.mark.parametrize("damage", [b"", b"no store", b"\0" * 65536], ids=["empty", "short", "zeros"])
def test_a_damaged_snapshot_is_told_and_the_next_start_publishes_it_anew(made: Running, damage: bytes) -> None:
    made.start()
    done, key = made.ended(made.sweep().id), handed(made, 1)
    snapshot_path(made.database).write_bytes(damage)
    with pytest.raises(Denied) as caught:
        made.client.get("/v1/services", ServiceList)
    assert caught.value.problem.status == 503
    assert any("snapshot cannot be read" in line for line in made.client.get("/v1/status", Status).trouble)
    taken = [key, handed(made, 2)]
    assert made.client.get("/v1/services", ServiceList).total == 1
    snapshot_path(made.database).write_bytes(damage)
    made.end(signal.SIGKILL)
    made.start()
    assert made.client.get("/v1/services", ServiceList).total == 1
    assert made.client.get("/v1/status", Status).well
    assert made.end() == 0
    assert_nothing_lost(made, [done.id], taken)


@pytest.mark.slow
def test_a_removed_socket_is_told_and_a_restart_makes_it_anew(made: Running) -> None:
    made.start(WATCHDOG_USEC="1000000", WATCHDOG_PID="")
    key = handed(made, 1)
    sweep = made.sweep(SweepRequest(pace=600))
    progress(made, sweep.id)
    made.socket.unlink()
    end = time.monotonic() + 5
    while f"the socket {made.socket} was removed" not in made.log.read_text() and time.monotonic() < end:
        threading.Event().wait(0.05)
    assert made.log.read_text().count("was removed") == 1
    assert made.end() == 0
    made.start()
    assert made.ended(sweep.id).complete
    assert made.end() == 0
    assert_nothing_lost(made, [sweep.id], [key])


@pytest.mark.root
def test_a_store_made_read_only_is_told_and_goes_on_when_it_is_writable(forks: Forks, lab: Lab, tmp_path: Path) -> None:
    small = tmp_path / "s"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(small)], check=True)
    made = Running(forks, tmp_path, groups={"lab": GROUP.format(lab.prefix, lab.add(OLLAMA).port)})
    try:
        made.start()
        first, key = made.ended(made.sweep().id), handed(made, 1)
        made.end(signal.SIGKILL)
        subprocess.run(["mount", "-o", "remount,ro", str(small)], check=True)
        made.start()
        found = made.client.get("/v1/status", Status)
        assert not found.well
        assert not found.store.open
        for order in (made.sweep, lambda: handed(made, 2)):
            with pytest.raises(Denied) as caught:
                order()
            assert caught.value.problem.status == 503
        subprocess.run(["mount", "-o", "remount,rw", str(small)], check=True)
        second = made.ended(made.sweep().id, 30)
        assert second.complete
        taken = [key, handed(made, 3)]
        assert made.end() == 0
        assert_nothing_lost(made, [first.id, second.id], taken)
    finally:
        made.close()
        subprocess.run(["umount", str(small)], check=True)


@pytest.mark.root
def test_a_full_disk_is_told_and_what_waits_goes_on_when_there_is_room(forks: Forks, lab: Lab, tmp_path: Path) -> None:
    small = tmp_path / "s"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(small)], check=True)
    try:
        place = lab.add(OLLAMA)
        made = Running(forks, tmp_path, groups={"lab": GROUP.format(lab.prefix, place.port)}).start()
        first, key = made.ended(made.sweep().id), handed(made, 1)
        filler = small / "filler"
        with suppress(OSError), filler.open("wb") as file:
            while True:
                file.write(b"x" * 65536)
                file.flush()
        with pytest.raises(Denied) as caught:
            made.sweep()
        assert caught.value.problem.status == 503
        assert not made.client.get("/v1/status", Status).well
        filler.unlink()
        second, taken = made.ended(made.sweep().id), [key, handed(made, 2)]
        assert made.end() == 0
        assert_nothing_lost(made, [first.id, second.id], taken)
    finally:
        made.close()
        subprocess.run(["umount", str(small)], check=True)
