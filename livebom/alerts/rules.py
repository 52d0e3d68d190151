"""Which alerts a turn gives rise to, by the rules of the policy; pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from uuid import UUID, uuid5

from msgspec import Struct, structs

from livebom import __version__
from livebom.alerts.alert import Alert, AlertKind
from livebom.alerts.words import clipped, safe, sentence, title
from livebom.bom.alerting import AlertRule
from livebom.bom.change import Change, change_id
from livebom.bom.graph import name_of, value
from livebom.bom.identity import NAMESPACE
from livebom.bom.parts import Graph, Part, PartKind
from livebom.bom.policy import Policy
from livebom.bom.service import Severity, Verdict

Labels = Mapping[UUID, Sequence[str]]
"""A part's id to its labels, `key=value` each."""

_LINES = 10
"""Most lines of a digest or a summary."""


class _Turn(Struct, frozen=True, kw_only=True):
    sweep: str
    at: datetime

    def id(self, sink: str, about: str) -> str:
        return str(uuid5(NAMESPACE, f"{about}\x1falert\x1f{sink}"))


def wanted(
    changes: Sequence[Change],
    policy: Policy,
    first: Graph | None = None,
    *,
    sweep: str,
    at: datetime,
    labels: Labels | None = None,
) -> list[Alert]:
    """The alerts of one turn: by sink, and for each in the order of the changes.

    A change goes to a sink once, however many rules name it; more than `digest_over` of them become one digest. Of a
    `first` look, before which nothing was known, every sink that a rule names gets one summary of what is there.
    `labels` are needed where a rule asks for them, see `labels_of`.
    """
    turn = _Turn(sweep=sweep, at=at)
    if first is not None:
        named = sorted({name for rule in policy.alerts for name in rule.sinks})
        return [_summary(first, policy, sink, turn) for sink in named]
    chosen: dict[str, list[Change]] = {}
    for change in changes:
        fitting = (rule for rule in policy.alerts if fits(rule, change, labels or {}))
        for sink in sorted({name for rule in fitting for name in rule.sinks}):
            chosen.setdefault(sink, []).append(change)
    found: list[Alert] = []
    for sink, its in sorted(chosen.items()):
        if len(its) > policy.sinks[sink].digest_over:
            found.append(_digest(its, sink, turn))
        else:
            found += [_alert(one, sink, turn) for one in its]
    return found


def fits(rule: AlertRule, change: Change, labels: Labels) -> bool:
    """Whether a rule means a change."""
    return (
        change.severity.rank <= rule.severity.rank
        and change.status in rule.statuses
        and _any(rule.events, (change.event,))
        and (not rule.kinds or change.kind in rule.kinds or change.other_kind in rule.kinds)
        and (not rule.owners or _any(rule.owners, (change.owner or "",)))
        and (not rule.where or _any(rule.where, (change.key, change.other_key, *change.where)))
        and _labelled(rule, change, labels)
    )


def _labelled(rule: AlertRule, change: Change, labels: Labels) -> bool:
    if not rule.labels:
        return True
    its = [*labels.get(change.part, ()), *(labels.get(change.other, ()) if change.other else ())]
    return all(_any((pattern,), its) for pattern in rule.labels)


def _any(patterns: Iterable[str], words: Iterable[str]) -> bool:
    its = list(words)
    return any(fnmatchcase(word, pattern) for pattern in patterns for word in its)


def labels_of(graph: Graph) -> dict[UUID, list[str]]:
    """The labels of every part that has some."""
    found = ((part.id, value(part, "labels")) for part in graph.parts.values())
    return {id_: its for id_, its in found if isinstance(its, list) and its}


def trial(sink: str, sweep: str, at: datetime) -> Alert:
    """An alert that says that alerts arrive; `sweep` tells one trial from another."""
    turn = _Turn(sweep=sweep, at=at)
    text = f"livebom test: alerts to {safe(sink)} arrive"
    return _told(AlertKind.TEST, sink, turn, severity=Severity.INFO, title="Test", text=text)


def _alert(change: Change, sink: str, turn: _Turn) -> Alert:
    cut = clipped(change)
    return Alert(
        livebom=__version__,
        id=turn.id(sink, change_id(turn.sweep, change)),
        sink=sink,
        event=cut.event,
        severity=cut.severity,
        title=title(cut.event),
        text=sentence(cut),
        sweep=turn.sweep,
        at=turn.at,
        change=cut,
    )


def _digest(changes: Sequence[Change], sink: str, turn: _Turn) -> Alert:
    worst = sorted(changes, key=lambda one: one.severity.rank)
    counts = _by_severity(one.severity for one in changes)
    lines = tuple(f"{one.severity}: {sentence(clipped(one))}" for one in worst[:_LINES])
    return _told(
        AlertKind.DIGEST,
        sink,
        turn,
        severity=worst[0].severity,
        title="Many changes",
        text=f"{len(changes)} changes in one sweep: {_counted(counts)}; `livebom changes` lists them",
        lines=lines,
        counts=counts,
    )


def _summary(graph: Graph, policy: Policy, sink: str, turn: _Turn) -> Alert:
    parts = [part for part in graph.parts.values() if part.kind is not PartKind.FINDING]
    kinds = {kind.value: count for kind, count in sorted(Counter(one.kind for one in parts).items())}
    open_ = [
        one for one in graph.parts.values() if one.kind is PartKind.FINDING and value(one, "state") == Verdict.FAIL
    ]
    severities = {part.id: _severity(part, policy) for part in open_}
    counts = _by_severity(severities.values())
    worst = sorted(open_, key=lambda one: (severities[one.id].rank, one.key))
    findings = f"; open findings: {_counted(counts)}" if counts else "; no open findings"
    return _told(
        AlertKind.FIRST,
        sink,
        turn,
        severity=min(severities.values(), key=lambda one: one.rank, default=Severity.INFO),
        title="First sweep",
        text=f"The first sweep found {_counted(kinds) or 'nothing'}{findings}; from now on changes are told",
        lines=tuple(
            f"{severities[one.id]}: {safe(str(value(one, 'title') or name_of(one)))}: {safe(one.key)}"
            for one in worst[:_LINES]
        ),
        counts={**kinds, **{f"findings.{name}": count for name, count in counts.items()}},
    )


def _severity(finding: Part, policy: Policy) -> Severity:
    rule, said = value(finding, "rule"), value(finding, "severity")
    native = next((one for one in Severity if one.value == said), Severity.MEDIUM)
    return policy.severities.get(rule, native) if isinstance(rule, str) else native


def _told(kind: AlertKind, sink: str, turn: _Turn, **fields: object) -> Alert:
    id_, event = turn.id(sink, f"{turn.sweep}\x1f{kind}"), f"alerts.{kind}"
    blank = Alert(
        livebom=__version__,
        id=id_,
        sink=sink,
        kind=kind,
        event=event,
        severity=Severity.INFO,
        title="",
        text="",
        sweep=turn.sweep,
        at=turn.at,
    )
    return structs.replace(blank, **fields)


def _by_severity(severities: Iterable[Severity]) -> dict[str, int]:
    counts = Counter(severities)
    return {one.value: counts[one] for one in Severity if one in counts}


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items())
