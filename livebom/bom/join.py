"""Two records of one part or edge made into one: claims of several sources stand side by side."""

from datetime import datetime
from typing import TypeVar

import msgspec

from livebom.bom.parts import Attributes, Claim, Edge, Part, encoded

Node = TypeVar("Node", Part, Edge)


def join_node(one: Node, other: Node) -> Node:
    """Two records of one part, or of one edge; the order does not matter."""
    # In a made-up document an id may not be made from its key; still the answer may not depend on the order.
    return combined(one, other) if _named(one) <= _named(other) else combined(other, one)


def combined(one: Node, other: Node) -> Node:
    """The first one, with what the other says as well."""
    return msgspec.structs.replace(
        one,
        attributes=join_attributes(one.attributes, other.attributes),
        first_seen=min(one.first_seen, other.first_seen),
        last_seen=max(one.last_seen, other.last_seen),
    )


def _named(one: Part | Edge) -> tuple[str, ...]:
    if isinstance(one, Part):
        return one.kind, one.key
    return one.kind, one.source.hex, one.destination.hex


def join_attributes(one: Attributes, other: Attributes) -> Attributes:
    """Both sets of claims; names in order, and each name's claims in one fixed order."""
    if one is other:
        return one
    return {name: _both(one.get(name, ()), other.get(name, ())) for name in sorted(one.keys() | other.keys())}


def _both(one: tuple[Claim, ...], other: tuple[Claim, ...]) -> tuple[Claim, ...]:
    if len(one) == len(other) and all(map(_same, one, other)):
        return one
    return _join_claims(one + other)


def _same(one: Claim, other: Claim) -> bool:
    """Equal to the last byte: to Python, `1`, `1.0` and `True` are equal as well."""
    return one is other or (one == other and type(one.value) is type(other.value) is not float)


def _join_claims(claims: tuple[Claim, ...]) -> tuple[Claim, ...]:
    """One claim per (value, surface, source): best confidence, first to last sight, the last evidence."""
    if len(claims) == 1:
        return claims
    kept: dict[tuple[str, str, bytes], Claim] = {}
    for claim in claims:
        key = (claim.surface, claim.source, encoded(claim.value))
        before = kept.get(key)
        kept[key] = claim if before is None else _widen(before, claim)
    return tuple(kept[key] for key in sorted(kept))


def _widen(one: Claim, other: Claim) -> Claim:
    return msgspec.structs.replace(
        max(one, other, key=_lastly),
        first_seen=min(one.first_seen, other.first_seen),
        confidence=min(one.confidence, other.confidence, key=lambda confidence: confidence.rank),
    )


def _lastly(claim: Claim) -> tuple[datetime, str]:
    return claim.last_seen, claim.evidence
