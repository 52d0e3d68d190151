"""How far a state answers a profile: each element present, partial or missing, with the parts concerned."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from enum import StrEnum
from fnmatch import fnmatchcase
from uuid import UUID

from msgspec import Struct

from livebom.bom.document import NEVER, Document, Look
from livebom.bom.graph import name_of, winner
from livebom.bom.identity import canonical
from livebom.bom.merge import resolve
from livebom.bom.parts import Claim, Confidence, Edge, EdgeKind, Graph, Part, PartKind, Value
from livebom.bom.profile import DocumentFact, Element, Need, Profile, Source
from livebom.bom.score import Score, score

_SAYS_NOTHING = {"", "unknown", "noassertion"}


class Standing(StrEnum):
    """How far an element is answered."""

    PRESENT = "present"
    PARTIAL = "partial"
    MISSING = "missing"
    NOT_APPLICABLE = "not applicable"


class Concerned(Struct, frozen=True, kw_only=True, order=True):
    """A part, a look or the document itself."""

    kind: str
    key: str
    name: str


class Known(Struct, frozen=True, kw_only=True):
    """How well the facts behind an element are known: of how many parts which confidence is the best."""

    verified: int = 0
    declared: int = 0
    inferred: int = 0
    unresolved: int = 0
    ungraded: int = 0
    """An edge or a key answers it, and nothing says how well that is known."""


class Answer(Struct, frozen=True, kw_only=True):
    """One element and how far it is answered."""

    id: str
    cluster: str
    name: str
    text: str
    grade: str
    """`checked` or `memory`, as in the profile."""
    tier: str | None
    standing: Standing
    of: int
    """How many parts, looks or documents it is asked of."""
    known: Known
    present: tuple[Concerned, ...] = ()
    partial: tuple[Concerned, ...] = ()
    missing: tuple[Concerned, ...] = ()
    why: str = ""
    """Why it is not applicable, or always missing."""


class Completeness(Struct, frozen=True, kw_only=True):
    """A profile's report on one state."""

    profile: str
    title: str
    status: str
    note: str
    sources: tuple[Source, ...]
    checked: date | None
    """The last day on which the profile was compared with a source."""
    at: datetime
    """Of the state."""
    clusters: dict[str, str]
    counts: dict[str, int]
    """How many elements have each standing."""
    elements: tuple[Answer, ...]
    scores: tuple[Score, ...] = ()
    not_seen: tuple[str, ...] = ()
    """In words: what was not looked at."""


Grade = tuple[Standing, Confidence | None]
"""How far one part answers, and how well that is known."""


def evaluate(document: Document, profile: Profile, not_seen: Iterable[str] | None = None) -> Completeness:
    """How far the document answers the profile; aliases are resolved first, so one thing counts once.

    `not_seen` says in words what was not looked at; without it, the document's own words stand.
    """
    index = _Index(document)
    graded = {element.id: _graded(element, document, index) for element in profile.elements}
    answers = tuple(_answer(element, graded[element.id]) for element in profile.elements)
    days = [source.checked for source in profile.sources if source.checked]
    return Completeness(
        profile=profile.id,
        title=profile.title,
        status=profile.status,
        note=profile.note,
        sources=profile.sources,
        checked=max(days, default=None),
        at=document.at,
        clusters=profile.clusters,
        counts={str(one): sum(answer.standing is one for answer in answers) for one in Standing},
        elements=answers,
        scores=_scores(profile, graded, index),
        not_seen=tuple(document.not_seen if not_seen is None else not_seen),
    )


class _Index:
    """The resolved graph with what is asked of it often."""

    def __init__(self, document: Document) -> None:
        roots = canonical(document.aliases)
        self.graph: Graph = resolve(document.graph, roots)
        self.by_kind: dict[PartKind, list[Part]] = {}
        for part in sorted(self.graph.parts.values(), key=lambda part: (part.kind, part.key, part.id)):
            self.by_kind.setdefault(part.kind, []).append(part)
        self.concerned = {part.id: _concerned(part) for part in self.graph.parts.values()}
        self.edges: dict[tuple[EdgeKind, bool, UUID], list[Edge]] = {}
        for edge in self.graph.edges.values():
            self.edges.setdefault((edge.kind, False, edge.source), []).append(edge)
            self.edges.setdefault((edge.kind, True, edge.destination), []).append(edge)


