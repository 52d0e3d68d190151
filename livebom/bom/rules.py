"""The rules by which parts of one kind are believed to be one thing: groups of parts with equal evidence."""

import re
from collections.abc import Iterator
from uuid import UUID

from msgspec import Struct, field

from livebom.bom.parts import Edge, EdgeKind, Graph, Part, PartKind, Value
from livebom.bom.place import Place, place_of
from livebom.bom.sets import Sets

METHODS = {
    "weights-hash": 1.0,
    "repository-commit": 0.95,
    "url": 0.9,
    "image-digest": 0.9,
    "hugging-face-id": 0.8,
    "served-name": 0.6,
}
"""Each rule and its confidence; what contradicts itself, or could be two things, joins nothing."""

Group = tuple[str, list[Part]]
"""A rule and the parts that it takes for one."""
Key = tuple[str, ...]

_SHA256 = re.compile(r"(?:\A|[:/-])([0-9a-f]{64})\Z")
MODELS = frozenset({PartKind.MODEL, PartKind.ADAPTER})
"""The kinds that a model's rules hold for; a model is never joined with an adapter."""
_REACHED = frozenset({PartKind.SERVER, PartKind.MCP_SERVER})
_RULED = MODELS | _REACHED | {PartKind.MODEL_VERSION, PartKind.WEIGHTS, PartKind.IMAGE}


class Known(Struct, kw_only=True):
    """The parts and edges that the rules look at, sorted out in one pass."""

    parts: dict[PartKind, list[Part]] = field(default_factory=lambda: {kind: [] for kind in sorted(_RULED)})
    serves: list[tuple[Edge, Part, Part]] = field(default_factory=list)
    listens: list[tuple[Part, Part]] = field(default_factory=list)
    weights: dict[UUID, list[UUID]] = field(default_factory=dict)
    """A model's id to those of its weights."""


def known(graph: Graph) -> Known:
    """What of the graph the rules need; an edge that leads nowhere is left out."""
    found = Known()
    for part in graph.parts.values():
        if part.kind in _RULED:
            found.parts[part.kind].append(part)
    for edge in graph.edges.values():
        if edge.kind not in {EdgeKind.SERVES, EdgeKind.LISTENS_ON, EdgeKind.HAS_WEIGHTS}:
            continue
        source, destination = graph.parts.get(edge.source), graph.parts.get(edge.destination)
        if source is None or destination is None:
            continue
        if edge.kind is EdgeKind.SERVES and destination.kind in MODELS:
            found.serves.append((edge, source, destination))
        elif edge.kind is EdgeKind.LISTENS_ON and source.kind in _REACHED:
            found.listens.append((source, destination))
        elif edge.kind is EdgeKind.HAS_WEIGHTS and source.kind in MODELS:
            found.weights.setdefault(source.id, []).append(destination.id)
    return found


def anchor_of(part: Part) -> str | None:
    """The identity that only one thing can have, so that two parts with different ones are never joined by a rule."""
    key = part.key
    if part.kind in MODELS:
        return None if key.startswith(("served:", "named:", "sha256:")) else key.lower()
    if part.kind in {PartKind.WEIGHTS, PartKind.IMAGE}:
        return key.lower() if key.startswith("sha256:") else None
    if part.kind in _REACHED:
        return None if "://" in key else key
    return None


def agreed(part: Part | Edge, name: str) -> Value:
    """The value that all claims agree on, None where there is none or they differ."""
    claims = part.attributes.get(name)
    if not claims:
        return None
    first = claims[0].value
    if len(claims) == 1 or all(type(claim.value) is type(first) and claim.value == first for claim in claims):
        return first
    return None


def text(part: Part | Edge, name: str) -> str:
    """The text that all claims agree on, empty where there is none."""
    value = agreed(part, name)
    return value if isinstance(value, str) else ""


