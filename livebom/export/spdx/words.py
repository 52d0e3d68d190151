"""What each kind of part and edge is called in SPDX 3.0.1."""

from msgspec import Struct

from livebom.bom.parts import EdgeKind, PartKind

K = PartKind
E = EdgeKind

PACKAGE = "software_Package"
FILE = "software_File"
MODEL = "ai_AIPackage"
DATASET = "dataset_DatasetPackage"
VULNERABILITY = "security_Vulnerability"
AGENT = "Agent"

PACKAGES = frozenset({PACKAGE, MODEL, DATASET})
"""Classes that have a version, a home page and a package URL."""


class PartForm(Struct, frozen=True):
    """The class of the element a part becomes, and its primary purpose where the class has one."""

    type: str
    purpose: str = ""
    lost: str = ""
    """What the class cannot say; it stands in the element's properties."""


class EdgeForm(Struct, frozen=True):
    """The relationship an edge becomes."""

    type: str
    runtime: bool = True
    """The relationship holds while things run; else it holds always."""
    turned: bool = False
    """SPDX says it the other way round: from the edge's destination to its source."""
    lost: str = ""
    """What the type does not say; the comment `livebom:<kind>` does."""


PARTS: dict[PartKind, PartForm] = {
    K.HOST: PartForm(PACKAGE, "device", "SPDX knows no machines: address and zone"),
    K.LISTENER: PartForm(PACKAGE, "other", "SPDX knows no network places: address, port, authentication"),
    K.SERVER: PartForm(PACKAGE, "application", "role, authentication, exposure"),
    K.CONTAINER: PartForm(PACKAGE, "platform", "that it is an instance, its state"),
    K.IMAGE: PartForm(PACKAGE, "container"),
    K.PROCESS: PartForm(PACKAGE, "executable", "that it is an instance, its arguments"),
    K.ENDPOINT: PartForm(PACKAGE, "other", "method, path, authentication"),
    K.MODEL: PartForm(MODEL, "model", "modalities, whether it is pinned"),
    K.MODEL_VERSION: PartForm(MODEL, "model", "that it is one revision of another element"),
    K.WEIGHTS: PartForm(FILE, "model", "signature, size, whether loading may run code"),
    K.ADAPTER: PartForm(MODEL, "model", "that it is an adapter"),
    K.DATASET: PartForm(DATASET, "data", "its kind of data (`noAssertion`), governance"),
    K.PROMPT: PartForm(FILE, "configuration", "role, digest of the normalised text"),
    K.TOOL: PartForm(PACKAGE, "module", "capabilities, digests of its description and schema"),
    K.MCP_SERVER: PartForm(PACKAGE, "application", "transport, command, authentication"),
    K.AGENT: PartForm(PACKAGE, "application", "that a model decides what it does, autonomy"),
    K.VECTOR_STORE: PartForm(DATASET, "data", "that it is searched by embeddings, product"),
    K.API_PROVIDER: PartForm(PACKAGE, "platform", "that it is somebody else's service"),
    K.PRINCIPAL: PartForm(AGENT),
    K.PACKAGE: PartForm(PACKAGE, "library"),
    K.REPOSITORY: PartForm(PACKAGE, "source"),
    K.SECRET_REFERENCE: PartForm(PACKAGE, "requirement", "kind of secret; the secret itself is never written"),
    K.GUARDRAIL: PartForm(PACKAGE, "module", "that it is a guardrail"),
    K.FINDING: PartForm(VULNERABILITY, "", "severity, score, what was seen"),
}

PRINCIPALS = {"person": "Person", "team": "Organization", "service_account": "SoftwareAgent"}
"""A principal's `type` to the kind of agent it is; any other is an `Agent`."""

