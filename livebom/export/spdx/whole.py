"""The whole SPDX document: creation information, the bill of materials, and what was not looked at."""

import hashlib
from uuid import UUID

from livebom.bom.document import Document, Look
from livebom.bom.identity import canonical
from livebom.bom.parts import Edge, EdgeKind, Graph, PartKind
from livebom.export.estate import drawn
from livebom.export.gaps import gaps
from livebom.export.spdx.elements import suppliers, written
from livebom.export.spdx.relations import assessments, licensing, relationships
from livebom.export.spdx.shape import CONTEXT, CREATION, PREFIX, Element, element, extension, iri, json, made, moment
from livebom.export.spdx.words import DATASET, MODEL, SURFACES

_OURS = "livebom"


def graph_of(document: Document) -> Element:
    """The document as JSON-LD values: the context and a flat graph of elements in a fixed order."""
    graph = drawn(document)
    keys = _further(document)
    parts = [written(part, keys.get(part.id, ())) for part in graph.parts.values()]
    body = [
        *suppliers(list(graph.parts.values())),
        *parts,
        *relationships(graph, document.looks),
        *licensing(graph.parts.values()),
        *assessments(graph),
    ]
    head = _head(document, graph, body)
    return {"@context": CONTEXT, "@graph": [*head, *body]}


def _further(document: Document) -> dict[UUID, tuple[str, ...]]:
    """Each drawn part's other keys, from the alias rows and the parts they join."""
    roots = canonical(document.aliases)
    named = {row.same_as: row.key for row in document.aliases}
    named |= {part.id: part.key for part in document.parts if part.id in roots}
    found: dict[UUID, set[str]] = {}
    for one, top in roots.items():
        if one != top and one in named:
            found.setdefault(top, set()).add(named[one])
    return {top: tuple(sorted(keys)) for top, keys in found.items()}


def _head(document: Document, graph: Graph, body: list[Element]) -> list[Element]:
    """Creation information, makers, document, bill of materials and annotations."""
    digest = hashlib.sha256(json([document.looks, document.at, body]).encode()).hexdigest()
    whole, bom, maker = made("document", digest), made("bom", digest), made("maker")
    tools = sorted({look.source for look in document.looks if look.source.startswith(_OURS)}) or [_OURS]
    creation: Element = {
        "type": "CreationInfo",
        "@id": CREATION,
        "specVersion": "3.0.1",
        "created": moment(document.at),
        "createdBy": [maker],
        "createdUsing": [made("tool", tool) for tool in tools],
    }
    return [
        creation,
        element("SoftwareAgent", maker, {"name": _OURS}),
        *(element("Tool", made("tool", tool), {"name": tool}) for tool in tools),
        _document(document, whole, bom, body),
        _bom(document, graph, bom, body),
        *_annotations(document, whole),
    ]


def _document(document: Document, id_: str, bom: str, body: list[Element]) -> Element:
    types = {str(one["type"]) for one in body}
    profiles = {"core", "software", "extension"}
    profiles |= {"ai" for one in types if one == MODEL}
    profiles |= {"dataset" for one in types if one == DATASET}
    profiles |= {"security" for one in types if one.startswith("security_")}
    profiles |= {"simpleLicensing" for one in types if one.startswith("simplelicensing_")}
    fields: Element = {
        "name": ", ".join(document.scope[:8]) or _OURS,
        "profileConformance": sorted(profiles),
        "rootElement": [bom],
        "extension": extension([("complete", json(document.complete))]),
    }
    return element("SpdxDocument", id_, fields)


def _bom(document: Document, graph: Graph, id_: str, body: list[Element]) -> Element:
    fields: Element = {
        "name": "AI bill of materials",
        "rootElement": _roots(graph),
        "element": [one["spdxId"] for one in body],
        "software_sbomType": sorted({SURFACES[look.surface] for look in document.looks if look.surface in SURFACES}),
    }
    return element("software_Sbom", id_, fields)


def _roots(graph: Graph) -> list[str]:
    """Where a reader may begin: what nothing else leads to; in a circle, its first part."""
    led_to = {edge.destination for edge in graph.edges.values() if _leads(edge)}
    free = [part.id for part in graph.parts.values() if part.id not in led_to and part.kind is not PartKind.FINDING]
    return [iri(id_) for id_ in sorted(free) or sorted(graph.parts)[:1]]


def _leads(edge: Edge) -> bool:
    return edge.source != edge.destination and edge.kind is not EdgeKind.CANDIDATE_SAME_AS


def _annotations(document: Document, subject: str) -> list[Element]:
    """Each look with how far it went, and each thing in words that no look saw."""
    return [*(_looked(look, subject) for look in document.looks), *(_unseen(one, subject) for one in gaps(document))]


def _looked(look: Look, subject: str) -> Element:
    fields: Element = {"annotationType": "other", "subject": subject, "contentType": "application/json"}
    statement = json(look)
    return element(
        "Annotation", made("look", subject, statement), fields | {"statement": statement, "comment": PREFIX + "look"}
    )


def _unseen(words: str, subject: str) -> Element:
    fields: Element = {"annotationType": "other", "subject": subject, "statement": words}
    return element("Annotation", made("not_seen", subject, words), fields | {"comment": PREFIX + "not_seen"})
