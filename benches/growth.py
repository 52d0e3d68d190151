"""Whether a large sweep costs more per probe than a small one: 2^14, 2^16 and 2^18 addresses x 20 ports, filtered.

The figure is how far the CPU seconds per million probes of any size are from the mean of the three, without the start
of the processes, which a sweep of one address tells.
"""

from statistics import mean, median

from benches.bed import Bed, missing
from benches.harness import Cost, Result, by_turns, call, judged, main, skipped

FIGURE = "growth, 2^14 to 2^18 addresses"
TARGET = "ours <= 10"
UNIT = "% off the mean CPU per probe"
PORTS = tuple(range(8000, 8020))
NETWORKS = {"10.0.0.0/18": 1 << 14, "10.0.0.0/16": 1 << 16, "10.0.0.0/14": 1 << 18}


def _ours(network: str) -> Cost:
    cost = call("benches.bed:hunt", network, PORTS, 0, 0.3, 0)
    assert cost.answer["finished"], "our sweep did not come to its end"
    return cost


def run() -> Result:
    """Measure the three sizes by turns."""
    if reason := missing():
        return skipped(FIGURE, TARGET, UNIT, reason)
    with Bed():
        start, *sizes = by_turns(*(lambda network=one: _ours(network) for one in ("10.0.0.0/32", *NETWORKS)))
    begun = median(cost.cpu for cost in start)
    each = [
        (median(cost.cpu for cost in costs) - begun) / (addresses * len(PORTS)) * 1e6
        for addresses, costs in zip(NETWORKS.values(), sizes, strict=True)
    ]
    middle = mean(each)
    note = "CPU s per million probes: " + ", ".join(f"{one:.2f}" for one in each)
    extra = {f"CPU s per million, {network}": one for network, one in zip(NETWORKS, each, strict=True)}
    return judged(FIGURE, TARGET, UNIT, [max(abs(one - middle) for one in each) / middle * 100], note=note, extra=extra)


if __name__ == "__main__":
    main(run)