def _graded(element: Element, document: Document, index: _Index) -> dict[Concerned, Grade]:
    if element.document is not None:
        return dict(_FACTS[element.document](document))
    found: dict[Concerned, Grade] = {}
    for kind in element.applies:
        groups: list[tuple[Need, ...]] = [(need,) for need in element.needs]
        groups += [tuple(need for need in element.any_of if need.fits(kind))] if element.any_of else []
        for part in index.by_kind.get(kind, ()):
            found[index.concerned[part.id]] = _judged(part, groups, index)
    return found


def _answer(element: Element, graded: dict[Concerned, Grade]) -> Answer:
    if element.optional:
        graded = {one: grade for one, grade in graded.items() if grade[0] is not Standing.MISSING}
    by: dict[Standing, list[Concerned]] = {one: [] for one in Standing}
    for one, (standing, _) in graded.items():
        by[standing].append(one)
    present, partial, missing = (tuple(sorted(by[s])) for s in (Standing.PRESENT, Standing.PARTIAL, Standing.MISSING))
    standing, why = _standing(element, len(present), len(partial), len(missing))
    return Answer(
        id=element.id,
        cluster=element.cluster,
        name=element.name,
        text=element.text,
        grade=element.grade,
        tier=element.tier,
        standing=standing,
        of=len(graded),
        known=_known(graded.values()),
        present=present,
        partial=partial,
        missing=missing,
        why=why,
    )


def _standing(element: Element, present: int, partial: int, missing: int) -> tuple[Standing, str]:
    if element.not_kept:
        return Standing.MISSING, element.not_kept
    if not present + partial + missing:
        kinds = " or ".join(kind.replace("_", " ") for kind in element.applies)
        said = f"no {kinds} says it" if element.optional else f"no {kinds} is known"
        return Standing.NOT_APPLICABLE, said if element.applies else "no look is in this state"
    if present and not partial and not missing:
        return Standing.PRESENT, ""
    return (Standing.PARTIAL if present or partial else Standing.MISSING), ""


def _known(grades: Iterable[Grade]) -> Known:
    counts: dict[str, int] = {}
    for standing, confidence in grades:
        if standing in {Standing.PRESENT, Standing.PARTIAL}:
            name = confidence.value if confidence else "ungraded"
            counts[name] = counts.get(name, 0) + 1
    return Known(**counts)


def _judged(part: Part, groups: list[tuple[Need, ...]], index: _Index) -> Grade:
    """Present where a need of every group holds, partial where of some, or where what holds is unresolved."""
    wanted = [_first(group, part, index) for group in groups]
    held = [one for one in wanted if one is not None]
    if not held:
        return Standing.MISSING, None
    graded = [confidence for (confidence,) in held if confidence]
    worst = max(graded, key=lambda one: one.rank) if len(graded) == len(held) else None
    whole = len(held) == len(wanted) and worst is not Confidence.UNRESOLVED
    return (Standing.PRESENT if whole else Standing.PARTIAL), worst


def _first(needs: Iterable[Need], part: Part, index: _Index) -> tuple[Confidence | None] | None:
    """The best known of the needs that hold, wrapped; None where none does."""
    held = [confidence for need in needs for confidence in _held(need, part, index)]
    if not held:
        return None
    return (min(held, key=lambda one: one.rank if one else Confidence.UNRESOLVED.rank - 0.5),)


def _held(need: Need, part: Part, index: _Index) -> Iterator[Confidence | None]:
    """The confidence of each fact that answers the need; None for one that nobody graded."""
    if need.key:
        if fnmatchcase(part.key, need.key):
            yield None
    elif need.edge is None:
        yield from _said(part.attributes.get(need.attribute, ()), need.like)
    else:
        for edge in index.edges.get((need.edge, need.incoming, part.id), ()):
            far = index.graph.parts.get(edge.source if need.incoming else edge.destination)
            if need.far:
                yield from _said(far.attributes.get(need.far, ()) if far else ())
            else:
                claims = [winner(its) for its in edge.attributes.values() if its]
                yield min((one.confidence for one in claims), key=lambda one: one.rank, default=None)


