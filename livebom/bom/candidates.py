"""Parts with like names that no evidence joins: edges for a person to judge, never a merge."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from uuid import UUID

from livebom.bom.graph import name_of
from livebom.bom.identity import edge_id
from livebom.bom.parts import Claim, Confidence, Edge, EdgeKind, Graph, Part, PartKind
from livebom.bom.sets import Sets

SURFACE, SOURCE = "merged", "livebom"
"""Who claims the score."""

_KINDS = frozenset(
    {
        PartKind.MODEL, PartKind.ADAPTER, PartKind.DATASET, PartKind.TOOL, PartKind.MCP_SERVER, PartKind.AGENT,
        PartKind.VECTOR_STORE, PartKind.SERVER, PartKind.GUARDRAIL, PartKind.API_PROVIDER,
    }
)  # fmt: skip
"""Kinds that people name by hand, and so differently in each place."""
_MOST = 8
"""A name that more things share tells nothing of any of them; so the work stays in proportion to the parts."""
_WORDS = re.compile(r"[a-z]+|[0-9]+")
_PACKING = frozenset({"gguf", "awq", "gptq", "exl", "mlx", "onnx", "hf", "latest", "instruct", "it", "chat", "the"})
"""Words that say how a model is packed or tuned, not which one it is."""
_QUANTIZED = re.compile(r"(?<![a-z0-9])(?:i?q\d(?:[_-][a-z0-9]+)*|fp\d+|bf16|f16|f32|int[48]|[48]bit)(?![a-z0-9])")


def candidates(graph: Graph, sets: Sets) -> Iterator[Edge]:
    """An edge `candidate_same_as` for parts of one kind and different sources whose names are alike, with a score.

    The names' words without those of packing must be the same. Of a set that is already one, its smallest id speaks.
    Parts that some edge relates already, or that are said to be distinct, are left out. The score is the share of
    words that both names have (Dice), 0..1.
    """
    blocks: dict[tuple[str, ...], dict[UUID, Part]] = {}
    for part in graph.parts.values():
        if part.kind in _KINDS:
            key = _block(part)
            if key is not None:
                blocks.setdefault(key, {})[part.id] = part
    pairs = [pair for parts in blocks.values() if len(parts) > 1 for pair in _pairs(parts, sets)]
    related = _related(graph, {part.id for pair in pairs for part in pair}) if pairs else set()
    return (_edge(one, other) for one, other in pairs if (one.id, other.id) not in related)


def _block(part: Part) -> tuple[str, ...] | None:
    words = set(_WORDS.findall(_QUANTIZED.sub(" ", _short(part)))) - _PACKING
    return (part.kind, *sorted(words)) if any(len(word) > 2 and word.isalpha() for word in words) else None


def _short(part: Part) -> str:
    """Its name without the folders before it; Ollama's `model:tag` is one name."""
    return name_of(part)[-200:].lower().rpartition("/")[2]


def _pairs(parts: dict[UUID, Part], sets: Sets) -> Iterator[tuple[Part, Part]]:
    leaders: dict[UUID, Part] = {}
    for id_ in sorted(parts):
        leaders.setdefault(sets.find(id_), parts[id_])
    if 1 < len(leaders) <= _MOST:
        for one, other in combinations(leaders.values(), 2):
            if not (_sources(one) & _sources(other) or sets.apart(one.id, other.id)):
                yield one, other


def _sources(part: Part) -> set[tuple[str, str]]:
    return {(claim.surface, claim.source) for claims in part.attributes.values() for claim in claims}


def _related(graph: Graph, ids: set[UUID]) -> set[tuple[UUID, UUID]]:
    """Pairs that an edge joins, both ways round."""
    pairs = ((e.source, e.destination) for e in graph.edges.values() if e.source in ids and e.destination in ids)
    return {pair for one, other in pairs for pair in ((one, other), (other, one))}


def _edge(one: Part, other: Part) -> Edge:
    mine, theirs = (Counter(_WORDS.findall(_short(part))) for part in (one, other))
    score = round(2 * (mine & theirs).total() / (mine.total() + theirs.total()), 2)
    first, last = max(one.first_seen, other.first_seen), max(one.last_seen, other.last_seen)
    claim = Claim(
        value=score,
        surface=SURFACE,
        source=SOURCE,
        confidence=Confidence.INFERRED,
        first_seen=first,
        last_seen=last,
    )
    return Edge(
        id=edge_id(EdgeKind.CANDIDATE_SAME_AS, one.id, other.id),
        kind=EdgeKind.CANDIDATE_SAME_AS,
        source=one.id,
        destination=other.id,
        attributes={"score": (claim,)},
        first_seen=first,
        last_seen=last,
    )


def is_candidate(edge: Edge) -> bool:
    """Whether the edge is one that `candidates` made."""
    if edge.kind is not EdgeKind.CANDIDATE_SAME_AS or edge.attributes.keys() != {"score"}:
        return False
    return all((claim.surface, claim.source) == (SURFACE, SOURCE) for claim in edge.attributes["score"])
