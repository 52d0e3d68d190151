"""End to end: `livebom discover` over /18 x 40 ports with 1000 HTTP services, to the bare sweep of the same targets.

The services answer as a recorded Ollama did; each must be recognised, and everything is stored in a DuckDB file. The
bare sweep is of the same SYN path with the same timeout and tries.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benches.bed import ANSWERING, PORTS, Bed, chosen, missing
from benches.harness import ROOT, Cost, Result, by_turns, call, judged, main, skipped

FIGURE = "discover to the bare sweep"
TARGET = "ratio <= 2"
UNIT = "seconds, /18 x 40, 1000 services"
RECORDING, PRODUCT = "ollama-0.32.15-default", "ollama"
TIMEOUT, RETRIES = 2.0, 1
"""What `discover` has by default."""


def _discover() -> Cost:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "out.json")
        argv = [sys.executable, "-m", "livebom", "discover", ANSWERING, "--ports", f"{PORTS[0]}-{PORTS[-1]}"]
        argv += ["--engine", "syn", "--rate", "1000000", "--db", str(Path(folder, "s.duckdb"))]
        began = time.monotonic()
        done = subprocess.run([*argv, "-o", str(out), "-q"], cwd=ROOT, timeout=300, capture_output=True, text=True)
        wall = time.monotonic() - began
        assert done.returncode == 0, f"discover ended with {done.returncode}: {done.stderr[-500:]}"
        parts = json.loads(out.read_text())["parts"]
    listeners = [one["attributes"] for one in parts if one["kind"] == "listener"]
    known = {(_value(one, "host"), _value(one, "port")) for one in listeners if _value(one, "product") == PRODUCT}
    return Cost(cpu=0, wall=wall, rss=0, answer=len(known & set(chosen())))


def _value(attributes: dict[str, Any], name: str) -> Any:
    """The first thing said of it."""
    return attributes[name][0]["value"] if name in attributes else None


def _bare() -> Cost:
    return call("benches.bed:hunt", ANSWERING, PORTS, 0, TIMEOUT, RETRIES)


def run() -> Result:
    """Measure both by turns."""
    if reason := missing():
        return skipped(FIGURE, TARGET, UNIT, reason)
    with Bed() as bed, bed.responder("serve", RECORDING):
        whole, bare = by_turns(_discover, _bare)
    assert all(len(cost.answer["open"]) == len(chosen()) for cost in bare), "the bare sweep missed open ports"
    known = min(cost.answer for cost in whole)
    assert known == len(chosen()), f"only {known} services were recognised"
    more = [one.wall - other.wall for one, other in zip(whole, bare, strict=True)]
    note = f"{min(more):.1f} to {max(more):.1f} s more"
    return judged(FIGURE, TARGET, UNIT, [cost.wall for cost in whole], [cost.wall for cost in bare], note=note)


if __name__ == "__main__":
    main(run)
