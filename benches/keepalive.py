"""Requests per CPU second of the HTTP stage against aiohttp's client, eight asks over one connection."""

import shutil

from benches.harness import Result, by_turns, call, judged, main, skipped
from benches.http import checked, responder

FIGURE = "HTTP, 8 asks per service, to aiohttp"
TARGET = "ratio >= 3"
UNIT = "requests per CPU second"
EACH = 8


def run() -> Result:
    """Measure both."""
    if not shutil.which("gcc"):
        return skipped(FIGURE, TARGET, UNIT, "needs gcc")
    with responder() as port:
        mine, theirs = by_turns(
            lambda: call("benches.http:ours", port, EACH), lambda: call("benches.http:aiohttp", port, EACH)
        )
    took = [[checked(cost, EACH) for cost in side] for side in (mine, theirs)]
    return judged(FIGURE, TARGET, UNIT, *([good / cpu for good, _, cpu in side] for side in took))


if __name__ == "__main__":
    main(run)
