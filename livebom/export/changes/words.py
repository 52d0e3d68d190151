"""The words in which every format tells a change: what it is about, where, from what to what, and the headline."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

from livebom.bom.believed import shown
from livebom.bom.change import Change, Comparison, Status
from livebom.bom.document import NEVER
from livebom.bom.service import Severity
from livebom.bom.text import safe_text
from livebom.bom.vocabulary import EDGES

_PLACES = 5

Quote = Callable[[str], str]
"""How a format writes a foreign word; `safe_text` for plain text."""


def moment(at: datetime) -> str:
    """A time in UTC to the second; the time of a state that holds no look is said to be none."""
    return "no look" if at == NEVER else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def compared(comparison: Comparison, quote: Quote = safe_text) -> str:
    """Which two states, with their times."""
    old, new = quote(comparison.old), quote(comparison.new)
    return f"{old} ({moment(comparison.old_at)}) -> {new} ({moment(comparison.new_at)})"


def counts(changes: tuple[Change, ...]) -> str:
    """How many changes of which severity there are, and how many of them are not simply so."""
    if not changes:
        return "no changes"
    severities: Counter[Severity] = Counter(change.severity for change in changes)
    statuses: Counter[Status] = Counter(change.status for change in changes if change.status is not Status.CONFIRMED)
    told = ", ".join(f"{severities[one]} {one}" for one in Severity if one in severities)
    aside = "".join(f", {statuses[one]} {one}" for one in Status if one in statuses)
    return f"{len(changes)} change{'s' if len(changes) > 1 else ''} ({told}){aside}"


def what(change: Change, quote: Quote = safe_text) -> str:
    """The thing by kind and name; of an edge both ends and how the one stands to the other."""
    thing = _thing(change.kind, change.name, change.key, quote, placed=bool(change.where))
    if change.edge_kind is None or change.other_kind is None:
        return thing
    other = _thing(change.other_kind, change.other_name, change.other_key, quote)
    return f"{thing} {EDGES[change.edge_kind].means} {other}"


def _thing(kind: str, name: str, key: str, quote: Quote, *, placed: bool = False) -> str:
    """A name alone can stand for several things, so the key is told too where no place tells them apart."""
    return f"{kind} {quote(name or key)}" + ("" if placed or name in {"", key} else f" [{quote(key)}]")


def place(change: Change, quote: Quote = safe_text) -> str:
    """Where it can be found; empty where that is not known."""
    more = len(change.where) - _PLACES
    rest = f" and {more} more" if more > 0 else ""
    return ", ".join(quote(one) for one in change.where[:_PLACES]) + rest


def difference(change: Change, quote: Quote = safe_text) -> str:
    """The attribute, before and after; empty where a thing as a whole came or went."""
    if change.before is None and change.after is None:
        return ""
    named = f"{quote(change.attribute)}: " if change.attribute else ""
    return f"{named}{shown(change.before, quote)} -> {shown(change.after, quote)}"


def status(change: Change) -> str:
    """Its status where it is not simply so, with how often it came or went; else empty."""
    if change.status is Status.CONFIRMED:
        return ""
    return f"{change.status}, {change.count} times" if change.count > 1 else str(change.status)


def evidence(change: Change, quote: Quote = safe_text) -> list[str]:
    """What each side's word rests on, older first."""
    sides = (("before", change.evidence_before), ("after", change.evidence_after))
    return [f"{side}: {quote(words)}" for side, words in sides if words]


def held(comparison: Comparison) -> str:
    """What is new and waits until more looks have seen it, in one line; empty where nothing does."""
    count = comparison.held
    things = "1 new thing" if count == 1 else f"{count} new things"
    return f"Held back until more looks see it: {things} known only by inference" if count else ""


def unsaid(comparison: Comparison, quote: Quote = safe_text) -> list[str]:
    """What is missing from the newer state without being called gone; the last line counts what is not listed."""
    lines = [quote(words) for words in comparison.unsaid]
    if comparison.unsaid_count > len(lines):
        lines.append(f"{comparison.unsaid_count} parts and edges in all")
    return lines
