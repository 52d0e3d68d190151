"""SPDX 3.0.1 as JSON-LD, with the AI, Dataset, Security and SimpleLicensing profiles (`spdx-3.0`)."""

from livebom.bom.document import Document
from livebom.export.encoding import encoded

NAME = "spdx-3.0"
SUFFIXES = (".spdx.json", ".spdx3.json")


def export(document: Document) -> str:
    """The document as SPDX 3.0.1; equal documents in any order give equal bytes."""
    from livebom.export.spdx.whole import graph_of

    return encoded(graph_of(document))
