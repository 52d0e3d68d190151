"""Who said which field (CycloneDX 1.7): JSON pointers into the document, by source and how surely it is known."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from livebom.bom.graph import winner
from livebom.bom.parts import Claim, Confidence
from livebom.export.cyclonedx.evidence import same, source_ref
from livebom.export.cyclonedx.fit import moment
from livebom.export.cyclonedx.inventory import Component, Service
from livebom.export.cyclonedx.statements import Citation, Vulnerability
from livebom.export.cyclonedx.view import View, ref_of

Placed = dict[UUID, dict[str, str]]
"""For each part: its attributes, each with the end of the pointer to the field that holds it."""


def citations(
    view: View,
    placed: Placed,
    components: Sequence[Component],
    services: Sequence[Service],
    vulnerabilities: Sequence[Vulnerability],
) -> tuple[Citation, ...]:
    """One citation for each source and degree of confidence, with pointers to every field it speaks for."""
    groups: dict[tuple[int, str, str], list[tuple[str, datetime]]] = {}
    walk = (*_components("/components", components), *_services("/services", services))
    findings = ((f"/vulnerabilities/{at}", one.bom_ref) for at, one in enumerate(vulnerabilities))
    for begin, ref in (*walk, *findings):
        id_ = UUID(ref)
        part = view.parts[id_]
        for name, end in placed[id_].items():
            for claim in _agreeing(part.attributes[name]):
                by = (claim.confidence.rank, claim.surface, claim.source)
                groups.setdefault(by, []).append((begin + end, claim.last_seen))
    return tuple(_citation(by, fields) for by, fields in sorted(groups.items()))


def _agreeing(claims: tuple[Claim, ...]) -> tuple[Claim, ...]:
    """The claims that the field repeats."""
    if len(claims) < 2:
        return claims
    best = winner(claims)
    return tuple(claim for claim in claims if same(claim.value, best.value))


def _components(begin: str, its: Sequence[Component]) -> Iterator[tuple[str, str]]:
    """Each component, children too, with the pointer to it."""
    for at, one in enumerate(its):
        if one.bom_ref:
            yield f"{begin}/{at}", one.bom_ref
        yield from _components(f"{begin}/{at}/components", one.components)


def _services(begin: str, its: Sequence[Service]) -> Iterator[tuple[str, str]]:
    for at, one in enumerate(its):
        yield f"{begin}/{at}", one.bom_ref
        yield from _services(f"{begin}/{at}/services", one.services)


def _citation(by: tuple[int, str, str], fields: list[tuple[str, datetime]]) -> Citation:
    rank, surface, source = by
    confidence = list(Confidence)[rank]
    return Citation(
        bom_ref=ref_of("citation", confidence, surface, source),
        pointers=tuple(sorted({pointer for pointer, _ in fields})),
        timestamp=moment(max(at for _, at in fields)),
        attributed_to=source_ref(surface, source),
        note=confidence,
    )
