"""The AIBOM document (`json`): parts, edges, the looks and the observations they come from."""

import msgspec

from livebom.bom.document import Document
from livebom.bom.report import Report, document_of
from livebom.export.encoding import encoded

NAME = "json"
SUFFIXES = (".json",)


def write(report: Report, *, everything: bool) -> str:
    """The report's document, with its observations."""
    return export(document_of(report))


def export(document: Document) -> str:
    """The document, indented for people who open it."""
    return encoded(document)


def schema() -> dict[str, object]:
    """The JSON Schema of the document."""
    return msgspec.json.schema(Document)
