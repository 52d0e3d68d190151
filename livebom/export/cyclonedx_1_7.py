"""CycloneDX 1.7 (`cyclonedx-1.7`): as 1.6, and who said which field, and what somebody else runs."""

from livebom.bom.document import Document

NAME = "cyclonedx-1.7"
SUFFIXES = ()


def export(document: Document) -> str:
    """The document as CycloneDX 1.7 JSON; docs/formats.md says where each part and edge goes."""
    from livebom.export.cyclonedx.write import write

    return write(document, "1.7")
