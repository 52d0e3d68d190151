"""What a policy says of the ends of a change; each function gives its words, or nothing where it does not hold."""

from collections.abc import Iterable
from fnmatch import fnmatchcase

from livebom.bom.events.case import Case, items, of_kind
from livebom.bom.graph import name_of, value
from livebom.bom.parts import EdgeKind, Part, PartKind

K = PartKind
MODELS = (K.MODEL, K.MODEL_VERSION, K.ADAPTER)


def fits(patterns: Iterable[str], words: Iterable[str]) -> bool:
    """Whether a pattern fits one of the words, case and all; a word fits itself, also `lab/[::1]:8000`."""
    said = tuple(words)
    return any(word == pattern or fnmatchcase(word, pattern) for pattern in patterns for word in said)


def called(part: Part) -> tuple[str, ...]:
    """What a part may be named by in a policy: its key and its name."""
    return part.key, name_of(part)


def model_forbidden(case: Case) -> str:
    """A model that is on no list of the policy."""
    allowed = case.policy.allow.models
    models = [part for part in case.ends if part.kind in MODELS]
    return "the policy does not allow the model" if allowed is not None and _strange(models, allowed) else ""


def model_misplaced(case: Case) -> str:
    """A model served from a host that no placement names for it."""
    placements = case.policy.allow.placements
    if placements is None:
        return ""
    for server in of_kind(case, K.SERVER):
        hosts = items(server, "host")
        hosts = hosts + [word for host in case.state.ends(server.id, EdgeKind.RUNS_ON) for word in called(host)]
        for model in (part for part in case.ends if part.kind in MODELS):
            if not any(fits([row.model], called(model)) and fits([row.host], hosts) for row in placements):
                return "the policy does not allow the model on this host"
    return ""


def model_named(case: Case) -> bool:
    """Whether a list of the policy names the model, so that somebody has judged it."""
    models = [part for part in case.ends if part.kind in MODELS]
    return bool(models) and not _strange(models, case.policy.allow.models or ())


def product_forbidden(case: Case) -> str:
    """A server whose product is on no list of the policy."""
    allowed = case.policy.allow.products
    products = [word for server in of_kind(case, K.SERVER) for word in items(server, "product")]
    return "the policy does not allow the product" if allowed is not None and not fits(allowed, products) else ""


def image_forbidden(case: Case) -> str:
    """An image whose digest and reference are on no list of the policy."""
    allowed = case.policy.allow.images
    if allowed is None:
        return ""
    names = ("image_digest", "digest", "image", "reference")
    words = [word for name in names for word in items(case.part, name)]
    words += [word for image in of_kind(case, K.IMAGE) for word in called(image)]
    return "" if fits(allowed, words) else "the policy does not allow the image"


def provider_forbidden(case: Case) -> str:
    """A provider that is on no list of the policy."""
    allowed = case.policy.allow.providers
    return (
        "the policy does not allow the provider"
        if allowed is not None and _strange(of_kind(case, K.API_PROVIDER), allowed)
        else ""
    )


def provider_allowed(case: Case) -> str:
    """A provider that a list of the policy names."""
    providers = of_kind(case, K.API_PROVIDER)
    return (
        "the policy allows the provider"
        if providers and not _strange(providers, case.policy.allow.providers or ())
        else ""
    )


def not_granted(case: Case) -> str:
    """A caller that no grant of the policy lets use the tool or the MCP server."""
    grants, caller, target = case.policy.allow.grants, case.part, case.other
    if grants is None or target is None:
        return ""
    if target.kind is K.MCP_SERVER:
        held = any(fits([row.agent], called(caller)) and fits([row.mcp_server], called(target)) for row in grants)
        return "" if held else "no grant of the policy covers it"
    servers = [word for one in case.state.sources(target.id, EdgeKind.EXPOSES) for word in called(one)] or [""]
    held = any(
        fits([row.agent], called(caller)) and fits([row.tool], called(target)) and fits([row.mcp_server], servers)
        for row in grants
    )
    return "" if held else "no grant of the policy covers it"


def _strange(parts: Iterable[Part], allowed: Iterable[str]) -> bool:
    patterns = tuple(allowed)
    return any(not fits(patterns, called(part)) for part in parts)


def said(part: Part, name: str) -> str:
    """An attribute that is a text; empty where it is none."""
    one = value(part, name)
    return one if isinstance(one, str) else ""
