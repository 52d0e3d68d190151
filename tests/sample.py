"""A small estate with every kind of part and edge, today and a day before, for whatever writes, asks or compares."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from livebom.bom.document import Document, Look, Stretch, document
from livebom.bom.graph import fold
from livebom.bom.observation import EdgeTo, Evidence, Fact, Observation
from livebom.bom.parts import Confidence, EdgeKind, PartKind, Value

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)

E = EdgeKind
K = PartKind

SHOP = "git.example/shop/assistant"
VLLM = "lab/10.0.0.5/vllm"
OLLAMA = "lab/10.0.0.6/ollama"
LLAMA = "hf:meta-llama/llama-3.1-8b-instruct"
QWEN = "ollama:registry.ollama.ai/library/qwen3"
WEIGHTS = "sha256:" + "ab" * 32
AGENT = f"{SHOP}:agents/sales.py:SalesAgent"
OTHER_AGENT = f"{SHOP}:agents/refund.py:RefundAgent"
MCP = "https://mcp.example/payments"
SHELL = f"{SHOP}:tools.shell"
PAY = f"mcp:{MCP}/pay"
STORE = "10.0.0.9:6333/customers"
PII = "hf-ds:shop/customers@1f2e3d"
ENDPOINT = "POST https://shop.example:443/chat"
HOSTILE = 'x\x1b[31m"><script>alert(1)</script>\u202egnp.|=cmd()'

DECLARED, INFERRED, VERIFIED, UNRESOLVED = (
    Confidence.DECLARED,
    Confidence.INFERRED,
    Confidence.VERIFIED,
    Confidence.UNRESOLVED,
)


def seen(
    surface: str,
    kind: PartKind,
    key: str,
    facts: dict[str, Value],
    edges: list[tuple[EdgeKind, PartKind, str]] | None = None,
    **more: Any,
) -> Observation:
    """One statement about one part; facts are declared unless `confidence` says otherwise."""
    confidence = more.pop("confidence", DECLARED)
    evidence = more.pop("evidence", "")
    return Observation(
        sweep=more.pop("sweep", f"{surface}-1"),
        at=more.pop("at", NOW),
        surface=surface,
        source=more.pop("source", "livebom" if surface == "runtime" else surface),
        kind=kind,
        subject=key,
        facts={name: Fact(value, confidence, evidence) for name, value in facts.items()},
        edges=tuple(EdgeTo(kind=edge, to_kind=to_kind, to=to) for edge, to_kind, to in edges or []),
        evidence=(Evidence(what=evidence),) if evidence else (),
        confidence=confidence,
        **more,
    )


def runtime(*, new: bool) -> list[Observation]:
    """What the network showed: two servers, the one now open and one model richer."""
    vllm_edges = [
        (E.LISTENS_ON, K.LISTENER, "lab/10.0.0.5:8000"),
        (E.RUNS_ON, K.CONTAINER, "docker:c0ffee"),
        (E.SERVES, K.MODEL, LLAMA),
    ]
    vllm: dict[str, Value] = {
        "product": "vllm",
        "role": "inference-server",
        "version": "0.32.0",
        "auth": "none" if new else "required",
        "host": "10.0.0.5",
        "zone": "lab",
        "exposure": "private",
    }
    said = [
        seen("runtime", K.HOST, "lab/10.0.0.5", {"host": "10.0.0.5", "zone": "lab"}),
        seen("runtime", K.HOST, "lab/10.0.0.6", {"host": "10.0.0.6", "zone": "lab", "labels": ["team=speech"]}),
        _listener("10.0.0.5", 8000, owner="gpu-team@example"),
        _listener("10.0.0.6", 11434),
        seen("runtime", K.SERVER, VLLM, vllm, vllm_edges, evidence="GET /version#1a2b3c4d5e6f"),
        _ollama(new=new),
        seen(
            "runtime",
            K.CONTAINER,
            "docker:c0ffee",
            {"image": "vllm/vllm-openai:latest", "runtime": "docker"},
            [(E.RUNS_ON, K.HOST, "lab/10.0.0.5"), (E.CONTAINS, K.PACKAGE, "pkg:pypi/torch@2.13.0")],
        ),
        seen(
            "runtime",
            K.PROCESS,
            "lab/10.0.0.6/4242@1795248000",
            {"argv": ["ollama", "serve"], "exe": "/usr/bin/ollama"},
            [(E.RUNS_ON, K.HOST, "lab/10.0.0.6")],
        ),
        seen(
            "runtime",
            K.MODEL,
            LLAMA,
            {
                "name": "Llama-3.1-8B-Instruct",
                "license": "llama3.1",
                "license_family": "use-restricted",
                "family": "llama",
                "parameters": "8B",
            },
            confidence=INFERRED,
        ),
        _finding("vllm-no-auth", K.SERVER, VLLM, state="fail" if new else "pass"),
        seen(
            "runtime",
            K.SERVER,
            "lab/10.0.0.7/open-webui",
            {"product": "open-webui", "auth": "required"},
            [(E.FRONTS, K.SERVER, OLLAMA)],
        ),
    ]
    if new:
        said += [
            _listener("10.0.0.6", 8080),
            seen("runtime", K.MODEL, QWEN, {"name": HOSTILE, "license": "apache-2.0", "license_family": "permissive"}),
        ]
    return said


def _listener(host: str, port: int, **facts: Value) -> Observation:
    told: dict[str, Value] = {"host": host, "port": port, "zone": "lab", "scheme": "http", "exposure": "private"}
    return seen("runtime", K.LISTENER, f"lab/{host}:{port}", {**told, **facts}, confidence=VERIFIED)


def _ollama(*, new: bool) -> Observation:
    edges = [(E.LISTENS_ON, K.LISTENER, "lab/10.0.0.6:11434"), (E.RUNS_ON, K.PROCESS, "lab/10.0.0.6/4242@1795248000")]
    if new:
        edges += [(E.LISTENS_ON, K.LISTENER, "lab/10.0.0.6:8080"), (E.SERVES, K.MODEL, QWEN)]
    facts: dict[str, Value] = {
        "product": "ollama",
        "role": "inference-server",
        "version": "0.32.15",
        "auth": "none",
        "host": "10.0.0.6",
        "zone": "lab",
        "exposure": "loopback",
    }
    return seen("runtime", K.SERVER, OLLAMA, facts, edges)


def _finding(rule: str, kind: PartKind, key: str, state: str = "fail", **facts: Value) -> Observation:
    """The finding with its subject at the other end: the observation is the subject's."""
    told: dict[str, Value] = {
        "rule": rule,
        "title": "Anybody can use the models",
        "severity": "high",
        "state": state,
        "where": ["lab/10.0.0.5:8000"],
        "remediation": "Start it with --api-key, or put it behind a proxy that asks for one.",
        "seen": ["GET /v1/models answered 200 without a key"],
        "cwe": ["306"],
        "owasp": ["LLM10"],
        **facts,
    }
    return seen("runtime", K.FINDING, f"{rule}@{key}", told, evidence="GET /v1/models#9f86d081884c")


