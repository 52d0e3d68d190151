"""CycloneDX's official schemas, compiled once, and a few ways to look into a BOM."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec

from livebom.bom.document import Document
from livebom.export import exported

SCHEMAS = Path(__file__).parents[2] / "schemas" / "cyclonedx"
VERSIONS = ("1.6", "1.7")


@cache
def validator(version: str) -> Any:
    """The compiled schema of that version; formats such as date-time are checked too."""
    names = ("spdx", "jsf-0.82", "cryptography-defs")
    sides = [(f"http://cyclonedx.org/schema/{name}.schema.json", schema(name)) for name in names]
    return jsonschema_rs.validator_for(
        schema(f"bom-{version}"), registry=jsonschema_rs.Registry(sides), validate_formats=True
    )


def schema(name: str) -> Any:
    return msgspec.json.decode((SCHEMAS / f"{name}.schema.json").read_bytes())


def written(document: Document, version: str = "1.6") -> dict[str, Any]:
    """The document as a BOM, which has been validated."""
    bom: dict[str, Any] = msgspec.json.decode(exported(document, f"cyclonedx-{version}"))
    validator(version).validate(bom)
    return bom


def things(bom: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every component and service of the inventory, children too."""

    def walk(its: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for one in its:
            yield one
            yield from walk(one.get("components", []))
            yield from walk(one.get("services", []))

    yield from walk(bom.get("components", []) + bom.get("services", []))


def own(one: dict[str, Any], name: str) -> list[str]:
    """The values of the properties of that name."""
    return [it["value"] for it in one.get("properties", []) if it["name"] == f"livebom:{name}"]


def pointed(bom: dict[str, Any], pointer: str) -> Any:
    """What a JSON pointer leads to (RFC 6901; ours have no escapes). Raises LookupError where that is nothing."""
    value: Any = bom
    for step in pointer.split("/")[1:]:
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value


def defined(value: Any) -> Iterator[str]:
    """Every bom-ref that something has."""
    if isinstance(value, dict):
        if "bom-ref" in value:
            yield value["bom-ref"]
        for item in value.values():
            yield from defined(item)
    elif isinstance(value, list):
        for item in value:
            yield from defined(item)
