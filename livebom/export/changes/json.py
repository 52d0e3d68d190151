"""A comparison as its record (`json`), for other programs."""

import msgspec

from livebom.bom.change import Comparison
from livebom.export.encoding import encoded

NAME = "json"
SUFFIXES = (".json",)


def write(comparison: Comparison) -> str:
    """Every field of the comparison and its changes; fields may be added, never renamed or removed."""
    return encoded(comparison)


def schema() -> dict[str, object]:
    """The JSON Schema of a comparison."""
    return msgspec.json.schema(Comparison)
