"""CycloneDX 1.6, the ML-BOM that most readers know (`cyclonedx-1.6`)."""

from livebom.bom.document import Document

NAME = "cyclonedx-1.6"
SUFFIXES = (".cdx.json",)


def export(document: Document) -> str:
    """The document as CycloneDX 1.6 JSON; docs/formats.md says where each part and edge goes."""
    from livebom.export.cyclonedx.write import write

    return write(document, "1.6")
