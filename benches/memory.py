"""The memory of a whole sweep: `livebom discover 127.0.0.0/16` x 4 closed ports as one process.

The figure is of the sweep without a store. DuckDB alone adds about 57 MB however little is written (45 MB of it its own
library's pages, which the kernel can drop and share); what the same sweep takes with a store is told beside it.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from benches.harness import ROOT, Result, judged, main

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


def run() -> Result:
    """Measure it, three times."""
    bare = [_peak("--no-store") for _ in range(3)]
    with tempfile.TemporaryDirectory() as folder:
        stored = _peak("--db", str(Path(folder, "s.duckdb")))
    return judged(FIGURE, TARGET, UNIT, bare, note=f"{stored:.0f} MB with a store", extra={"with_store": stored})


if __name__ == "__main__":
    main(run)
