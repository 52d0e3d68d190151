"""One target under atheris, in this process: coverage leads, and a defect is written down and passed by."""

import argparse
import hashlib
import os
import resource
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import atheris

from tests.fuzz.mutating import mutated
from tests.fuzz.targets import SPLIT, load

MEMORY = 2 << 30
"""Bytes of address space of this process."""
SLOW = 0.4
"""Seconds of processor time for one input; instrumented code is about four times as slow as the same without."""
OWN = ("livebom", "probes", "daemon")


class Notebook:
    """Defects found, one of each kind, as files: the input, and beside it why."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.known: set[str] = {path.name for path in folder.glob("*.txt")}
        self.slowest = SLOW

    def fault(self, error: BaseException, data: bytes) -> None:
        """Keep the first input of each place that raises."""
        frames = traceback.extract_tb(error.__traceback__)
        place = next((one for one in reversed(frames) if "site-packages" not in one.filename), frames[-1])
        name = f"{type(error).__name__}-{Path(place.filename).stem}-{place.lineno}"
        if f"{name}.txt" not in self.known:
            self.known.add(f"{name}.txt")
            self._write(name, data, "".join(traceback.format_exception(error)))

    def slow(self, seconds: float, data: bytes) -> None:
        """Keep an input that took longer than all before it."""
        if seconds > self.slowest:
            self.slowest = seconds * 1.3
            self._write(f"slow-{seconds:.2f}-{hashlib.sha256(data).hexdigest()[:6]}", data, f"{seconds:.3f} s\n")

    def _write(self, name: str, data: bytes, why: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / f"{name}.bin").write_bytes(data)
        (self.folder / f"{name}.txt").write_text(why, encoding="utf-8", errors="replace")


def watched(one_input: Callable[[bytes], None], book: Notebook) -> Callable[[bytes], None]:
    """The target for the fuzzer: it goes on after a defect, so that one does not hide the next."""

    def run(data: bytes) -> None:
        before = time.process_time()
        try:
            one_input(data)
        except Exception as error:  # noqa: BLE001 - what is not expected is what is looked for
            book.fault(error, data)
        book.slow(time.process_time() - before, data)

    return run


def mutator(prefix: int) -> Callable[[bytes, int, int], bytes]:
    """Changes the structure of one part that is JSON, behind so many bytes that are none; else bytes, as ever."""

    def change(data: bytes, longest: int, seed: int) -> bytes:
        if seed % 4:
            head, pieces = data[:prefix], data[prefix:].split(SPLIT)
            at = seed // 4 % len(pieces)
            piece = mutated(pieces[at], seed)
            if piece is not None:
                pieces[at] = piece
                out = head + SPLIT.join(pieces)
                if len(out) <= longest:
                    return out
        return bytes(atheris.Mutate(data, longest))

    return change


def main() -> None:
    """Fuzz one target until libFuzzer's own options say that it is enough."""
    asked = argparse.ArgumentParser(prog="python -m tests.fuzz.engine")
    asked.add_argument("name")
    asked.add_argument("--found", type=Path, required=True)
    given, options = asked.parse_known_args()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    with atheris.instrument_imports(include=list(OWN)):
        target = load(given.name)
    run = watched(target.one_input, Notebook(given.found))
    run(b"")  # what is made once is made before the clock of the first input starts
    prefix = getattr(target, "JSON_AFTER", None)
    arguments = [sys.argv[0], *options]
    if prefix is None:
        atheris.Setup(arguments, run)
    else:
        atheris.Setup(arguments, run, custom_mutator=mutator(prefix))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
