"""A process of our own Python for what must not be loaded here."""

import sys
from pathlib import Path


def command(module: str, function: str) -> list[str]:
    """The command line that calls a function of the house, wherever the house stands."""
    import livebom

    paths = [str(Path(livebom.__file__).resolve().parent.parent), str(livebom.HOUSE)]
    code = f"import sys; sys.path[:0] = {paths!r}; from {module} import {function}; {function}()"
    return [sys.executable, "-P", "-c", code]
