"""What a policy makes of a state: how bad its findings are here, what its lists refuse, and what is accepted."""

from collections.abc import Iterable, Iterator
from datetime import date
from fnmatch import fnmatchcase
from uuid import UUID

import msgspec
from msgspec import Struct

from livebom.bom.breaches import RULES, Breach, Estate, breaches
from livebom.bom.document import Document
from livebom.bom.graph import name_of, value
from livebom.bom.identity import edge_id, part_id
from livebom.bom.parts import Claim, Confidence, Edge, EdgeKind, Part, PartKind, Value
from livebom.bom.policy import Accept, Policy
from livebom.bom.service import Severity

EXPIRED, UNUSED = "policy.expired", "policy.unused"
"""What is said of an accept row, not of a part."""

_SOURCE = "policy"
_MENDED = frozenset({"pass", "not_applicable"})


class Judged(Struct, frozen=True, kw_only=True):
    """A finding as the policy sees it."""

    rule: str
    """The check's id, a CVE, or a rule of the policy."""
    key: str
    """The finding's own: `<rule>@<key of the part>`."""
    title: str
    severity: Severity
    """The one it has here."""
    native: Severity
    """The one it comes with."""
    part: UUID | None = None
    """What it is about, None where that is no part of the state."""
    kind: PartKind | None = None
    part_key: str = ""
    name: str = ""
    other_key: str = ""
    """Of a rule on pairs, the other part."""
    where: tuple[str, ...] = ()
    """Keys of listeners, or files."""
    seen: tuple[str, ...] = ()
    remediation: str = ""
    owner: str | None = None
    accepted: tuple[Accept, ...] = ()
    """The accept rows that hold, the one that lasts longest first."""


def check(document: Document, policy: Policy, today: date) -> tuple[Judged, ...]:
    """All of it: the state's findings, what breaks the policy's lists, and accept rows that expired or fit nothing.

    Worst first, then by rule and key; what is accepted stands at the end.
    """
    estate = Estate(document)
    found = [*_ordinary(estate, policy, today), *_broken(estate, policy, today)]
    return _ordered([*found, *_rows(found, policy, today)])


def judged(document: Document, policy: Policy, today: date) -> tuple[Judged, ...]:
    """The state's own findings that are not mended, with the severity they have here and who accepted them."""
    return _ordered(_ordinary(Estate(document), policy, today))


def violations(document: Document, policy: Policy, today: date) -> tuple[Judged, ...]:
    """What breaks the lists of the policy, as findings; the accepted ones are among them."""
    return _ordered(_broken(Estate(document), policy, today))


def with_violations(document: Document, policy: Policy, today: date) -> Document:
    """The document with a finding part for each violation, and no other findings of a policy's lists."""
    old = {part.id for part in document.parts if _is_ours(part)}
    parts = {part.id: part for part in document.parts if part.id not in old}
    edges = {edge.id: edge for edge in document.edges if not old & {edge.source, edge.destination}}
    for one in violations(document, policy, today):
        finding = _part(one, document)
        parts[finding.id] = finding
        if one.part is not None:
            edge = _edge(one.part, finding)
            edges[edge.id] = edge
    return msgspec.structs.replace(
        document,
        parts=tuple(sorted(parts.values(), key=lambda part: (part.kind, part.key))),
        edges=tuple(sorted(edges.values(), key=lambda edge: edge.id)),
    )


def with_verdicts(document: Document, policy: Policy, today: date) -> Document:
    """As `with_violations`, and the state's own findings told with the severity they have here and why accepted."""
    whole = with_violations(document, policy, today)
    told = {one.key: one for one in judged(document, policy, today)}
    parts = tuple(
        _regraded(part, told[part.key], document) if part.kind is PartKind.FINDING and part.key in told else part
        for part in whole.parts
    )
    return msgspec.structs.replace(whole, parts=parts)


def _ordinary(estate: Estate, policy: Policy, today: date) -> Iterator[Judged]:
    for finding in estate.of(PartKind.FINDING):
        if value(finding, "state") in _MENDED or _is_ours(finding):
            continue
        rule = _text(finding, "rule") or finding.key.partition("@")[0]
        abouts = estate.state.sources(finding.id, EdgeKind.HAS_FINDING)
        about = abouts[0] if abouts else None
        words = {word for one in abouts for word in (*estate.called(one), *estate.where(one))}
        native = _severity(_text(finding, "severity"))
        where = _texts(finding, "where")
        yield Judged(
            rule=rule,
            key=finding.key,
            title=_text(finding, "title") or rule,
            severity=policy.severities.get(rule, native),
            native=native,
            part=estate.originals.get(about.id) if about else None,
            kind=about.kind if about else None,
            part_key=about.key if about else finding.key.partition("@")[2],
            name=name_of(about) if about else "",
            where=where or (estate.where(about) if about else ()),
            seen=_texts(finding, "seen"),
            remediation=_text(finding, "remediation"),
            owner=estate.owners.get(finding.id) or (estate.owners.get(about.id) if about else None),
            accepted=_accepted(policy, rule, {*words, *where, finding.key.partition("@")[2]}, today),
        )


