"""The memory of a whole sweep: `livebom discover 127.0.0.0/16` x 4 closed ports as one process.

The figure is of the sweep without a store. DuckDB alone adds about 57 MB however little is written (45 MB of it its own
library's pages, which the kernel can drop and share); what the same sweep takes with a store is told beside it. And so
is what a /8 x 40 ports adds to a process that plans it and walks a million of its targets: nothing is kept per target.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from benches.harness import ROOT, Result, call, judged, main

FIGURE = "memory of a /16 x 4 sweep"
TARGET = "ours <= 80"
UNIT = "MB, peak resident"

_PORTS = "2,3,4,5"
"""Ports nobody listens on; what runs on this machine for other reasons is left alone."""


def _peak(*store: str) -> float:
    """Peak resident MB of one sweep, as wait4(2) tells it of that child alone."""
    arguments = ["discover", "127.0.0.0/16", "--ports", _PORTS, "--rate", "1000000", *store, "-q"]
    script = (
        "import os, resource, runpy, sys\n"
        "sys.argv = ['livebom', *sys.argv[1:]]\n"
        "try:\n    runpy.run_module('livebom', run_name='__main__')\n"
        "except SystemExit as end:\n    code = end.code\n"
        "status = open('/proc/self/status').read()\n"
        "sys.stderr.write(status.partition('VmHWM:')[2].split()[0])\n"
        "os._exit(code or 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    if done.returncode:
        raise RuntimeError(f"the sweep ended with {done.returncode}: {done.stderr[-500:]}")
    assert "262144 targets tried" in done.stdout, "the sweep did not try what it should"
    return int(done.stderr.split()[-1]) / 1024


def planned(walked: int) -> dict[str, int]:
    """The bytes that planning a /8 x 40 and walking so many of its targets adds; sends nothing, runs in a child."""
    import tracemalloc

    from livebom.net.ranges import Range
    from probes.engine.permute import Permutation
    from probes.engine.plan import Block, make_plan

    tracemalloc.start()
    plan = make_plan([Block((Range(10 << 24, (11 << 24) - 1, 4),), tuple(range(8000, 8040)))])
    order = Permutation(len(plan), b"bench")
    seen = 0
    for _, numbers in order.walk(order.size // 2):  # as a shard or a resumed sweep does, from the middle
        seen += len(plan.rows(numbers))
        if seen >= walked:
            break
    return {"targets": len(plan), "bytes": tracemalloc.get_traced_memory()[1]}


def run() -> Result:
    """Measure it, three times."""
    bare = [_peak("--no-store") for _ in range(3)]
    with tempfile.TemporaryDirectory() as folder:
        stored = _peak("--db", str(Path(folder, "s.duckdb")))
    large = call("benches.memory:planned", 1_000_000).answer
    assert large["targets"] == (1 << 24) * 40
    extra = {"with_store": stored, "a /8 x 40 adds": large["bytes"] / 1e6}
    note = f"{stored:.0f} MB with a store; a /8 x 40 plan and walk adds {large['bytes'] / 1e6:.1f} MB"
    return judged(FIGURE, TARGET, UNIT, bare, note=note, extra=extra)


if __name__ == "__main__":
    main(run)
