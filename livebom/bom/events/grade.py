"""How bad a told step is and what is to be thought of it: rules, policy, doubt, flapping, windows, accept rows."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final
from uuid import UUID

from msgspec import Struct

from livebom.bom.change import Status
from livebom.bom.events.allowed import fits, said
from livebom.bom.events.case import Case, On
from livebom.bom.events.catalogue import SEVERITIES
from livebom.bom.events.rule import Rule
from livebom.bom.graph import winner
from livebom.bom.parts import Confidence, Edge, Part, PartKind
from livebom.bom.service import Severity

_SURE: Final = Confidence.DECLARED.rank

_PRESENCE: Final = frozenset({On.PART_NEW, On.PART_GONE, On.EDGE_NEW, On.EDGE_GONE, On.NOT_SEEN})
"""Steps that tell a coming or going."""


class Grade(Struct, frozen=True, kw_only=True):
    """The verdict, and the words that led to it."""

    severity: Severity
    status: Status
    why: tuple[str, ...]
    count: int = 1


class Place(Struct, frozen=True, kw_only=True):
    """Where and when a change is, as accept rows and windows ask."""

    keys: tuple[str, ...]
    """Of its ends, and of the listeners, hosts and repositories it can be found at."""
    at: datetime


def graded(rule: Rule, case: Case, place: Place, today: date, flaps: Mapping[UUID, int]) -> Grade:
    """The change's severity, status and reasons. `flaps` counts by the ids of resolved parts and edges."""
    severity, why = _ruled(rule, case)
    status = Status.CONFIRMED
    if suspected(rule, case):
        severity, status = _at_most(Severity.LOW, severity), Status.SUSPECTED
        why.append("known only by inference")
    count = _flapping(rule, case, flaps)
    if count:
        severity, status = _at_most(Severity.LOW, severity), Status.FLAPPING
        why.append(f"it came and went {count} times")
    for window in case.policy.windows:
        if window.holds(place.at) and fits([window.where], place.keys):
            severity, status = Severity.INFO, Status.EXPECTED
            why.append(f"expected: {window.reason}")
            break
    accepted = _accepted(rule, case, place, today)
    why += accepted
    if any(words.startswith("accepted") for words in accepted):
        status = Status.ACCEPTED
    return Grade(severity=severity, status=status, why=tuple(why), count=count or 1)


def suspected(rule: Rule, case: Case) -> bool:
    """Whether nothing that is verified or declared stands behind it."""
    return _confidence(rule, case) > _SURE


def _ruled(rule: Rule, case: Case) -> tuple[Severity, list[str]]:
    """By the event, the finding, the rule's shifts; the policy has the last word."""
    severity, why = SEVERITIES[rule.event], list(case.notes)
    check = _check(case)
    if check and rule.event != "finding.closed":
        own = said(case.part, "severity")
        severity = Severity(own) if own in set(Severity) else severity
    for shift in rule.shifts:
        words = shift.when(case)
        if words:
            severity = _at_most(shift.severity, severity) if shift.lowers else min(severity, shift.severity, key=_rank)
            why.append(words)
    for name in (check, rule.event):
        if name in case.policy.severities:
            return case.policy.severities[name], [*why, f"the policy sets {name} to {case.policy.severities[name]}"]
    return severity, why


def _accepted(rule: Rule, case: Case, place: Place, today: date) -> list[str]:
    """Words on the accept rows that fit: those that hold, else those that held once."""
    fitting = [
        row
        for row in case.policy.accept
        if (fits([row.event], [rule.event]) if row.event else fits([row.finding or ""], [_check(case)]))
        and fits([row.where], place.keys)
    ]
    holding = [row for row in fitting if row.holds(today)]
    if holding:
        row = max(holding, key=lambda one: (one.expires, one.reason))
        by = f" by {row.by}" if row.by else ""
        return [f"accepted{by} until {row.expires.isoformat()}: {row.reason}"]
    return [f"was accepted until {row.expires.isoformat()}: {row.reason}" for row in fitting]


def _check(case: Case) -> str:
    """The id of the check or rule that a finding is of; empty for everything else."""
    if case.part.kind is not PartKind.FINDING:
        return ""
    return said(case.part, "rule") or case.part.key.partition("@")[0]


def _flapping(rule: Rule, case: Case, flaps: Mapping[UUID, int]) -> int:
    """How often the thing came and went, where that is often; 0 where it is not, or the event tells something else."""
    if case.on not in _PRESENCE or rule.besides:
        return 0
    ids = [case.edge.id, case.edge.destination] if case.edge else [case.part.id]
    count = max(flaps.get(id_, 0) for id_ in ids)
    return count if count >= case.policy.damping.flaps else 0


def _confidence(rule: Rule, case: Case) -> int:
    """The rank of the best word behind it: on the value where one changed, else on the thing, else on where it is."""
    node = case.now or case.was or case.part
    if case.attribute and not rule.tried and case.now is not None and case.was is not None:
        claims = node.attributes.get(case.attribute, ())
        if claims:
            return winner(claims).confidence.rank
    for one in (node, case.part):
        ranks = _ranks(one)
        if ranks:
            return min(ranks)
    return _SURE


def _ranks(node: Part | Edge) -> list[int]:
    return [claim.confidence.rank for claims in node.attributes.values() for claim in claims]


def _at_most(limit: Severity, severity: Severity) -> Severity:
    return max(limit, severity, key=_rank)


def _rank(severity: Severity) -> int:
    return severity.rank
