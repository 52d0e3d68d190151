"""From observations to a graph: parts, edges and aliases folded from what was seen."""

from collections.abc import Iterable
from uuid import UUID

from livebom.bom.identity import alias, edge_id, part_id
from livebom.bom.join import join_attributes, join_node
from livebom.bom.observation import Fact, Observation
from livebom.bom.parts import Alias, Attributes, Claim, Edge, Graph, Part, PartKind, Value, encoded


def fold(observations: Iterable[Observation]) -> Graph:
    """The graph that these observations speak of; their order does not matter."""
    parts: dict[UUID, Part] = {}
    edges: dict[UUID, Edge] = {}
    aliases: set[Alias] = set()
    for seen in observations:
        subject = _add_part(parts, seen, seen.kind, seen.subject, seen.facts)
        for other in seen.aliases:
            _add_part(parts, seen, seen.kind, other, {})
            aliases.add(alias(seen.kind, seen.subject, other, seen.source))
        for edge in seen.edges:
            to = _add_part(parts, seen, edge.to_kind, edge.to, {})
            one = Edge(
                id=edge_id(edge.kind, subject, to),
                kind=edge.kind,
                source=subject,
                destination=to,
                attributes=_claims(seen, edge.facts),
                first_seen=seen.at,
                last_seen=seen.at,
            )
            edges[one.id] = join_node(edges[one.id], one) if one.id in edges else one
    return Graph(parts=parts, edges=edges, aliases=frozenset(aliases))


def _add_part(parts: dict[UUID, Part], seen: Observation, kind: PartKind, key: str, facts: dict[str, Fact]) -> UUID:
    one = Part(
        id=part_id(kind, key),
        kind=kind,
        key=key,
        attributes=_claims(seen, facts),
        first_seen=seen.at,
        last_seen=seen.at,
    )
    parts[one.id] = join_node(parts[one.id], one) if one.id in parts else one
    return one.id


def _claims(seen: Observation, facts: dict[str, Fact]) -> Attributes:
    claims: Attributes = {
        name: (
            Claim(
                value=fact.value,
                surface=seen.surface,
                source=seen.source,
                confidence=fact.confidence,
                first_seen=seen.at,
                last_seen=seen.at,
                evidence=fact.evidence,
            ),
        )
        for name, fact in facts.items()
    }
    return join_attributes({}, claims)


def winner(claims: tuple[Claim, ...]) -> Claim:
    """The claim to believe: the best known, then the latest, then by source and value so that ties have one answer."""
    if len(claims) == 1:
        return claims[0]
    return min(
        claims, key=lambda c: (c.confidence.rank, -c.last_seen.timestamp(), c.surface, c.source, encoded(c.value))
    )


def value(part: Part | Edge, name: str) -> Value:
    """The believed value of an attribute, None where nobody says anything."""
    claims = part.attributes.get(name)
    return winner(claims).value if claims else None


def values(part: Part | Edge) -> dict[str, Value]:
    """Every attribute's believed value."""
    return {name: winner(claims).value for name, claims in part.attributes.items()}


def name_of(part: Part) -> str:
    """What people call it: its believed name, else its key."""
    called = value(part, "name")
    return called if isinstance(called, str) and called else part.key
