"""Milliseconds to tell what changed since yesterday, of 1,000,000 services that ten sweeps saw, and to publish them."""

import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from benches.harness import ROOT, Cost, Result, call, judged, main
from livebom.bom.change import Change
from livebom.bom.identity import part_id
from livebom.bom.parts import PartKind
from livebom.bom.service import Severity
from livebom.store import Store, SweepRow, snapshot_path
from livebom.store.encode import json_text

FIGURE = "changed since yesterday, 1,000,000 services"
TARGET = "ours <= 50"
UNIT = "milliseconds"
SERVICES = 1_000_000
SWEEPS = 10
SHARE = 100
"""One service of so many changes from one sweep to the next."""
RAW = 1_000_000_000
"""Bytes of evidence that were moved to Parquet, or were not."""
BEGAN = datetime(2026, 11, 10, 21, 0, tzinfo=UTC)
CALLS = 20

_PARTS = """
INSERT INTO part_interval
SELECT md5(n || ' ' || t)::UUID, 'listener',
    'default/10.' || (n >> 16) || '.' || ((n >> 8) & 255) || '.' || (n & 255) || ':8000',
    '{{"product":[{{"value":"vllm","surface":"runtime","source":"connect","confidence":"verified",'
        || '"first_seen":"2026-11-10T21:00:00Z","last_seen":"2026-11-10T21:00:00Z"}}]}}',
    $began::TIMESTAMP, $seen::TIMESTAMP, $began::TIMESTAMP + INTERVAL (t) DAY,
    CASE WHEN n % {share} = 0 AND t < {sweeps} - 1 THEN $began::TIMESTAMP + INTERVAL (t + 1) DAY END, 0,
    unhex(md5(n::VARCHAR)), unhex(md5(t::VARCHAR)), 'sweep-' || t
FROM range({services}) AS a(n), range({sweeps}) AS b(t) WHERE t = 0 OR n % {share} = 0
ORDER BY t, n
"""
_CHANGES = """
INSERT INTO change
SELECT md5(n || ' ' || t)::UUID::VARCHAR, 'sweep-' || t, $began::TIMESTAMP + INTERVAL (t) DAY, 'server.version_changed',
    'info', 'confirmed', 'server', 'default/10.' || (n >> 16) || '.' || (n & 255) || '/vllm', $body
FROM range(0, {services}, {share}) AS a(n), range(1, {sweeps}) AS b(t) ORDER BY t, n
"""
_RAW = """
INSERT INTO observation
SELECT 'sweep-' || (n % {sweeps}), $began::TIMESTAMP + INTERVAL (n % {sweeps}) DAY, 'runtime', 'connect', 'server',
    'server-' || n, '[]',
    '{{"v":"' || sha256(n || 'a') || sha256(n || 'b') || sha256(n || 'c') || sha256(n || 'd') || '"}}', '[]',
    '[{{"what":"GET /","digest":"' || sha256(n::VARCHAR) || '","excerpt":""}}]', 'declared', 'ok'
FROM range({first}, {last}) AS a(n) ORDER BY 2
"""


def ours(services: int) -> dict[str, float]:
    """Milliseconds of a page of 1000 and of all of the last day's changes; seconds and megabytes of the snapshot."""
    with tempfile.TemporaryDirectory(dir=ROOT, prefix=".bench-") as folder, _store(Path(folder)) as store:
        words = {"began": BEGAN.replace(tzinfo=None), "seen": (BEGAN + timedelta(days=SWEEPS)).replace(tzinfo=None)}
        numbers = {"services": services, "sweeps": SWEEPS, "share": SHARE}
        _run(store, _PARTS.format(**numbers), words)
        _run(store, _CHANGES.format(**numbers), {"began": words["began"], "body": json_text(_change())})
        since = BEGAN + timedelta(days=SWEEPS - 1, hours=-12)
        page = [_seconds(lambda: store.changes(since, limit=1000)) for _ in range(CALLS)]
        whole = [_seconds(lambda: store.changes(since)) for _ in range(3)]
        published = _seconds(store.publish)
        told = len(store.changes(since))
        size = snapshot_path(Path(folder) / "bench.duckdb").stat().st_size / 1e6
        return {
            "page ms": median(page) * 1e3,
            "all ms": median(whole) * 1e3,
            "told": told,
            "publish s": published,
            "megabytes": size,
        }


def archived(_: int) -> dict[str, float]:
    """Seconds to publish a store with a gigabyte of evidence, to move that into Parquet, and to publish it then."""
    with tempfile.TemporaryDirectory(dir=ROOT, prefix=".bench-") as folder, _store(Path(folder)) as store:
        path, first, step = Path(folder) / "bench.duckdb", 0, 500_000
        words = {"began": BEGAN.replace(tzinfo=None)}
        while path.stat().st_size < RAW:
            text = _RAW.format(sweeps=SWEEPS, first=first, last=first + step)
            _run(store, text, words)
            _run(store, "CHECKPOINT", {})
            first += step
        store.begin_sweep(SweepRow(id="one", started_at=BEGAN))
        before = _seconds(store.publish)
        size = snapshot_path(path).stat().st_size / 1e6
        moved = _seconds(lambda: store.retain(BEGAN + timedelta(days=SWEEPS + 1)))
        store.begin_sweep(SweepRow(id="two", started_at=BEGAN))
        after = _seconds(store.publish)
        parquet = sum(file.stat().st_size for file in (Path(folder) / "bench.duckdb.history").iterdir()) / 1e6
        return {
            "raw rows": first,
            "raw megabytes": size,
            "publish with raw s": before,
            "move s": moved,
            "publish s": after,
            "left megabytes": snapshot_path(path).stat().st_size / 1e6,
            "parquet megabytes": parquet,
        }


def _store(folder: Path) -> Store:
    return Store.open(folder / "bench.duckdb")


def _run(store: Store, text: str, words: dict[str, Any]) -> None:
    """Fill tables in bulk, as no door of the store does."""
    store._database.connection.execute(text, words)  # noqa: SLF001


def _change() -> Change:
    key = "default/10.0.0.5/vllm"
    return Change(
        event="server.version_changed",
        severity=Severity.INFO,
        part=part_id(PartKind.SERVER, key),
        kind=PartKind.SERVER,
        key=key,
        name=key,
        attribute="version",
        before="0.19.0",
        after="0.20.0",
        where=("default/10.0.0.5:8000",),
        at=BEGAN,
    )


def _seconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def run() -> Result:
    """Measure it: a page of the changes, and beside it the publishing of 1 GB of history, moved out and not."""
    mine: list[Cost] = [call("benches.drift:ours", SERVICES) for _ in range(3)]
    extra: dict[str, float] = {name: median(cost.answer[name] for cost in mine) for name in mine[0].answer}
    extra |= {f"1 GB: {name}": number for name, number in call("benches.drift:archived", 0).answer.items()}
    note = ", ".join(f"{name} {number:.3g}" for name, number in extra.items())
    return judged(FIGURE, TARGET, UNIT, [cost.answer["page ms"] for cost in mine], [], note=note, extra=extra)


if __name__ == "__main__":
    main(run)
