"""A comparison for code scanning (`sarif`, SARIF 2.1.0): one result per change, one rule per event."""

from uuid import uuid5

from livebom.bom.change import Change, Comparison, Status
from livebom.bom.events.catalogue import EVENTS
from livebom.bom.text import safe_text
from livebom.export.changes.words import compared, difference, held, moment, place, what
from livebom.export.results import Result, Rule, is_line, location, log

NAME = "sarif"
SUFFIXES = (".sarif", ".sarif.json")

_ASIDE = frozenset({Status.ACCEPTED, Status.EXPECTED})


def write(comparison: Comparison) -> str:
    """The changes in their order; what is accepted or expected is suppressed, with the reason."""
    unsaid = [f"missing, but not looked for completely, so not called gone: {words}" for words in comparison.unsaid]
    return log(
        _rules(comparison.changes),
        [_result(change) for change in comparison.changes],
        [
            *([held(comparison)] if comparison.held else []),
            *unsaid,
            *(f"not looked at: {words}" for words in comparison.not_seen),
        ],
        complete=not (comparison.unsaid or comparison.unsaid_count or comparison.not_seen),
        run={
            "compared": compared(comparison),
            "old_at": moment(comparison.old_at),
            "new_at": moment(comparison.new_at),
            "unsaid_count": comparison.unsaid_count,
            "held": comparison.held,
        },
    )


def _rules(changes: tuple[Change, ...]) -> list[Rule]:
    """One per event, as bad as the worst of its changes here: code scanning ranks a result by its rule."""
    worst: dict[str, Change] = {}
    for change in sorted(changes, key=lambda change: change.severity.rank):
        worst.setdefault(change.event, change)
    known = {event.name: event for event in EVENTS}
    return [
        Rule(
            id=name,
            title=known[name].title if name in known else name,
            meaning=known[name].meaning if name in known else "",
            remedy="Mend it, or accept it in the policy with a reason and a last day.",
            severity=change.severity,
        )
        for name, change in worst.items()
    ]


def _result(change: Change) -> Result:
    where, values = place(change), difference(change)
    words = what(change) + (f" at {where}" if where else "") + (f": {values}" if values else "")
    evidence = next((one for one in (change.evidence_after, change.evidence_before) if is_line(one)), "")
    ends = [(change.kind, change.key, change.name)]
    if change.other_kind is not None:
        ends.append((change.other_kind, change.other_key, change.other_name))
    return Result(
        rule=change.event,
        severity=change.severity,
        text="; ".join((words, *(safe_text(reason) for reason in change.why))),
        locations=tuple(location(kind, key, name, "" if at else evidence) for at, (kind, key, name) in enumerate(ends)),
        fingerprint=_fingerprint(change),
        justification="; ".join(change.why) or str(change.status) if change.status in _ASIDE else None,
        properties=_properties(change),
    )


def _fingerprint(change: Change) -> str:
    """The same for the same event about the same thing, whatever the values, the words or the day."""
    return str(uuid5(change.edge or change.part, f"{change.event}\x1f{safe_text(change.attribute)}"))


def _properties(change: Change) -> dict[str, object]:
    told = {
        "status": change.status,
        "at": moment(change.at),
        "attribute": change.attribute,
        "before": change.before,
        "after": change.after,
        "owner": change.owner,
        "where": list(change.where),
        "count": change.count,
    }
    return {name: one for name, one in told.items() if one not in (None, "", [])}
