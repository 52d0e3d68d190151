"""From a document to the bytes of a CycloneDX file."""

import hashlib
from typing import Literal
from uuid import UUID, uuid5

import msgspec

from livebom.bom.document import Document
from livebom.bom.parts import PartKind
from livebom.export.cyclonedx.about import metadata
from livebom.export.cyclonedx.citations import Placed, citations
from livebom.export.cyclonedx.components import component
from livebom.export.cyclonedx.declarations import declarations
from livebom.export.cyclonedx.dependencies import dependencies
from livebom.export.cyclonedx.findings import vulnerability
from livebom.export.cyclonedx.formulation import formulation
from livebom.export.cyclonedx.nesting import Nesting
from livebom.export.cyclonedx.remarks import annotations, compositions
from livebom.export.cyclonedx.services import service
from livebom.export.cyclonedx.statements import Bom
from livebom.export.cyclonedx.view import NAMESPACE, UNREFERENCED, View

Version = Literal["1.6", "1.7"]
_NO_SERIAL = f"urn:uuid:{UUID(int=0)}"


def write(document: Document, version: Version) -> str:
    """The document as CycloneDX JSON of that version; its serial number is made from its content."""
    bom = bom_of(document, version)
    digest = hashlib.sha256(msgspec.json.encode(bom)).hexdigest()
    numbered = msgspec.structs.replace(bom, serial_number=f"urn:uuid:{uuid5(NAMESPACE, digest)}")
    return msgspec.json.format(msgspec.json.encode(numbered), indent=2).decode() + "\n"


def bom_of(document: Document, version: Version) -> Bom:
    """The document's parts and edges in CycloneDX's shapes, without a serial number yet."""
    view = View(document, external=version == "1.7")
    nesting = Nesting(view)
    placed: Placed = {}
    listed = [part for part in nesting.top if part.kind not in UNREFERENCED]
    services = tuple(service(view, nesting, part, placed) for part in listed if view.networked(part))
    components = tuple(component(view, nesting, part, placed) for part in listed if not view.networked(part))
    findings = tuple(vulnerability(view, part, placed) for part in view.of(PartKind.FINDING))
    return Bom(
        schema=f"http://cyclonedx.org/schema/bom-{version}.schema.json",
        bom_format="CycloneDX",
        spec_version=version,
        serial_number=_NO_SERIAL,
        version=1,
        metadata=metadata(view),
        components=components,
        services=services,
        dependencies=dependencies(view),
        compositions=compositions(view),
        vulnerabilities=findings,
        annotations=annotations(view),
        formulation=formulation(view),
        declarations=declarations(view),
        citations=citations(view, placed, components, services, findings) if version == "1.7" else (),
    )
