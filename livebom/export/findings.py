"""The findings of a document: which still hold, how bad they are, and which check they come from."""

from livebom.bom.graph import value
from livebom.bom.parts import Part, PartKind
from livebom.bom.service import Severity
from livebom.export.estate import Estate, text_of

_MENDED = frozenset({"pass", "not_applicable"})


def failing(its: Estate) -> list[Part]:
    """The findings that still hold, worst first, accepted ones last; one without a state is not known to be mended."""
    held = [part for part in its.of(PartKind.FINDING) if text_of(part, "state") not in _MENDED]
    return sorted(held, key=lambda part: (bool(accepted(part)), severity_of(part).rank, part.key))


def accepted(finding: Part) -> str:
    """Why and until when somebody answers for it; empty where nobody does."""
    return text_of(finding, "accepted")


def severity_of(finding: Part) -> Severity:
    """How bad it is; `medium` where its source does not say, or says a word that is none of ours."""
    told = value(finding, "severity")
    return Severity(told) if isinstance(told, str) and told in set(Severity) else Severity.MEDIUM


def rule_of(finding: Part) -> str:
    """The check's id, else what stands before the `@` of its key."""
    return text_of(finding, "rule") or finding.key.partition("@")[0] or "finding"
