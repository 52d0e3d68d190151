"""The memory of the SYN sender: a /8 x 40 ports planned, and five million frames made and not sent."""

import json
import sys

from benches.harness import Result, command, judged, main

FIGURE = "memory of a /8 x 40 SYN sweep"
TARGET = "ours <= 64"
UNIT = "MB, proportional (PSS), dry sender"


def _dry() -> dict[str, float]:
    argv = [sys.executable, "-m", "probes.engine.syn", "--dry", "--network", "10.0.0.0/8", "--ports", "40"]
    told: dict[str, float] = json.loads(command([*argv, "--targets", "5000000"]).answer)
    assert told["frames"] > 1_000_000, "it made hardly any frame"
    return told


def run() -> Result:
    """Measure it, three times."""
    runs = [_dry() for _ in range(3)]
    each = min(one["cpu_seconds"] / one["frames"] for one in runs) * 1e6
    extra = {"CPU s per million frames made": each}
    return judged(FIGURE, TARGET, UNIT, [one["pss_kb"] / 1024 for one in runs], extra=extra)


if __name__ == "__main__":
    main(run)
