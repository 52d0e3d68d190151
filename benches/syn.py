"""The SYN path over a filtered range: rate against masscan, zmap and a C program that only sends; CPU against masscan.

`ours` is the steady rate, without start and end; of masscan the best 0.2 s count. Two traps of the peers: masscan ends
only when one more packet comes, so the other side drips some; zmap's own blacklist holds 198.18.0.0/15, so it gets
another. CPU seconds are of whole processes, with every start and import, over four times as many probes.
"""

from collections.abc import Callable

from msgspec.structs import replace

from benches.bed import ANSWERING, FILTERED, PORTS, PROBES, Bed, Meter, bound, masscan, missing, zmap
from benches.harness import Cost, Result, by_turns, call, judged, main, skipped

FIGURE = "SYN rate to masscan's peak"
TARGET = "ratio >= 1.0"
UNIT = "probes/s, filtered /18 x 40"
CPU = "CPU s per million probes"
FURTHER = {
    "SYN rate to zmap, one port": ("ratio >= 0.8", UNIT),
    "SYN rate to the C sendmmsg bound": ("ratio >= 0.6", UNIT),
    "SYN CPU to masscan, filtered": ("ratio <= 0.7", f"{CPU}, /16 x 40"),
    "SYN CPU to masscan, RST": ("ratio <= 0.7", f"{CPU}, /18 x 40"),
}
LARGE, LARGE_PROBES = "10.0.0.0/16", 65536 * len(PORTS)


def metered(send: Callable[[], Cost], least: int) -> Cost:
    """Run it and tell, as its answer, how fast the frames left; fails where they were fewer than they should."""
    with Meter() as meter:
        cost = send()
    assert meter.sent >= least, f"only {meter.sent} of {least} frames left"
    return replace(cost, answer={"steady": meter.steady, "peak": meter.peak()})


def ours(network: str) -> Cost:
    """Our source over a network, each target tried once."""
    cost = call("benches.bed:hunt", network, PORTS, 0, 0.3, 0)
    assert cost.answer["finished"], "our sweep did not come to its end"
    return cost


def _rates(bed: Bed) -> list[list[Cost]]:
    return by_turns(
        lambda: metered(lambda: ours(FILTERED), PROBES),
        lambda: metered(lambda: masscan(bed, FILTERED, PORTS), PROBES),
        lambda: metered(lambda: zmap(bed, FILTERED, PORTS[0], len(PORTS)), PROBES),
        lambda: metered(lambda: bound(bed, FILTERED, PROBES), PROBES),
    )


def _cpu(bed: Bed, network: str, probes: int) -> list[list[float]]:
    both = by_turns(lambda: ours(network), lambda: masscan(bed, network, PORTS))
    return [[cost.cpu / probes * 1e6 for cost in costs] for costs in both]


def run() -> list[Result]:
    """Measure all of them, by turns."""
    if reason := missing("masscan", "zmap", "gcc"):
        return [skipped(FIGURE, TARGET, UNIT, reason), *(skipped(name, *one, reason) for name, one in FURTHER.items())]
    with Bed() as bed:
        costs = _rates(bed)
        large = _cpu(bed, LARGE, LARGE_PROBES)
        with bed.responder("listen"):
            answering = _cpu(bed, ANSWERING, PROBES)
    mine, peaks = [one.answer["steady"] for one in costs[0]], [one.answer["peak"] for one in costs[1]]
    zmaps, bounds = ([one.answer["steady"] for one in side] for side in costs[2:])
    sides = [(mine, zmaps), (mine, bounds), (large[0], large[1]), (answering[0], answering[1])]
    first = judged(FIGURE, TARGET, UNIT, mine, peaks, note="its best 0.2 s")
    told = zip(FURTHER.items(), sides, strict=True)
    return [first, *(judged(name, target, unit, *side) for (name, (target, unit)), side in told)]


if __name__ == "__main__":
    main(run)
