"""What is read of a CycloneDX document, as structs: fields that are not named here are skipped while decoding."""

from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Struct, field

from livebom.readers.cyclonedx.card_shape import DataSet, ModelCard, Organization, Property, Text

# The published JSON schemas of 1.5, 1.6 and 1.7. Where they ask for a string or a list, null is read as nothing:
# several generators write it.

ComponentType = Literal[
    "application",
    "framework",
    "library",
    "container",
    "platform",
    "operating-system",
    "device",
    "device-driver",
    "firmware",
    "file",
    "machine-learning-model",
    "data",
    "cryptographic-asset",
]


class Hash(Struct):
    """A digest; `alg` such as `SHA-256`."""

    alg: str
    content: str


class NamedLicense(Struct):
    """A license by SPDX id or by name."""

    id: Text = None
    name: Text = None


class LicenseChoice(Struct):
    """A license, or an SPDX expression."""

    license: NamedLicense | None = None
    expression: Text = None


class Reference(Struct):
    """A place elsewhere; `type` such as `website` or `vcs`."""

    type: Text = None
    url: Text = None


class Method(Struct):
    """How an identity was found out."""

    technique: Text = None
    value: Text = None


class Identity(Struct):
    """How sure a tool is of one field, 0..1."""

    field: Text = None
    confidence: float | None = None
    methods: list[Method] | None = None


class Occurrence(Struct):
    """A place where the component was found."""

    location: Text = None
    line: int | None = None


class Evidence(Struct):
    """Why a tool believes in a component; 1.5 has one identity, later a list."""

    identity: list[Identity] | Identity | None = None
    occurrences: list[Occurrence] | None = None


class Commit(Struct):
    """A commit by its id."""

    uid: Text = None


class Pedigree(Struct):
    """Where a component comes from."""

    commits: list[Commit] | None = None
    ancestors: list["Component"] | None = None
    descendants: list["Component"] | None = None


class Component(
    Struct,
    rename={
        "bom_ref": "bom-ref",
        "references": "externalReferences",
        "model_card": "modelCard",
    },
):
    """Software, a model, data, a device or a file."""

    type: ComponentType
    name: str
    bom_ref: Text = None
    group: Text = None
    version: Text = None
    publisher: Text = None
    supplier: Organization | None = None
    manufacturer: Organization | None = None
    description: Text = None
    purl: Text = None
    cpe: Text = None
    hashes: list[Hash] | None = None
    licenses: list[LicenseChoice] | None = None
    references: list[Reference] | None = None
    properties: list[Property] | None = None
    components: list["Component"] | None = None
    evidence: Evidence | None = None
    model_card: ModelCard | None = None
    data: list[DataSet] | None = None
    pedigree: Pedigree | None = None
    tags: list[str] | None = None


class DataFlow(Struct):
    """Data that passes a service; `flow` is seen from the service."""

    flow: Text = None
    classification: Text = None


class Service(
    Struct,
    rename={
        "bom_ref": "bom-ref",
        "crosses": "x-trust-boundary",
        "zone": "trustZone",
        "references": "externalReferences",
    },
):
    """Something that answers over a network."""

    name: str
    bom_ref: Text = None
    provider: Organization | None = None
    group: Text = None
    version: Text = None
    description: Text = None
    endpoints: list[str] | None = None
    authenticated: bool | None = None
    crosses: bool | None = None
    """Whether using it crosses a trust boundary."""
    zone: Text = None
    data: list[DataFlow] | None = None
    licenses: list[LicenseChoice] | None = None
    references: list[Reference] | None = None
    properties: list[Property] | None = None
    services: list["Service"] | None = None
    tags: list[str] | None = None


class Dependency(Struct, rename={"depends_on": "dependsOn"}):
    """What one entry needs, by `bom-ref`."""

    ref: str
    depends_on: list[str] | None = None


class Composition(Struct):
    """How complete the document is about some of its entries."""

    aggregate: str
    assemblies: list[str] | None = None
    dependencies: list[str] | None = None


class Source(Struct):
    """Who says so."""

    name: Text = None


class Rating(Struct):
    """How bad a vulnerability is by one method, such as `CVSSv31`."""

    source: Source | None = None
    score: float | None = None
    severity: Text = None
    method: Text = None


class Analysis(Struct):
    """What came of looking into a vulnerability."""

    state: Text = None
    justification: Text = None
    detail: Text = None


class Affected(Struct):
    """An entry that a vulnerability is about."""

    ref: str


class OtherId(Struct):
    """The same vulnerability in another list."""

    id: Text = None


class Vulnerability(Struct, rename={"bom_ref": "bom-ref"}):
    """A vulnerability, or a verdict of a check."""

    bom_ref: Text = None
    id: Text = None
    references: list[OtherId] | None = None
    ratings: list[Rating] | None = None
    cwes: list[int] | None = None
    description: Text = None
    detail: Text = None
    recommendation: Text = None
    analysis: Analysis | None = None
    affects: list[Affected] | None = None
    properties: list[Property] | None = None


class Tool(Struct):
    """A program that had a hand in the document."""

    name: Text = None
    version: Text = None
    type: Text = None


class Tools(Struct):
    """The tools since 1.5; before, and still allowed, they are a plain list."""

    components: list[Tool] | None = None
    services: list[Tool] | None = None


class Metadata(Struct):
    """Who made the document, when, and about what."""

    timestamp: datetime | None = None
    tools: Tools | list[Tool] | None = None
    component: Component | None = None
    properties: list[Property] | None = None


class Bom(Struct, rename={"form": "bomFormat", "serial": "serialNumber", "spec": "specVersion"}):
    """The document."""

    form: Literal["CycloneDX"]
    spec: str
    serial: Text = None
    version: int | None = None
    metadata: Metadata | None = None
    components: list[Component] | None = None
    services: list[Service] | None = None
    dependencies: list[Dependency] | None = None
    compositions: list[Composition] | None = None
    vulnerabilities: list[Vulnerability] | None = None
    formulation: msgspec.Raw = field(default_factory=msgspec.Raw)
    declarations: msgspec.Raw = field(default_factory=msgspec.Raw)
    annotations: msgspec.Raw = field(default_factory=msgspec.Raw)
    citations: msgspec.Raw = field(default_factory=msgspec.Raw)
    definitions: msgspec.Raw = field(default_factory=msgspec.Raw)
