"""What a reader collects: parts, edges and the claims of one tool, joined wherever two entries name one part."""

from datetime import datetime
from functools import lru_cache
from uuid import UUID

from livebom.bom.identity import alias, edge_id, part_id
from livebom.bom.license import license_of
from livebom.bom.merge import join_node
from livebom.bom.observation import Fact
from livebom.bom.parts import Alias, Attributes, Claim, Confidence, Edge, EdgeKind, Graph, Part, PartKind
from livebom.bom.vocabulary import EDGES

SURFACE = "import"
"""The surface of every claim that another tool's document makes."""


@lru_cache(maxsize=4096)
def _family(license_: str) -> Fact:
    """How far a license's terms let one go; a document of packages names few licenses many times."""
    return Fact(str(license_of(license_).family), Confidence.INFERRED, "from the license")


class Gathering:
    """The graph of one foreign document while it is read; the order of what is added never matters."""

    def __init__(self, source: str, at: datetime) -> None:
        """`source` is the tool that made the document, `at` when it did so."""
        self.source, self.at = source, at
        self.parts: dict[UUID, Part] = {}
        self.edges: dict[UUID, Edge] = {}
        self.aliases: set[Alias] = set()

    def part(self, kind: PartKind, key: str, facts: dict[str, Fact] | None = None) -> UUID:
        """Add a part, or more facts of one; returns its id. A license's family is added to its facts."""
        facts = facts or {}
        if "license" in facts and "license_family" not in facts:
            facts = facts | {"license_family": _family(str(facts["license"].value))}
        id_, at = part_id(kind, key), self.at
        one = Part(id=id_, kind=kind, key=key, attributes=self._claims(facts), first_seen=at, last_seen=at)
        self.parts[id_] = join_node(self.parts[id_], one) if id_ in self.parts else one
        return id_

    def edge(
        self,
        kind: EdgeKind,
        source: UUID,
        destination: UUID,
        facts: dict[str, Fact] | None = None,
        *,
        as_told: bool = False,
    ) -> bool:
        """Add an edge between two parts that were added; False where the vocabulary knows no such edge.

        `as_told` is for what livebom itself has written, which is not questioned.
        """
        if not (as_told or self._known(kind, source, destination)):
            return False
        id_, at = edge_id(kind, source, destination), self.at
        one = Edge(
            id=id_,
            kind=kind,
            source=source,
            destination=destination,
            attributes=self._claims(facts or {}),
            first_seen=at,
            last_seen=at,
        )
        self.edges[id_] = join_node(self.edges[id_], one) if id_ in self.edges else one
        return True

    def _known(self, kind: EdgeKind, source: UUID, destination: UUID) -> bool:
        word = EDGES[kind]
        return (
            source != destination
            and (not word.sources or self.parts[source].kind in word.sources)
            and (not word.destinations or self.parts[destination].kind in word.destinations)
        )

    def alias(self, kind: PartKind, key: str, other: str) -> None:
        """Say that two keys name one part; both become parts."""
        self.part(kind, other)
        self.aliases.add(alias(kind, key, other, self.source))

    def graph(self) -> Graph:
        """Everything added so far."""
        return Graph(parts=self.parts, edges=self.edges, aliases=frozenset(self.aliases))

    def _claims(self, facts: dict[str, Fact]) -> Attributes:
        if not facts:
            return {}
        at, source = self.at, self.source
        return {
            name: (
                Claim(
                    value=facts[name].value,
                    surface=SURFACE,
                    source=source,
                    confidence=facts[name].confidence,
                    first_seen=at,
                    last_seen=at,
                    evidence=facts[name].evidence,
                ),
            )
            for name in sorted(facts)
        }
