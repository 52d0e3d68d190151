"""How a figure is measured: child processes with their CPU and memory, peer and ours by turns, one line or JSON."""

import argparse
import importlib
import os
import platform
import re
import resource
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
from msgspec import Struct

RUNS = 3
"""How often ours and the peer are run; the middle one counts."""
ROOT = Path(__file__).resolve().parent.parent
_TARGET = re.compile(r"(ratio|ours)\s*(<=|>=)\s*([0-9.]+)")


class Cost(Struct, frozen=True, kw_only=True):
    """What one child process took, as the kernel counts it, with the children it waited for."""

    cpu: float
    """Seconds of user and system time, from its start to its end: interpreter and imports too."""
    wall: float
    """Seconds."""
    rss: int
    """Peak resident bytes."""
    inner_cpu: float = 0.0
    """Seconds of CPU of the measured function alone; only `call` knows it."""
    inner_wall: float = 0.0
    """Seconds of the measured function alone; only `call` knows it."""
    answer: Any = None
    """What the measured function returned; for a command, its standard output as text."""


class Result(Struct, frozen=True, kw_only=True):
    """One figure. `ok` is None where it could not be measured, and `note` then says why."""

    figure: str
    unit: str
    target: str
    ours: float | None = None
    peer: float | None = None
    ratio: float | None = None
    ok: bool | None = None
    note: str = ""
    runs: dict[str, list[float]] = {}
    """Every single run, so that the spread can be judged."""
    extra: dict[str, float] = {}
    """Further numbers worth keeping."""


class _Inner(Struct):
    """What the child writes about itself."""

    cpu: float
    wall: float
    rss: int
    answer: Any


def command(argv: list[str], *, timeout: float = 300.0) -> Cost:
    """Run a foreign command and tell what it took; its standard output is the answer.

    `rss` is never below this process's own peak: the kernel carries it over a fork. Raises CalledProcessError where
    it ends with another status than 0, TimeoutExpired after `timeout` seconds.
    """
    with tempfile.TemporaryFile() as out:
        began = time.monotonic()
        child = subprocess.Popen(argv, stdout=out, cwd=ROOT)
        usage = _wait(child, timeout)
        wall = time.monotonic() - began
        out.seek(0)
        text = out.read().decode(errors="replace")
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, argv, text)
    return Cost(cpu=usage.ru_utime + usage.ru_stime, wall=wall, rss=usage.ru_maxrss * 1024, answer=text)


