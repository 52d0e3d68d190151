"""Two documents compared: what is told of what differs, how bad that is, and what cannot be said."""

from collections.abc import Iterable, Mapping
from datetime import date
from uuid import UUID

from livebom.bom.change import Change, Comparison, Status
from livebom.bom.document import Document
from livebom.bom.events.absence import Heard, doubts_of, judged, words_of
from livebom.bom.events.case import Case, On
from livebom.bom.events.cases import Cases
from livebom.bom.events.changes import Changes
from livebom.bom.events.grade import suspected
from livebom.bom.events.history import NO_HISTORY, History
from livebom.bom.events.resolving import joined, rooted, state_of, unrooted
from livebom.bom.events.rule import Rule
from livebom.bom.events.state import State
from livebom.bom.events.steps import speaking
from livebom.bom.events.telling import Teller, Told
from livebom.bom.policy import Policy


def compare(
    old: Document,
    new: Document,
    policy: Policy,
    today: date,
    *,
    names: tuple[str, str] = ("old", "new"),
    history: History = NO_HISTORY,
    assume_complete: bool = False,
) -> Comparison:
    """What changed from the older document to the newer, by the rules of the policy; see docs/changes.md.

    `today` decides which accept rows still hold. `names` are what people call the two states. With `assume_complete`
    every silence of the newer document counts as a complete look. The order of parts, edges, aliases and looks within
    the documents does not matter.
    """
    return compare_and_hold(old, new, policy, today, names=names, history=history, assume_complete=assume_complete)[0]


def compare_and_hold(
    old: Document,
    new: Document,
    policy: Policy,
    today: date,
    *,
    names: tuple[str, str] = ("old", "new"),
    history: History = NO_HISTORY,
    assume_complete: bool = False,
) -> tuple[Comparison, frozenset[UUID]]:
    """The same, and what the newer document has but was not told: too few looks saw it, by `damping.sightings`.

    Whoever leaves those parts and edges out of the older document next time is told of them when they were seen often
    enough. The ids are the document's own.
    """
    roots = joined(old, new, policy)
    before, after = state_of(old, roots), state_of(new, roots)
    heard = Heard(before, after, (old.looks, new.looks), everything=assume_complete or new.settled)
    earlier = Heard(after, before, (new.looks, old.looks), everything=old.settled)
    missed = rooted(old.missed, roots, old), rooted(new.missed, roots, new)
    told, unsaid, unsaid_count = _told(before, after, Cases(before, after, policy), heard, missed)
    sightings, flaps = (rooted(one, roots, old, new) for one in (history.sightings, history.flaps))
    held = [case for rule, case in told if _held(rule, case, sightings)]
    loud = [(rule, case) for rule, case in told if not _held(rule, case, sightings)]
    comparison = Comparison(
        old=names[0],
        new=names[1],
        old_at=old.at,
        new_at=new.at,
        changes=_once(Changes(loud, earlier, today, new.at, flaps).all()),
        unsaid=unsaid,
        unsaid_count=unsaid_count,
        not_seen=new.not_seen,
        held=len({case.edge.id if case.edge else case.part.id for case in held}),
    )
    return comparison, unrooted({id_ for case in held for id_ in _new_ids(case)}, roots, new)


def _new_ids(case: Case) -> list[UUID]:
    """What is new of a held case: the part; of an edge the edge, and where it leads if that is new as well."""
    if case.edge is None:
        return [case.part.id]
    end = case.edge.destination
    return [case.edge.id] if end in case.old.parts else [case.edge.id, end]


def _told(
    old: State, new: State, cases: Cases, heard: Heard, missed: tuple[dict[UUID, int], dict[UUID, int]]
) -> tuple[list[Told], tuple[str, ...], int]:
    """What is told, what cannot be said, in words, and of how many parts and edges."""
    parts, edges = speaking(old.parts, new.parts), speaking(old.edges, new.edges)
    gone_parts = [step.before for step in parts if step.before is not None and step.after is None]
    gone_edges = [step.before for step in edges if step.before is not None and step.after is None]
    absence = judged(heard, [*gone_parts, *gone_edges])
    new_edges = [step.after for step in edges if step.after is not None and step.before is None]
    teller = Teller(old, new, cases, heard)
    told = [
        *teller.came([step.after for step in parts if step.after is not None and step.before is None], new_edges),
        *teller.went(
            [part for part in gone_parts if part.id in absence.gone],
            [edge for edge in gone_edges if edge.id in absence.gone],
        ),
        *teller.differs((*parts, *edges)),
        *teller.reaches(new_edges),
        *teller.not_seen(*missed),
    ]
    replaced = teller.replaced | {edge.id for edge in gone_edges if edge.destination in teller.replaced}
    unsaid = {id_: speakers for id_, speakers in absence.unsaid.items() if id_ not in replaced}
    doubted = {id_ for id_, _ in teller.doubted}
    return told, (*words_of(old, unsaid), *doubts_of(old, teller.doubted)), len(unsaid) + len(doubted)


def _held(rule: Rule, case: Case, sightings: Mapping[UUID, int]) -> bool:
    """Whether it is new, known only by inference, and not seen often enough yet to be told."""
    if case.on not in (On.PART_NEW, On.EDGE_NEW) or not suspected(rule, case):
        return False
    ids = (case.edge.id, case.edge.destination) if case.edge else (case.part.id,)
    counts = [sightings[id_] for id_ in ids if id_ in sightings]
    return bool(counts) and max(counts) < case.policy.damping.sightings


def _once(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Each once, worst first; of what flaps the worst only."""
    ordered = sorted(changes, key=_order)
    first: dict[tuple[object, ...], Change] = {}
    for one in ordered:
        about = one.other or one.part
        value = () if one.status is Status.FLAPPING else (one.event, one.part, one.attribute, _relation(one))
        first.setdefault((about, *value), one)
    return tuple(first.values())


def _relation(change: Change) -> str:
    """What tells two changes between the same parts apart: a nameless edge's kind."""
    return change.edge_kind or "" if change.event.startswith("edge.") else ""


def _order(change: Change) -> tuple[object, ...]:
    edge = change.edge_kind or ""
    return (change.severity.rank, change.event, change.key, change.other_key, change.attribute, edge, change.part.int)