def code(*, new: bool) -> list[Observation]:
    """What the repository declares: agents, prompts, tools, the store they read and where data goes."""
    agent = [
        (E.DECLARED_IN, K.REPOSITORY, SHOP),
        (E.USES_MODEL, K.MODEL, LLAMA),
        (E.USES_PROMPT, K.PROMPT, f"{SHOP}:prompts/sales.md:system"),
        (E.USES_MCP, K.MCP_SERVER, MCP),
        (E.HANDS_OFF_TO, K.AGENT, OTHER_AGENT),
        (E.READS, K.VECTOR_STORE, STORE),
        (E.CALLS_PROVIDER, K.API_PROVIDER, "openai.com"),
        (E.SENDS_DATA_TO, K.API_PROVIDER, "openai.com"),
        (E.AUTHENTICATES_WITH, K.SECRET_REFERENCE, f"{SHOP}:.env:OPENAI_API_KEY"),
        (E.ALLOWED, K.TOOL, PAY),
    ]
    agent += [(E.CAN_CALL, K.TOOL, SHELL)] if new else [(E.GUARDED_BY, K.GUARDRAIL, f"{SHOP}:guards.py:NoSecrets")]
    return [
        seen(
            "code",
            K.REPOSITORY,
            SHOP,
            {"name": "shop/assistant", "revision": "0a1b2c3", "url": f"https://{SHOP}"},
            [
                (E.CONTAINS, K.PACKAGE, "pkg:pypi/langgraph@1.4.0"),
                (E.DEPLOYED_AS, K.CONTAINER, "docker:c0ffee"),
                (E.CONTAINS, K.GUARDRAIL, f"{SHOP}:guards.py:NoSecrets"),
            ],
        ),
        seen(
            "code",
            K.AGENT,
            AGENT,
            {"name": "SalesAgent", "framework": "langgraph", "owner": "shop-team@example"},
            agent,
            evidence="agents/sales.py:12",
        ),
        seen(
            "code",
            K.AGENT,
            OTHER_AGENT,
            {"name": "RefundAgent", "framework": "langgraph"},
            [
                (E.CAN_CALL, K.TOOL, PAY),
                (E.WRITES, K.VECTOR_STORE, STORE),
                (E.HANDS_OFF_TO, K.AGENT, AGENT),
                (E.GUARDED_BY, K.GUARDRAIL, f"{SHOP}:guards.py:NoSecrets"),
            ],
        ),
        seen(
            "code",
            K.PROMPT,
            f"{SHOP}:prompts/sales.md:system",
            {"name": "system", "role": "system", "text_sha256": ("cd" if new else "ce") * 32},
        ),
        seen(
            "code",
            K.TOOL,
            SHELL,
            {
                "name": "shell",
                "description": "Runs a command",
                "capabilities": ["exec", "fs-write"],
                "schema_sha256": "11" * 32,
            },
            [(E.DECLARED_IN, K.REPOSITORY, SHOP)],
        ),
        seen("code", K.GUARDRAIL, f"{SHOP}:guards.py:NoSecrets", {"name": "NoSecrets"}),
        seen(
            "code",
            K.VECTOR_STORE,
            STORE,
            {"name": "customers", "product": "qdrant", "classification": "pii"},
            [(E.POPULATED_FROM, K.DATASET, PII), (E.EMBEDDED_BY, K.MODEL, "hf:baai/bge-m3")],
        ),
        seen(
            "code",
            K.DATASET,
            PII,
            {
                "name": "customers",
                "classification": "pii",
                "sensitive": ["e-mail", "orders"],
                "governance": ["owner=crm-team@example"],
                "license": "proprietary",
            },
        ),
        seen(
            "code",
            K.MODEL,
            "hf:baai/bge-m3",
            {
                "name": "bge-m3",
                "license": "mit",
                "license_family": "permissive",
                "task": "feature-extraction",
                "purl": "pkg:huggingface/BAAI/bge-m3@5617a9f",
            },
            [(E.HAS_VERSION, K.MODEL_VERSION, "hf:baai/bge-m3@5617a9f")],
        ),
        seen("code", K.MODEL_VERSION, "hf:baai/bge-m3@5617a9f", {"revision": "5617a9f", "pinned": True}),
        seen(
            "code",
            K.API_PROVIDER,
            "openai.com",
            {"name": "OpenAI", "base_url": "https://api.openai.com/v1"},
            [(E.SERVES, K.MODEL, "openai:gpt-4o")],
        ),
        seen("code", K.MODEL, "openai:gpt-4o", {"name": "gpt-4o"}, [(E.ALIAS_OF, K.MODEL, "openai:gpt-4o-2024-08-06")]),
        seen("code", K.MODEL, "openai:gpt-4o-2024-08-06", {"name": "gpt-4o-2024-08-06", "pinned": True}),
        seen("code", K.SECRET_REFERENCE, f"{SHOP}:.env:OPENAI_API_KEY", {"type": "openai-key", "length": 51}),
        seen(
            "code",
            K.PACKAGE,
            "pkg:pypi/langgraph@1.4.0",
            {
                "name": "langgraph",
                "version": "1.4.0",
                "type": "library",
                "purl": "pkg:pypi/langgraph@1.4.0",
                "license": "MIT",
            },
            [
                (E.DEPENDS_ON, K.PACKAGE, "pkg:pypi/torch@2.13.0"),
                (E.HAS_FINDING, K.FINDING, "CVE-2026-0001@pkg:pypi/langgraph@1.4.0"),
            ],
        ),
        seen(
            "code",
            K.PACKAGE,
            "pkg:pypi/torch@2.13.0",
            {
                "name": "torch",
                "version": "2.13.0",
                "type": "library",
                "purl": "pkg:pypi/torch@2.13.0",
                "license": "BSD-3-Clause",
            },
        ),
        seen(
            "code",
            K.FINDING,
            "CVE-2026-0001@pkg:pypi/langgraph@1.4.0",
            {
                "rule": "CVE-2026-0001",
                "cve": ["CVE-2026-0001"],
                "title": "A crafted state runs code",
                "severity": "critical",
                "state": "fail",
                "score": 9.8,
                "where": ["requirements.txt:3"],
                "remediation": "Upgrade to 1.4.1",
            },
            evidence="requirements.txt:3",
        ),
        seen(
            "code",
            K.ENDPOINT,
            ENDPOINT,
            {"method": "POST", "path": "/chat", "auth": "required"},
            [(E.ROUTES_TO, K.AGENT, AGENT), (E.DECLARED_IN, K.REPOSITORY, SHOP)],
        ),
        seen(
            "code",
            K.IMAGE,
            "sha256:" + "12" * 32,
            {"reference": "vllm/vllm-openai:latest", "tag": "latest", "pinned": False, "digest": "sha256:" + "12" * 32},
            [
                (E.BUILT_FROM, K.REPOSITORY, "github.com/vllm-project/vllm"),
                (E.DEPLOYED_AS, K.CONTAINER, "docker:c0ffee"),
            ],
        ),
        seen("code", K.REPOSITORY, "github.com/vllm-project/vllm", {"name": "vllm"}),
        seen(
            "code",
            K.PRINCIPAL,
            "github:jo",
            {"name": "Jo", "type": "person", "email": "jo@example"},
            [(E.MAY_CHANGE, K.REPOSITORY, SHOP), (E.MAY_CHANGE, K.PROMPT, f"{SHOP}:prompts/sales.md:system")],
        ),
    ]


