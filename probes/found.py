"""Findings of one server, put together from its listeners, and where in the conversation something was shown."""

import re
from collections.abc import Iterable, Mapping

from msgspec import Struct

from livebom.bom.observation import Fact, Listener
from livebom.bom.parts import Confidence
from livebom.bom.service import Finding, Service, Verdict

_ORDER = (Verdict.FAIL, Verdict.UNKNOWN, Verdict.PASS, Verdict.NOT_APPLICABLE)
"""Of one check's verdicts at several listeners, the one that counts for the server, first to last."""

_CVE = re.compile(r"CVE-\d{4}-\d{4,7}|GHSA(?:-[0-9a-z]{4}){3}")
_DIGITS = 12


class Judged(Struct, frozen=True):
    """One check's verdict about a server."""

    state: Verdict
    service: Service
    """The listener that shows it, the first where several do."""
    facts: Mapping[str, Fact]


def listener_of(service: Service) -> Listener:
    """The listener a service record is about."""
    return Listener(
        host=service.host, port=service.port, zone=service.zone, name=service.name, base_path=service.base_path
    )


def found(services: Iterable[Service]) -> dict[str, Judged]:
    """Each check's verdict about the server behind these services, by the check's id."""
    by_rule: dict[str, list[tuple[Finding, Service]]] = {}
    for service in services:
        for finding in service.findings:
            by_rule.setdefault(finding.id, []).append((finding, service))
    return {rule: _judged(pairs) for rule, pairs in sorted(by_rule.items())}


def _judged(pairs: list[tuple[Finding, Service]]) -> Judged:
    state = min((finding.state for finding, _ in pairs), key=_ORDER.index)
    shows = [(finding, service) for finding, service in pairs if finding.state is state]
    finding, service = shows[0]
    proof = shown(service, finding.evidence[0] if finding.evidence else None)
    facts = {
        "rule": finding.id,
        "title": finding.title,
        "severity": min((one.severity for one, _ in shows), key=lambda severity: severity.rank).value,
        "state": state.value,
        "where": [listener_of(service).key for _, service in shows],
        "remediation": finding.remediation,
        "seen": list(dict.fromkeys(line for one, _ in shows for line in one.evidence)),
        "cwe": list(finding.cwe),
        "owasp": list(finding.owasp),
        "cve": list(dict.fromkeys(_CVE.findall(" ".join(finding.evidence)))) if state is Verdict.FAIL else [],
    }
    # An answer that was looked at proves a verdict; one that was concluded, as from a version, does not.
    known = Confidence.VERIFIED if proof else Confidence.INFERRED
    return Judged(state, service, {name: Fact(value, known, proof) for name, value in facts.items()})


def shown(service: Service, line: str | None) -> str:
    """The request that begins the line with its answer's digest, for a claim; empty where it was not asked."""
    for proof in service.proof if line else ():
        request = proof.what.partition(" -> ")[0]
        if line and (line == request or line.startswith((f"{request} ->", f"{request} ("))):
            return f"{request}#{proof.digest[:_DIGITS]}" if proof.digest else request
    return ""
