"""Edges, licenses and findings as SPDX relationships, each with how complete it is known to be."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from livebom.bom.document import Look
from livebom.bom.graph import value
from livebom.bom.license import license_of
from livebom.bom.parts import Confidence, Edge, EdgeKind, Graph, Part
from livebom.export.spdx.shape import PREFIX, Element, element, extension, iri, json, made
from livebom.export.spdx.words import EDGES, SCOPED

_VEX = {
    "fail": ("security_VexAffectedVulnAssessmentRelationship", "affects"),
    "pass": ("security_VexFixedVulnAssessmentRelationship", "fixedIn"),
    "not_applicable": ("security_VexNotAffectedVulnAssessmentRelationship", "doesNotAffect"),
}
"""A finding's state to what a VEX statement says of it; any other is under investigation."""
_INVESTIGATED = ("security_VexUnderInvestigationVulnAssessmentRelationship", "underInvestigationFor")


def relationships(graph: Graph, looks: Iterable[Look]) -> list[Element]:
    """One relationship for all edges of one kind that begin (in SPDX's direction) at one part."""
    groups: dict[tuple[UUID, EdgeKind], list[Edge]] = {}
    for edge in graph.edges.values():
        if edge.source in graph.parts and edge.destination in graph.parts:
            begins = edge.destination if EDGES[edge.kind].turned else edge.source
            groups.setdefault((begins, edge.kind), []).append(edge)
    known = completeness(graph, looks)
    return [_relationship(begins, kind, edges, known) for (begins, kind), edges in sorted(groups.items())]


def _relationship(begins: UUID, kind: EdgeKind, edges: list[Edge], known: Mapping[UUID, str]) -> Element:
    form = EDGES[kind]
    ends = sorted(edge.source if form.turned else edge.destination for edge in edges)
    scoped = form.runtime and form.type in SCOPED
    fields: Element = {
        "from": iri(begins),
        "to": [iri(end) for end in ends],
        "relationshipType": form.type,
        "scope": "runtime" if scoped else None,
        # Turned, it says who points at a part, and nobody has looked at everybody who might.
        "completeness": "noAssertion" if form.turned else known[begins],
        "comment": PREFIX + kind,
        "extension": extension([("edges", json(sorted(edges, key=lambda edge: edge.id)))]),
    }
    type_ = "LifecycleScopedRelationship" if scoped else "Relationship"
    return element(type_, made("relationship", str(begins), kind), fields)


def completeness(graph: Graph, looks: Iterable[Look]) -> dict[UUID, str]:
    """Whether all relationships of a part are known: every look of the surfaces that told of it was complete.

    A server that was reached but did not tell its models is incomplete, whatever else was seen.
    """
    whole: dict[str, bool] = {}
    mute: set[str] = set()
    for look in looks:
        whole[look.surface] = whole.get(look.surface, True) and look.complete
        mute |= set(look.mute)
    silent = {
        edge.source
        for edge in graph.edges.values()
        if edge.kind is EdgeKind.LISTENS_ON and edge.destination in graph.parts
        if graph.parts[edge.destination].key in mute
    }
    return {part.id: "incomplete" if part.id in silent else _looked(part, whole) for part in graph.parts.values()}


def _looked(part: Part, whole: Mapping[str, bool]) -> str:
    surfaces = {claim.surface for claims in part.attributes.values() for claim in claims} & whole.keys()
    if not surfaces:
        return "noAssertion"
    return "complete" if all(whole[surface] for surface in surfaces) else "incomplete"


def licensing(parts: Iterable[Part]) -> list[Element]:
    """License expressions and who has which: every one that a source read, and the one that is believed."""
    found: dict[str, None] = {}
    relations: list[Element] = []
    for part in parts:
        read = {_license(claim.value) for claim in part.attributes.get("license", ()) if _is_read(claim.confidence)}
        for type_, ids in (("hasDeclaredLicense", read), ("hasConcludedLicense", {_license(value(part, "license"))})):
            told = sorted(ids - {""})
            found |= dict.fromkeys(told)
            fields: Element = {
                "from": iri(part.id),
                "to": [made("license", one) for one in told],
                "relationshipType": type_,
                "completeness": "noAssertion",
            }
            relations += [element("Relationship", made(type_, str(part.id)), fields)] if told else []
    return [*(_expression(one) for one in sorted(found)), *relations]


def _is_read(confidence: Confidence) -> bool:
    return confidence in {Confidence.VERIFIED, Confidence.DECLARED}


def _license(said: object) -> str:
    return license_of(said).id if isinstance(said, str) else ""


def _expression(license_id: str) -> Element:
    fields: Element = {"name": license_id, "simplelicensing_licenseExpression": license_id}
    return element("simplelicensing_LicenseExpression", made("license", license_id), fields)


def assessments(graph: Graph) -> list[Element]:
    """A VEX statement for each finding of each part."""
    pairs = sorted(
        (edge.destination, edge.source)
        for edge in graph.edges.values()
        if edge.kind is EdgeKind.HAS_FINDING and edge.source in graph.parts and edge.destination in graph.parts
    )
    return [_assessment(graph.parts[finding], subject) for finding, subject in pairs]


def _assessment(finding: Part, subject: UUID) -> Element:
    type_, relation = _VEX.get(str(value(finding, "state")), _INVESTIGATED)
    remedy, accepted = value(finding, "remediation"), value(finding, "accepted")
    fields: Element = {"from": iri(finding.id), "to": [iri(subject)], "relationshipType": relation}
    if isinstance(accepted, str) and accepted:
        # Accepted, it is still there: no other statement of VEX would be true.
        fields["security_statusNotes"] = f"Accepted: {accepted}"
    if relation == "affects":
        fields["security_actionStatement"] = remedy if isinstance(remedy, str) and remedy else "No remedy is known."
    if relation == "doesNotAffect":
        fields["security_impactStatement"] = "The check does not apply here."
    return element(type_, made("vex", str(finding.id), str(subject)), fields)
