"""One side of a comparison: a resolved graph with its edges at hand, and what can be read off a part's place in it."""

from collections.abc import Callable, Iterable
from functools import cached_property
from ipaddress import ip_address
from typing import Final
from uuid import UUID

from livebom.bom.graph import value
from livebom.bom.parts import Edge, EdgeKind, Graph, Part, PartKind

E = EdgeKind

EXPOSURES: Final = ("loopback", "private", "public")
"""Narrowest first."""


class State:
    """A graph in which one thing is one part, indexed by the ends of its edges when first asked."""

    def __init__(self, graph: Graph) -> None:
        """Take a resolved graph."""
        self.parts = graph.parts
        self.edges = graph.edges

    @cached_property
    def leaving(self) -> dict[UUID, list[Edge]]:
        """Edges by where they begin."""
        return _by(self.edges.values(), lambda edge: edge.source)

    @cached_property
    def arriving(self) -> dict[UUID, list[Edge]]:
        """Edges by where they end."""
        return _by(self.edges.values(), lambda edge: edge.destination)

    @cached_property
    def packages(self) -> dict[str, list[Part]]:
        """Packages by their key without the version."""
        found: dict[str, list[Part]] = {}
        for part in self.parts.values():
            if part.kind is PartKind.PACKAGE:
                found.setdefault(package_name(part), []).append(part)
        return found

    def ends(self, part: UUID, *kinds: EdgeKind) -> list[Part]:
        """The parts that edges of these kinds lead to from it, by key."""
        ids = {edge.destination for edge in self.leaving.get(part, ()) if edge.kind in kinds}
        return self.known(ids)

    def sources(self, part: UUID, *kinds: EdgeKind) -> list[Part]:
        """The parts that edges of these kinds come from, by key."""
        ids = {edge.source for edge in self.arriving.get(part, ()) if edge.kind in kinds}
        return self.known(ids)

    def known(self, ids: Iterable[UUID]) -> list[Part]:
        """Those of the ids that are parts, by kind and key."""
        return sorted((self.parts[id_] for id_ in ids if id_ in self.parts), key=lambda part: (part.kind, part.key))

    def around(self, ids: Iterable[UUID], follows: Callable[[Part, Edge], bool]) -> Graph:
        """The parts that lie behind these over the edges to follow, either way, with those edges."""
        found = {id_: self.parts[id_] for id_ in ids if id_ in self.parts}
        edges: dict[UUID, Edge] = {}
        waiting = list(found.values())
        while waiting:
            part = waiting.pop()
            for edge in (*self.leaving.get(part.id, ()), *self.arriving.get(part.id, ())):
                if not follows(part, edge):
                    continue
                edges[edge.id] = edge
                far = edge.destination if edge.source == part.id else edge.source
                if far not in found and far in self.parts:
                    found[far] = self.parts[far]
                    waiting.append(found[far])
        return Graph(parts=found, edges=edges)

    def exposure(self, part: Part) -> str:
        """From where it can be reached, by its own word and that of its listeners; empty where nothing is known."""
        places = [part, *self.ends(part.id, E.LISTENS_ON)]
        return max((_exposed(one) for one in places), key=width, default="")

    def tools(self, part: UUID) -> list[Part]:
        """What it can call, by itself or through an MCP server."""
        through = self.ends(part, E.USES_MCP)
        ids = {
            tool.id
            for one in (part, *(server.id for server in through))
            for tool in self.ends(one, E.CAN_CALL, E.EXPOSES)
        }
        return [tool for tool in self.known(ids) if tool.kind is PartKind.TOOL]


def package_name(part: Part) -> str:
    """A package's key without its version."""
    return part.key.rpartition("@")[0] or part.key


def width(exposure: str) -> int:
    """How far away one can stand: 0 for loopback, -1 where that is not known."""
    return EXPOSURES.index(exposure) if exposure in EXPOSURES else -1


def _exposed(part: Part) -> str:
    said = value(part, "exposure")
    if isinstance(said, str) and said in EXPOSURES:
        return said
    host = value(part, "host")
    return _by_address(host) if isinstance(host, str) and part.kind is PartKind.LISTENER else ""


def _by_address(host: str) -> str:
    try:
        address = ip_address(host)
    except ValueError:
        return ""
    if address.is_loopback:
        return "loopback"
    return "private" if address.is_private or address.is_link_local else "public"


def _by(edges: Iterable[Edge], end: Callable[[Edge], UUID]) -> dict[UUID, list[Edge]]:
    found: dict[UUID, list[Edge]] = {}
    for edge in edges:
        found.setdefault(end(edge), []).append(edge)
    return found
