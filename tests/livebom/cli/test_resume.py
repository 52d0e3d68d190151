"""A sweep that is killed and resumed, again and again, and a sweep in shards, find what one undisturbed sweep finds."""

import json
import os
import random
import select
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from livebom.store import Store
from tests.lab import ROOT, Lab
from tests.lab_process import Place
from tests.livebom.cli.runner import RATE, Run, runner

OLLAMA = "ollama-0.32.15-default"
PORTS = "11434,11435"
LISTENERS = 10
COUNTED = ("planned", "open", "refused", "silent", "unreachable", "lost")
"""What a sweep that goes on counts once; what it sent, it did send."""

# The command line in a process that can be killed. It is forked from one that has read the modules, which is quicker
# than to start Python anew; and how far it is, is told twenty times a second, so that a short sweep can be cut in many
# places.
FORKS = """
import json, os, sys
import livebom.cli, livebom.cli.verb_discover, probes.engine.connect, probes.sources.connect
from livebom.cli import main

probes.engine.connect.MARKED = 0.05
for line in sys.stdin:
    arguments, out, err = json.loads(line)
    child = os.fork()
    if not child:
        for fd, name in ((1, out), (2, err)):
            os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), fd)
        code = 4
        try:
            main(arguments)
        except SystemExit as end:
            code = end.code
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Forks:
    """Runs the command line in processes that can be killed."""

    def __init__(self, folder: Path) -> None:
        self._out, self._err = folder / "out", folder / "err"

    def __enter__(self) -> Self:
        command = [sys.executable, "-c", FORKS]
        self._child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, text=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._child:
            pass

    def run(
        self, *arguments: object, seconds: float | None = None, begun: Callable[[], bool] = lambda: True
    ) -> tuple[int, list[dict[str, Any]], str]:
        """The exit code, the lines of JSON and what was said; killed so many seconds after `begun` (the code is -9)."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        order = [[str(one) for one in arguments], str(self._out), str(self._err)]
        self._child.stdin.write(json.dumps(order) + "\n")
        self._child.stdin.flush()
        pid = int(self._child.stdout.readline())
        if seconds is not None:
            with suppress(ProcessLookupError):
                self._kill(os.pidfd_open(pid), seconds, begun)
        code = int(self._child.stdout.readline())
        lines = [json.loads(line) for line in self._out.read_text().splitlines()] if code >= 0 else []
        return code, lines, self._err.read_text()

    @staticmethod
    def _kill(process: int, seconds: float, begun: Callable[[], bool]) -> None:
        try:
            while not begun() and not select.select([process], [], [], 0.02)[0]:
                pass
            select.select([process], [], [], seconds)
            signal.pidfd_send_signal(process, signal.SIGKILL)
        finally:
            os.close(process)


@pytest.fixture(scope="module")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    """One for all tests of this module."""
    with Forks(tmp_path_factory.mktemp("forks")) as running:
        yield running


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command line with a home of its own, in this process."""
    return runner(tmp_path, monkeypatch)


def without_time(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What two sweeps of the same servers have in common."""
    return [{name: value for name, value in line.items() if name != "at"} for line in lines]


def reached(lab: Lab, places: list[Place]) -> bool:
    """Whether any of these places was connected to since its log was emptied."""
    return any(lab.connections(place) for place in places)


def asked(lab: Lab, places: list[Place]) -> dict[Place, int]:
    """How many requests each place got since it was last asked this; its log is emptied."""
    counts = {place: len(lab.requests(place)) for place in places}
    for place in places:
        lab.forget(place)
    return counts


@pytest.mark.slow
def test_a_sweep_killed_at_random_moments_and_resumed_finds_what_an_undisturbed_one_finds(
    forks: Forks, lab: Lab, tmp_path: Path
) -> None:
    places = [lab.add(OLLAMA) for _ in range(LISTENERS)]
    look = ["discover", f"{lab.prefix}.0/26", "--ports", PORTS, "--format", "jsonl", "-q"]
    alone, db = ("--db", tmp_path / "alone.duckdb"), ("--db", tmp_path / "killed.duckdb")
    code, wanted, _ = forks.run(*look, *alone, "--rate", RATE)
    usual = asked(lab, places)
    assert (code, len(wanted), len(set(usual.values()))) == (0, LISTENERS, 1)

    moments = [random.uniform(0.1, 0.5) for _ in range(2)]  # noqa: S311 - any moment will do
    first = forks.run(*look, *db, "--rate", "150", seconds=moments[0], begun=lambda: reached(lab, places))
    assert first[0] == -signal.SIGKILL, moments
    with Store.open(db[1]) as store:
        [(sweep, _)] = store.unfinished()
    resumed = ["discover", "--resume", sweep.id[:8], "--format", "jsonl", "-q", *db]
    for moment in moments[1:]:
        assert forks.run(*resumed, "--rate", "150", seconds=0.25 + moment)[0] == -signal.SIGKILL, moments
    code, lines, said = forks.run(*resumed, "--rate", RATE)

    assert (code, said) == (0, ""), moments
    assert without_time(lines) == without_time(wanted), moments
    with Store.open(alone[1]) as one, Store.open(db[1]) as other:
        assert other.unfinished() == []
        assert [past.complete for past in other.sweeps()] == [True]
        assert [past.sweep.id for past in other.sweeps()] == [sweep.id]
        assert placed(other) == placed(one) == sorted(places), moments
        assert kinds(other) == kinds(one), moments
        counted = [{name: past.tally[name] for name in COUNTED} for past in (*one.sweeps(), *other.sweeps())]
        assert counted[0] == counted[1], moments
    requests = asked(lab, places)
    again = {place for place, count in requests.items() if count > usual[place]}
    assert all(count >= usual[place] for place, count in requests.items()), (moments, requests)
    assert len(again) < LISTENERS, (moments, requests)  # what was settled is left alone


