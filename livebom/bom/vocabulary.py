"""The vocabulary of the graph: each kind's natural key and attributes, and what each edge may join."""

from msgspec import Struct

from livebom.bom.parts import EdgeKind, PartKind

K = PartKind
E = EdgeKind

COMMON = {
    "name": "what people call it",
    "description": "in its maker's words",
    "version": "as it says itself",
    "owner": "whom to call",
    "labels": "list of `key=value`",
    "url": "where it is described or reached",
    "supplier": "who made or provides it",
    "license": "an SPDX id, expression or the tag that was found",
    "license_family": "see `livebom.bom.license.Family`",
    "register_status": "what the official inventory says of it, such as approved",
}
"""Attributes that any kind may have."""


class PartWord(Struct, frozen=True, kw_only=True):
    """What a kind of part is, how its key is made, and which attributes it has beside the common ones.

    A thing of which only the name is known is `named:<what its document is about>/<name>`: equal names never merge.
    """

    means: str
    key: str
    """Its forms, best first; what is lower-cased is said."""
    attributes: dict[str, str] = {}


class EdgeWord(Struct, frozen=True, kw_only=True):
    """What an edge says and what it may join; an empty tuple means any kind."""

    means: str
    sources: tuple[PartKind, ...]
    destinations: tuple[PartKind, ...]


_HASHES = {"sha256": "hex", "blake3": "hex"}

_MODEL = {
    "family": "architecture family, such as llama",
    "parameters": "as told, such as 8B",
    "base": "the model it was made from, as told",
    "task": "such as text-generation",
    "modalities": "list: text, image, audio, embedding …",
    "context_length": "tokens",
    "quantization": "such as Q4_K_M",
    "format": "such as gguf",
    "revision": "commit or manifest digest that is meant",
    "pinned": "whether a revision is fixed where it is used",
    "purl": "package URL",
    "limitations": "as its card tells",
    "energy": "as its card tells",
    "card": "list of `field=text`: what else its card tells, named as in OWASP's field registry (`domain=…`)",
    "register_status": "what the official inventory says of it, such as approved",
}

