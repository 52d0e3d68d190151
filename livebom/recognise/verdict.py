"""Verdicts of the checks that are requests and matchers: fail, pass, unknown or not applicable, with evidence."""

from collections.abc import Mapping

from livebom.bom.service import Finding, Severity, Verdict
from livebom.recognise.catalog import Kit
from livebom.recognise.match import View, holds
from livebom.recognise.rules import CheckRule, Clause
from livebom.recognise.sound import ANY

Exposure = str
"""`loopback`, `private` or `public`: from where the listener can be reached, as its zone says."""


def verdicts(kit: Kit, replies: Mapping[str, View], exposure: Exposure) -> tuple[Finding, ...]:
    """Every check of the product, judged by these replies, worst first."""
    found = [judge(check, kit, replies, exposure) for check in kit.fingerprint.checks]
    return tuple(sorted(found, key=lambda f: (f.state != Verdict.FAIL, f.severity.rank, f.id)))


def judge(check: CheckRule, kit: Kit, replies: Mapping[str, View], exposure: Exposure) -> Finding:
    """One check's verdict.

    A check that only a host can confirm stays unknown here. `fail` is looked at before `pass`; where neither holds
    the check could not be decided, and that is what is said.
    """
    state, proof = Verdict.UNKNOWN, None
    if check.applies and all(_proof(clause, kit, replies) is None for clause in check.applies):
        state = Verdict.NOT_APPLICABLE
    elif check.confirm != "host":
        state, proof = _decide(check, kit, replies)
    return Finding(
        id=check.id,
        title=check.title,
        severity=severity(check, exposure),
        state=state,
        evidence=proof or (),
        remediation=check.remediation,
    )


def _decide(check: CheckRule, kit: Kit, replies: Mapping[str, View]) -> tuple[Verdict, tuple[str, ...] | None]:
    for state, clauses in ((Verdict.FAIL, check.fail), (Verdict.PASS, check.pass_)):
        for clause in clauses:
            proof = _proof(clause, kit, replies)
            if proof is not None:
                return state, proof
    return Verdict.UNKNOWN, None


def _proof(clause: Clause, kit: Kit, replies: Mapping[str, View]) -> tuple[str, ...] | None:
    """The asks and statuses that satisfy every condition of the clause, or None."""
    proof = []
    for condition in clause.all:
        names = list(replies) if condition.ask == ANY else [condition.ask]
        name = next((n for n in names if n in replies and holds(condition, replies[n])), None)
        if name is None:
            return None
        method, path, *_ = kit.signatures[name]
        proof.append(f"{method} {path} -> {replies[name].reply.status or replies[name].reply.outcome}")
    return tuple(dict.fromkeys(proof))


def severity(check: CheckRule, exposure: Exposure) -> Severity:
    """How bad a failure is from there; a check that names no severity for an exposure takes its mildest one."""
    if isinstance(check.severity, Severity):
        return check.severity
    named = {str(place): level for place, level in check.severity.items()}
    return named.get(exposure) or max(named.values(), key=lambda s: s.rank, default=Severity.INFO)
