"""`python -m benches [NAME…] [--json]`: measure every figure in this folder, or the named ones."""

import argparse
import importlib
import sys
from pathlib import Path
from typing import Protocol

from benches.harness import Result, line, missed, several, tell


class Bench(Protocol):
    """A module of this folder that measures a figure, or several in the same run."""

    FIGURE: str
    TARGET: str

    def run(self) -> Result | list[Result]: ...


def benches() -> dict[str, Bench]:
    """The modules of this folder that have a FIGURE, by name; what they share may stand beside them."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem != "__main__")
    modules = {name: importlib.import_module(f"benches.{name}") for name in names}
    return {name: module for name, module in modules.items() if hasattr(module, "FIGURE")}


def main() -> None:
    """The command line."""
    known = benches()
    parser = argparse.ArgumentParser(prog="python -m benches", description="Measure livebom's figures.")
    parser.add_argument("name", nargs="*", metavar="NAME", help=f"of {', '.join(known)}; default: all")
    parser.add_argument("--json", action="store_true", help="print JSON with the facts of the machine")
    given = parser.parse_args()
    unknown = sorted(set(given.name) - set(known))
    if unknown:
        parser.error(f"no bench called {', '.join(unknown)}")
    results: list[Result] = []
    for name in given.name or known:
        for result in several(known[name].run()):
            results.append(result)
            print(line(result), file=sys.stderr if given.json else sys.stdout, flush=True)
    if given.json:
        tell(results, as_json=True)
    sys.exit(missed(results))


if __name__ == "__main__":
    main()
