"""Steps made ready for the rules: each with its ends, its values and both states around it."""

from typing import Any
from uuid import UUID

import msgspec

from livebom.bom.diff import Step
from livebom.bom.events.case import Case, On
from livebom.bom.events.reach import Reach, way, worth
from livebom.bom.events.rule import Rule
from livebom.bom.events.state import State
from livebom.bom.graph import name_of, value
from livebom.bom.parts import Edge, EdgeKind, Part, PartKind
from livebom.bom.policy import Policy

E = EdgeKind
K = PartKind


class Cases:
    """Makes the cases of one comparison."""

    def __init__(self, old: State, new: State, policy: Policy) -> None:
        """Take both states and the policy that judges the step between them."""
        self._old, self._new, self._policy = old, new, policy
        self._reach = (Reach(old), Reach(new))

    def came(self, part: Part) -> Case:
        """A part that the older state has not; an endpoint with what it reaches."""
        reached = worth(self._new, self._reach[1].of(part.id)) if part.kind is K.ENDPOINT else ()
        return self._case(On.PART_NEW, part, other=self._subject(part), now=part, **_reached(reached))

    def went(self, part: Part) -> Case:
        """A part that the newer state has not."""
        return self._case(On.PART_GONE, part, other=self._subject(part), was=part)

    def grown(self, part: Part) -> Case | None:
        """An endpoint of both states, where it reaches more than before."""
        before, after = self._reach
        more = worth(self._new, after.of(part.id) - before.of(part.id))
        if not more:
            return None
        notes = (f"by {way(self._new, part, more[0])}",)
        return self._case(On.REACHES, part, now=part, notes=notes, **_reached(more))

    def unseen(self, id_: UUID, count: int) -> Case | None:
        """A part or edge that still stands though that many complete looks did not see it."""
        words = (f"{count} complete look{'s' if count > 1 else ''} did not see it",)
        part, edge = self._new.parts.get(id_), self._new.edges.get(id_)
        if part is not None:
            return self._case(On.NOT_SEEN, part, was=part, notes=words)
        return self.edge(On.NOT_SEEN, edge, was=edge, notes=words) if edge else None

    def edge(self, on: On, edge: Edge, **more: Any) -> Case | None:
        """An edge's step; None where an end of it is no part of either state."""
        source, other = (
            self._new.parts.get(end) or self._old.parts.get(end) for end in (edge.source, edge.destination)
        )
        if source is None or other is None:
            return None
        return self._case(on, source, edge=edge, other=other, **more)

    def changed(self, step: Step[Part] | Step[Edge], name: str) -> Case | None:
        """The step of one attribute of what both states have."""
        before, after = step.values[name]
        more: dict[str, Any] = {
            "attribute": name,
            "before": before,
            "after": after,
            "was": step.before,
            "now": step.after,
        }
        if isinstance(step.after, Edge):
            return self.edge(On.EDGE_CHANGED, step.after, **more)
        return self._case(On.PART_CHANGED, step.after, other=self._subject(step.after), **more) if step.after else None

    def _case(self, on: On, part: Part, **more: Any) -> Case:
        return Case(on=on, old=self._old, new=self._new, policy=self._policy, part=part, **more)

    def _subject(self, part: Part) -> Part | None:
        """What a finding is about; None for every other part."""
        if part.kind is not K.FINDING:
            return None
        state = self._new if part.id in self._new.parts else self._old
        return next(iter(state.sources(part.id, E.HAS_FINDING)), None)


def shown(rule: Rule, case: Case) -> Case:
    """The case with the value that its rule shows of a thing that came or went."""
    if not rule.attribute or case.attribute or case.reached:
        return case
    ends = {On.PART_NEW: ("after", case.part), On.EDGE_NEW: ("after", case.other), On.PART_GONE: ("before", case.part)}
    side, part = ends.get(case.on, ("after", None))
    said = value(part, rule.attribute) if part else None
    return case if said is None else msgspec.structs.replace(case, attribute=rule.attribute, **{side: said})


def instead(case: Case, older: tuple[Part, ...]) -> Case:
    """The case with what it stands instead of: by the shown attribute, else by key."""
    name = case.attribute
    was = sorted(str(value(part, name) or part.key) if name else part.key for part in older)
    after = case.after if name else (case.other or case.part).key
    return msgspec.structs.replace(case, before=was[0] if len(was) == 1 else was, after=after, was=older[0])


def _reached(parts: tuple[Part, ...]) -> dict[str, Any]:
    if not parts:
        return {}
    return {
        "reached": parts,
        "attribute": "reaches",
        "before": [],
        "after": [f"{part.kind} {name_of(part)}" for part in parts],
    }