PARTS: dict[PartKind, PartWord] = {
    K.HOST: PartWord(
        means="a machine, virtual or not",
        key="`machine:<id>`, else `<zone>/<address>`",
        attributes={"host": "address", "zone": "", "os": "", "exposure": "loopback, private or public"},
    ),
    K.LISTENER: PartWord(
        means="a place where something answers",
        key="`<zone>/<address>:<port>[/<name>][<base path>]`",
        attributes={
            "host": "address",
            "port": "",
            "zone": "",
            "scheme": "http or https",
            "product": "",
            "stack": "list of products, front to back",
            "auth": "none, partial, required or unknown",
            "certificate": "SHA-256 of the DER, hex",
            "conflict": "list of products that cannot all be there",
            "exposure": "loopback, private or public",
        },
    ),
    K.SERVER: PartWord(
        means="the workload behind listeners: an inference server, gateway, registry or UI",
        key="`<zone>/<address>/<product>[#<port>]`, `container:<id>/<product>[#<port>]`, "
        "`k8s:<namespace>/<Kind>/<name>`, else the URL it is declared with",
        attributes={
            "product": "the fingerprint's name",
            "role": "as in the catalogue",
            "auth": "none, partial, required or unknown",
            "host": "address",
            "zone": "",
            "exposure": "loopback, private or public",
            "image_digest": "sha256:…",
            "conflict": "list of what its sources say that cannot all be true",
            "data_classification": "of what flows through it",
        },
    ),
    K.CONTAINER: PartWord(
        means="a running or stopped container",
        key="`<runtime>:<full id>`, `k8s:<cluster>/<namespace>/<pod uid>/<container>`, else "
        "`k8s:<namespace>/<Kind>/<name>` of a workload",
        attributes={
            "image": "reference",
            "image_digest": "sha256:…",
            "runtime": "",
            "state": "",
            "namespace": "",
            "argv": "list, secrets removed",
            "user": "",
            "network": "bridge, host, none, container:<id> or a network's name",
            "privileged": "",
            "published": "list of `<address>:<port>-><its own port>`",
            "mounts": "list of `<source>:<destination>:ro` or `:rw`",
            "capabilities": "list: those that were added",
            "restart": "restart policy",
            "gpus": "list of devices, as told",
        },
    ),
    K.IMAGE: PartWord(
        means="a container image",
        key="`sha256:<digest>`, else the reference, lower-cased",
        attributes={"reference": "", "digest": "sha256:…", "tag": "", "pinned": "", "purl": "package URL"},
    ),
    K.PROCESS: PartWord(
        means="a process of a host",
        key="`<host key>/<pid>@<start time>`",
        attributes={"argv": "list, secrets removed", "exe": "", "user": ""},
    ),
    K.ENDPOINT: PartWord(
        means="an HTTP route",
        key="`<METHOD> <scheme>://<host>:<port>/<template>`, else `<METHOD> <repository>/<template>`",
        attributes={"method": "", "path": "", "auth": "none, required or unknown", "exposure": ""},
    ),
    K.MODEL: PartWord(
        means="an AI model",
        key="`hf:<ns>/<name>` and `ollama:<registry>/<ns>/<name>` lower-cased, `<provider>:<api id>`, "
        "`mlflow:[<registry host>/]<name>`, `sha256:<weights set>`, `served:<server key>/<name>`, "
        "else `named:<supplier>/<name>` lower-cased",
        attributes=_MODEL,
    ),
    K.MODEL_VERSION: PartWord(
        means="a model at one revision", key="`<model key>@<revision>`", attributes={"revision": "", "pinned": ""}
    ),
    K.WEIGHTS: PartWord(
        means="a file, or set of files, of numbers",
        key="`sha256:<hex>`, else `<model key>/<file>`",
        attributes={
            **_HASHES,
            "file": "path as told",
            "format": "gguf, safetensors, pickle …",
            "bytes": "",
            "quantization": "",
            "signature": "valid, invalid or none",
            "signature_url": "where the signature lies",
            "known_bad": "list of the lists that name it",
            "unsafe": "whether loading it may run code",
        },
    ),
    K.ADAPTER: PartWord(means="a LoRA or other adapter of a model", key="as a model's", attributes=_MODEL),
    K.DATASET: PartWord(
        means="data that a model was trained, tuned or tested on, or that is retrieved from",
        key="`hf-ds:<ns>/<name>[@<rev>]` lower-cased, else its URL, `sha256:<hex>` or `named:<supplier>/<name>`",
        attributes={
            **_HASHES,
            "classification": "public, internal, confidential, pii, secret …",
            "sensitive": "list of what in it is",
            "bytes": "",
            "purl": "package URL",
            "governance": "list of `custodian=…`, `steward=…`, `owner=…`",
            "card": "list of `field=text`: what else its card tells, by the field names of SPDX 3's dataset profile",
        },
    ),
    K.PROMPT: PartWord(
        means="a prompt or its template",
        key="`<repository>:<path>:<qualified name>`",
        attributes={"text_sha256": "of the normalised text", "role": "system, user or guardrail"},
    ),
    K.TOOL: PartWord(
        means="something an agent or model can call",
        key="`mcp:<server key>/<tool>`, else `<repository>:<qualified name>`",
        attributes={
            "description_sha256": "",
            "schema_sha256": "of its input schema",
            "capabilities": "list of exec, fs-read, fs-write, network, payment, secrets, data-read, data-write",
        },
    ),
    K.MCP_SERVER: PartWord(
        means="a Model Context Protocol server",
        key="its URL, else `stdio:<command and package, or package URL>`",
        attributes={"transport": "", "command": "", "pinned": "", "auth": "", "protocol": ""},
    ),
    K.AGENT: PartWord(
        means="a program that lets a model decide what to do",
        key="`<repository>:<path>:<qualified name>`, `k8s:<namespace>/<Kind>/<name>`, else its card's URL",
        attributes={"framework": "", "autonomy": "", "register_status": _MODEL["register_status"]},
    ),
    K.VECTOR_STORE: PartWord(
        means="a collection that is searched by embeddings",
        key="`<host>:<port>[/<collection>]`, else a local path",
        attributes={"product": "", "collection": "", "classification": "as of a dataset"},
    ),
    K.API_PROVIDER: PartWord(
        means="a hosted AI service of somebody else",
        key="the registrable domain of its base URL, lower-cased",
        attributes={"base_url": "", "region": "", "register_status": _MODEL["register_status"]},
    ),
    K.PRINCIPAL: PartWord(
        means="a person, team or service account",
        key="`<issuer>:<subject>`, else the e-mail address, lower-cased",
        attributes={"type": "person, team or service_account", "email": ""},
    ),
    K.PACKAGE: PartWord(
        means="a software package",
        key="its package URL without qualifiers, else `<name>@<version>`, else `<what its document is about>/<name>`",
        attributes={**_HASHES, "purl": "package URL", "cpe": "", "type": "library, application, framework …"},
    ),
    K.REPOSITORY: PartWord(
        means="a source repository, or a folder or image that was looked through like one",
        key="its URL without scheme, credentials and `.git`, lower-cased host",
        attributes={"revision": ""},
    ),
    K.SECRET_REFERENCE: PartWord(
        means="a place that holds a secret, never the secret",
        key="`<repository or host>:<path>:<name>`",
        attributes={"type": "kind of secret", "length": "characters", "where": ""},
    ),
    K.GUARDRAIL: PartWord(
        means="what checks a model's input or output",
        key="`<repository>:<path>:<qualified name>`, else the product's URL",
        attributes={"product": "", "text_sha256": ""},
    ),
    K.FINDING: PartWord(
        means="a check's verdict, or a known vulnerability, about one part",
        key="`<rule>@<key of the part it is about>`; of the policy's rules on pairs, then ` -> <key of the other>`",
        attributes={
            "rule": "the check's id, the policy's rule, or a CVE",
            "title": "",
            "severity": "critical, high, medium, low or info",
            "state": "fail, or pass and not_applicable once it is mended",
            "where": "list of listener keys or files",
            "remediation": "",
            "cve": "list",
            "cwe": "list",
            "owasp": "list",
            "seen": "list: what was seen, secrets removed",
            "score": "CVSS",
            "accepted": "why and until which day, where an accept row of the policy holds",
        },
    ),
}

