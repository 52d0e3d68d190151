"""Read back by cyclonedx-python-lib, as far as it knows the format."""

from typing import Any

import pytest
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import ComponentType

from tests.livebom.export.cyclonedx_validator import VERSIONS, things, written
from tests.sample import sample

UNKNOWN = {
    "bom": ("annotations", "compositions", "declarations", "formulation", "citations"),
    "component": ("modelCard", "data", "isExternal"),
    "service": ("trustZone", "tags"),
    "flow": ("name", "source", "destination"),
}
"""What version 11 of the library has no class for; it raises on some of these and drops others."""


def known(bom: dict[str, Any]) -> dict[str, Any]:
    """The BOM without what the library does not know."""
    for one in things(bom):
        if "type" not in one:
            for flow in one.get("data", []):
                _drop(flow, "flow")
        _drop(one, "component" if "type" in one else "service")
    _drop(bom, "bom")
    return bom


def _drop(one: dict[str, Any], kind: str) -> None:
    for name in UNKNOWN[kind]:
        one.pop(name, None)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_library_reads_back_what_it_knows(version: str) -> None:
    bom = written(sample(), version)
    names = {one["bom-ref"]: one["name"] for one in things(bom)}
    needs = {one["ref"]: set(one.get("dependsOn", [])) for one in bom["dependencies"]}
    reader: Any = Bom  # the library adds its readers to the class at run time
    read = reader.from_json(known(bom))
    assert f"urn:uuid:{read.serial_number}" == bom["serialNumber"]
    found = {str(one.bom_ref): one.name for one in [*_all(read.components), *_all(read.services)]}
    assert found == names
    assert {str(one.ref): {str(it.ref) for it in one.dependencies} for one in read.dependencies} == needs
    models = [one for one in read.components if one.type is ComponentType.MACHINE_LEARNING_MODEL]
    assert "pkg:huggingface/BAAI/bge-m3@5617a9f" in {str(one.purl) for one in models}
    assert {one.id for one in read.vulnerabilities} == {"vllm-no-auth", "CVE-2026-0001"}
    assert {one.authenticated for one in read.services} == {True, False, None}


def _all(its: Any) -> list[Any]:
    return [
        deep
        for one in its
        for deep in (one, *_all(getattr(one, "components", ())), *_all(getattr(one, "services", ())))
    ]
