"""SARIF 2.1.0 logs: rules, results and notifications as findings and changes alike are written.

The form is that of OASIS "SARIF Version 2.1.0 Plus Errata 01"; `security-severity` and tags of the form
`external/cwe/cwe-306` are GitHub's additions ("SARIF support for code scanning").
"""

import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from msgspec import Struct

from livebom.bom.service import Severity
from livebom.bom.text import safe_text
from livebom.export.encoding import encoded

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

Json = dict[str, object]

_LEVEL = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "none",
}
_SCORE = {Severity.CRITICAL: 9.5, Severity.HIGH: 8.0, Severity.MEDIUM: 5.5, Severity.LOW: 2.0, Severity.INFO: 0.0}
"""A number inside each of GitHub's bands: above 9.0 critical, 7.0 high, 4.0 medium, 0.1 low."""

_SOURCE = re.compile(
    r"(?P<file>[^\s:#]{1,1000}\.[A-Za-z][A-Za-z0-9]{0,9}|(?:[^\s:#]{1,1000}/)?[A-Z][A-Za-z]{2,19}file)"
    r":(?P<line>[1-9][0-9]{0,7})(?::[0-9]+)?(?:#.*)?"
)
"""`path/name.suffix:line`, or a Dockerfile, Makefile and the like; a listener's key ends in a port, not in this."""


class Rule(Struct, frozen=True, kw_only=True):
    """What a result is an instance of."""

    id: str
    title: str
    meaning: str = ""
    remedy: str = ""
    severity: Severity
    score: float | None = None
    """CVSS, 0..10, where one is known."""
    tags: tuple[str, ...] = ()


class Result(Struct, frozen=True, kw_only=True):
    """One thing to tell."""

    rule: str
    severity: Severity
    score: float | None = None
    text: str
    locations: tuple[Json, ...] = ()
    fingerprint: str
    """Equal for the same thing in every log, whatever its words."""
    justification: str | None = None
    """Why it is accepted; None where it is not."""
    properties: Json = {}


def log(
    rules: Iterable[Rule],
    results: Sequence[Result],
    notes: Iterable[str],
    *,
    complete: bool,
    run: Json,
    version: str = "",
) -> str:
    """One run as a SARIF log; rules in order of id, results as given, `notes` as notifications of what was not seen."""
    known = sorted(rules, key=lambda rule: rule.id)
    index = {rule.id: place for place, rule in enumerate(known)}
    driver: Json = {"name": "livebom", "rules": [_rule(rule) for rule in known]}
    invocation: Json = {
        "executionSuccessful": True,
        "toolExecutionNotifications": [_note(words) for words in notes],
        "properties": {"complete": complete},
    }
    return encoded(
        {
            "$schema": SCHEMA,
            "version": "2.1.0",
            "runs": [
                {
                    "tool": {"driver": driver | ({"version": safe_text(version)} if version else {})},
                    "invocations": [invocation],
                    "columnKind": "unicodeCodePoints",
                    "results": [_result(result, index[result.rule]) for result in results],
                    "properties": run,
                }
            ],
        }
    )


def location(kind: str, key: str, name: str, evidence: str = "") -> Json:
    """A part as a logical location; where its evidence is a line of a file, that line as well."""
    logical: Json = {"name": safe_text(name or key), "fullyQualifiedName": key, "kind": kind}
    physical = _physical(evidence)
    return {"logicalLocations": [logical]} | ({"physicalLocation": physical} if physical else {})


def text(words: str) -> Json:
    """A message object: nothing hidden, no link and no placeholder (SARIF §3.11.5 and §3.11.6)."""
    return {"text": words.replace("](", "] (").replace("{", "{{").replace("}", "}}")}


def score(value: object) -> float | None:
    """A CVSS score out of an attribute's value; None for what is none."""
    try:
        number = float(str(value))
    except ValueError:
        return None
    return number if 0.0 <= number <= 10.0 else None


def is_line(evidence: str) -> bool:
    """Whether it names a line of a file."""
    return _SOURCE.fullmatch(evidence) is not None


def _physical(evidence: str) -> Json | None:
    found = _SOURCE.fullmatch(evidence)
    if found is None:
        return None
    path = re.sub(r"\A/{2,}", "/", found["file"].replace("\\", "/"))
    uri = quote(path.encode("utf-8", "surrogatepass"), safe="/")
    return {"artifactLocation": {"uri": uri}, "region": {"startLine": int(found["line"])}}


def _rule(rule: Rule) -> Json:
    title = text(safe_text(rule.title or rule.id))
    remedy = safe_text(rule.remedy, 4096) or "Nothing is known that mends it."
    return {
        "id": safe_text(rule.id),
        "shortDescription": title,
        "fullDescription": text(safe_text(rule.meaning, 4096)) if rule.meaning else title,
        "help": text(remedy),
        "defaultConfiguration": {"level": _LEVEL[rule.severity]},
        "properties": {
            "security-severity": f"{_SCORE[rule.severity] if rule.score is None else rule.score:.1f}",
            "tags": list(dict.fromkeys(("security", *(safe_text(tag) for tag in rule.tags)))),
        },
    }


def _result(result: Result, index: int) -> Json:
    informs = result.severity is Severity.INFO
    body: Json = {
        "ruleId": safe_text(result.rule),
        "ruleIndex": index,
        "kind": "informational" if informs else "fail",
        "level": _LEVEL[result.severity],
        "message": text(result.text),
        "locations": list(result.locations),
        "partialFingerprints": {"livebom/v1": result.fingerprint},
        "properties": {
            "severity": result.severity,
            "security-severity": f"{_SCORE[result.severity] if result.score is None else result.score:.1f}",
            **result.properties,
        },
    }
    if result.justification is not None:
        body["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": safe_text(result.justification, 4096)}
        ]
    return body


def _note(words: str) -> Json:
    return {"level": "note", "message": text(safe_text(words, 4096))}
