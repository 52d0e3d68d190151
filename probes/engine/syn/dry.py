"""Everything the sender does but the sending: what a sweep costs in memory and time before the kernel."""

import json
import time
from argparse import ArgumentParser
from ipaddress import IPv4Network
from pathlib import Path

from livebom.net.ranges import Range
from probes.engine.permute import Permutation
from probes.engine.plan import Block, make_plan
from probes.engine.syn.cookie import Cookies
from probes.engine.syn.lanes import BATCH, Hops, Lanes
from probes.engine.syn.routes import Leg, Way
from probes.engine.syn.targets import Space
from probes.engine.syn.wall import Wall
from probes.engine.syn.wire import Letters

_WAY = Way(4, "none", 1, bytes(6), 0x0A000001, 0x0A000002)


class _Nowhere:
    """Takes every frame and sends none."""

    def send(self, _letters: Letters, first: int, end: int) -> int:
        """All of them."""
        return end - first


def measure(network: str, ports: int, targets: int) -> dict[str, float]:
    """Make the frames of the first so many counters of a sweep of `network` at ports 1..`ports`.

    Gives `frames`, `seconds` and `cpu_seconds`, and `pss_kb`: the memory of this process that no other shares.
    """
    net = IPv4Network(network)
    block = Block((Range(int(net[0]), int(net[-1]), 4),), tuple(range(1, ports + 1)))
    plan = make_plan([block])
    legs = [Leg(run.first, run.last, run.family, _WAY) for run in plan.runs]
    lanes = Lanes(
        Space(plan.runs, legs), Wall(plan.runs), Cookies(bytes(16), 65280), [Hops(bytes(6), {})], [_Nowhere()]
    )
    order = Permutation(len(plan), b"dry")
    frames, wall, cpu = 0, time.monotonic(), time.process_time()
    for _, numbers in order.walk(0, min(targets, order.size), BATCH):
        lanes.load(numbers, None)
        frames += lanes.send(BATCH)
    spent = time.monotonic() - wall, time.process_time() - cpu
    return {"frames": frames, "seconds": spent[0], "cpu_seconds": spent[1], "pss_kb": _pss()}


def _pss() -> float:
    """The proportional memory of this process in kB."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith("Pss:")))


def main() -> None:
    """Measure, and print JSON."""
    parser = ArgumentParser(prog="python -m probes.engine.syn", description=__doc__)
    parser.add_argument("--dry", action="store_true", required=True, help="make frames and send none")
    parser.add_argument("--network", default="10.0.0.0/8")
    parser.add_argument("--ports", type=int, default=40)
    parser.add_argument("--targets", type=int, default=2_000_000, help="counters of the order to walk")
    asked = parser.parse_args()
    print(json.dumps(measure(asked.network, asked.ports, asked.targets)))  # noqa: T201 - its one result
