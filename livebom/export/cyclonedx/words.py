"""Where each kind of part and edge goes in CycloneDX, and what is lost on the way: the mapping as data."""

from enum import Enum

from msgspec import Struct

from livebom.bom.parts import EdgeKind, PartKind

K = PartKind
E = EdgeKind


class Leans(Enum):
    """Which end of an edge depends on the other, for `dependencies[].dependsOn`."""

    FORWARD = "the source needs the destination"
    BACKWARD = "the destination needs the source"
    NOT = "neither needs the other"


class PartRow(Struct, frozen=True):
    """A kind of part: the place in CycloneDX, and what of it has no place there."""

    place: str
    lost: str = ""


class EdgeRow(Struct, frozen=True):
    """A kind of edge: where it stands beside the property `livebom:edge`, and which end needs the other."""

    place: str = ""
    leans: Leans = Leans.FORWARD


PARTS: dict[PartKind, PartRow] = {
    K.HOST: PartRow("component `device`, tag `host`"),
    K.LISTENER: PartRow("child `service` of its server, tag `listener`; its address also in the server's `endpoints`"),
    K.SERVER: PartRow(
        "`service`, tag `server` and its role", "evidence: services have none, so property `livebom:said`"
    ),
    K.CONTAINER: PartRow("component `container`, tag `container`"),
    K.IMAGE: PartRow("component `container`, tag `image`, purl `pkg:oci`, hash"),
    K.PROCESS: PartRow("component `application`, tag `process`"),
    K.ENDPOINT: PartRow("`service`, child of the server that exposes it, tag `endpoint`"),
    K.MODEL: PartRow(
        "component `machine-learning-model` with `modelCard`", "which way a modality flows, as it is not known"
    ),
    K.MODEL_VERSION: PartRow("component `machine-learning-model`, child of its model, `pedigree.commits`"),
    K.WEIGHTS: PartRow("component `file` with hashes, child of its model"),
    K.ADAPTER: PartRow("component `machine-learning-model`, tag `adapter`, `pedigree.ancestors`"),
    K.DATASET: PartRow("component `data`, `data[].type` `dataset`, governance"),
    K.PROMPT: PartRow("component `data`, `data[].type` `configuration`, hash of the normalised text"),
    K.TOOL: PartRow(
        "component `application`, tag `tool`; child of the MCP server that runs as a command",
        "nesting in a networked MCP server, as a service holds no component",
    ),
    K.MCP_SERVER: PartRow("`service`, tag `mcp-server`; component `application` where it runs as a command"),
    K.AGENT: PartRow("component `application`, tag `agent`; its steps as a workflow of `formulation`"),
    K.VECTOR_STORE: PartRow("`service`, tag `vector-store`; component `data` where it is a local path"),
    K.API_PROVIDER: PartRow("`service` with `x-trust-boundary` and `provider`, tag `api-provider`"),
    K.PRINCIPAL: PartRow(
        "`declarations.targets.organizations`; attributes as `metadata.properties`",
        "evidence; whether it is a person: an organization has no such field, so property",
    ),
    K.PACKAGE: PartRow("component `library`, `application` or as its type says, purl, cpe, hashes"),
    K.REPOSITORY: PartRow(
        "component `data`, `data[].type` `source-code`, `externalReferences` `vcs` here and on what it declares"
    ),
    K.SECRET_REFERENCE: PartRow("component `cryptographic-asset`, `relatedCryptoMaterialProperties`"),
    K.GUARDRAIL: PartRow("component `application`, tag `guardrail`"),
    K.FINDING: PartRow("`vulnerabilities[]`", "evidence but what was seen, which is its `detail`"),
}

