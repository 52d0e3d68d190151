"""Weighing of evidence: from the replies of one conversation to a stack of products with scores."""

from collections.abc import Mapping

from msgspec import Struct

from livebom.recognise.catalog import CONTROL, Catalog, Kit
from livebom.recognise.match import View, holds
from livebom.recognise.rules import NOT_AI, Mark, Match, Veto
from livebom.recognise.sound import ANY

NAMED = 0.6
"""Least score for a product to be named."""
DECIDED = 0.9
"""Score from which nothing more is asked to find out what it is."""
FROM_MEMORY = 0.7
"""What the score of a fingerprint is multiplied by that no recording and no source backs."""
CONFLICTED = 0.5
"""What the scores are multiplied by where products claim to be there that cannot all be."""


class Weighed(Struct, frozen=True):
    """One piece of evidence that was found, for or against."""

    ask: str
    weight: float
    why: str

    def __str__(self) -> str:
        """As it is shown."""
        return f"{self.weight:+.2f} {self.ask}: {self.why}"


class Standing(Struct, frozen=True, kw_only=True):
    """How one product stands after the replies so far."""

    product: str
    role: str
    score: float
    """0..1: 1 - prod(1 - w) over the marks for it, times prod(1 - |w|) over those against; 0 under a veto."""
    evidence: tuple[Weighed, ...] = ()
    vetoed: str | None = None


class Ruling(Struct, frozen=True, kw_only=True):
    """What the replies say is there."""

    product: str | None
    """The AI product that serves; None where none is named or the evidence conflicts."""
    stack: tuple[Standing, ...]
    """Every named layer, outermost first."""
    conflict: tuple[str, ...] = ()


def stand(kit: Kit, replies: Mapping[str, View]) -> Standing:
    """How one product stands. `replies` maps the ask names of the kit's own rules to views."""
    fingerprint = kit.fingerprint
    for veto in fingerprint.vetoes:
        if _fits(veto, replies) is not None:
            return Standing(product=kit.product, role=fingerprint.role, score=0.0, vetoed=veto.why)
    found = [weighed for mark in fingerprint.marks if (weighed := _weigh(mark, replies)) is not None]
    missing, against = 1.0, 1.0
    for one in found:
        if one.weight > 0:
            missing *= 1 - one.weight
        else:
            against *= 1 + one.weight
    score = (1 - missing) * against * (FROM_MEMORY if fingerprint.grade == "memory" else 1.0)
    evidence = tuple(sorted(found, key=lambda w: (-abs(w.weight), w.ask, w.why)))
    return Standing(product=kit.product, role=fingerprint.role, score=round(score, 3), evidence=evidence)


def _weigh(mark: Mark, replies: Mapping[str, View]) -> Weighed | None:
    ask = _fits(mark, replies)
    if ask is None:
        return None
    if mark.weight > 0 and not mark.even_if_control and _proves_nothing(mark, ask, replies):
        return None
    return Weighed(ask, mark.weight, mark.why)


def _fits(rule: Mark | Veto, replies: Mapping[str, View]) -> str | None:
    """The ask whose reply satisfies the rule."""
    names = replies if rule.ask == ANY else (rule.ask,)
    return next((name for name in names if name in replies and holds(rule, replies[name])), None)


def _proves_nothing(match: Match, ask: str, replies: Mapping[str, View]) -> bool:
    """A catch-all gives this answer to a path that cannot exist, too: then it says nothing about the product.

    A rule on `any` reply, or on the control itself, speaks of how the server answers at all and is exempt.
    """
    control = replies.get(CONTROL)
    exempt = ask == CONTROL or getattr(match, "ask", None) == ANY
    return control is not None and not exempt and holds(match, control)


def rule(catalog: Catalog, standings: Mapping[str, Standing]) -> Ruling:
    """Who is there: the named products as a stack, the one that serves first asked for by role."""
    named = [s for s in standings.values() if s.score >= NAMED]
    special = {s.role for s in named if not catalog.products[s.product].fingerprint.generic}
    named = [s for s in named if not (catalog.products[s.product].fingerprint.generic and special - NOT_AI)]
    named.sort(key=lambda s: (_DEPTH.index(s.role), s.score, s.product))
    conflict = _conflict(catalog, named)
    if conflict:
        lowered = tuple(_lowered(s) if s.product in conflict else s for s in named)
        return Ruling(product=None, stack=lowered, conflict=conflict)
    serving = [s.product for s in named if s.role not in NOT_AI]
    return Ruling(product=serving[-1] if serving else None, stack=tuple(named))


_DEPTH = [
    "web",
    "database",
    "proxy",
    "runtime",
    "platform",
    "notebook",
    "interface",
    "agent",
    "gateway",
    "mcp",
    "vector-store",
    "inference",
]
"""Roles from the outermost layer of a stack to the one that does the work."""


def _lowered(standing: Standing) -> Standing:
    return Standing(
        product=standing.product,
        role=standing.role,
        score=round(standing.score * CONFLICTED, 3),
        evidence=standing.evidence,
    )


def _conflict(catalog: Catalog, named: list[Standing]) -> tuple[str, ...]:
    """Products of the stack that cannot stand in it together."""
    layers = [s for s in named if s.role not in NOT_AI]
    at_odds: set[str] = set()
    for i, one in enumerate(layers):
        for other in layers[i + 1 :]:
            fronts = (
                catalog.products[one.product].fingerprint.fronts + catalog.products[other.product].fingerprint.fronts
            )
            if one.product not in fronts and other.product not in fronts:
                at_odds |= {one.product, other.product}
    return tuple(sorted(at_odds))
