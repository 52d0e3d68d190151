"""CycloneDX's components and services: what there is."""

from livebom.export.cyclonedx.shape import (
    Contents,
    Governance,
    Hash,
    LicenseChoice,
    Organization,
    Property,
    Ref,
    Reference,
    Shape,
)


class Method(Shape, frozen=True, kw_only=True):
    """How one claim of an identity was made; `confidence` is 0..1."""

    technique: str
    confidence: float
    value: str | None = None


class Identity(Shape, frozen=True, kw_only=True):
    """Why a field of a component says what it says."""

    field: str
    confidence: float
    concluded_value: str
    methods: tuple[Method, ...] = ()
    tools: tuple[str, ...] = ()


class Occurrence(Shape, frozen=True, kw_only=True):
    """A line of a file where the component stands."""

    location: str
    line: int


class Evidence(Shape, frozen=True, kw_only=True):
    """Why a component is believed to be what and where it is."""

    identity: tuple[Identity, ...] = ()
    occurrences: tuple[Occurrence, ...] = ()


class Format(Shape, frozen=True, kw_only=True):
    """What a model takes or gives, such as text."""

    format: str


class ModelParameters(Shape, frozen=True, kw_only=True):
    """What kind of model it is."""

    task: str | None = None
    architecture_family: str | None = None
    datasets: tuple[Ref, ...] = ()
    inputs: tuple[Format, ...] = ()
    outputs: tuple[Format, ...] = ()


class Environment(Shape, frozen=True, kw_only=True):
    """What a model costs the environment, in its card's words."""

    properties: tuple[Property, ...] = ()


class Risk(Shape, frozen=True, kw_only=True):
    """An ethical consideration, in its card's words."""

    name: str


class Considerations(Shape, frozen=True, kw_only=True):
    """What to mind before a model is used."""

    use_cases: tuple[str, ...] = ()
    technical_limitations: tuple[str, ...] = ()
    ethical_considerations: tuple[Risk, ...] = ()
    environmental_considerations: Environment | None = None


class Metric(Shape, frozen=True, kw_only=True):
    """One measured figure."""

    type: str | None = None
    value: str


class Quantities(Shape, frozen=True, kw_only=True):
    """How well a model did."""

    performance_metrics: tuple[Metric, ...] = ()


class ModelCard(Shape, frozen=True, kw_only=True):
    """A model's own sheet."""

    model_parameters: ModelParameters | None = None
    quantitative_analysis: Quantities | None = None
    considerations: Considerations | None = None
    properties: tuple[Property, ...] = ()


class Data(Shape, frozen=True, kw_only=True):
    """What a `data` component holds."""

    type: str
    name: str | None = None
    contents: Contents | None = None
    classification: str | None = None
    sensitive_data: tuple[str, ...] = ()
    governance: Governance | None = None


class Secret(Shape, frozen=True, kw_only=True):
    """CycloneDX's word for a key, token or password; `size` is in bits."""

    type: str
    size: int | None = None


class Crypto(Shape, frozen=True, kw_only=True):
    """What a `cryptographic-asset` is."""

    asset_type: str
    related_crypto_material_properties: Secret | None = None


class Commit(Shape, frozen=True, kw_only=True):
    """A commit by its id."""

    uid: str


class Pedigree(Shape, frozen=True, kw_only=True):
    """What a component was made from."""

    ancestors: tuple["Component", ...] = ()
    commits: tuple[Commit, ...] = ()


class Component(Shape, frozen=True, kw_only=True):
    """A model, file, program, container, machine or body of data."""

    type: str
    mime_type: str | None = None
    bom_ref: str | None = None
    supplier: Organization | None = None
    name: str
    version: str | None = None
    description: str | None = None
    is_external: bool = False
    """From 1.7 on."""
    hashes: tuple[Hash, ...] = ()
    licenses: tuple[LicenseChoice, ...] = ()
    cpe: str | None = None
    purl: str | None = None
    pedigree: Pedigree | None = None
    external_references: tuple[Reference, ...] = ()
    components: tuple["Component", ...] = ()
    evidence: Evidence | None = None
    model_card: ModelCard | None = None
    data: tuple[Data, ...] = ()
    crypto_properties: Crypto | None = None
    properties: tuple[Property, ...] = ()
    tags: tuple[str, ...] = ()


class Flow(Shape, frozen=True, kw_only=True):
    """Data into or out of a service; `source` and `destination` are bom-refs."""

    flow: str
    classification: str
    name: str | None = None
    source: tuple[str, ...] = ()
    destination: tuple[str, ...] = ()


class Service(Shape, frozen=True, kw_only=True):
    """What answers on a network."""

    bom_ref: str
    provider: Organization | None = None
    name: str
    version: str | None = None
    description: str | None = None
    endpoints: tuple[str, ...] = ()
    authenticated: bool | None = None
    x_trust_boundary: bool | None = None
    trust_zone: str | None = None
    data: tuple[Flow, ...] = ()
    licenses: tuple[LicenseChoice, ...] = ()
    external_references: tuple[Reference, ...] = ()
    services: tuple["Service", ...] = ()
    properties: tuple[Property, ...] = ()
    tags: tuple[str, ...] = ()