def placed(store: Store) -> list[Place]:
    """Where services are listed."""
    return sorted(Place(str(row["host"]), int(row["port"] or 0)) for row in store.services())


def kinds(store: Store) -> Counter[str]:
    """How many parts of each kind the state has."""
    return Counter(part.kind for part in store.document().parts)


@pytest.mark.slow
def test_shards_find_together_what_one_sweep_finds(run: Run, lab: Lab, tmp_path: Path) -> None:
    places = [lab.add(OLLAMA) for _ in range(6)]
    look = ["discover", f"{lab.prefix}.0/27", "--ports", PORTS, "--rate", RATE, "--format", "jsonl"]
    found: list[dict[str, Any]] = []
    planned = 0
    for which in (1, 2, 3):
        part = run(*look, "--shard", f"{which}/3", "--db", tmp_path / "shards.duckdb", "-q")
        assert part.exit_code == 3
        found += [json.loads(line) for line in part.stdout.splitlines()]
    with Store.open(tmp_path / "shards.duckdb") as store:
        assert [past.complete for past in store.sweeps()] == [False] * 3
        assert all("the other shards of the range" in past.not_seen for past in store.sweeps())
        planned = sum(past.tally["sent"] for past in store.sweeps())
        assert placed(store) == sorted(places)
    assert planned == 64
    assert sorted(Place(line["host"], line["port"]) for line in found) == sorted(places)
    table = run(*look[:-2], "--shard", "1/3", "--no-store", "-q")
    assert (table.exit_code, "the other shards of the range" in table.stdout) == (3, True)


@pytest.mark.slow
def test_what_cannot_be_resumed_is_told(forks: Forks, run: Run, lab: Lab, tmp_path: Path) -> None:
    places = [lab.add(OLLAMA) for _ in range(5)]
    look = ["discover", f"{lab.prefix}.0/29", "--ports", PORTS, "-q", "--db", tmp_path / "s.duckdb"]
    assert run(*look, "--rate", RATE).exit_code == 0
    with Store.open(tmp_path / "s.duckdb") as store:
        [ended] = store.sweeps()
    asked(lab, places)
    cut = forks.run(*look, "--rate", "50", seconds=0.0, begun=lambda: reached(lab, places))
    assert cut[0] == -signal.SIGKILL
    with Store.open(tmp_path / "s.duckdb") as store:
        [(sweep, _)] = store.unfinished()

    def refused(*arguments: object) -> str:
        result = run("discover", *arguments, "-q", "--db", tmp_path / "s.duckdb")
        assert (result.exit_code, result.stdout) == (2, "")
        assert "Traceback" not in result.stderr
        return result.stderr

    unknown = refused("--resume", "nosuch")
    assert "no sweep of that id can go on" in unknown
    assert sweep.id in unknown
    assert "no sweep of that id can go on" in refused("--resume", ended.sweep.id)
    assert "the targets are not those" in refused("--resume", sweep.id, f"{lab.prefix}.0/30", "--ports", PORTS)
    assert "the targets are not those" in refused("--resume", sweep.id, f"{lab.prefix}.0/29", "--ports", "11434")
    with Store.open(tmp_path / "s.duckdb") as store:
        assert [one.id for one, _ in store.unfinished()] == [sweep.id]


@pytest.mark.parametrize("shard", ["0/3", "4/3", "3", "a/b", "1/0", "-1/3", "1/70000"])
def test_what_is_no_shard_is_told(run: Run, shard: str) -> None:
    result = run("discover", "127.0.0.1", "--shard", shard)
    assert result.exit_code == 2
    assert "is no shard; write 3/8" in result.stderr