def _said(claims: tuple[Claim, ...], like: str = "") -> Iterator[Confidence]:
    """The believed claim's confidence, where it says something that fits."""
    if claims:
        believed = winner(claims)
        if _says(believed.value, like):
            yield believed.confidence


def _says(value: Value, like: str) -> bool:
    said = value if isinstance(value, list) else [] if value is None else [value]
    texts = [text for text in map(str, said) if text.strip().lower() not in _SAYS_NOTHING]
    return any(fnmatchcase(text, like) for text in texts) if like else bool(texts)


def _scores(profile: Profile, graded: dict[str, dict[Concerned, Grade]], index: _Index) -> tuple[Score, ...]:
    if profile.score is None:
        return ()
    document = {e.id for e in profile.elements if e.document and _all_present(graded[e.id])}
    found = []
    for kind in profile.score.applies:
        for part in index.by_kind.get(kind, ()):
            one = index.concerned[part.id]
            has = {id_ for id_, its in graded.items() if its.get(one, (None,))[0] is Standing.PRESENT}
            found.append(score(profile, kind, one.key, one.name, frozenset(has | document)))
    return tuple(found)


def _all_present(graded: dict[Concerned, Grade]) -> bool:
    return bool(graded) and all(standing is Standing.PRESENT for standing, _ in graded.values())


def _concerned(part: Part) -> Concerned:
    return Concerned(kind=part.kind, key=part.key, name=name_of(part))


def _named(look: Look) -> str:
    return f"{look.surface} by {look.source}" if look.source else look.surface


def _whole(present: Callable[[Document], bool]) -> Callable[[Document], Iterator[tuple[Concerned, Grade]]]:
    """A fact of the document as a whole."""

    def graded(document: Document) -> Iterator[tuple[Concerned, Grade]]:
        one = Concerned(kind="document", key="document", name="the document")
        yield one, (Standing.PRESENT, Confidence.VERIFIED) if present(document) else (Standing.MISSING, None)

    return graded


def _of_looks(standing: Callable[[Look], Standing]) -> Callable[[Document], Iterator[tuple[Concerned, Grade]]]:
    """A fact of each look that the document rests on."""

    def graded(document: Document) -> Iterator[tuple[Concerned, Grade]]:
        for look in document.looks:
            one = Concerned(kind="look", key=look.id, name=_named(look))
            its = standing(look)
            yield one, (its, None if its is Standing.MISSING else Confidence.DECLARED)

    return graded


def _present(yes: object) -> Standing:
    return Standing.PRESENT if yes else Standing.MISSING


_DEPENDS = {
    EdgeKind.DEPENDS_ON,
    EdgeKind.CONTAINS,
    EdgeKind.SERVES,
    EdgeKind.USES_MODEL,
    EdgeKind.HAS_WEIGHTS,
    EdgeKind.DERIVED_FROM,
    EdgeKind.ADAPTER_OF,
    EdgeKind.FINE_TUNED_ON,
    EdgeKind.BUILT_FROM,
}

_FACTS: dict[DocumentFact, Callable[[Document], Iterator[tuple[Concerned, Grade]]]] = {
    DocumentFact.FORMAT: _whole(lambda _: True),
    DocumentFact.FORMAT_VERSION: _whole(lambda document: document.livebom >= 1),
    DocumentFact.TIMESTAMP: _whole(lambda document: document.at > NEVER),
    DocumentFact.IDENTIFIER: _whole(lambda document: any(look.id for look in document.looks)),
    DocumentFact.DEPENDENCIES: _whole(lambda document: any(edge.kind in _DEPENDS for edge in document.edges)),
    DocumentFact.COMPLETENESS: _whole(lambda document: bool(document.looks)),
    DocumentFact.TOOL: _of_looks(lambda look: _present(look.source.strip())),
    DocumentFact.TOOL_VERSION: _of_looks(
        lambda look: _present(any(c.isdigit() for c in look.source.partition(" ")[2]))
    ),
    # Of another tool's document we know that it was read, not at which stage its makers looked.
    DocumentFact.GENERATION_CONTEXT: _of_looks(
        lambda look: Standing.PARTIAL if look.surface == "import" else _present(look.surface)
    ),
}