def call(entry: str, *arguments: Any, timeout: float = 300.0) -> Cost:
    """Run `module:function` with JSON-able arguments in a fresh interpreter and tell what it took.

    `rss` is the child's own peak (VmHWM of /proc/self/status, proc(5)), imports included. Raises as `command` does.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        sent = msgspec.json.encode(arguments).decode()
        cost = command([sys.executable, "-m", "benches.harness", entry, sent, str(report)], timeout=timeout)
        inner = msgspec.json.decode(report.read_bytes(), type=_Inner)
    return Cost(
        cpu=cost.cpu,
        wall=cost.wall,
        rss=inner.rss,
        inner_cpu=inner.cpu,
        inner_wall=inner.wall,
        answer=inner.answer,
    )


def by_turns(*sides: Callable[[], Cost], runs: int = RUNS) -> list[list[Cost]]:
    """Run the sides one after the other, `runs` times, each round begun by the next side; one list of costs a side."""
    costs: list[list[Cost]] = [[] for _ in sides]
    for turn in range(runs):
        for step in range(len(sides)):
            which = (turn + step) % len(sides)
            costs[which].append(sides[which]())
    return costs


def judged(
    figure: str,
    target: str,
    unit: str,
    ours: list[float],
    peer: list[float] | None = None,
    *,
    note: str = "",
    extra: dict[str, float] | None = None,
) -> Result:
    """The figure by its median runs; the target reads `ratio <= 1.5` (ours / peer) or `ours <= 80`."""
    mine = median(ours)
    theirs = median(peer) if peer else None
    ratio = mine / theirs if theirs else None
    return Result(
        figure=figure,
        unit=unit,
        target=target,
        ours=mine,
        peer=theirs,
        ratio=ratio,
        ok=_holds(target, mine, ratio),
        note=note,
        runs={"ours": ours} | ({"peer": peer} if peer else {}),
        extra=extra or {},
    )


def skipped(figure: str, target: str, unit: str, why: str) -> Result:
    """A figure that could not be measured here."""
    return Result(figure=figure, unit=unit, target=target, note=why)


def machine() -> dict[str, str | int | float]:
    """What the numbers were measured on."""
    return {
        "cores": os.cpu_count() or 0,
        "python": platform.python_version(),
        "kernel": platform.release(),
        "load": round(os.getloadavg()[0], 2),
    }


def line(result: Result) -> str:
    """`figure ours peer ratio target ok`, for eyes."""
    verdict = {True: "ok", False: "FAILS", None: "skipped"}[result.ok]
    ratio = "-" if result.ratio is None else f"{result.ratio:.2f}x"
    numbers = f"{_number(result.ours):>10} {_number(result.peer):>10} {ratio:>8}"
    told = f"{result.figure:<34} {numbers}  {result.target:<16} {verdict:<8} {result.unit}"
    return f"{told}  ({result.note})" if result.note else told


def missed(results: list[Result]) -> int:
    """The exit status: 1 where a target is missed, else 0; what was skipped is not missed."""
    return int(any(result.ok is False for result in results))


def tell(results: list[Result], *, as_json: bool) -> None:
    """Print the results, for eyes or for programs."""
    if as_json:
        print(msgspec.json.format(msgspec.json.encode({"machine": machine(), "results": results})).decode())
    else:
        for result in results:
            print(line(result), flush=True)


def several(told: Result | list[Result]) -> list[Result]:
    """What a bench's `run` gave, as a list: most measure one figure, some measure several in the same run."""
    return [told] if isinstance(told, Result) else told


def main(run: Callable[[], Result | list[Result]]) -> None:
    """The command line of one bench: `python -m benches.NAME [--json]`."""
    parser = argparse.ArgumentParser(description="Measure one figure.")
    parser.add_argument("--json", action="store_true", help="print JSON with the facts of the machine")
    as_json = parser.parse_args().json
    results = several(run())
    tell(results, as_json=as_json)
    sys.exit(missed(results))


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}" if value < 1000 else f"{value:.0f}"


def _holds(target: str, ours: float, ratio: float | None) -> bool | None:
    """Whether the target is met; None where it speaks of a ratio and there is no peer."""
    found = _TARGET.fullmatch(target.strip())
    if found is None:
        raise ValueError(f"target {target!r} does not read like `ratio <= 1.5` or `ours <= 80`")
    value = ratio if found[1] == "ratio" else ours
    if value is None:
        return None
    return value <= float(found[3]) if found[2] == "<=" else value >= float(found[3])


def _wait(child: subprocess.Popen[bytes], timeout: float) -> resource.struct_rusage:
    """Wait for the child with wait4(2), which alone tells the usage of this one child."""
    pidfd = os.pidfd_open(child.pid)
    try:
        ended, _, _ = select.select([pidfd], [], [], timeout)
    finally:
        os.close(pidfd)
    if not ended:
        child.kill()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if not ended:
        raise subprocess.TimeoutExpired(child.args, timeout)
    return usage


def _peak() -> int:
    """This process's peak resident bytes."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def _child(entry: str, sent: str, report: str) -> None:
    """The other end of `call`."""
    name, _, function = entry.partition(":")
    measured = getattr(importlib.import_module(name), function)
    arguments = msgspec.json.decode(sent)
    cpu, wall = time.process_time(), time.monotonic()
    answer = measured(*arguments)
    inner = _Inner(cpu=time.process_time() - cpu, wall=time.monotonic() - wall, rss=_peak(), answer=answer)
    Path(report).write_bytes(msgspec.json.encode(inner))


if __name__ == "__main__":
    _child(*sys.argv[1:4])
