"""Containers listed and inspected by our source and by Docker's own client, in turn, against one real dockerd.

The containers are created, not started, from a small image. Needs root and Debian's packages; their number is in the
environment's CONTAINERS, 200 where it is not set.
"""

import os
import resource
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benches.harness import Result, judged, main, skipped
from livebom.net.engine_api import EngineDoor
from probes.local.engine import Engine
from probes.local.workload import Window
from tests.containers.engines import Engines, engines, missing

FIGURE = "containers listed and inspected, to docker inspect $(docker ps -aq)"
TARGET = "ratio <= 1.0"
UNIT = "s"
_RUNS = 3


def run() -> Result:
    """Measure both by turns."""
    if reason := missing():
        return skipped(FIGURE, TARGET, UNIT, reason)
    count = int(os.environ.get("CONTAINERS", "200"))
    with engines(Path(tempfile.mkdtemp(prefix="livebom-engines-"))) as real:
        with ThreadPoolExecutor(4) as pool:
            list(
                pool.map(lambda n: real.docker("create", "--name", f"c{n}", "livebom/busy:1", "/bin/sh"), range(count))
            )
        mine, theirs = [], []
        for _ in range(_RUNS):
            mine.append(_ours(real, count))
            theirs.append(_peer(real, count))
    extra = {"containers": float(count), "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
    return judged(FIGURE, TARGET, UNIT, mine, theirs, note=f"{count} containers", extra=extra)


def _ours(real: Engines, count: int) -> float:
    began = time.perf_counter()
    looked = Engine("docker", EngineDoor(address=f"unix://{real.docker_socket}")).look(Window(deadline=300))
    took = time.perf_counter() - began
    assert looked.complete, looked.not_seen
    assert len(looked.workloads) == count
    return took


def _peer(real: Engines, count: int) -> float:
    environment = {**os.environ, "DOCKER_HOST": f"unix://{real.docker_socket}"}
    began = time.perf_counter()
    done = subprocess.run(
        ["sh", "-c", "docker inspect $(docker ps -aq)"], env=environment, capture_output=True, check=True
    )
    took = time.perf_counter() - began
    assert done.stdout.count(b'"HostConfig"') == count
    return took


if __name__ == "__main__":
    main(run)