def others(*, new: bool) -> list[Observation]:
    """What weights, agents and another tool's document say; the last contradicts the network."""
    return [
        seen(
            "weights",
            K.MODEL,
            LLAMA,
            {"license": "llama3.1", "supplier": "Meta", "revision": "0e9e39f", "pinned": False},
            [
                (E.HAS_WEIGHTS, K.WEIGHTS, WEIGHTS),
                (E.FINE_TUNED_ON, K.DATASET, "hf-ds:shop/faq"),
                (E.DERIVED_FROM, K.MODEL, "hf:meta-llama/llama-3.1-8b"),
                (E.GUARDED_BY, K.GUARDRAIL, f"{SHOP}:guards.py:NoSecrets"),
            ],
            confidence=VERIFIED,
        ),
        seen(
            "weights",
            K.WEIGHTS,
            WEIGHTS,
            {
                "file": "model.safetensors",
                "format": "safetensors",
                "sha256": "ab" * 32,
                "bytes": 16060522496,
                "signature": "none" if new else "valid",
            },
            [(E.QUANTIZED_FROM, K.WEIGHTS, "sha256:" + "ac" * 32)],
            confidence=VERIFIED,
        ),
        seen("weights", K.WEIGHTS, "sha256:" + "ac" * 32, {"file": "model.bin", "format": "pickle", "unsafe": True}),
        seen(
            "weights",
            K.ADAPTER,
            "hf:shop/llama-faq-lora",
            {"name": "llama-faq-lora", "license": "cc-by-nc-4.0", "license_family": "non-commercial"},
            [(E.ADAPTER_OF, K.MODEL, LLAMA)],
        ),
        seen("weights", K.DATASET, "hf-ds:shop/faq", {"name": "faq", "classification": "public"}),
        seen("weights", K.MODEL, "hf:meta-llama/llama-3.1-8b", {"name": "Llama-3.1-8B"}),
        seen(
            "agents",
            K.MCP_SERVER,
            MCP,
            {
                "name": "payments",
                "transport": "http",
                "url": MCP,
                "auth": "required",
                "version": "1.2.0",
                "pinned": not new,
            },
            [(E.EXPOSES, K.TOOL, PAY), (E.RUNS_ON, K.HOST, "lab/10.0.0.5")],
        ),
        seen(
            "agents",
            K.TOOL,
            PAY,
            {
                "name": "pay",
                "capabilities": ["payment", "network"],
                "description_sha256": ("33" if new else "34") * 32,
                "schema_sha256": "22" * 32,
            },
        ),
        seen(
            "import",
            K.SERVER,
            VLLM,
            {"version": "0.31.0", "product": "vllm"},
            [(E.CANDIDATE_SAME_AS, K.SERVER, "https://llm.shop.example")],
            source="cmdb-export",
            confidence=UNRESOLVED,
        ),
        seen(
            "import",
            K.SERVER,
            "https://llm.shop.example",
            {"name": "llm.shop.example", "url": "https://llm.shop.example"},
            source="cmdb-export",
        ),
    ]


