"""CycloneDX 1.5, 1.6 and 1.7 in JSON: software, models, data, services and vulnerabilities as parts and edges."""

from livebom.bom.document import Document, document
from livebom.readers.cyclonedx.cards import lend
from livebom.readers.cyclonedx.linking import Links
from livebom.readers.cyclonedx.looks import look, made_at, tool
from livebom.readers.cyclonedx.notes import Notes
from livebom.readers.cyclonedx.placing import Entries
from livebom.readers.cyclonedx.shape import Bom
from livebom.readers.cyclonedx.subject import kind_and_key, scope_of, subject_of
from livebom.readers.decoding import typed
from livebom.readers.gathering import Gathering
from livebom.readers.problem import ReadProblem

NAME = "cyclonedx"
VERSIONS = ("1.5", "1.6", "1.7")


def recognises(head: dict[str, object]) -> bool:
    """Whether the outermost object is a CycloneDX document of any version."""
    return "bomFormat" in head


def read(data: bytes, file: str) -> Document:
    """The document as a graph of one look; raises ReadProblem.

    Whatever is not told is left out and whatever is not understood is remarked on in the look; what contradicts the
    standard's types is a problem.
    """
    bom = typed(data, Bom, file)
    if bom.spec not in VERSIONS:
        raise ReadProblem(
            file,
            "$.specVersion",
            f"this is CycloneDX {bom.spec}, and {', '.join(VERSIONS)} are read",
            "convert it: cyclonedx convert --output-version v1_6 --output-format json",
        )
    notes = Notes()
    at = made_at(bom, file, notes)
    name, _ = tool(bom)
    if not name:
        notes.say("who made this document: it names no tool")
    source = name or NAME
    out = Gathering(source, at)
    _fill(bom, Entries(file, out, notes), data)
    return document(out.graph(), [look(bom, data, at, source, notes)])


def _fill(bom: Bom, entries: Entries, data: bytes) -> None:
    """Everything the document tells, into the entries' graph."""
    links = Links(bom, entries)
    lend(bom)
    one = subject_of(bom)
    entries.scope = scope_of(bom, data)
    named = bom.metadata.component if bom.metadata else None
    if one:
        links.subject = entries.component(one, "$.metadata.component", None, kind_and_key(one))
        links.components(one.components or [], "$.metadata.component.components", links.subject)
    elif named and named.bom_ref:
        entries.left_out(named.bom_ref, "$.metadata.component")
    links.components(bom.components or [], "$.components", links.subject)
    links.services(bom.services or [], "$.services", links.subject)
    links.principals(bom.metadata.properties if bom.metadata else None)
    links.vulnerabilities(bom.vulnerabilities or [])
    links.dependencies(bom.dependencies or [])
    links.finish()
