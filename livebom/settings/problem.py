"""What is wrong in a data file: where it stands, why it is wrong, and what to do about it."""

import re
from collections.abc import Iterable, Sequence

from msgspec import Struct

Step = str | int
"""A mapping's key or a list's index, on the way from a document's top to a value."""

_BARE = re.compile(r"[\w-]+")
_MOST = 400
"""Most characters of a reason or a path."""


def path_text(steps: Sequence[Step]) -> str:
    """The path as a person writes it: `asks.root[2].why`; a key that is no plain word stands in quotes."""
    text = ""
    for step in steps:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            word = step if _BARE.fullmatch(step) else f'"{step}"'
            text += f".{word}" if text else word
    return text or "the top"


class Problem(Struct, frozen=True, kw_only=True):
    """One thing that is wrong; its text is one line, safe on a terminal."""

    file: str
    line: int = 0
    """From 1; 0 where the whole file is meant."""
    column: int = 0
    """From 1, in characters."""
    path: str = ""
    """Where in the document, as `path_text` writes it."""
    reason: str
    remedy: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        at = f": at {self.path[:_MOST]}" if self.path else ""
        text = f"{place}{at}: {self.reason[:_MOST]}; {self.remedy}"
        return text if text.isprintable() else ascii(text)[1:-1]


class DataError(Exception):
    """A data file cannot be used; the text holds one line per problem."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class DataErrors(DataError):  # noqa: N818 - the plural is the point
    """Several data files were read and at least one of them cannot be used."""
