"""The AIBOM document (`json`): parts, edges, the looks and the observations they come from."""

from collections.abc import Iterator

import msgspec

from livebom.bom.document import Document
from livebom.export import encoding

NAME = "json"
SUFFIXES = (".json",)


def export(document: Document) -> str:
    """The document, indented for people who open it."""
    return encoding.encoded(document)


def pieces(document: Document) -> Iterator[str]:
    """The same bit by bit."""
    return encoding.pieces(document)


def schema() -> dict[str, object]:
    """The JSON Schema of the document."""
    return msgspec.json.schema(Document)
