"""Ten thousand containers are told within bounded memory and time, and each of them that is broken is a fact."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab import ROOT
from tests.probes.local.fakeengine import container, engine

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
_COUNT = 10_000
_BROKEN, _GONE = 700, 1300
"""Every so many-th answers nonsense, or has vanished between list and inspection."""
_MEGABYTES, _SECONDS = 400, 90
_CHILD = """
import json, re, sys, time
from pathlib import Path
from livebom.net.engine_api import EngineDoor
from probes.local.engine import Engine
from probes.local.workload import Window
began = time.monotonic()
looked = Engine("docker", EngineDoor(address=sys.argv[1])).look(Window(deadline=100))
# The kernel carries the peak of getrusage(2) over a fork, and whoever started this one may be large; VmHWM is its own.
rss = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
print(json.dumps({"told": len(looked.workloads), "lines": looked.not_seen, "complete": looked.complete,
                  "rss": rss, "seconds": time.monotonic() - began}))
"""


def test_ten_thousand_containers_are_told(tmp_path: Path) -> None:
    ids = [f"{number:064x}" for number in range(_COUNT)]
    answers: dict[str, object] = {"/v1.41/containers/json": [{"Id": id_} for id_ in ids]}
    broken, gone = ids[::_BROKEN], list(ids[1::_GONE])
    for id_ in ids:
        answers[f"/v1.41/containers/{id_}/json"] = json.dumps(container(id_, Name=f"/c{id_[-6:]}")).encode()
    answers |= {f"/v1.41/containers/{id_}/json": b'{"Id": 7' for id_ in broken}
    answers |= {f"/v1.41/containers/{id_}/json": 404 for id_ in gone}
    with engine(tmp_path / "s", answers) as (address, asked):
        done = subprocess.run(
            [sys.executable, "-c", _CHILD, address], cwd=ROOT, capture_output=True, text=True, timeout=150, check=False
        )
    assert done.returncode == 0, done.stderr
    came = json.loads(done.stdout)
    assert came["told"] == _COUNT - len(broken) - len(gone)
    assert not came["complete"]
    assert len(came["lines"]) == 2
    assert f"{len(broken)} containers whose details cannot be read" in came["lines"][1]
    assert f"{len(gone)} containers vanished before a look" in came["lines"][0]
    # Beside them the ping, the list, and the one image of all, once or, where threads meet, as often as they are.
    assert _COUNT + 3 <= len(asked) <= _COUNT + 6
    assert came["rss"] < _MEGABYTES, came
    assert came["seconds"] < _SECONDS, came
