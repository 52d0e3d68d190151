"""Points and levels of one part, where a profile has them."""

from collections.abc import Iterator

from msgspec import Struct

from livebom.bom.parts import PartKind
from livebom.bom.profile import Element, Profile, Scoring


class Score(Struct, frozen=True, kw_only=True):
    """What one part reaches."""

    kind: str
    key: str
    name: str
    points: float
    """0..100."""
    level: str | None
    """The highest level reached; None where even the lowest is not."""
    clusters: dict[str, float]
    """Points by cluster, before penalties."""
    factor: float
    """What the penalties come to."""
    missing: tuple[str, ...]
    """Ids of the elements it lacks, in the profile's order."""


def score(profile: Profile, kind: PartKind, key: str, name: str, has: frozenset[str]) -> Score:
    """The score of a part of that kind that has these elements.

    Raises:
        ValueError: The profile has no score.
    """
    rule = profile.score
    if rule is None:
        raise ValueError(f"the profile {profile.id} has no score")
    asked = list(_asked(profile, kind, has))
    clusters = {one: _share(one, asked, has) * weight for one, weight in rule.weights.items()}
    clusters = {one: round(points, 1) for one, points in clusters.items()}
    lacking = [element for element in asked if element.id not in has]
    factor = _factor(rule, lacking)
    points = round(min(max(sum(clusters.values()) * factor, 0.0), 100.0), 1)
    reached = [level.name for level in rule.levels if points >= level.at_least and has.issuperset(level.needs)]
    return Score(
        kind=kind,
        key=key,
        name=name,
        points=points,
        level=reached[-1] if reached else None,
        clusters=clusters,
        factor=round(factor, 4),
        missing=tuple(element.id for element in lacking),
    )


def _asked(profile: Profile, kind: PartKind, has: frozenset[str]) -> Iterator[Element]:
    """The elements that count for a part of that kind; an optional one only where it is there."""
    for element in profile.elements:
        of_it = kind in element.applies or element.document is not None or bool(element.not_kept)
        if of_it and (not element.optional or element.id in has):
            yield element


def _share(cluster: str, asked: list[Element], has: frozenset[str]) -> float:
    its = [element.id in has for element in asked if element.cluster == cluster]
    return sum(its) / len(its) if its else 0.0


def _factor(rule: Scoring, lacking: list[Element]) -> float:
    factor = 1.0
    tiers = []
    for penalty in rule.penalties:
        count = sum(element.tier == penalty.tier for element in lacking)
        if count >= penalty.missing and penalty.tier not in tiers:
            factor *= penalty.factor
            tiers.append(penalty.tier)
    return factor
