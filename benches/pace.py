"""Whether the rate is kept: probes per second that were sent against those that were wanted, at 1 k, 10 k and 100 k.

The bound is the wanted rate; there is no peer. Two senders are measured: one that only takes tokens and sleeps, as a
process that sends in batches does, and the connect path on loopback as far as a core can connect (10 k; at 100 k it is
told how far it came). The worst of the five counts.
"""

import os
import time
from typing import Any

from benches.harness import Result, call, judged, main

FIGURE = "accuracy of the rate"
TARGET = "ours <= 3"
UNIT = "% off the wanted rate, the worst of 1 k, 10 k, 100 k"

RATES = (1_000, 10_000, 100_000)
CONNECTS = (1_000, 10_000)
SECONDS = 3.0


def tokens(rate: float, seconds: float) -> dict[str, Any]:
    """Take tokens for so long, in turns of a millisecond; runs in a child."""
    from livebom.net.pace import Pace

    pace, taken, most = Pace(rate), 0, 0
    began = now = time.monotonic()
    while now - began < seconds:
        granted = pace.take(1_000_000)
        taken, most = taken + granted, max(most, granted)
        os.sched_yield() if granted else _rest(max(pace.wait(), 0.001))
        now = time.monotonic()
    return {"rate": taken / (now - began), "most": most}


def connects(rate: float, seconds: float) -> dict[str, Any]:
    """Connect to closed ports of loopback for about so long; runs in a child."""
    from livebom.net.pace import Pace
    from livebom.net.ranges import Range
    from probes.engine.connect import connect_sweep, stride
    from probes.engine.permute import Permutation
    from probes.engine.plan import Block, make_plan

    first, number = (127 << 24) + 1, int(rate * seconds)
    plan = make_plan([Block((Range(first, first + number - 1, 4),), (2,))])
    order = Permutation(number, b"bench").walk(batch=stride(rate))
    began = time.monotonic()
    tally = connect_sweep(plan, order, Pace(rate), on_open=lambda found: None, stop=lambda: False)
    assert tally.refused == number
    return {"rate": tally.sent / (time.monotonic() - began)}


def _rest(seconds: float) -> None:
    import select

    select.select([], [], [], seconds)


def _off(rate: float, wanted: float) -> float:
    return abs(rate / wanted - 1) * 100


def run() -> Result:
    """Measure each rate three times."""
    off: list[float] = []
    extra: dict[str, float] = {}
    for _ in range(3):
        worst = 0.0
        for rate in RATES:
            told = call("benches.pace:tokens", rate, SECONDS).answer
            extra[f"tokens at {rate}: % off"] = _off(told["rate"], rate)
            extra[f"tokens at {rate}: most at once"] = told["most"]
            worst = max(worst, _off(told["rate"], rate))
        for rate in CONNECTS:
            reached = call("benches.pace:connects", rate, SECONDS).answer["rate"]
            extra[f"connects at {rate}: % off"] = _off(reached, rate)
            worst = max(worst, _off(reached, rate))
        off.append(worst)
    extra["connects at 100000: probes/s"] = call("benches.pace:connects", 100_000, SECONDS).answer["rate"]
    return judged(FIGURE, TARGET, UNIT, off, extra=extra)


if __name__ == "__main__":
    main(run)
