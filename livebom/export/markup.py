"""Foreign words in Markdown: as code, or as prose in which no markup, link, @mention or #reference takes effect."""

import re
from collections.abc import Iterable, Sequence

from livebom.bom.text import safe_text

LONGEST = 512

_MARKUP = re.compile(r"[\\`*_\[\]<>|~&$!\"']")
_FIRST = re.compile(r"\A\s*(?:[#+=-]|[0-9]{1,9}[.)](?=\s|\Z))")
"""What would begin a heading, a list or a rule where the text stands first in its line."""

_LIVE = re.compile(r"[@#](?=\w)|:(?=[a-z+/_-]|100:|1234:)|\b(?:www(?=\.)|GH(?=-[0-9]))", re.IGNORECASE)
"""What GitHub makes live after Markdown is done: mentions, references, bare addresses, emoji."""

_PAUSE = "&#8203;"
"""A zero-width space, which ends a name that would otherwise be linked."""


def code(text: str, longest: int = LONGEST) -> str:
    """The text as a code span, in which nothing is live; empty for an empty text.

    A backtick would end the span and a bar the cell of a table: both are written as hidden characters are.
    """
    shown = safe_text(text, longest).replace("`", "\\u{60}").replace("|", "\\u{7c}")
    return f"`{shown}`" if shown.strip() else ""


def prose(text: str, longest: int = 4096) -> str:
    """The text as plain words: markup as character references, and what GitHub links ended by a zero-width space."""
    # `safe_text` leaves no control character, so NUL can stand for the pause until the markup is escaped.
    paused = _LIVE.sub(lambda match: f"{match[0]}\0", safe_text(text, longest))
    shown = _MARKUP.sub(lambda match: f"&#{ord(match[0])};", paused)
    if shown.startswith(" "):
        shown = f"&#32;{shown[1:]}"  # four spaces before a text make it a block of code
    return _FIRST.sub(_harmless, shown).replace("\0", _PAUSE)


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table of ready cells, and an empty line; nothing for no rows."""
    lines = [_row(row) for row in rows]
    return [_row(titles), "|" + " --- |" * len(titles), *lines, ""] if lines else []


def bullets(lines: Iterable[str]) -> list[str]:
    """A list of ready lines, and an empty line; nothing for none."""
    told = [f"- {line}" for line in lines]
    return [*told, ""] if told else []


def _harmless(match: re.Match[str]) -> str:
    return f"{match[0][:-1]}&#{ord(match[0][-1])};"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell or "-" for cell in cells) + " |"
