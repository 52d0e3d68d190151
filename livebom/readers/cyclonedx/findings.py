"""Vulnerabilities as findings: one for each thing a vulnerability is about, with its severity and what came of it."""

import re

from livebom.bom.observation import Fact
from livebom.bom.parts import Confidence, Value
from livebom.bom.service import Severity, Verdict
from livebom.readers.cyclonedx.facts import Facts
from livebom.readers.cyclonedx.shape import Rating, Vulnerability

_CVE = re.compile(r"CVE-\d{4}-\d{4,}")
_STATES = {
    "resolved": Verdict.PASS,
    "resolved_with_pedigree": Verdict.PASS,
    "false_positive": Verdict.NOT_APPLICABLE,
    "not_affected": Verdict.NOT_APPLICABLE,
}
"""What `analysis.state` means as a verdict; in triage, exploitable or not told is a fail."""
_METHODS = ("CVSSv4", "CVSSv31", "CVSSv3", "CVSSv2", "OWASP", "SSVC", "other")
"""Methods of rating, the best first."""
_BANDS = ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM), (0.1, Severity.LOW))
"""CVSS's qualitative scale (specification of 3.1, section 5, and of 4.0, section 6): least score of each word."""
_WORDS = {str(severity): severity for severity in Severity} | {"none": Severity.INFO, "unknown": Severity.INFO}
_TITLE = 200


def finding_facts(one: Vulnerability) -> Facts:
    """The attributes of the finding, the same for everything that the vulnerability is about."""
    best = _best(one.ratings or [])
    names = {one.id or "", *(other.id or "" for other in one.references or ())}
    told: dict[str, Value] = {
        "rule": one.id,
        "name": one.id,
        "title": _first_line(one.description or "") or one.id,
        "description": one.description,
        "severity": str(_severity(best)) if best else None,
        "score": best.score if best and (best.method or "").startswith("CVSS") else None,
        "state": str(_STATES.get((one.analysis.state if one.analysis else None) or "", Verdict.FAIL)),
        "remediation": one.recommendation,
        "cve": sorted(filter(_CVE.fullmatch, names)),
        "cwe": [str(number) for number in sorted(set(one.cwes or ()))],
    }
    return {name: Fact(value, Confidence.DECLARED) for name, value in told.items() if value not in (None, "", [])}


def _first_line(text: str) -> str:
    line = text.strip().split("\n", 1)[0].strip()
    return line if len(line) <= _TITLE else line[: _TITLE - 1].rstrip() + "…"


def _best(ratings: list[Rating]) -> Rating | None:
    """The rating by the best method; of several by one method the worst, so that no mild word hides a stern one."""
    rated = [one for one in ratings if one.severity or one.score is not None]
    return min(rated, key=_rank, default=None)


def _rank(one: Rating) -> tuple[int, int, float, str]:
    method = one.method if one.method in _METHODS else "other"
    scored = _METHODS.index(method) if one.score is not None or method != "other" else len(_METHODS)
    return scored, _severity(one).rank, -(one.score or 0.0), (one.source.name if one.source else None) or ""


def _severity(one: Rating) -> Severity:
    if one.severity in _WORDS:
        return _WORDS[one.severity]
    score = one.score or 0.0
    return next((word for least, word in _BANDS if score >= least), Severity.INFO)
