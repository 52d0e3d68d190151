"""How parts, edges and aliases stand in their tables: from a row to the thing and back."""

from collections.abc import Callable
from datetime import datetime
from typing import Generic, NamedTuple, TypeVar

from livebom.bom.parts import Alias, Edge, EdgeKind, Part, PartKind
from livebom.store.encode import attributes_of, column_time, graph_time, json_text, text
from livebom.store.rows import Row

Node = TypeVar("Node", bound=Part | Edge)


class Shape(NamedTuple, Generic[Node]):
    """How parts, or edges, stand in their tables."""

    interval: str
    staged: str
    of_row: Callable[[Row], Node]
    """From a row's first columns: those up to `last_seen`."""
    to_row: Callable[[Node], Row]
    """To those same columns."""

    @property
    def tables(self) -> dict[str, str]:
        """The names that the statements leave open."""
        return {"interval": self.interval, "staged": self.staged}


def _part(row: Row) -> Part:
    id_, kind, key, attributes, first_seen, last_seen = row[:6]
    return Part(
        id=id_,
        kind=PartKind(kind),
        key=key,
        attributes=attributes_of(attributes),
        first_seen=graph_time(first_seen),
        last_seen=graph_time(last_seen),
    )


def _part_row(part: Part) -> Row:
    attributes = json_text(part.attributes)
    return (part.id, part.kind.value, text(part.key), attributes, column_time(part.first_seen), _last(part))


def _edge(row: Row) -> Edge:
    id_, kind, source, destination, attributes, first_seen, last_seen = row[:7]
    return Edge(
        id=id_,
        kind=EdgeKind(kind),
        source=source,
        destination=destination,
        attributes=attributes_of(attributes),
        first_seen=graph_time(first_seen),
        last_seen=graph_time(last_seen),
    )


def _edge_row(edge: Edge) -> Row:
    ends = (edge.source, edge.destination)
    return (edge.id, edge.kind.value, *ends, json_text(edge.attributes), column_time(edge.first_seen), _last(edge))


def _last(node: Part | Edge) -> datetime:
    return column_time(node.last_seen)


PARTS = Shape("part_interval", "staged_part", _part, _part_row)
EDGES = Shape("edge_interval", "staged_edge", _edge, _edge_row)


def alias_row(one: Alias, seen_at: datetime) -> Row:
    """An alias as its columns, seen at that time (UTC without a zone)."""
    ends = (one.id, one.same_as, one.kind.value, text(one.key), one.source)
    return (*ends, seen_at, seen_at, text(one.method), one.confidence)


def alias_of(row: Row) -> Alias:
    """An alias from its columns."""
    id_, same_as, kind, key, source, method, confidence = row
    return Alias(
        id=id_, same_as=same_as, kind=PartKind(kind), key=key, source=source, method=method, confidence=confidence
    )
