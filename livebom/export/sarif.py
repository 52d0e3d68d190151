"""Findings for code scanning (`sarif`, SARIF 2.1.0): one result per finding, one rule per check.

Lost here: every part without a finding, every edge but `has_finding`, claims but the believed ones, aliases and times.
What was not looked at stands as notifications of the invocation.
"""

from livebom.bom.document import Document
from livebom.bom.graph import name_of, value, winner
from livebom.bom.parts import EdgeKind, Part, PartKind
from livebom.bom.text import safe_text
from livebom.export.estate import Estate, estate, items_of, text_of
from livebom.export.findings import accepted, failing, rule_of, severity_of
from livebom.export.gaps import gaps
from livebom.export.results import Json, Result, Rule, is_line, location, log, score

NAME = "sarif"
SUFFIXES = (".sarif", ".sarif.json")

_US = "livebom "
"""Before the version, in the source of a look of ours."""


def export(document: Document) -> str:
    """The findings that are not mended, worst first."""
    its = estate(document)
    found = failing(its)
    listeners = frozenset(part.key for part in its.of(PartKind.LISTENER))
    rules: dict[str, Rule] = {}
    for part in found:
        rule = _rule(part)
        rules.setdefault(rule.id, rule)
    return log(
        rules.values(),
        [_result(its, part, listeners) for part in found],
        gaps(document),
        complete=document.complete,
        run={"scope": list(document.scope), "at": document.at.isoformat()},
        version=max(
            (look.source.removeprefix(_US) for look in document.looks if look.source.startswith(_US)), default=""
        ),
    )


def _rule(finding: Part) -> Rule:
    weaknesses = [one.lower().removeprefix("cwe-") for one in items_of(finding, "cwe")]
    return Rule(
        id=rule_of(finding),
        title=text_of(finding, "title"),
        meaning=text_of(finding, "description"),
        remedy=text_of(finding, "remediation"),
        severity=severity_of(finding),
        score=score(value(finding, "score")),
        tags=(
            *(f"external/cwe/cwe-{one}" for one in weaknesses),
            *(f"owasp/{one}" for one in items_of(finding, "owasp")),
            *(f"external/cve/{one}" for one in items_of(finding, "cve")),
        ),
    )


def _result(its: Estate, finding: Part, listeners: frozenset[str]) -> Result:
    subjects = its.into(finding, EdgeKind.HAS_FINDING)
    about = ", ".join(f"{part.kind} {safe_text(name_of(part))}" for part in subjects)
    saw = safe_text("; ".join(items_of(finding, "seen")))
    told: Json = {"key": finding.key, "where": items_of(finding, "where")}
    known = {"owner": its.owners.get(finding.id), "remediation": text_of(finding, "remediation")}
    told |= {name: said for name, said in known.items() if said}
    return Result(
        rule=rule_of(finding),
        severity=severity_of(finding),
        score=score(value(finding, "score")),
        text=safe_text(text_of(finding, "title") or rule_of(finding))
        + (f" ({about})" if about else "")
        + (f". Seen: {saw}" if saw else ""),
        locations=tuple(
            location(part.kind, part.key, name_of(part), _line(finding, listeners)) for part in subjects or [finding]
        ),
        fingerprint=str(finding.id),
        justification=accepted(finding) or None,
        properties=told,
    )


def _line(finding: Part, listeners: frozenset[str]) -> str:
    """The line of a file that shows it; empty where it was not found in a file."""
    evidence = sorted({winner(claims).evidence for claims in finding.attributes.values()})
    said = [one for one in items_of(finding, "where") if one not in listeners]
    return next((one for one in (*said, *evidence) if is_line(one)), "")
