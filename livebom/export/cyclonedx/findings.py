"""Findings as CycloneDX vulnerabilities."""

import math
import re
from uuid import UUID

from livebom.bom.graph import winner
from livebom.bom.parts import Confidence, EdgeKind, Part, Value
from livebom.bom.text import safe_text
from livebom.export.cyclonedx.common import properties
from livebom.export.cyclonedx.facts import Facts
from livebom.export.cyclonedx.fit import moment
from livebom.export.cyclonedx.shape import Ref
from livebom.export.cyclonedx.statements import Analysis, Known, Rating, Source, Vulnerability
from livebom.export.cyclonedx.view import View, refs

_CVE = re.compile(r"CVE-[0-9]{4}-[0-9]{4,10}")
_CWE = re.compile(r"(?:CWE-)?([1-9][0-9]{0,5})", re.IGNORECASE)
_SEVERITIES = frozenset({"critical", "high", "medium", "low", "info", "none"})
_STATES = {"fail": "exploitable", "pass": "resolved", "not_applicable": "not_affected"}
_SURE = frozenset({Confidence.VERIFIED, Confidence.DECLARED})
_US = Source(name="livebom")


def vulnerability(view: View, part: Part, placed: dict[UUID, dict[str, str]]) -> Vulnerability:
    """The finding; `placed` is told where each attribute went."""
    facts = Facts(part)
    placed[part.id] = facts.placed
    rule = facts.text("rule", "/id") or safe_text(part.key)
    return Vulnerability(
        bom_ref=str(part.id),
        id=rule,
        source=_published(rule).source if _CVE.fullmatch(rule) else _US,
        references=_references(rule, facts),
        ratings=_ratings(facts),
        cwes=_cwes(facts),
        description=facts.text("title", "/description") or facts.text("description", "/description"),
        detail=_detail(facts),
        recommendation=facts.text("remediation", "/recommendation"),
        analysis=_analysis(part, facts),
        affects=tuple(Ref(ref=one) for one in refs(view.sources(part, EdgeKind.HAS_FINDING))),
        properties=properties(view, part, facts),
    )


def _analysis(part: Part, facts: Facts) -> Analysis:
    """Where it stands; what somebody answers for is still there, and will not be mended until that ends."""
    accepted = facts.text("accepted", "/analysis/detail")
    return Analysis(
        state=_state(part, facts),
        response=("will_not_fix",) if accepted else (),
        detail=accepted,
        first_issued=moment(part.first_seen),
        last_updated=moment(part.last_seen),
    )


def _published(cve: str) -> Known:
    return Known(id=cve, source=Source(name="NVD", url=f"https://nvd.nist.gov/vuln/detail/{cve}"))


def _references(rule: str, facts: Facts) -> tuple[Known, ...]:
    """The CVEs it is known as beside its own id; a list with anything else in it stays for the properties as well."""
    said = facts.left.get("cve")
    items = [str(one) for one in said] if isinstance(said, list) else [] if said is None else [str(said)]
    cves = sorted({one for one in items if _CVE.fullmatch(one)})
    others = [one for one in cves if one != rule]
    if items and all(one in cves for one in items):
        del facts.left["cve"]
        facts.placed["cve"] = "/references" if others else "/id"
    return tuple(_published(one) for one in others)


def _detail(facts: Facts) -> str | None:
    """What was seen; where that is nothing, it stays for the properties."""
    return "; ".join(facts.texts("seen", "/detail")) if facts.peek("seen") else None


def _ratings(facts: Facts) -> tuple[Rating, ...]:
    said = facts.peek("severity")
    score = facts.left.get("score")
    number = float(score) if isinstance(score, int | float) and _scores(score) else None
    for name, fits in (("severity", said in _SEVERITIES), ("score", number is not None)):
        if fits:
            del facts.left[name]
            facts.placed[name] = f"/ratings/0/{name}"
    severity = said if said in _SEVERITIES else "unknown"
    return (Rating(source=_US, severity=severity, score=number, method="other" if number is not None else None),)


def _scores(score: float) -> bool:
    return not isinstance(score, bool) and abs(score) <= 10 and math.isfinite(score)


def _cwes(facts: Facts) -> tuple[int, ...]:
    """The CWE numbers; a list with anything else in it stays for the properties as well."""
    said: Value = facts.left.get("cwe")
    items = said if isinstance(said, list) else [] if said is None else [str(said)]
    found = [_CWE.fullmatch(str(one)) for one in items]
    if items and all(found):
        del facts.left["cwe"]
        facts.placed["cwe"] = "/cwes"
    return tuple(sorted({int(one[1]) for one in found if one}))


def _state(part: Part, facts: Facts) -> str:
    """A failure that is only concluded has still to be looked at."""
    said = facts.peek("state")
    state = _STATES.get(said, "in_triage")
    if state == "exploitable" and winner(part.attributes["state"]).confidence not in _SURE:
        state = "in_triage"
    if said in _STATES and state != "in_triage":
        del facts.left["state"]
        facts.placed["state"] = "/analysis/state"
    return state
