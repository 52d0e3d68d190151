"""A comparison for a pull request (`markdown`): the headline, a table worst first, and the reasons folded away.

GitHub takes 65,536 characters in a comment, so what would not fit is counted, not told.
"""

from collections.abc import Iterable

from livebom.bom.change import Change, Comparison
from livebom.export.changes.words import compared, counts, difference, evidence, held, place, status, unsaid, what
from livebom.export.markup import bullets, code, prose, table

NAME = "markdown"
SUFFIXES = (".md",)

_ROOM = 20_000
"""Characters for each of: the table, the reasons, what is missing, what was not looked at."""


def write(comparison: Comparison) -> str:
    """The comparison as GitHub-flavoured Markdown; in no foreign word anything takes effect."""
    changes = comparison.changes
    titles = ("Severity", "Event", "What", "Where", "Before -> after", "Owner")
    rows, more = _fitting((_cells(change) for change in changes), _ROOM)
    lines = [f"### AI bill of materials: {counts(changes)}", "", compared(comparison, code), ""]
    lines += [*table(titles, rows), *_rest(more, len(changes))]
    told, more = _fitting(([_reasons(change)] for change in changes), _ROOM)
    if told:
        lines += ["<details><summary>Why, and what it rests on</summary>", ""]
        lines += [*bullets(line for one in told for line in one), *_rest(more, len(changes)), "</details>", ""]
    lines += [held(comparison), ""] if comparison.held else []
    lines += _section("Missing, but not looked for completely, so not called gone", unsaid(comparison, prose))
    lines += _section("Not looked at", [prose(words) for words in comparison.not_seen])
    return "\n".join(lines).rstrip("\n") + "\n"


def _cells(change: Change) -> list[str]:
    aside = status(change)
    return [
        f"**{change.severity}**" + (f" ({aside})" if aside else ""),
        code(change.event),
        what(change, code),
        place(change, code),
        difference(change, code),
        code(change.owner or "") or "unknown",
    ]


def _reasons(change: Change) -> str:
    told = [prose(reason) for reason in change.why] + [f"evidence {line}" for line in evidence(change, code)]
    return f"**{change.severity}** {code(change.event)} {what(change, code)}: {'; '.join(told) or 'by default'}"


def _fitting(rows: Iterable[list[str]], room: int) -> tuple[list[list[str]], int]:
    """The first rows that fit, and how many do not."""
    kept: list[list[str]] = []
    left = 0
    for row in rows:
        room -= sum(len(cell) + 3 for cell in row)
        if room < 0:
            left += 1
        else:
            kept.append(row)
    return kept, left


def _rest(more: int, total: int) -> list[str]:
    return [f"{more} of {total} changes are not listed here; the other formats hold them all.", ""] if more else []


def _section(title: str, lines: list[str]) -> list[str]:
    kept, more = _fitting(([line] for line in lines), _ROOM // 4)
    rest = [f"and {more} more"] if more else []
    return [f"#### {title}", "", *bullets([*(line for one in kept for line in one), *rest])] if lines else []
