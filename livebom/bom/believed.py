"""Why a value is believed where sources differ, in words."""

from collections.abc import Callable
from datetime import UTC

from livebom.bom.graph import winner
from livebom.bom.parts import Claim, Edge, Part, Value
from livebom.bom.text import safe_text


def conflicts(node: Part | Edge) -> list[str]:
    """The attributes on whose value sources differ, by name."""
    return sorted(name for name, claims in node.attributes.items() if len({shown(one.value) for one in claims}) > 1)


def explained(claims: tuple[Claim, ...]) -> str:
    """Which claim wins, and over each of the others why: it is better known, seen later, or first by the tie rule.

    `claims` are those of one attribute, at least one; a claim that says the same as the winner is not told.
    """
    best = winner(claims)
    losers = [one for one in claims if shown(one.value) != shown(best.value)]
    return f"{_told(best)}" + "".join(f"; over {_told(one)}: {_reason(best, one)}" for one in losers)


def shown(value: Value, quote: Callable[[str], str] = safe_text) -> str:
    """A value for people: a list's items by commas, nothing said is `unknown`; `quote` makes foreign text harmless."""
    if value is None:
        return "unknown"
    if isinstance(value, list):
        return ", ".join(quote(item) for item in value) or "none"
    return quote(str(value).lower() if isinstance(value, bool) else str(value))


def _told(claim: Claim) -> str:
    source = f"{claim.surface}, {claim.source}" if claim.source != claim.surface else claim.surface
    last = claim.last_seen.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"{shown(claim.value)} ({safe_text(source)}; {claim.confidence}, last seen {last})"


def _reason(best: Claim, other: Claim) -> str:
    if best.confidence is not other.confidence:
        return f"{best.confidence} is better known than {other.confidence}"
    if best.last_seen != other.last_seen:
        return "equally well known, but seen later"
    return "equally well known and seen at the same time, so the first by surface, source and value"
