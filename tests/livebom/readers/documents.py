"""Foreign documents for the readers' tests: where they lie, small ones made up, and graphs told in words."""

import json
from pathlib import Path
from typing import Any

from livebom.bom.document import Document
from livebom.bom.graph import values
from livebom.bom.parts import Part, PartKind
from livebom.readers import read

FOREIGN = Path(__file__).parents[2] / "foreign" / "cyclonedx"
FILES = sorted(path.name for path in FOREIGN.glob("*.json"))


def foreign(name: str) -> Document:
    return read((FOREIGN / name).read_bytes(), name)


def tree(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOREIGN / name).read_bytes())
    return found


def bom(**fields: Any) -> bytes:
    """A CycloneDX document with these fields."""
    made = {"bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": "urn:uuid:1", "metadata": {}}
    made["metadata"] = {
        "timestamp": "2026-11-20T10:00:00Z",
        "tools": {"components": [{"name": "tool", "version": "1"}]},
    }
    return json.dumps({**made, **fields}).encode()


def one(document: Document, kind: PartKind) -> Part:
    """The only part of that kind."""
    [found] = [part for part in document.parts if part.kind is kind]
    return found


def told(document: Document) -> dict[str, dict[str, Any]]:
    """`kind key` to the believed values."""
    return {f"{part.kind} {part.key}": values(part) for part in document.parts}


def arrows(document: Document) -> set[str]:
    """`key edge key` of every edge."""
    keys = {part.id: part.key for part in document.parts}
    return {f"{keys[edge.source]} {edge.kind} {keys[edge.destination]}" for edge in document.edges}
