"""Whose word a look brings: which claims of a known thing it replaces, and which are others' and stay."""

from collections.abc import Iterable, Iterator
from itertools import chain

from msgspec import Struct

from livebom.bom.parts import Attributes, Claim, Edge, Graph, Part

BY_SOURCE = frozenset({"register", "import"})
"""Surfaces whose every source is a document of its own: a look at one of them says nothing of the others."""


class Voice(Struct, frozen=True):
    """Those who speak in one look."""

    surfaces: frozenset[str]
    sources: frozenset[tuple[str, str]]
    """Surface and source, for the surfaces that are told apart by their sources."""

    @property
    def counts(self) -> bool:
        """Whether seeing a thing says that it is there; a document only says that somebody wrote it down."""
        return not self.surfaces or bool(self.surfaces - BY_SOURCE)

    def owns(self, claim: Claim) -> bool:
        """Whether the look replaces this claim; one by nobody in particular replaces every claim."""
        if claim.surface in BY_SOURCE and self.surfaces:
            return (claim.surface, claim.source) in self.sources
        return not self.surfaces or claim.surface in self.surfaces

    def others(self, attributes: Attributes) -> Attributes:
        """The claims that are somebody else's."""
        left = {name: tuple(claim for claim in claims if not self.owns(claim)) for name, claims in attributes.items()}
        return {name: claims for name, claims in left.items() if claims}

    def spoke(self, attributes: Attributes) -> bool:
        """Whether any claim is of those who look."""
        return any(self.owns(claim) for claims in attributes.values() for claim in claims)


def voice_of(graph: Graph, surfaces: Iterable[str]) -> Voice:
    """Who speaks in the look that brought this graph: the surfaces it was begun for, and those of its claims."""
    nodes: Iterator[Part | Edge] = chain(graph.parts.values(), graph.edges.values())
    heard = {(claim.surface, claim.source) for node in nodes for claims in node.attributes.values() for claim in claims}
    return Voice(
        frozenset({*surfaces, *(surface for surface, _ in heard)}),
        frozenset(pair for pair in heard if pair[0] in BY_SOURCE),
    )