def looks(at: datetime) -> list[Look]:
    """One look per surface; the network's left some things out, and says so."""
    reach = Stretch(zone="lab", first="10.0.0.1", last="10.0.0.254", ports=(8000, 8080, 11434), complete=True)
    return [
        Look(
            at=at,
            id="runtime-1",
            surface="runtime",
            source="livebom 0.1.0",
            scope=("10.0.0.0/24", "10.0.1.0/24"),
            complete=False,
            coverage=(reach,),
            mute=("lab/10.0.0.7:3000",),
            not_seen=("10.0.1.0/24: the sweep was ended early", "hosted AI services: another surface"),
        ),
        Look(at=at, id="code-1", surface="code", source="livebom 0.1.0", scope=(SHOP,), complete=True),
        Look(at=at, id="weights-1", surface="weights", source="livebom 0.1.0", scope=("/models",), complete=True),
        Look(at=at, id="agents-1", surface="agents", source="livebom 0.1.0", scope=(MCP,), complete=True),
        Look(at=at, id="import-1", surface="import", source="cmdb-export 7", scope=("cmdb",), complete=False),
    ]


def _state(*, new: bool, at: datetime) -> Document:
    said = [*runtime(new=new), *code(new=new), *others(new=new)]
    pointing = [
        seen("runtime", K.SERVER, VLLM, {}, [(E.HAS_FINDING, K.FINDING, f"vllm-no-auth@{VLLM}")]),
    ]
    moved = [msgspec.structs.replace(one, at=at) for one in (*said, *pointing)]
    return document(fold(moved), looks(at), moved)


def sample() -> Document:
    """The estate today."""
    return _state(new=True, at=NOW)


def older() -> Document:
    """The same estate a day before: its vLLM still asked for a key, its agent had a guardrail and no shell."""
    return _state(new=False, at=NOW - DAY)
