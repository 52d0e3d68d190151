"""What decides which rule a step falls under; each function gives a word, or nothing where it does not hold."""

from fnmatch import fnmatchcase
from typing import Final
from uuid import UUID

from livebom.bom.events.allowed import said
from livebom.bom.events.case import Case
from livebom.bom.events.state import package_name, width
from livebom.bom.graph import value
from livebom.bom.parts import EdgeKind, Part, PartKind

K = PartKind
E = EdgeKind

CORS: Final = ("*-cors-any-origin", "*-cors-any-origin-credentials", "*-origins-unchecked")
"""Checks by which foreign web pages are let in."""

ADMINISTRATION: Final = (
    "*-admin-open",
    "*-admin-without-password",
    "*-administration-open",
    "*-console-open",
    "*-controller-open",
    "*-dev-mode-enabled",
    "*-jobs-open",
    "*-management-exposed",
    "*-management-open",
    "*-management-port-open",
    "*-model-control-open",
    "*-stranger-is-admin",
    "*-unauthenticated-admin",
)
"""Checks by which strangers may administer a server."""

SILENT: Final = frozenset(
    {"name", "description", "labels", "url", "limitations", "energy", "license_family", "loaded", "path", "conflict"}
    | {"stack", "argv", "exe", "state", "where", "seen", "remediation", "title", "score", "cve", "cwe", "owasp"}
    | {"card"}
)
"""Attributes whose change no catch-all tells: words for people, and what moves by itself or is told by its rule."""

_AUTH: Final = {"none": 0, "partial": 1, "required": 2}


def source_known(case: Case) -> str:
    """Where the edge begins was there before."""
    return "known" if case.part.id in case.old.parts else ""


def target_known(case: Case) -> str:
    """The other end was there before."""
    return "known" if case.other and case.other.id in case.old.parts else ""


def target_new(case: Case) -> str:
    """The other end was not there before."""
    return "" if target_known(case) else "new"


def listener_widens(case: Case) -> str:
    """A listener that can be reached from further away than all the server had."""
    if case.other is None:
        return ""
    before, after = case.old.exposure(case.old.parts[case.part.id]), case.new.exposure(case.other)
    return "wider" if before and width(after) > width(before) else ""


def exposure_widens(case: Case) -> str:
    """An exposure that is wider than before."""
    before, after = str(case.before), str(case.after)
    return "wider" if 0 <= width(before) < width(after) else ""


def auth_weaker(case: Case) -> str:
    """Less is asked of strangers."""
    return "weaker" if _auth(case.after) < _auth(case.before) and _auth(case.after) >= 0 else ""


def auth_stronger(case: Case) -> str:
    """More is asked of strangers."""
    return "stronger" if _auth(case.after) > _auth(case.before) and _auth(case.before) >= 0 else ""


def https_lost(case: Case) -> str:
    """From https to http."""
    return "lost" if (case.before, case.after) == ("https", "http") else ""


def https_gained(case: Case) -> str:
    """From http to https."""
    return "gained" if (case.before, case.after) == ("http", "https") else ""


def known_both(case: Case) -> str:
    """It said something before and says something else now."""
    return "known" if case.before is not None and case.after is not None else ""


def loud(case: Case) -> str:
    """An attribute that is worth a word."""
    return "" if case.attribute in SILENT else "loud"


def grew(case: Case) -> str:
    """A list that holds what it did not."""
    before, after = ({*one} if isinstance(one, list) else set() for one in (case.before, case.after))
    return "grew" if after - before else ""


def true_now(case: Case) -> str:
    """Yes, where it was no or not known."""
    return "true" if case.after is True and case.before is not True else ""


def true_no_more(case: Case) -> str:
    """No, where it was yes."""
    return "false" if case.before is True and case.after is False else ""


def signature_lost(case: Case) -> str:
    """A valid signature that is no longer there, or no longer valid."""
    return "lost" if case.before == "valid" and case.after in ("invalid", "none") else ""


def of_mcp(case: Case) -> str:
    """A tool that an MCP server offers."""
    return "mcp" if case.part.key.startswith("mcp:") or case.new.sources(case.part.id, E.EXPOSES) else ""


def fails(case: Case) -> str:
    """A finding that is open."""
    return "fails" if said(case.part, "state") in ("fail", "") else ""


def closes(case: Case) -> str:
    """A finding that was open and is not."""
    return "closes" if case.before in ("fail", None) and case.after in ("pass", "not_applicable") else ""


def was_open(case: Case) -> str:
    """A finding that was open as long as it was there."""
    return "open" if case.was is None or value(case.was, "state") in ("fail", None) else ""


def lets_pages_in(case: Case) -> str:
    """A finding of a check on foreign web pages, at something known."""
    return _rule(case, CORS) and target_known(case)


def lets_administer(case: Case) -> str:
    """A finding of a check on administration, at something known."""
    return _rule(case, ADMINISTRATION) and target_known(case)


def older_versions(case: Case) -> tuple[Part, ...]:
    """The versions that a model had and no longer has, where it has a new one."""
    return tuple(_lost(case, E.HAS_VERSION))


def older_weights(case: Case) -> tuple[Part, ...]:
    """The weights under the same file name that a model had and no longer has."""
    new = said(case.other, "file") if case.other else ""
    return tuple(part for part in _lost(case, E.HAS_WEIGHTS) if said(part, "file") == new)


def older_package(case: Case) -> tuple[Part, ...]:
    """The one package of the same name at the same place that is not there any more."""
    name, at = package_name(case.part), _around(case)
    same = [one for one in case.old.packages.get(name, ()) if one.id not in case.new.parts]
    others = [one for one in case.new.packages.get(name, ()) if one.id not in case.old.parts]
    near = [one for one in same if {part.id for part in case.old.sources(one.id, *_HOLDS)} & at or not at]
    return tuple(near) if len(near) == 1 and len(others) == 1 else ()


_HOLDS = (E.CONTAINS, E.DEPENDS_ON)


def _around(case: Case) -> set[UUID]:
    return {part.id for part in case.new.sources(case.part.id, *_HOLDS)}


def _lost(case: Case, kind: EdgeKind) -> list[Part]:
    now = {part.id for part in case.new.ends(case.part.id, kind)}
    return [part for part in case.old.ends(case.part.id, kind) if part.id not in now]


def _auth(said_: object) -> int:
    return _AUTH.get(said_, -1) if isinstance(said_, str) else -1


def _rule(case: Case, patterns: tuple[str, ...]) -> str:
    rule = said(case.part, "rule") or case.part.key.partition("@")[0]
    return rule if fails(case) and any(fnmatchcase(rule, one) for one in patterns) else ""
