"""Elements that this project wrote: their kinds, keys, claims and edges come back as they were."""

from datetime import datetime
from typing import Any

import msgspec

from livebom.bom.identity import alias, edge_id, part_id
from livebom.bom.merge import join_attributes, join_node
from livebom.bom.parts import Attributes, Edge, Part, PartKind
from livebom.readers.gathering import Gathering
from livebom.readers.spdx.index import Entry

_EXTENSION = "extension"
_KINDS = frozenset(PartKind)


def own_name(entry: Entry) -> tuple[PartKind, str] | None:
    """The kind and key that an element of ours says it is; None for one of others. Raises ReadProblem."""
    said = entry.properties()
    if "kind" not in said and "key" not in said:
        return None
    if said.get("kind") not in _KINDS:
        raise entry.problem(_EXTENSION, f"livebom:kind {said.get('kind', '')[:40]!r} is no kind of part")
    if not said.get("key"):
        raise entry.problem(_EXTENSION, "livebom:key is missing")
    return PartKind(said["kind"]), said["key"]


def restore(entry: Entry, kind: PartKind, key: str, gathering: Gathering) -> bool:
    """Add an element of ours with all its claims; False where it carries none. Raises ReadProblem."""
    said = entry.properties().get("part")
    if said is None:
        return False
    one = _decoded(entry, "part", said, Part)
    _aware(entry, one.first_seen, one.last_seen)
    attributes = _claims(entry, one.attributes)
    part = msgspec.structs.replace(one, id=part_id(kind, key), kind=kind, key=key, attributes=attributes)
    before = gathering.parts.get(part.id)
    gathering.parts[part.id] = join_node(before, part) if before else part
    _rejoin(entry, part, gathering)
    return True


def _rejoin(entry: Entry, part: Part, gathering: Gathering) -> None:
    """The alias rows that had joined other keys to a part of ours; the other key's part says nothing of its own."""
    for one in entry.inner("externalIdentifier"):
        key = one.text("identifier")
        if key and key != part.key and one.text("issuingAuthority") == "livebom":
            row = alias(part.kind, part.key, key, gathering.source)
            other = msgspec.structs.replace(part, id=row.same_as, key=key, attributes={})
            gathering.parts.setdefault(other.id, other)
            gathering.aliases.add(row)


def own_edges(entry: Entry, gathering: Gathering) -> int | None:
    """Add the edges that a relationship of ours stands for, and say how many name parts that are not here.

    None for a relationship of others. Raises ReadProblem.
    """
    said = entry.properties().get("edges")
    if said is None:
        return None
    lost = 0
    for edge in _decoded(entry, "edges", said, list[Edge]):
        if edge.source not in gathering.parts or edge.destination not in gathering.parts:
            lost += 1
            continue
        _aware(entry, edge.first_seen, edge.last_seen)
        one = msgspec.structs.replace(
            edge,
            id=edge_id(edge.kind, edge.source, edge.destination),
            attributes=_claims(entry, edge.attributes),
        )
        before = gathering.edges.get(one.id)
        gathering.edges[one.id] = join_node(before, one) if before else one
    return lost


def _decoded(entry: Entry, name: str, said: str, kind: Any) -> Any:
    try:
        return msgspec.json.decode(said, type=kind)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise entry.problem(_EXTENSION, f"livebom:{name}: {error}") from None


def _claims(entry: Entry, attributes: Attributes) -> Attributes:
    """In their fixed order, one per value, surface and source."""
    for claims in attributes.values():
        for claim in claims:
            _aware(entry, claim.first_seen, claim.last_seen)
    told = {name: claims for name, claims in attributes.items() if claims}
    return join_attributes({}, told)


def _aware(entry: Entry, *times: datetime) -> None:
    """Raise ReadProblem for a time without an offset, or one that no other offset can tell."""
    if any(at.tzinfo is None or not 1 < at.year < 9999 for at in times):
        raise entry.problem(_EXTENSION, "a time has no offset, or is out of range")
