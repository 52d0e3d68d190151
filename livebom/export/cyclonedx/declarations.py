"""Who may do what: principals, and `allowed` and `may_change` as claims with their evidence."""

from livebom.bom.graph import values
from livebom.bom.parts import Edge, EdgeKind, Part, PartKind
from livebom.bom.vocabulary import EDGES
from livebom.export.cyclonedx.common import edges, shown_name
from livebom.export.cyclonedx.evidence import said
from livebom.export.cyclonedx.facts import Facts, own
from livebom.export.cyclonedx.fit import email, moment, text_of
from livebom.export.cyclonedx.shape import Attachment, Contact, Contents, Organization, Property
from livebom.export.cyclonedx.statements import (
    Assessor,
    Attestation,
    ClaimMap,
    Declarations,
    Exhibit,
    Proof,
    Statement,
    Targets,
)
from livebom.export.cyclonedx.view import View, ref_of

_ASSESSOR = ref_of("assessor")


def declarations(view: View) -> Declarations | None:
    """The claims and whom they are about; None where there is neither."""
    granted = [edge for edge in view.edges if edge.kind in {EdgeKind.ALLOWED, EdgeKind.MAY_CHANGE}]
    principals = view.of(PartKind.PRINCIPAL)
    if not granted and not principals:
        return None
    targets = Targets(organizations=tuple(_organization(one) for one in principals)) if principals else None
    if not granted:
        return Declarations(targets=targets)
    summary = "What configuration, registers and repositories say may be used or changed, and by whom."
    refs = tuple(ref_of("claim", str(edge.id)) for edge in granted)
    return Declarations(
        assessors=(Assessor(bom_ref=_ASSESSOR, third_party=False, organization=Organization(name="livebom")),),
        attestations=(Attestation(summary=summary, assessor=_ASSESSOR, map=(ClaimMap(claims=refs),)),),
        claims=tuple(_claim(view, edge) for edge in granted),
        evidence=tuple(_proof(view, edge) for edge in granted),
        targets=targets,
    )


def _predicate(view: View, edge: Edge) -> str:
    source, destination = view.parts[edge.source], view.parts[edge.destination]
    return f"{source.kind} {shown_name(source)} {EDGES[edge.kind].means} {destination.kind} {shown_name(destination)}"


def _claim(view: View, edge: Edge) -> Statement:
    return Statement(
        bom_ref=ref_of("claim", str(edge.id)),
        target=str(edge.source),
        predicate=_predicate(view, edge),
        evidence=(ref_of("proof", str(edge.id)),),
    )


def _proof(view: View, edge: Edge) -> Proof:
    told = [f"{edge.source} {edge.kind} -> {edge.destination}"]
    told += [f"{text_of(name)}: {text_of(found)}" for name, found in sorted(values(edge).items())]
    return Proof(
        bom_ref=ref_of("proof", str(edge.id)),
        property_name="livebom:edge",
        description=f"Last seen {moment(edge.last_seen).isoformat()}",
        data=(Exhibit(name=str(edge.kind), contents=Contents(attachment=Attachment(content="; ".join(told)))),),
        created=moment(edge.first_seen),
    )


def _organization(part: Part) -> Organization:
    name = shown_name(part)
    mail = email(text_of(Facts(part).left.get("email")))
    return Organization(bom_ref=str(part.id), name=name, contact=(Contact(name=name, email=mail),) if mail else ())


def principal_properties(view: View) -> list[Property]:
    """What an organization has no field for, as properties of the whole document that begin with its bom-ref."""
    made: list[Property] = []
    for part in view.of(PartKind.PRINCIPAL):
        its = [own("kind", part.kind), own("key", text_of(part.key))]
        its += [own("alias", text_of(key)) for key in view.other_keys.get(part.id, ())]
        its += [*said(part), *Facts(part).properties()]
        made += [Property(name=one.name.replace(":", f":{part.id}:", 1), value=one.value) for one in its]
        made += edges(view, part, f"{part.id} ")
    return made
