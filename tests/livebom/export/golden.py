"""Golden files: what a format writes of the sample, byte for byte."""

import os
from pathlib import Path

GOLDEN = Path(__file__).parents[2] / "golden"


def agrees(name: str, text: str) -> None:
    """The golden file of that name holds this text; `LIVEBOM_GOLDEN=write` writes it anew, to be read in the diff."""
    path = GOLDEN / name
    if os.environ.get("LIVEBOM_GOLDEN") == "write":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    assert text.encode() == path.read_bytes(), f"{path} differs; read the difference, then LIVEBOM_GOLDEN=write"
