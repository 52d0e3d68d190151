"""Requests per second of the HTTP stage, one ask per service, against aiohttp's client."""

import shutil
from statistics import median

from benches.harness import Result, by_turns, call, judged, main, skipped
from benches.http import UNIT, checked, per_request, rates, responder, wrk, wrk_took

FIGURE = "HTTP, one ask per service, to aiohttp"
TARGET = "ratio >= 5"


def run() -> Result:
    """Measure both, and wrk beside them: no client that opens a connection for each request can beat it by much."""
    if not shutil.which("wrk") or not shutil.which("gcc"):
        return skipped(FIGURE, TARGET, UNIT, "needs wrk and gcc")
    with responder() as port:
        costs = by_turns(
            lambda: call("benches.http:ours", port, 1), lambda: call("benches.http:aiohttp", port, 1), lambda: wrk(port)
        )
    mine, theirs = ([checked(cost, 1) for cost in side] for side in costs[:2])
    bound = [wrk_took(cost) for cost in costs[2]]
    best = median(rates(bound)) / median(rates(theirs))
    extra = {"ours, us of CPU": per_request(mine), "aiohttp, us of CPU": per_request(theirs), "wrk to aiohttp": best}
    note = f"wrk itself {best:.1f}x; CPU {extra['aiohttp, us of CPU'] / extra['ours, us of CPU']:.1f}x"
    return judged(FIGURE, TARGET, UNIT, rates(mine), rates(theirs), note=note, extra=extra)


if __name__ == "__main__":
    main(run)
