"""A completeness profile as data: which elements somebody's list asks for, and which facts of the graph answer each."""

from collections.abc import Collection, Iterator
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from livebom.bom.parts import EdgeKind, PartKind
from livebom.bom.vocabulary import COMMON, EDGES, PARTS

Id = Annotated[str, Meta(pattern=r"\A[a-z0-9][a-z0-9-]*\Z")]
Words = Annotated[str, Meta(pattern=r"\S")]
Tier = Literal["critical", "important", "supplementary"]


class DocumentFact(StrEnum):
    """What is asked of the document itself, not of a part."""

    TOOL = "tool"
    TOOL_VERSION = "tool_version"
    TIMESTAMP = "timestamp"
    FORMAT = "format"
    FORMAT_VERSION = "format_version"
    IDENTIFIER = "identifier"
    """What tells this document from another: the ids of its looks."""
    GENERATION_CONTEXT = "generation_context"
    """At which stage of life things were looked at: each look's surface."""
    DEPENDENCIES = "dependencies"
    COMPLETENESS = "completeness"
    """Whether the document says what it does not know."""


class Need(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One fact about a part: an attribute with a value, an edge, or the form of its key."""

    attribute: str = ""
    like: str = ""
    """A wildcard that the attribute's value, or an entry of its list, has to fit."""
    edge: EdgeKind | None = None
    incoming: bool = False
    """The edge ends at the part, instead of beginning there."""
    far: str = ""
    """An attribute that a part at the edge's other end has to have."""
    key: str = ""
    """A wildcard that the part's key has to fit."""

    def __post_init__(self) -> None:
        if sum((bool(self.attribute), self.edge is not None, bool(self.key))) != 1:
            raise ValueError("a need names one of `attribute`, `edge` and `key`")
        if self.like and not self.attribute:
            raise ValueError("`like` goes with an `attribute`")
        if (self.incoming or self.far) and self.edge is None:
            raise ValueError("`incoming` and `far` go with an `edge`")
        if self.far and not any(self.far in words(kind) for kind in self._far_kinds()):
            raise ValueError(f"no part at the other end of {self.edge} has the attribute `{self.far}`")

    def fits(self, kind: PartKind) -> bool:
        """Whether a part of that kind can have it at all."""
        if self.edge is not None:
            word = EDGES[self.edge]
            ends = word.destinations if self.incoming else word.sources
            return not ends or kind in ends
        return not self.attribute or self.attribute in words(kind)

    def _far_kinds(self) -> tuple[PartKind, ...]:
        assert self.edge is not None  # noqa: S101 - `far` was refused without one
        word = EDGES[self.edge]
        return (word.sources if self.incoming else word.destinations) or tuple(PartKind)


class Element(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One element of a list, and what answers it: facts of parts, a fact of the document, or nothing livebom keeps."""

    id: Id
    cluster: Id
    name: Words
    text: Words
    """What is asked for, in our own words."""
    grade: Literal["checked", "memory"]
    """Whether the element was compared with a source of the profile."""
    applies: tuple[PartKind, ...] = ()
    needs: tuple[Need, ...] = ()
    """All of these; some of them make it partial."""
    any_of: tuple[Need, ...] = ()
    """And at least one of these."""
    document: DocumentFact | None = None
    not_kept: str = ""
    """Why livebom has no place for it: always missing, and said so."""
    tier: Tier | None = None
    optional: bool = False
    """Asked only of parts that have it; the others are not applicable."""

    def __post_init__(self) -> None:
        wanted = (*self.needs, *self.any_of)
        if sum((bool(self.applies), self.document is not None, bool(self.not_kept))) != 1:
            raise ValueError("an element has one of `applies`, `document` and `not_kept`")
        if bool(self.applies) != bool(wanted):
            raise ValueError("`applies` goes with `needs` or `any_of`")
        for problem in self._misfits():
            raise ValueError(problem)

    def _misfits(self) -> Iterator[str]:
        for need in (*self.needs, *self.any_of):
            if not any(need.fits(kind) for kind in self.applies):
                word = f"attribute `{need.attribute}`" if need.attribute else f"edge {need.edge} on that side"
                yield f"none of {', '.join(self.applies)} has the {word}; see livebom/bom/vocabulary.py"
        for kind in self.applies:
            if not all(need.fits(kind) for need in self.needs):
                yield f"a {kind} cannot have everything in `needs`; give it an element of its own"
            if self.any_of and not any(need.fits(kind) for need in self.any_of):
                yield f"a {kind} can have nothing of `any_of`"


class Penalty(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a score is multiplied with where that many elements of a tier are missing; the first that fits counts."""

    tier: Tier
    missing: Annotated[int, Meta(ge=1)]
    factor: Annotated[float, Meta(gt=0, le=1)]


class Level(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A named level: a least score, and elements that have to be there."""

    name: Words
    at_least: Annotated[float, Meta(ge=0, le=100)]
    needs: tuple[Id, ...] = ()


class Scoring(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a profile turns elements into points, for each part of these kinds."""

    applies: Annotated[tuple[PartKind, ...], Meta(min_length=1)]
    weights: dict[Id, Annotated[float, Meta(gt=0)]]
    """Most points of a cluster; a cluster's points go by the share of its elements that are present."""
    penalties: tuple[Penalty, ...] = ()
    levels: tuple[Level, ...] = ()
    """Lowest first."""


class Source(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a list is published, or where it was compared with."""

    url: Annotated[str, Meta(pattern=r"\Ahttps://\S+\Z")]
    what: Words
    checked: date | None = None
    """The day the profile was compared with it; without one it was not read, only named."""


class Profile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One list of elements."""

    id: Id
    title: Words
    status: Literal["voluntary", "law", "tool"]
    note: str = ""
    sources: Annotated[tuple[Source, ...], Meta(min_length=1)]
    clusters: dict[Id, Words]
    """Id to title, in the order in which they are told."""
    elements: Annotated[tuple[Element, ...], Meta(min_length=1)]
    score: Scoring | None = None

    def __post_init__(self) -> None:
        ids = [element.id for element in self.elements]
        twice = sorted({one for one in ids if ids.count(one) > 1})
        if twice:
            raise ValueError(f"the element `{twice[0]}` stands twice")
        named = [element.cluster for element in self.elements]
        if self.score:
            named += self.score.weights
            unknown = [one for level in self.score.levels for one in level.needs if one not in ids]
            if unknown:
                raise ValueError(f"a level needs `{unknown[0]}`, which is no element")
        strangers = [one for one in named if one not in self.clusters]
        if strangers:
            raise ValueError(f"`{strangers[0]}` is not one of `clusters`")


def narrowed(profile: Profile, clusters: Collection[str]) -> Profile:
    """The profile with these clusters only; a score needs all of them, so it goes.

    Raises:
        ValueError: The profile has no such cluster.
    """
    strange = sorted(set(clusters) - profile.clusters.keys())
    if strange:
        raise ValueError(f"{profile.id} has no cluster `{strange[0]}`; it has {', '.join(profile.clusters)}")
    return msgspec.structs.replace(
        profile,
        clusters={id_: title for id_, title in profile.clusters.items() if id_ in clusters},
        elements=tuple(element for element in profile.elements if element.cluster in clusters),
        score=None,
    )


def words(kind: PartKind) -> frozenset[str]:
    """Every attribute that a part of that kind may have."""
    return frozenset(COMMON) | frozenset(PARTS[kind].attributes)