def grouped(method: str, pairs: Iterator[tuple[Key, Part]]) -> Iterator[Group]:
    """The parts by their evidence, where at least two share it."""
    groups: dict[Key, list[Part]] = {}
    for key, part in pairs:
        groups.setdefault(key, []).append(part)
    return ((method, parts) for parts in groups.values() if len(parts) > 1)


def by_weights(found: Known) -> Iterator[Group]:
    """Weights of equal hash; a digest of Ollama's blobs and an object id of Git LFS are the file's SHA-256."""
    return grouped("weights-hash", ((token, one) for one in found.parts[PartKind.WEIGHTS] for token in _hashes(one)))


def _hashes(weights: Part) -> set[Key]:
    own = _SHA256.search(weights.key.lower()) if weights.key.startswith("sha256:") else None
    told = own or _SHA256.search(text(weights, "sha256").lower()) or _SHA256.search(text(weights, "file").lower())
    tokens: set[Key] = {("sha256", told[1])} if told else set()
    blake3 = _SHA256.search(text(weights, "blake3").lower())
    return tokens | ({("blake3", blake3[1])} if blake3 else set())


def by_weights_of_models(found: Known, sets: Sets) -> Iterator[Group]:
    """Models whose weights, all of known hash, are the same files."""
    hashed = {one.id for one in found.parts[PartKind.WEIGHTS] if _hashes(one)}
    pairs = (
        ((part.kind, *sorted({str(sets.find(one)) for one in its})), part)
        for kind in sorted(MODELS)
        for part in found.parts[kind]
        if (its := found.weights.get(part.id)) and hashed.issuperset(its)
    )
    return grouped("weights-hash", pairs)


def by_digest(found: Known) -> Iterator[Group]:
    """Images of equal digest."""
    images = ((part, _SHA256.search((part.key if anchor_of(part) else text(part, "digest")).lower())) for part in
              found.parts[PartKind.IMAGE])  # fmt: skip
    return grouped("image-digest", (((digest[1],), part) for part, digest in images if digest))


def by_url(found: Known, sets: Sets) -> Iterator[Group]:
    """Servers declared by a URL, with the one server that listens there, within one zone.

    What the sources already say is one server, as this host's word on a server of the network, counts as one.
    """
    heard = _heard(found)
    declared: dict[tuple[PartKind, str, Place], list[Part]] = {}
    for kind in sorted(_REACHED):
        for part in found.parts[kind]:
            place = place_of(part.key) if "://" in part.key else None
            if place is not None and not place.loopback:
                spot = Place(place.host, place.port, place.base)
                declared.setdefault((kind, text(part, "zone"), spot), []).append(part)
    for (kind, zone, spot), parts in declared.items():
        fitting = sorted(heard.get((kind, spot), {}).items(), reverse=True)
        there = {sets.find(id_): one for id_, (its, one) in fitting if not zone or its == zone}
        # Two servers, perhaps of two zones, answer to this address: nothing tells which of them is meant.
        its = list(there.values()) if len(there) == 1 else []
        if len(parts) + len(its) > 1:
            yield "url", its + parts


def _heard(found: Known) -> dict[tuple[PartKind, Place], dict[UUID, tuple[str, Part]]]:
    """Kind and place to the servers that listen there, each with its zone."""
    heard: dict[tuple[PartKind, Place], dict[UUID, tuple[str, Part]]] = {}
    for server, listener in found.listens:
        host, port, name = text(listener, "host"), agreed(listener, "port"), text(listener, "name")
        if "://" in server.key or not host or not isinstance(port, int):
            continue
        zone = text(listener, "zone")
        bracketed = f"[{host}]" if ":" in host else host
        base = listener.key.removeprefix(f"{zone}/{bracketed}:{port}")
        base = base.removeprefix(f"/{name}") if name else base
        for called in {host, name.lower()} - {""}:
            heard.setdefault((server.kind, Place(called, port, base)), {})[server.id] = zone, server
    return heard