EDGES: dict[EdgeKind, EdgeRow] = {
    E.RUNS_ON: EdgeRow(),
    E.LISTENS_ON: EdgeRow("child service, and `endpoints` of the source"),
    E.FRONTS: EdgeRow(),
    E.SERVES: EdgeRow(),
    E.HAS_VERSION: EdgeRow("child component"),
    E.HAS_WEIGHTS: EdgeRow("child component"),
    E.DERIVED_FROM: EdgeRow("`pedigree.ancestors`"),
    E.FINE_TUNED_ON: EdgeRow("`modelCard.modelParameters.datasets[].ref`"),
    E.ADAPTER_OF: EdgeRow("`pedigree.ancestors`"),
    E.QUANTIZED_FROM: EdgeRow("`pedigree.ancestors`"),
    E.USES_MODEL: EdgeRow("the agent's workflow"),
    E.USES_PROMPT: EdgeRow("the agent's workflow"),
    E.CAN_CALL: EdgeRow("the agent's workflow, a task each"),
    E.EXPOSES: EdgeRow("child, where source and destination are of one sort"),
    E.USES_MCP: EdgeRow("the agent's workflow"),
    E.HANDS_OFF_TO: EdgeRow("the agent's workflow, a task each"),
    E.GUARDED_BY: EdgeRow("the agent's workflow"),
    E.READS: EdgeRow("`services[].data[]` of the services at its ends"),
    E.WRITES: EdgeRow("`services[].data[]` of the services at its ends"),
    E.POPULATED_FROM: EdgeRow("`services[].data[]` of the services at its ends"),
    E.EMBEDDED_BY: EdgeRow(),
    E.ROUTES_TO: EdgeRow(),
    E.CALLS_PROVIDER: EdgeRow("`services[].data[]` of the services at its ends"),
    E.SENDS_DATA_TO: EdgeRow("`services[].data[]` of the services at its ends"),
    E.DECLARED_IN: EdgeRow("`externalReferences` `vcs`"),
    E.BUILT_FROM: EdgeRow("`externalReferences` `vcs`"),
    E.DEPLOYED_AS: EdgeRow(leans=Leans.BACKWARD),
    E.MAY_CHANGE: EdgeRow("`declarations.claims` with evidence", Leans.NOT),
    E.AUTHENTICATES_WITH: EdgeRow(),
    E.ALLOWED: EdgeRow("`declarations.claims` with evidence", Leans.NOT),
    E.ALIAS_OF: EdgeRow(),
    E.CANDIDATE_SAME_AS: EdgeRow(leans=Leans.NOT),
    E.DEPENDS_ON: EdgeRow(),
    E.CONTAINS: EdgeRow(),
    E.HAS_FINDING: EdgeRow("`vulnerabilities[].affects`", Leans.NOT),
}

LOST = {
    "attributes of edges": "only the believed value stands, as property `livebom:edge:<attribute>`",
    "first and last seen of edges": "those of parts stand as annotations",
    "first and last seen of single attributes": "a part's own stand; 1.7 cites the last time each source spoke",
    "null values": "that a source says there is none of something is not written",
    "observations": "the raw statements stay in livebom's own document",
    "coverage": "addresses and ports that a look really tried; its completeness stands",
    "missed": "how often a settled store looked in vain",
    "long text": "cut at 512 characters, with the first digits of its SHA-256",
    "hidden characters": "written as `\\u{…}`, so a name with one does not read back as it was",
}
"""What no field holds, whatever the kind."""


def _depends(row: EdgeRow) -> str:
    kinds = {Leans.FORWARD: "`dependsOn`", Leans.BACKWARD: "`dependsOn` of the destination", Leans.NOT: ""}
    return kinds[row.leans]


MAPPING: dict[PartKind | EdgeKind, tuple[str, str]] = {
    **{kind: (row.place, row.lost) for kind, row in PARTS.items()},
    **{
        kind: ("; ".join(word for word in ("property `livebom:edge`", _depends(row), row.place) if word), "")
        for kind, row in EDGES.items()
    },
}
"""Each kind to its place in CycloneDX and what is lost of it, as docs/formats.md tells."""
