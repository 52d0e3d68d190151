"""The document as the writer reads it: one part per thing, in a fixed order, with its edges at hand."""

import re
from collections.abc import Iterable
from uuid import UUID, uuid5

from livebom.bom.document import Document
from livebom.bom.graph import value
from livebom.bom.identity import canonical
from livebom.bom.merge import resolve
from livebom.bom.parts import Edge, EdgeKind, Part, PartKind

NAMESPACE = UUID("0d1d2c55-2f0f-5c0e-8a43-7f4f5f3cf7b2")
"""The UUIDv5 namespace of what only a CycloneDX document has: its serial number, its annotations, its claims."""

ROOT = str(uuid5(NAMESPACE, "estate"))
"""The bom-ref of the whole estate."""

UNREFERENCED = frozenset({PartKind.FINDING, PartKind.PRINCIPAL})
"""Kinds that are neither component nor service here, so no dependency may name them."""

_PLACE = re.compile(r"[^/]+:[0-9]{1,5}(?:/|\Z)")
"""The `<host>:<port>` of a key."""


def ref_of(*words: str) -> str:
    """The bom-ref of something that is no part, made from what it is."""
    return str(uuid5(NAMESPACE, "\x1f".join(words).encode("utf-8", "backslashreplace").decode()))


class View:
    """A document's graph with every alias set drawn as one part."""

    def __init__(self, document: Document, *, external: bool) -> None:
        self.document = document
        self.external = external
        """Whether the version knows `isExternal`."""
        self.roots = canonical(document.aliases)
        graph = resolve(document.graph, self.roots)
        parts = sorted(graph.parts.values(), key=lambda part: (part.kind, part.key, part.id))
        self.parts: dict[UUID, Part] = {part.id: part for part in parts}
        self.edges = [
            edge for edge in graph.edges.values() if edge.source in self.parts and edge.destination in self.parts
        ]
        self.edges.sort(key=self._order)
        self.dangling = len(graph.edges) - len(self.edges)
        self._out: dict[UUID, list[Edge]] = {}
        self._into: dict[UUID, list[Edge]] = {}
        for edge in self.edges:
            self._out.setdefault(edge.source, []).append(edge)
            self._into.setdefault(edge.destination, []).append(edge)
        self.other_keys = self._other_keys()

    def _order(self, edge: Edge) -> tuple[str, str, str, str]:
        destination = self.parts[edge.destination]
        return str(edge.source), edge.kind, destination.kind, destination.key

    def of(self, *kinds: PartKind) -> list[Part]:
        """The parts of these kinds, by kind and key."""
        return [part for part in self.parts.values() if part.kind in kinds]

    def out(self, part: Part, *kinds: EdgeKind) -> list[Edge]:
        """The part's edges to others, of these kinds or of all."""
        return [edge for edge in self._out.get(part.id, ()) if not kinds or edge.kind in kinds]

    def into(self, part: Part, *kinds: EdgeKind) -> list[Edge]:
        """The edges that lead to the part."""
        return [edge for edge in self._into.get(part.id, ()) if not kinds or edge.kind in kinds]

    def to(self, part: Part, *kinds: EdgeKind) -> list[Part]:
        """The parts that such edges of the part lead to."""
        return [self.parts[edge.destination] for edge in self.out(part, *kinds)]

    def sources(self, part: Part, *kinds: EdgeKind) -> list[Part]:
        """The parts that such edges come from."""
        return [self.parts[edge.source] for edge in self.into(part, *kinds)]

    def networked(self, part: Part) -> bool:
        """Whether it is reached over a network, so that CycloneDX calls it a service."""
        if part.kind is PartKind.MCP_SERVER:
            return value(part, "transport") != "stdio" and not part.key.startswith("stdio:")
        if part.kind is PartKind.VECTOR_STORE:
            return bool(_PLACE.match(part.key) or self.out(part, EdgeKind.LISTENS_ON))
        return part.kind in {PartKind.SERVER, PartKind.LISTENER, PartKind.ENDPOINT, PartKind.API_PROVIDER}

    def _other_keys(self) -> dict[UUID, list[str]]:
        """For each part, the further keys that name it, each with why it is believed to."""
        said: dict[UUID, set[str]] = {}
        for row in self.document.aliases:
            top = self.roots[row.id]
            if top in self.parts and row.key != self.parts[top].key:
                said.setdefault(top, set()).add(f"{row.key} ({row.method} by {row.source}, {row.confidence:g})")
        covered = {(self.roots[row.id], row.key) for row in self.document.aliases}
        for part in self.document.parts:
            top = self.roots.get(part.id, part.id)
            if top != part.id and (top, part.key) not in covered:
                said.setdefault(top, set()).add(part.key)
        return {id_: sorted(words) for id_, words in said.items()}


def refs(parts: Iterable[Part]) -> tuple[str, ...]:
    """Their bom-refs, each once, in order."""
    return tuple(sorted({str(part.id) for part in parts}))
