"""From a told step to the change that is handed out."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cached_property
from typing import Any, Final, Literal
from uuid import UUID

from livebom.bom.change import Change
from livebom.bom.events.absence import Heard
from livebom.bom.events.case import Case, On
from livebom.bom.events.grade import Place, graded
from livebom.bom.events.place import evidence, where
from livebom.bom.events.rule import Rule
from livebom.bom.events.telling import Told
from livebom.bom.graph import name_of
from livebom.bom.owner import WAYS, owners
from livebom.bom.parts import Edge, Part

_BELONGING: Final = frozenset(WAYS)


class Changes:
    """What all changes of one comparison share."""

    def __init__(self, told: list[Told], earlier: Heard, today: date, at: datetime, flaps: Mapping[UUID, int]) -> None:
        """Take all told steps, who had looked before, the day, when the newer state looked, and comings and goings."""
        self._told, self._earlier, self._today, self._at, self._flaps = told, earlier, today, at, flaps

    def all(self) -> list[Change]:
        """One for each told step."""
        return [self._change(rule, case) for rule, case in self._told]

    def _change(self, rule: Rule, case: Case) -> Change:
        """The change, graded."""
        found = where(case.state, case.part)
        keys = (*(part.key for part in case.ends), *found)
        at = case.now.last_seen if case.now else self._at
        grade = graded(rule, case, Place(keys=keys, at=at), self._today, self._flaps)
        before, after = evidence(case)
        return Change(
            event=rule.event,
            severity=grade.severity,
            status=grade.status,
            part=case.part.id,
            kind=case.part.kind,
            key=case.part.key,
            name=name_of(case.part),
            attribute=case.attribute,
            before=case.before,
            after=case.after,
            why=(*grade.why, *self._unlooked(case)),
            evidence_before=before,
            evidence_after=after,
            owner=self._owner(case),
            where=found,
            at=at,
            count=grade.count,
            **_far(case),
        )

    def _unlooked(self, case: Case) -> tuple[str, ...]:
        """Words where the older state cannot know whether the thing was there."""
        new = case.on in (On.PART_NEW, On.EDGE_NEW) and case.now is not None and self._earlier.missing(case.now)
        return ("the older state did not look there completely, so it may have been there before",) if new else ()

    @cached_property
    def _owners(self) -> tuple[dict[UUID, str], dict[UUID, str]]:
        """Whom to call now, and before: of the ends of what is told, and of what those belong to."""
        ids = {part.id for _, case in self._told for part in case.ends}
        old, new = self._told[0][1].old, self._told[0][1].new
        return owners(new.around(ids, _belongs)), owners(old.around(ids, _belongs))

    def _owner(self, case: Case) -> str | None:
        """The part's; where nobody is known, the one it had, then the other end's."""
        now, then = self._owners
        for part in case.ends:
            found = now.get(part.id) or then.get(part.id)
            if found:
                return found
        return None


def _belongs(part: Part, edge: Edge) -> bool:
    """Whether the part may have its owner over this edge."""
    way: Literal["from", "to"] = "to" if edge.source == part.id else "from"
    return (part.kind, edge.kind, way) in _BELONGING


def _far(case: Case) -> dict[str, Any]:
    """The edge and its other end, where there are any."""
    edge, other = case.edge, case.other
    more: dict[str, Any] = {"edge": edge.id, "edge_kind": edge.kind} if edge else {}
    if other:
        more |= {"other": other.id, "other_kind": other.kind, "other_key": other.key, "other_name": name_of(other)}
    return more