EDGES: dict[EdgeKind, EdgeForm] = {
    E.RUNS_ON: EdgeForm("hasHost", lost="SPDX means it of builds"),
    E.LISTENS_ON: EdgeForm("other", lost="the whole meaning"),
    E.FRONTS: EdgeForm("dependsOn", lost="that it stands in front"),
    E.SERVES: EdgeForm("dependsOn", lost="that it offers the model to others"),
    E.HAS_VERSION: EdgeForm("hasVariant", runtime=False),
    E.HAS_WEIGHTS: EdgeForm("hasDataFile", runtime=False),
    E.DERIVED_FROM: EdgeForm("descendantOf", runtime=False),
    E.FINE_TUNED_ON: EdgeForm("trainedOn", runtime=False),
    E.ADAPTER_OF: EdgeForm("descendantOf", runtime=False, lost="that it is no model of its own"),
    E.QUANTIZED_FROM: EdgeForm("descendantOf", runtime=False, lost="how it was made"),
    E.USES_MODEL: EdgeForm("dependsOn"),
    E.USES_PROMPT: EdgeForm("configures", turned=True),
    E.CAN_CALL: EdgeForm("usesTool"),
    E.EXPOSES: EdgeForm("contains", runtime=False, lost="that it offers it to others"),
    E.USES_MCP: EdgeForm("usesTool"),
    E.HANDS_OFF_TO: EdgeForm("delegatedTo", lost="SPDX means it of an invocation"),
    E.GUARDED_BY: EdgeForm("hasRequirement", lost="that it is checked by it"),
    E.READS: EdgeForm("hasInput", lost="SPDX means it of builds"),
    E.WRITES: EdgeForm("hasOutput", lost="SPDX means it of builds"),
    E.POPULATED_FROM: EdgeForm("hasInput", lost="SPDX means it of builds"),
    E.EMBEDDED_BY: EdgeForm("usesTool", lost="that it embeds"),
    E.ROUTES_TO: EdgeForm("dependsOn", lost="that requests go there"),
    E.CALLS_PROVIDER: EdgeForm("hasProvidedDependency"),
    E.SENDS_DATA_TO: EdgeForm("hasInput", turned=True, lost="SPDX means it of builds"),
    E.DECLARED_IN: EdgeForm("hasEvidence", runtime=False),
    E.BUILT_FROM: EdgeForm("generates", runtime=False, turned=True),
    E.DEPLOYED_AS: EdgeForm("generates", runtime=False, lost="that the result runs"),
    E.MAY_CHANGE: EdgeForm("modifiedBy", runtime=False, turned=True, lost="that it only may"),
    E.AUTHENTICATES_WITH: EdgeForm("hasPrerequisite", lost="what it is needed for"),
    E.ALLOWED: EdgeForm("hasRequirement", lost="that a rule grants it"),
    E.ALIAS_OF: EdgeForm("other", runtime=False, lost="the whole meaning"),
    E.CANDIDATE_SAME_AS: EdgeForm("other", runtime=False, lost="the whole meaning"),
    E.DEPENDS_ON: EdgeForm("dependsOn", runtime=False),
    E.CONTAINS: EdgeForm("contains", runtime=False),
    E.HAS_FINDING: EdgeForm("hasAssociatedVulnerability", runtime=False),
}

SCOPED = frozenset(
    {
        "configures",
        "delegatedTo",
        "dependsOn",
        "hasHost",
        "hasInput",
        "hasOutput",
        "hasPrerequisite",
        "hasProvidedDependency",
        "hasRequirement",
        "usesTool",
    }
)
"""Types that SPDX defines "during a LifecycleScopeType period"."""

SURFACES = {"runtime": "runtime", "web": "runtime", "agents": "deployed", "code": "source", "weights": "analyzed"}
"""A look's surface to the type of bill of materials it makes; what others said has none."""


def _part(form: PartForm) -> str:
    if form.type == AGENT:
        return ", ".join(f"`{name}`" for name in PRINCIPALS.values()) + f", else `{AGENT}`"
    return f"`{form.type}`" + (f", purpose `{form.purpose}`" if form.purpose else "")


def _edge(form: EdgeForm) -> str:
    turned = ", from destination to source" if form.turned else ""
    return f"`{form.type}`{turned}" + (", at run time" if form.runtime and form.type in SCOPED else "")


MAPPING: dict[PartKind | EdgeKind, tuple[str, str]] = {
    **{kind: (_part(part), part.lost) for kind, part in PARTS.items()},
    **{kind: (_edge(edge), edge.lost) for kind, edge in EDGES.items()},
}
"""Each kind to its place in SPDX and what the place itself does not say, as docs/formats.md tells."""
