"""What components and services share: names, licences, references, properties."""

import re

from livebom.bom.graph import name_of, value, values, winner
from livebom.bom.license import license_of
from livebom.bom.parts import Confidence, EdgeKind, Part, PartKind
from livebom.bom.spdx_ids import LICENSES
from livebom.bom.text import safe_text
from livebom.export.cyclonedx.evidence import said
from livebom.export.cyclonedx.facts import Facts, own
from livebom.export.cyclonedx.fit import address, text_of
from livebom.export.cyclonedx.shape import LicenseChoice, Named, Organization, Property, Reference
from livebom.export.cyclonedx.view import View

_HOSTED = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+/.+")
"""A repository's key that begins with the name of a host."""

_PAGES = {PartKind.MODEL: "model-card", PartKind.ADAPTER: "model-card", PartKind.REPOSITORY: "vcs"}


def shown_name(part: Part) -> str:
    """What people call the part, as safe text, never empty."""
    return safe_text(name_of(part)) or part.kind


def taken_name(part: Part, facts: Facts) -> str:
    """The same, taken from the facts."""
    return facts.text("name", "/name") or shown_name(part)


def supplier(facts: Facts, place: str) -> Organization | None:
    """Who made or provides it."""
    name = facts.text("supplier", place)
    return Organization(name=name) if name else None


def licenses(facts: Facts) -> tuple[LicenseChoice, ...]:
    """The licence by SPDX id or as an expression where it is one, else by the name that was found."""
    tag = facts.left.get("license")
    found = license_of(tag) if isinstance(tag, str) else None
    if not isinstance(tag, str) or found is None or not found.id:
        return ()
    del facts.left["license"]
    facts.placed["license"] = "/licenses"
    best = winner(facts.part.attributes["license"])
    how = "declared" if best.confidence is Confidence.DECLARED else "concluded"
    if found.listed and found.id == LICENSES.get(found.id.lower()):
        return (LicenseChoice(license=Named(id=found.id, acknowledgement=how)),)
    if found.listed or " " in found.id:
        return (LicenseChoice(expression=found.id, acknowledgement=how),)
    return (LicenseChoice(license=Named(name=safe_text(tag), acknowledgement=how)),)


def repository_url(part: Part) -> str | None:
    """Where a repository lies: as told, else by its key, which is its URL without the scheme."""
    told = value(part, "url")
    found = address(told) if isinstance(told, str) else None
    return found or (address(f"https://{part.key}") if _HOSTED.fullmatch(part.key) else None)


def references(view: View, part: Part, facts: Facts) -> tuple[Reference, ...]:
    """The part's own page, its signature, and the repositories it is declared in or built from."""
    page = facts.fitting("url", "/externalReferences", address)
    page = repository_url(part) if part.kind is PartKind.REPOSITORY else page
    made = [Reference(url=page, type=_PAGES.get(part.kind, "website"))] if page else []
    signed = facts.fitting("signature_url", "/externalReferences", address)
    made += [Reference(url=signed, type="digital-signature", comment=facts.peek("signature") or None)] if signed else []
    for repository in view.to(part, EdgeKind.DECLARED_IN, EdgeKind.BUILT_FROM):
        url = repository_url(repository)
        made += [Reference(url=url, type="vcs", comment=shown_name(repository))] if url else []
    return tuple(sorted(set(made), key=lambda one: (one.type, one.url, one.comment or "")))


def properties(view: View, part: Part, facts: Facts) -> tuple[Property, ...]:
    """Kind, key, further keys, edges, who said what, and every value that has no field."""
    made = [own("kind", part.kind), own("key", safe_text(part.key))]
    made += [own("alias", safe_text(key)) for key in view.other_keys.get(part.id, ())]
    made += edges(view, part)
    made += said(part)
    return (*made, *facts.properties(begin=len(made)))


def edges(view: View, part: Part, begin: str = "") -> list[Property]:
    """The part's edges, typed: `<kind> -> <bom-ref>`, and their values as `livebom:edge:<attribute>`."""
    made = []
    for edge in view.out(part):
        arrow = f"{begin}{edge.kind} -> {edge.destination}"
        made.append(own("edge", arrow))
        for name, found in sorted(values(edge).items()):
            if found is not None:
                made.append(own(f"edge:{safe_text(name)}", f"{arrow}: {text_of(found)}"))
    return made