def _broken(estate: Estate, policy: Policy, today: date) -> Iterator[Judged]:
    for one in breaches(estate, policy.allow):
        rule, where = RULES[one.rule], estate.where(one.part)
        words = estate.called(one.part) | set(where)
        words |= estate.called(one.other) if one.other else set()
        yield Judged(
            rule=one.rule,
            key=_key(one),
            title=rule.title,
            severity=policy.severities.get(one.rule, Severity.HIGH),
            native=Severity.HIGH,
            part=estate.originals.get(one.part.id),
            kind=one.part.kind,
            part_key=one.part.key,
            name=name_of(one.part),
            other_key=one.other.key if one.other else "",
            where=where,
            seen=one.seen,
            remediation=rule.remediation,
            owner=estate.owners.get(one.part.id),
            accepted=_accepted(policy, one.rule, words, today),
        )


def _rows(found: Iterable[Judged], policy: Policy, today: date) -> Iterator[Judged]:
    """Accept rows that no longer hold, and those that hold and fit no finding; rows for events only have a day."""
    used = {row for one in found for row in one.accepted}
    for row in policy.accept:
        what = row.finding or row.event or ""
        if not row.holds(today):
            yield _about_row(
                policy, row, EXPIRED, Severity.LOW, f"{what} at {row.where} was accepted until {row.expires}"
            )
        elif row.finding is not None and row not in used:
            yield _about_row(policy, row, UNUSED, Severity.INFO, f"no finding {what} at {row.where} is in this state")


def _about_row(policy: Policy, row: Accept, rule: str, native: Severity, seen: str) -> Judged:
    titles = {EXPIRED: "An accept row has expired", UNUSED: "An accept row fits no finding"}
    by = f", by {row.by}" if row.by else ""
    return Judged(
        rule=rule,
        key=f"{rule}@{row.finding or row.event} {row.where}",
        title=titles[rule],
        severity=policy.severities.get(rule, native),
        native=native,
        where=(row.where,),
        seen=(seen, f"reason: {row.reason}{by}"),
        remediation="Take the row out of the policy, or set a new last day with a reason.",
    )


def _accepted(policy: Policy, rule: str, words: set[str], today: date) -> tuple[Accept, ...]:
    """The rows that hold and fit, the one that lasts longest first."""
    rows = [row for row in policy.accept if row.finding is not None and row.holds(today) and _fits(row, rule, words)]
    return tuple(sorted(rows, key=lambda row: row.expires, reverse=True))


def _fits(row: Accept, rule: str, words: set[str]) -> bool:
    return fnmatchcase(rule, row.finding or "") and any(fnmatchcase(word, row.where) for word in words)


def _ordered(found: Iterable[Judged]) -> tuple[Judged, ...]:
    return tuple(sorted(found, key=lambda one: (bool(one.accepted), one.severity.rank, one.rule, one.key)))


def _key(one: Breach) -> str:
    return f"{one.rule}@{one.part.key}" + (f" -> {one.other.key}" if one.other else "")


def _is_ours(part: Part) -> bool:
    return part.kind is PartKind.FINDING and part.key.partition("@")[0] in RULES


def _part(one: Judged, document: Document) -> Part:
    facts: dict[str, Value] = {
        "rule": one.rule,
        "title": one.title,
        "severity": one.severity.value,
        "state": "fail",
        "where": list(one.where),
        "seen": list(one.seen),
        "remediation": one.remediation,
    }
    if one.owner:
        facts["owner"] = one.owner
    if one.accepted:
        facts["accepted"] = _words(one.accepted[0])
    return Part(
        id=part_id(PartKind.FINDING, one.key),
        kind=PartKind.FINDING,
        key=one.key,
        attributes={name: (_claim(said, document),) for name, said in sorted(facts.items())},
        first_seen=document.at,
        last_seen=document.at,
    )


def _edge(part: UUID, finding: Part) -> Edge:
    return Edge(
        id=edge_id(EdgeKind.HAS_FINDING, part, finding.id),
        kind=EdgeKind.HAS_FINDING,
        source=part,
        destination=finding.id,
        first_seen=finding.first_seen,
        last_seen=finding.last_seen,
    )


def _regraded(part: Part, one: Judged, document: Document) -> Part:
    attributes = dict(part.attributes)
    attributes.pop("accepted", None)  # of an earlier day, or of somebody else's policy
    if one.severity is not one.native:
        attributes["severity"] = (_claim(one.severity.value, document),)
    if one.accepted:
        attributes["accepted"] = (_claim(_words(one.accepted[0]), document),)
    return msgspec.structs.replace(part, attributes=dict(sorted(attributes.items())))


def _claim(said: Value, document: Document) -> Claim:
    """The policy's word: what a file of the organisation declares."""
    return Claim(
        value=said,
        surface=_SOURCE,
        source=_SOURCE,
        confidence=Confidence.DECLARED,
        first_seen=document.at,
        last_seen=document.at,
    )


def _words(row: Accept) -> str:
    return f"{row.reason} (until {row.expires}{', by ' + row.by if row.by else ''})"


def _severity(said: str) -> Severity:
    """A word that is none of ours counts as medium, as it does in exports."""
    return Severity(said) if said in set(Severity) else Severity.MEDIUM


def _text(part: Part, name: str) -> str:
    said = value(part, name)
    return said if isinstance(said, str) else ""


def _texts(part: Part, name: str) -> tuple[str, ...]:
    said = value(part, name)
    return tuple(said) if isinstance(said, list) else (said,) if isinstance(said, str) and said else ()
