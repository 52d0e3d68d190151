"""The fuzz targets: every `target_NAME.py` of this folder, found by walking it."""

from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

HERE = Path(__file__).resolve().parent
REGRESSIONS = HERE / "regressions"
SPLIT = b"\n\x1e\n"
"""Stands between the parts of an input that has several."""


class Target(Protocol):
    """One door that foreign bytes come in by."""

    def one_input(self, data: bytes) -> None:
        """Give the bytes to the door; whatever is not a documented refusal is a defect."""

    def seeds(self) -> Iterator[bytes]:
        """Honest inputs to begin from."""


def names() -> list[str]:
    """All of them, in order."""
    return sorted(path.stem.removeprefix("target_") for path in HERE.glob("target_*.py"))


def load(name: str) -> Target:
    """The target of that name."""
    return cast("Target", import_module(f"tests.fuzz.target_{name}"))


def regressions(name: str) -> list[Path]:
    """What once went wrong, and must not again."""
    return sorted(path for path in (REGRESSIONS / name).glob("*") if path.is_file())


def parts(data: bytes, most: int) -> list[bytes]:
    """The parts of an input, at least one and at most so many."""
    return data.split(SPLIT)[:most]


def joined(pieces: Iterable[bytes]) -> bytes:
    """An input of these parts."""
    return SPLIT.join(pieces)
