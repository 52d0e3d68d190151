"""The livebom document: a state of the bill of materials with the looks it comes from, as it is written and read."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from livebom.bom.observation import Observation
from livebom.bom.parts import Alias, Edge, Graph, Part

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""The time of a document that holds no look."""


_encode = msgspec.json.Encoder(order="deterministic").encode


class Stretch(Struct, frozen=True, kw_only=True, order=True):
    """A run of neighbouring addresses of a zone that was asked for the same ports."""

    zone: str
    first: str
    """An address in canonical text form; `last` is of the same family."""
    last: str
    ports: tuple[int, ...]
    complete: bool
    """Every pair of address and port was tried with its retries."""


class Look(Struct, frozen=True, kw_only=True, order=True):
    """One look that a document rests on: who looked, at what, and how far that went."""

    at: datetime
    """When it ended, in UTC."""
    id: str
    """The sweep's id, or the digest of the file that was read."""
    surface: str
    """`runtime`, `code`, `web`, `weights`, `agents`, `register`, or `import` for another tool's document."""
    source: str
    """Who looked: `livebom 0.1.0`, or the tool that a document names."""
    scope: tuple[str, ...] = ()
    """The targets and exclusions as they were asked for, or what a foreign document says it is about."""
    complete: bool = False
    """The whole scope was looked at; only then is silence a statement."""
    coverage: tuple[Stretch, ...] = ()
    """For looks at networks: what of the scope was really tried."""
    mute: tuple[str, ...] = ()
    """Keys of listeners that were reached but did not tell their models."""
    not_seen: tuple[str, ...] = ()
    """In words: what this look could not or did not look at."""


class Document(Struct, frozen=True, kw_only=True):
    """A livebom document; `livebom` is the version of its form. Everything stands in a fixed order."""

    livebom: Literal[1] = 1
    surface: str
    """The surface of its looks, `merged` where there are several."""
    scope: tuple[str, ...]
    at: datetime
    """When the last look ended."""
    complete: bool
    """Every look was."""
    not_seen: tuple[str, ...]
    looks: tuple[Look, ...] = ()
    settled: bool = False
    """What is not here is gone: a store has already asked for enough complete looks. Never so of merged documents."""
    missed: dict[UUID, int] = {}
    """Of a settled document: parts and edges still here that the last complete looks did not see, and how many."""
    parts: tuple[Part, ...]
    edges: tuple[Edge, ...]
    aliases: tuple[Alias, ...] = ()
    observations: tuple[Observation, ...] = ()

    @property
    def graph(self) -> Graph:
        """Parts, edges and aliases as a graph."""
        return Graph(
            parts={part.id: part for part in self.parts},
            edges={edge.id: edge for edge in self.edges},
            aliases=frozenset(self.aliases),
        )


def document(
    graph: Graph,
    looks: Iterable[Look],
    observations: Iterable[Observation] = (),
    *,
    settled: bool = False,
    missed: dict[UUID, int] | None = None,
) -> Document:
    """The graph and its looks as a document; equal input in any order gives equal documents."""
    its = tuple(sorted(set(looks)))
    surfaces = {look.surface for look in its}
    return Document(
        surface=surfaces.pop() if len(surfaces) == 1 else "merged",
        scope=tuple(dict.fromkeys(place for look in its for place in look.scope)),
        at=max((look.at for look in its), default=NEVER),
        complete=bool(its) and all(look.complete for look in its),
        not_seen=tuple(dict.fromkeys(words for look in its for words in look.not_seen)),
        looks=its,
        settled=settled,
        missed=missed or {},
        parts=tuple(sorted(graph.parts.values(), key=lambda part: (part.kind, part.key))),
        edges=tuple(sorted(graph.edges.values(), key=lambda edge: edge.id.int)),
        aliases=tuple(sorted(graph.aliases)),
        observations=tuple(sorted(observations, key=_place)),
    )


def _place(seen: Observation) -> tuple[str, str, datetime, str, bytes]:
    """Where an observation stands: in full, so that two of one subject never depend on how they came."""
    return seen.kind, seen.subject, seen.at, seen.source, _whole(seen)


def _whole(seen: Observation) -> bytes:
    try:
        return _encode(seen)
    except ValueError:  # half a surrogate pair, or an integer that cannot be printed
        return repr(sorted(seen.facts)).encode("utf-8", "surrogatepass")
