"""Runs fuzz targets, each in a bounded child of its own: `python -m tests.fuzz [NAME …] [--seconds N]`."""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from tests.fuzz.targets import REGRESSIONS, load, names

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "fuzz"
LONGEST = 1 << 16
"""Bytes of an input."""
ONE, RSS = 5, 1536
"""Seconds for one input, and MB for all; either ends the run."""
_STATUS = re.compile(rb"#(\d+)\s+(?:\w+)\s+cov: (\d+) ft: (\d+) corp: (\d+)/")


class Outcome(Struct):
    """What one target's run came to."""

    name: str
    seconds: float = 0.0
    executions: int = 0
    covered: int = 0
    """Edges of our code, as atheris counts them."""
    seeds: int = 0
    units: int = 0
    """Inputs that cover something new, found in this run."""
    faults: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """A row of the table."""
        speed = self.executions / self.seconds if self.seconds else 0.0
        return (
            f"{self.name:14} {self.executions:>10,} {speed:>8,.0f} {self.covered:>7,} {self.seeds:>6,} "
            f"{self.units:>7,} {len(self.faults):>7,}"
        )


HEADER = f"{'target':14} {'executions':>10} {'a second':>8} {'covered':>7} {'seeds':>6} {'new':>7} {'defects':>7}"


def sown(name: str) -> Path:
    """The target's corpus, with its seeds in it."""
    folder = CACHE / "corpus" / name
    folder.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(load(name).seeds()):
        (folder / f"seed-{number:04}").write_bytes(data[:LONGEST])
    return folder


def ran(name: str, seconds: int) -> Outcome:
    """Fuzz one target for so long; a hang or a crash of the interpreter ends one child, and the next goes on."""
    corpus, found = sown(name), CACHE / "found" / name
    found.mkdir(parents=True, exist_ok=True)
    (found / "last.log").unlink(missing_ok=True)
    before = {path.name for path in found.iterdir()}
    known = {path.name for path in corpus.iterdir()}
    outcome = Outcome(name, seeds=sum(one.startswith("seed-") for one in known))
    started = time.monotonic()
    while (left := seconds - (time.monotonic() - started)) >= 1:
        code, log = _child(name, int(left), corpus, found)
        statuses = _STATUS.findall(log)
        if statuses:
            outcome.executions += int(statuses[-1][0])
            outcome.covered = max(outcome.covered, int(statuses[-1][1]))
        with (found / "last.log").open("ab") as kept:
            kept.write(log)
        if code == 0:
            break
    outcome.seconds = time.monotonic() - started
    outcome.units = len({path.name for path in corpus.iterdir()} - known)
    outcome.faults = tuple(sorted(_defects(found, before)))
    return outcome


def _child(name: str, seconds: int, corpus: Path, found: Path) -> tuple[int, bytes]:
    options = {
        "max_total_time": seconds,
        "timeout": ONE,
        "rss_limit_mb": RSS,
        "max_len": LONGEST,
        "artifact_prefix": f"{found}/",
        "verbosity": 1,
    }
    words = [sys.executable, "-m", "tests.fuzz.engine", name, "--found", str(found)]
    words += [f"-{key}={value}" for key, value in options.items()]
    words += [str(corpus)] + [str(one) for one in [REGRESSIONS / name] if one.is_dir()]
    with tempfile.TemporaryDirectory(prefix="livebom-fuzz-") as scratch:  # libFuzzer ends without a word to Python
        where = {**os.environ, "TMPDIR": scratch}
        child = subprocess.run(
            words, cwd=ROOT, env=where, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
        )
    return child.returncode, child.stdout


def _defects(found: Path, before: set[str]) -> Iterator[str]:
    for path in found.iterdir():
        if path.name not in before and (path.suffix == ".bin" or path.name.startswith(("crash-", "timeout-", "oom-"))):
            yield path.name


def main() -> None:
    """Run what was asked for, all by default; ends with 1 where anything was found."""
    asked = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    asked.add_argument("names", nargs="*", metavar="NAME", choices=[*names(), []], help=", ".join(names()))
    asked.add_argument("--seconds", type=int, default=120, help="for each target (default: 120)")
    given = asked.parse_args()
    print(HEADER, flush=True)
    outcomes = []
    for name in given.names or names():
        outcomes.append(ran(name, given.seconds))
        print(outcomes[-1].line, flush=True)
    for outcome in outcomes:
        for fault in outcome.faults:
            print(f"defect: {(CACHE / 'found' / outcome.name / fault).relative_to(ROOT)}")
    sys.exit(any(outcome.faults for outcome in outcomes))


if __name__ == "__main__":
    main()
