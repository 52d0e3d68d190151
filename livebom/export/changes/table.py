"""A comparison as plain text for people (`table`): worst first, each with its reason and whom to call."""

from collections.abc import Iterator, Sequence

from livebom.bom.change import Change, Comparison
from livebom.bom.text import safe_text
from livebom.export.changes.words import compared, counts, difference, evidence, held, place, status, unsaid, what

NAME = "table"
SUFFIXES = (".txt",)


def write(comparison: Comparison) -> str:
    """The headline, one line per change with its reasons below it, then what is held back, unsaid and not seen."""
    lines = [f"{compared(comparison)}: {counts(comparison.changes)}", *told(comparison.changes)]
    lines += ["", held(comparison)] if comparison.held else []
    lines += _section("Missing, but not looked for completely, so not called gone:", unsaid(comparison))
    lines += _section("Not looked at:", [safe_text(words) for words in comparison.not_seen])
    return "\n".join(lines) + "\n"


def told(changes: Sequence[Change]) -> list[str]:
    """The changes alone: a line for each, and indented below it its reasons, its owner and what it rests on."""
    width = max((len(change.severity) for change in changes), default=0)
    return [line for one in changes for line in (_line(one, width), *(f"    {more}" for more in _details(one)))]


def _line(change: Change, width: int) -> str:
    aside, where, values = status(change), place(change), difference(change)
    return (
        f"{change.severity:<{width}}  {safe_text(change.event)}"
        + (f" ({aside})" if aside else "")
        + f"  {what(change)}"
        + (f" at {where}" if where else "")
        + (f"  {values}" if values else "")
    )


def _details(change: Change) -> Iterator[str]:
    if change.why:
        yield "why: " + "; ".join(safe_text(reason) for reason in change.why)
    if change.owner:
        yield f"owner: {safe_text(change.owner)}"
    if change.evidence_before or change.evidence_after:
        yield "evidence " + "; ".join(evidence(change))


def _section(title: str, lines: list[str]) -> list[str]:
    return ["", title, *(f"  - {line}" for line in lines)] if lines else []
