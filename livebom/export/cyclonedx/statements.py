"""What CycloneDX can say about the parts, and the document that holds it all."""

from datetime import datetime

from livebom.export.cyclonedx.inventory import Component, Service
from livebom.export.cyclonedx.shape import Contents, Dependency, Organization, Property, Ref, Shape


class Source(Shape, frozen=True, kw_only=True):
    """Who publishes a vulnerability."""

    name: str
    url: str | None = None


class Known(Shape, frozen=True, kw_only=True):
    """The same weakness under another name."""

    id: str
    source: Source


class Rating(Shape, frozen=True, kw_only=True):
    """How bad it is."""

    source: Source
    score: float | None = None
    severity: str
    method: str | None = None


class Analysis(Shape, frozen=True, kw_only=True):
    """Where a finding stands."""

    state: str
    response: tuple[str, ...] = ()
    detail: str | None = None
    first_issued: datetime
    last_updated: datetime


class Vulnerability(Shape, frozen=True, kw_only=True):
    """A finding."""

    bom_ref: str
    id: str
    source: Source
    references: tuple[Known, ...] = ()
    ratings: tuple[Rating, ...] = ()
    cwes: tuple[int, ...] = ()
    description: str | None = None
    detail: str | None = None
    recommendation: str | None = None
    analysis: Analysis
    affects: tuple[Ref, ...] = ()
    properties: tuple[Property, ...] = ()


class Annotator(Shape, frozen=True, kw_only=True):
    """Who wrote an annotation."""

    component: Component


class Annotation(Shape, frozen=True, kw_only=True):
    """Words about parts."""

    bom_ref: str
    subjects: tuple[str, ...]
    annotator: Annotator
    timestamp: datetime
    text: str


class Composition(Shape, frozen=True, kw_only=True):
    """How completely parts are known."""

    bom_ref: str
    aggregate: str
    assemblies: tuple[str, ...] = ()
    dependencies: tuple[str, ...] = ()


class Task(Shape, frozen=True, kw_only=True):
    """One thing an agent can do."""

    bom_ref: str
    uid: str
    name: str
    resource_references: tuple[Ref, ...]
    task_types: tuple[str, ...]


class Workflow(Shape, frozen=True, kw_only=True):
    """What an agent works with and can do."""

    bom_ref: str
    uid: str
    name: str
    resource_references: tuple[Ref, ...]
    tasks: tuple[Task, ...]
    task_types: tuple[str, ...]
    runtime_topology: tuple[Dependency, ...]


class Formula(Shape, frozen=True, kw_only=True):
    """How things come about."""

    bom_ref: str
    workflows: tuple[Workflow, ...]


class Assessor(Shape, frozen=True, kw_only=True):
    """Who assesses."""

    bom_ref: str
    third_party: bool
    organization: Organization


class ClaimMap(Shape, frozen=True, kw_only=True):
    """Claims that belong together."""

    claims: tuple[str, ...]


class Attestation(Shape, frozen=True, kw_only=True):
    """What an assessor says of claims."""

    summary: str
    assessor: str
    map: tuple[ClaimMap, ...]


class Statement(Shape, frozen=True, kw_only=True):
    """A claim about a part; `target` and `evidence` are bom-refs."""

    bom_ref: str
    target: str
    predicate: str
    evidence: tuple[str, ...]


class Exhibit(Shape, frozen=True, kw_only=True):
    """A piece of a proof."""

    name: str
    contents: Contents


class Proof(Shape, frozen=True, kw_only=True):
    """The evidence of a claim."""

    bom_ref: str
    property_name: str
    description: str
    data: tuple[Exhibit, ...]
    created: datetime


class Targets(Shape, frozen=True, kw_only=True):
    """Whom claims are about, beside components and services."""

    organizations: tuple[Organization, ...] = ()


class Declarations(Shape, frozen=True, kw_only=True):
    """Claims with their evidence."""

    assessors: tuple[Assessor, ...] = ()
    attestations: tuple[Attestation, ...] = ()
    claims: tuple[Statement, ...] = ()
    evidence: tuple[Proof, ...] = ()
    targets: Targets | None = None


class Citation(Shape, frozen=True, kw_only=True):
    """Who said which fields (JSON pointers, RFC 6901); from 1.7 on."""

    bom_ref: str
    pointers: tuple[str, ...]
    timestamp: datetime
    attributed_to: str
    note: str


class Phase(Shape, frozen=True, kw_only=True):
    """A phase of the life cycle."""

    phase: str


class Tools(Shape, frozen=True, kw_only=True):
    """What made the document, and who looked."""

    components: tuple[Component, ...]


class Metadata(Shape, frozen=True, kw_only=True):
    """About the document."""

    timestamp: datetime
    lifecycles: tuple[Phase, ...]
    tools: Tools
    component: Component
    properties: tuple[Property, ...] = ()


class Bom(Shape, frozen=True, kw_only=True):
    """A CycloneDX document."""

    schema: str
    bom_format: str
    spec_version: str
    serial_number: str
    version: int
    metadata: Metadata
    components: tuple[Component, ...] = ()
    services: tuple[Service, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    compositions: tuple[Composition, ...] = ()
    vulnerabilities: tuple[Vulnerability, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    formulation: tuple[Formula, ...] = ()
    declarations: Declarations | None = None
    citations: tuple[Citation, ...] = ()
