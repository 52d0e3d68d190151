"""Seconds until 95 of 100 SQL clients that ask at once have their answer, on 50,000 parts, two of them at a time."""

import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from threading import Event, Thread

from benches.harness import ROOT, Result, call, judged, main
from benches.questions import AT, estate
from livebom.store import Jail, Limits, Store, select

FIGURE = "100 sql clients at once, p95"
TARGET = "ours <= 2"
UNIT = "seconds"
COUNT, CLIENTS, AT_ONCE, RUNS = 50_000, 100, 2, 3
POINT = "SELECT part_key, product, version FROM server WHERE part_key = $key"
VIEWS = {
    "part": "name = 'model-7'", "edge": "source_key = 'agent:7'", "attribute": "part_kind = 'tool'",
    "host": "host = 'x'", "listener": "port = 8000", "server": "product = 'vllm'", "model": "family = 'llama'",
    "finding": "severity = 'high'", "service": "product = 'vllm'", "change_log": "event = 'server.new'",
    "sweep_log": "complete", "coverage_gap": "zone = 'default'",
}  # fmt: skip
"""A filter for each view; each may take a tenth of a second."""
GREEDY = "SELECT list(i) FROM range(1000000000) t(i)"


def ours(count: int) -> dict[str, float]:
    """The seconds and megabytes of each thing, on a snapshot of so many parts."""
    with tempfile.TemporaryDirectory(dir=ROOT, prefix=".bench-") as folder:
        snapshot, published = _published(Path(folder) / "bench.duckdb", count)
        told = {"publish": published, "first": _first(snapshot)}
        with Jail(at_once=AT_ONCE) as jail:
            jail.select(snapshot, "SELECT 1")
            told["warm"] = median(jail.select(snapshot, "SELECT 1").seconds for _ in range(20))
            for view, where in VIEWS.items():
                text = f"SELECT * FROM {view} WHERE {where} LIMIT 100"  # noqa: S608 - our own
                told[f"view {view}"] = min(jail.select(snapshot, text).seconds for _ in range(3))
            told |= _crowd(jail, snapshot, POINT, {"key": "server:7"})
            greedy = _crowd(jail, snapshot, GREEDY, {})
            told["greedy peak MB"] = greedy["peak MB"]
        return told


def _published(path: Path, count: int) -> tuple[Path, float]:
    with Store.open(path) as store:
        store.settle(estate(count).graph, sweep_id="0", seen_at=AT, covered=lambda _: True, gone_after=1)
        began = time.monotonic()
        copy = store.publish()
        assert copy
        return copy, time.monotonic() - began


def _first(snapshot: Path) -> float:
    """One query where nothing waits: the start of an interpreter and of DuckDB counts."""

    def once() -> float:
        began = time.monotonic()
        select(snapshot, "SELECT 1")
        return time.monotonic() - began

    return median(once() for _ in range(5))


def _crowd(jail: Jail, snapshot: Path, text: str, given: dict[str, str]) -> dict[str, float]:
    """All clients at once: how long each waited, queue and all, and the most memory that all children had together."""
    done = Event()
    most = [0.0]
    watch = Thread(target=_watch, args=(done, most))
    watch.start()
    began = time.monotonic()

    def client(_: int) -> float:
        try:
            jail.select(snapshot, text, Limits(seconds=5), given)
        except Exception as error:
            if "memory" not in str(error):
                raise
        return time.monotonic() - began

    with ThreadPoolExecutor(CLIENTS) as clients:
        waited = sorted(clients.map(client, range(CLIENTS)))
    done.set()
    watch.join()
    return {"p50": waited[CLIENTS // 2], "p95": waited[CLIENTS * 95 // 100], "peak MB": most[0]}


def _watch(done: Event, most: list[float]) -> None:
    """Note the greatest sum of the proportional shares of all that descend from this process."""
    while not done.wait(0.01):
        most[0] = max(most[0], sum(map(_share, _descendants(os.getpid()))))


def _descendants(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(one) for one in task.read_text(encoding="ascii").split()]
        except OSError:
            continue
    return found + [further for one in found for further in _descendants(one)]


def _share(pid: int) -> float:
    """Megabytes (Pss of /proc/pid/smaps_rollup, proc(5)); 0 for one that has ended."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0.0
    return int(text.partition("\nPss:")[2].split()[0]) / 1024


def run() -> Result:
    """Measure it."""
    told = [call("benches.sql:ours", COUNT).answer for _ in range(RUNS)]
    extra = {name: median(one[name] for one in told) for name in told[0]}
    slowest = max((extra[name], name) for name in extra if name.startswith("view "))
    note = (
        f"first {extra['first'] * 1000:.0f} ms, warm {extra['warm'] * 1000:.0f} ms, {slowest[1]}"
        f" {slowest[0] * 1000:.0f} ms, publish {extra['publish'] * 1000:.0f} ms, at most {extra['peak MB']:.0f} MB;"
        f" {extra['greedy peak MB']:.0f} MB where each takes all it can"
    )
    return judged(FIGURE, TARGET, UNIT, [one["p95"] for one in told], note=note, extra=extra)


if __name__ == "__main__":
    main(run)