_CALLERS = (K.AGENT, K.MODEL, K.SERVER, K.ENDPOINT)
_MODELS = (K.MODEL, K.MODEL_VERSION, K.ADAPTER)
_STORES = (K.VECTOR_STORE, K.DATASET)

EDGES: dict[EdgeKind, EdgeWord] = {
    E.RUNS_ON: EdgeWord(
        means="runs on",
        sources=(K.SERVER, K.CONTAINER, K.PROCESS, K.MCP_SERVER, K.AGENT, K.VECTOR_STORE),
        destinations=(K.HOST, K.CONTAINER, K.PROCESS),
    ),
    E.LISTENS_ON: EdgeWord(
        means="listens on",
        sources=(K.SERVER, K.MCP_SERVER, K.VECTOR_STORE, K.AGENT, K.CONTAINER, K.PROCESS),
        destinations=(K.LISTENER,),
    ),
    E.FRONTS: EdgeWord(means="fronts", sources=(K.SERVER,), destinations=(K.SERVER,)),
    E.SERVES: EdgeWord(means="serves", sources=(K.SERVER, K.API_PROVIDER), destinations=_MODELS),
    E.HAS_VERSION: EdgeWord(means="has the version", sources=(K.MODEL, K.ADAPTER), destinations=(K.MODEL_VERSION,)),
    E.HAS_WEIGHTS: EdgeWord(means="has the weights", sources=_MODELS, destinations=(K.WEIGHTS,)),
    E.DERIVED_FROM: EdgeWord(
        means="is derived from", sources=(*_MODELS, K.WEIGHTS, K.DATASET), destinations=(*_MODELS, K.WEIGHTS, K.DATASET)
    ),
    E.FINE_TUNED_ON: EdgeWord(means="was trained or tuned on", sources=_MODELS, destinations=(K.DATASET,)),
    E.ADAPTER_OF: EdgeWord(means="is an adapter of", sources=(K.ADAPTER,), destinations=(K.MODEL, K.MODEL_VERSION)),
    E.QUANTIZED_FROM: EdgeWord(
        means="is quantized from", sources=(*_MODELS, K.WEIGHTS), destinations=(*_MODELS, K.WEIGHTS)
    ),
    E.USES_MODEL: EdgeWord(
        means="uses",
        sources=(K.AGENT, K.ENDPOINT, K.SERVER, K.MCP_SERVER, K.TOOL, K.GUARDRAIL, K.REPOSITORY, K.PACKAGE),
        destinations=_MODELS,
    ),
    E.USES_PROMPT: EdgeWord(
        means="uses the prompt", sources=(K.AGENT, K.ENDPOINT, K.TOOL, K.REPOSITORY), destinations=(K.PROMPT,)
    ),
    E.CAN_CALL: EdgeWord(means="can call", sources=_CALLERS, destinations=(K.TOOL, K.ENDPOINT)),
    E.EXPOSES: EdgeWord(means="exposes", sources=(K.MCP_SERVER, K.SERVER), destinations=(K.TOOL, K.ENDPOINT)),
    E.USES_MCP: EdgeWord(means="uses the MCP server", sources=_CALLERS, destinations=(K.MCP_SERVER,)),
    E.HANDS_OFF_TO: EdgeWord(means="hands off to", sources=(K.AGENT,), destinations=(K.AGENT,)),
    E.GUARDED_BY: EdgeWord(means="is guarded by", sources=(*_CALLERS, K.TOOL), destinations=(K.GUARDRAIL,)),
    E.READS: EdgeWord(means="reads", sources=(*_CALLERS, K.TOOL, K.MCP_SERVER), destinations=_STORES),
    E.WRITES: EdgeWord(means="writes", sources=(*_CALLERS, K.TOOL, K.MCP_SERVER), destinations=_STORES),
    E.POPULATED_FROM: EdgeWord(means="is populated from", sources=_STORES, destinations=(*_STORES, K.REPOSITORY)),
    E.EMBEDDED_BY: EdgeWord(means="is embedded by", sources=_STORES, destinations=_MODELS),
    E.ROUTES_TO: EdgeWord(
        means="routes to",
        sources=(K.ENDPOINT, K.SERVER),
        destinations=(K.AGENT, K.SERVER, K.TOOL, K.ENDPOINT, K.API_PROVIDER, *_MODELS),
    ),
    E.CALLS_PROVIDER: EdgeWord(
        means="calls",
        sources=(*_CALLERS, K.TOOL, K.MCP_SERVER, K.REPOSITORY, K.CONTAINER, K.PROCESS),
        destinations=(K.API_PROVIDER,),
    ),
    E.SENDS_DATA_TO: EdgeWord(
        means="sends data to",
        sources=(*_CALLERS, K.TOOL, K.MCP_SERVER, K.REPOSITORY, K.CONTAINER, K.VECTOR_STORE),
        destinations=(K.API_PROVIDER, K.SERVER, K.MCP_SERVER, K.VECTOR_STORE),
    ),
    E.DECLARED_IN: EdgeWord(means="is declared in", sources=(), destinations=(K.REPOSITORY,)),
    E.BUILT_FROM: EdgeWord(means="is built from", sources=(K.IMAGE, K.PACKAGE), destinations=(K.REPOSITORY,)),
    E.DEPLOYED_AS: EdgeWord(
        means="is deployed as", sources=(K.REPOSITORY, K.IMAGE), destinations=(K.CONTAINER, K.SERVER, K.PROCESS)
    ),
    E.MAY_CHANGE: EdgeWord(means="may change", sources=(K.PRINCIPAL,), destinations=()),
    E.AUTHENTICATES_WITH: EdgeWord(
        means="authenticates with", sources=(), destinations=(K.SECRET_REFERENCE, K.PRINCIPAL)
    ),
    E.ALLOWED: EdgeWord(
        means="is allowed to use",
        sources=(K.AGENT, K.MODEL, K.PRINCIPAL),
        destinations=(K.TOOL, K.MCP_SERVER, K.MODEL, K.API_PROVIDER),
    ),
    E.ALIAS_OF: EdgeWord(means="is a moving name of", sources=_MODELS, destinations=_MODELS),
    E.CANDIDATE_SAME_AS: EdgeWord(means="may be the same as", sources=(), destinations=()),
    E.DEPENDS_ON: EdgeWord(means="depends on", sources=(), destinations=()),
    E.CONTAINS: EdgeWord(means="contains", sources=(), destinations=()),
    E.HAS_FINDING: EdgeWord(means="has the finding", sources=(), destinations=(K.FINDING,)),
}
