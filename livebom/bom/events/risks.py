"""What makes a change worse or better; each function gives its words, or nothing where it does not hold."""

from collections.abc import Iterable
from typing import Final

from livebom.bom.events.allowed import MODELS, model_named, said
from livebom.bom.events.case import Case, items, of_kind
from livebom.bom.events.state import State, width
from livebom.bom.graph import name_of, value
from livebom.bom.license import Family, license_of
from livebom.bom.parts import EdgeKind, Part, PartKind

K = PartKind
E = EdgeKind

DANGEROUS: Final = frozenset({"exec", "fs-write", "network", "payment", "secrets"})
"""Capabilities of a tool by which a model that was talked into something can do harm."""

SENSITIVE: Final = frozenset({"pii", "personal", "hr", "health", "financial", "secret", "confidential", "restricted"})
"""Classifications of data that not everybody may see."""

ACTING: Final = frozenset(
    {
        E.CAN_CALL,
        E.USES_MCP,
        E.HANDS_OFF_TO,
        E.READS,
        E.WRITES,
        E.ROUTES_TO,
        E.ALLOWED,
        E.AUTHENTICATES_WITH,
        E.USES_MODEL,
    }
)
"""Edges by which one thing acts through another."""

_OPEN: Final = ("none", "partial")


def stranger_from_afar(case: Case) -> str:
    """Something open to strangers that can be reached from more than its own host, as far as is known."""
    for part in case.ends:
        if said(part, "auth") in _OPEN and case.state.exposure(part) != "loopback":
            return "it asks strangers for no credentials and is not on loopback only"
    return ""


def on_loopback(case: Case) -> str:
    """Reachable from its own host only."""
    exposures = [case.state.exposure(part) for part in case.ends]
    return "it is on loopback only" if exposures and max(exposures, key=width) == "loopback" else ""


def license_limits(case: Case) -> str:
    """A model whose terms somebody has to read, or whose terms are not known and which no list of the policy names."""
    for model in (part for part in case.ends if part.kind in MODELS):
        family = license_family(model)
        if family.restricted:
            return f"its license is {family}"
        if family is Family.UNKNOWN and not model_named(case):
            return "its license is not known"
    return ""


def license_now_limits(case: Case) -> str:
    """Terms that somebody has to read, where those before needed no reading."""
    before, after = (
        license_of(one).family if isinstance(one, str) else Family.UNKNOWN for one in (case.before, case.after)
    )
    return f"its license is now {after}" if after.restricted and not before.restricted else ""


def license_frees(case: Case) -> str:
    """Terms that let one go as far as any."""
    after = case.after
    family = license_of(after).family if isinstance(after, str) else Family.UNKNOWN
    return "its license is now permissive" if family is Family.PERMISSIVE else ""


def license_family(part: Part) -> Family:
    """How far the terms of a part let one go: as it says, else as its license is known to."""
    family = said(part, "license_family")
    if family in set(Family):
        return Family(family)
    return license_of(said(part, "license")).family


def dangerous_tool(case: Case) -> str:
    """A tool that can do harm at one end."""
    return _harm(of_kind(case, K.TOOL))


def dangerous_callee(case: Case) -> str:
    """An MCP server or agent at the other end, with tools that can do harm."""
    return _harm(case.new.tools(case.other.id)) if case.other else ""


def dangerous_caller(case: Case) -> str:
    """The part can call tools that can do harm, by itself or through an MCP server."""
    return _harm(case.state.tools(case.part.id))


def dangerous_user(case: Case) -> str:
    """A prompt that is used by somebody with tools that can do harm."""
    users = case.state.sources(case.part.id, E.USES_PROMPT)
    return _harm(tool for user in users for tool in case.state.tools(user.id))


def dangerous_gain(case: Case) -> str:
    """A capability that was gained and can do harm."""
    before, after = (set(one) if isinstance(one, list) else set() for one in (case.before, case.after))
    return _can((after - before) & DANGEROUS)


def harmless_gain(case: Case) -> str:
    """Capabilities that were gained and can do no harm by themselves."""
    return "" if dangerous_gain(case) else "what it gained changes nothing outside"


def guards(case: Case) -> str:
    """A text that is a guardrail, or a prompt in that role."""
    held = case.part.kind is K.GUARDRAIL or value(case.part, "role") == "guardrail"
    return "the text is a guardrail's" if held else ""


def sensitive_data(case: Case) -> str:
    """Data at one end that not everybody may see."""
    for part in case.ends:
        words = {
            word.lower()
            for name in ("classification", "data_classification", "sensitive")
            for word in items(part, name)
        }
        if words & SENSITIVE:
            return f"{name_of(part)} holds data that is {', '.join(sorted(words & SENSITIVE))}"
    return ""


def vulnerable(case: Case) -> str:
    """A known vulnerability stands open at it."""
    findings = case.new.ends(case.part.id, E.HAS_FINDING)
    known = sorted({cve for one in findings if value(one, "state") == "fail" for cve in items(one, "cve")})
    return f"{', '.join(known)} stands open at it" if known else ""


def dangerous_reach(case: Case) -> str:
    """Tools that can do harm among what is now reached."""
    return _harm(case.reached)


def dangerous_reach_of_strangers(case: Case) -> str:
    """Such tools behind a route that asks strangers for nothing."""
    harm, strangers = dangerous_reach(case), stranger_from_afar(case)
    return f"{harm}; {strangers}" if harm and strangers else ""


def lets_act(case: Case) -> str:
    """An edge by which one thing acts through another."""
    return "the one can act through the other" if case.edge and case.edge.kind in ACTING else ""


def new_revision(case: Case) -> str:
    """Weights of a model whose revision changed with them."""
    models = [case.part] if case.part.kind in MODELS else case.new.sources(case.part.id, E.HAS_WEIGHTS)
    moved = [model for model in models if _revisions(case.old, model) != _revisions(case.new, model)]
    return "its revision changed too" if models and len(moved) == len(models) else ""


def same_revision(case: Case) -> str:
    """Weights of a model whose revision is as before, as far as is known."""
    return "" if new_revision(case) else "the name and the revision are as before"


def _revisions(state: State, model: Part) -> tuple[object, ...]:
    before = state.parts.get(model.id)
    versions = tuple(part.id for part in state.ends(model.id, E.HAS_VERSION))
    return (value(before, "revision") if before else None, *versions)


def unpinned(case: Case) -> str:
    """An MCP server that is started in any version."""
    return (
        "its version is not pinned" if any(value(one, "pinned") is False for one in of_kind(case, K.MCP_SERVER)) else ""
    )


def _harm(tools: Iterable[Part]) -> str:
    return _can({one for tool in tools for one in items(tool, "capabilities")} & DANGEROUS)


def _can(capabilities: set[str]) -> str:
    return f"can do harm: {', '.join(sorted(capabilities))}" if capabilities else ""
