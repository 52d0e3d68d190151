"""What a conversation makes of every recording: on its usual port, on a strange one, and behind a proxy."""

from dataclasses import dataclass

import pytest

from livebom.bom.observation import Outcome
from livebom.bom.service import Auth, ServedModel, Service
from tests.every import every
from tests.lab import default_port
from tests.playback import NGINX, UNNAMED_PORT, Playback, catalog, converse
from tests.recording import load, names

SEVEN = {"ollama", "vllm", "tgi", "localai", "triton", "lmstudio", "llamacpp"}
OLLAMA = ("tiny:latest", "hf.co/example/Tiny-GGUF:Q8_0", "acme/support-bot:v2")
LMSTUDIO = ("qwen/qwen3-4b-2507", "text-embedding-nomic-embed-text-v1.5")
ZEPHYR = ("HuggingFaceH4/zephyr-7b-beta",)
TRITON = ("broken", "ident", "lmfake")
TGI = ">=3.3.6,<=3.3.7"


@dataclass(frozen=True)
class Truth:
    """What was started when the recording was made."""

    product: str
    version: str | None
    auth: Auth
    models: tuple[str, ...] | None = None
    elsewhere: bool = True
    """Whether it can be told on a port of no product."""


TRUTH = {
    "chromadb-1.5.9": Truth("chroma", None, Auth.NONE),
    "jupyter-server-2.21.1-notoken": Truth("jupyter", "2.21.1", Auth.NONE),
    "jupyterlab-4.6.6-open": Truth("jupyter", "2.21.1", Auth.NONE),
    "kserve-0.21.0": Truth("kserve", "0.21.0", Auth.NONE, ("tiny-classifier",)),
    "litellm-1.106.2-nokey": Truth("litellm", "1.106.2", Auth.NONE, ("gpt-4o", "local-llama")),
    "llama-cpp-python-0.3.36": Truth("llama-cpp-python", "0.3.36", Auth.NONE, ("tiny-gguf",)),
    "llama-server-0c1e57098-apikey-hardened": Truth("llamacpp", None, Auth.REQUIRED),
    "llama-server-0c1e57098-default": Truth("llamacpp", None, Auth.NONE, ("/srv/s1/tiny/tiny.gguf",)),
    "llama-server-0c1e57098-metrics-props-slots-lora-tools": Truth("llamacpp", None, Auth.NONE, ("tiny",)),
    "mcp-everything-2026.8.31-sse": Truth("mcp", None, Auth.NONE),
    # Its unknown path was not recorded, which is what tells it elsewhere.
    "mcp-python-1.30.0-streamable": Truth("mcp", "1.30.0", Auth.NONE, elsewhere=False),
    "mcp-sdk-2.3.0-streamable": Truth("mcp", None, Auth.NONE),
    "ollama-0.32.15-default": Truth("ollama", "0.32.15", Auth.NONE, OLLAMA),
    "sglang-0.5.23-stubengine": Truth("sglang", None, Auth.NONE, ("tiny-llama",)),
    "synthetic-llama-server-loading": Truth("llamacpp", None, Auth.UNKNOWN),
    "synthetic-lmstudio-0.3": Truth("lmstudio", ">=0.3.16", Auth.NONE, LMSTUDIO),
    "synthetic-lmstudio-0.4-open": Truth("lmstudio", ">=0.4.0", Auth.NONE, LMSTUDIO),
    "synthetic-localai-4.9-apikey": Truth("localai", "4.9.0", Auth.REQUIRED),
    "synthetic-localai-4.9-open": Truth("localai", "4.9.0", Auth.NONE, ("qwen3-4b", "whisper-1")),
    "synthetic-ollama-0.32.15-empty": Truth("ollama", "0.32.15", Auth.NONE, ()),
    "synthetic-ollama-0.32.15-open": Truth("ollama", "0.32.15", Auth.NONE, OLLAMA),
    "synthetic-ollama-0.5": Truth("ollama", "0.5.13", Auth.NONE, OLLAMA),
    "synthetic-tgi-2.2": Truth("tgi", "2.2.0", Auth.NONE, ZEPHYR),
    "synthetic-tgi-3.3.7-apikey": Truth("tgi", TGI, Auth.REQUIRED, ZEPHYR),
    "synthetic-tgi-3.3.7-open": Truth("tgi", TGI, Auth.NONE, ZEPHYR),
    "synthetic-tgi-3.3.7-open-metrics": Truth("tgi", None, Auth.NONE),
    "synthetic-vllm-0.6": Truth("vllm", "0.6.3", Auth.NONE, ("tiny-random-llama",)),
    "triton-2.51.0-explicit": Truth("triton", "2.51.0", Auth.NONE, TRITON),
    "triton-2.51.0-explicit-metrics": Truth("triton", None, Auth.NONE, elsewhere=False),
    "triton-2.51.0-none-cache-trace": Truth("triton", "2.51.0", Auth.NONE, TRITON),
    "triton-2.51.0-none-cache-trace-metrics": Truth("triton", None, Auth.NONE, elsewhere=False),
    "vllm-0.32.0-cpu-apikey": Truth("vllm", "0.32.0", Auth.PARTIAL),
    "vllm-0.32.0-cpu-apikey+auth": Truth("vllm", "0.32.0", Auth.NONE, ("tiny",)),
    "vllm-0.32.0-default": Truth("vllm", "0.32.0", Auth.NONE, ("tiny-random-llama",)),
}
SHAPED = {"decoy-fastapi-bare-with-v1-models"}
"""No product that is known, but an interface as OpenAI has it."""
STRANGERS = [name for name in names() if load(name).product not in catalog().products]


@every(TRUTH)
def test_named_on_its_port(name: str) -> None:
    assert_true(converse(Playback(name), default_port(name)).service, TRUTH[name])


@every([name for name, truth in TRUTH.items() if truth.elsewhere])
def test_named_on_any_port(name: str) -> None:
    assert_true(converse(Playback(name), UNNAMED_PORT).service, TRUTH[name])


@every(TRUTH)
def test_named_behind_a_proxy(name: str) -> None:
    service = converse(Playback(name, server=NGINX), default_port(name)).service
    assert_true(service, TRUTH[name])
    assert [layer.product for layer in service.stack] == ["nginx", TRUTH[name].product]


@every(["ollama-0.32.15-default", "vllm-0.32.0-cpu-apikey", "synthetic-tgi-3.3.7-open"])
def test_named_below_a_base_path(name: str) -> None:
    playback = Playback(name, base_path="/ai/one")
    assert_true(converse(playback, 443).service, TRUTH[name])
    assert all(ask.path.startswith("/ai/one/") for ask in playback.asked)


@pytest.mark.parametrize("port", [None, UNNAMED_PORT, 8080])
@pytest.mark.parametrize("name", STRANGERS)
def test_a_stranger_is_none_of_the_known(name: str, port: int | None) -> None:
    service = converse(Playback(name), port or default_port(name)).service
    assert service.product == ("openai-compatible" if name in SHAPED else None)
    assert not {layer.product for layer in service.stack} & SEVEN
    assert service.conflict == ()


@every(
    [
        ("decoy-raw-ssh", Outcome.PROTOCOL_ERROR),
        ("decoy-raw-hang", Outcome.TIMEOUT),
        ("decoy-raw-rst", Outcome.CLOSED),
        ("milvus-lite-3.2.2-grpc", Outcome.PROTOCOL_ERROR),
        ("decoy-python-http.server-3.11", Outcome.OK),
    ]
)
def test_how_a_look_ended_is_told(name: str, outcome: Outcome) -> None:
    service = converse(Playback(name), 8000).service
    assert service.outcome is outcome
    assert service.models is None
    assert (service.scheme is not None) == (outcome is Outcome.OK)


def test_a_plain_400_that_speaks_of_https_is_asked_again_over_tls() -> None:
    playback = Playback("decoy-nginx-https-plain-http-400")
    converse(playback, 8000)
    assert [ask.scheme for ask in playback.asked[:3]] == ["http", "https", "http"]


def test_a_version_that_lies_is_null_and_says_why() -> None:
    for name, said in [
        ("chromadb-1.5.9", "says 1.0.0"),
        ("llama-server-0c1e57098-default", "says b1-0c1e57098"),
        ("mcp-sdk-2.3.0-streamable", "says nothing"),
    ]:
        service = converse(Playback(name), default_port(name)).service
        assert service.version is None
        assert said in (service.version_source or "")


def test_what_ollama_tells_of_a_model() -> None:
    models = converse(Playback("ollama-0.32.15-default"), 11434).service.models
    assert models is not None
    tiny, quantized, bot = models
    assert (tiny.format, tiny.family, tiny.parameters, tiny.quantization) == ("gguf", "llama", "142.21K", "F32")
    assert tiny.digest == "89198dd19d01d2ded980323ea84663cc74bc34057c6f3883bdb310b6afdd81bb"
    assert (tiny.context_length, tiny.base, tiny.license, tiny.loaded) == (2048, "Base Tiny", "apache-2.0", True)
    assert tiny.path is not None
    assert tiny.path.endswith("sha256-63ca82b7f5953376bd8bed9acda4ead0d5bbe0ff7851a8b1030ea1f45620f04c")
    assert (quantized.loaded, quantized.license, bot.base) == (False, None, None)


def test_what_the_others_tell_of_a_model() -> None:
    vllm = first_model("vllm-0.32.0-default")
    assert (vllm.path, vllm.context_length, vllm.loaded) == ("/srv/s1/tiny/tiny-random-llama", 512, True)
    llama = first_model("llama-server-0c1e57098-metrics-props-slots-lora-tools")
    assert (llama.path, llama.parameters, llama.quantization, llama.context_length) == (
        "/srv/s1/tiny/tiny.gguf",
        "118720",
        "all F32",
        512,
    )
    tgi = first_model("synthetic-tgi-3.3.7-open")
    assert tgi.digest is not None
    assert len(tgi.digest) == 40
    studio = first_model("synthetic-lmstudio-0.4-open")
    assert (studio.parameters, studio.quantization, studio.loaded) == ("4B", "Q4_K_M", True)
    assert first_model("litellm-1.106.2-nokey").base == "openai/gpt-4o"


def test_which_triton_models_are_loaded() -> None:
    models = converse(Playback("triton-2.51.0-explicit"), 8000).service.models
    assert models is not None
    assert {model.name: model.loaded for model in models} == {"broken": False, "ident": True, "lmfake": False}
    assert [model.format for model in models if model.loaded] == ["python"]


FAILED = {
    "ollama-0.32.15-default": {
        "ollama-cleartext-http",
        "ollama-host-path-disclosed",
        "ollama-model-management-exposed",
        "ollama-system-prompt-disclosed",
        "ollama-unauthenticated-api",
    },
    "vllm-0.32.0-default": {
        "vllm-cleartext-http",
        "vllm-docs-exposed",
        "vllm-metrics-exposed",
        "vllm-model-path-disclosed",
        "vllm-unauthenticated-api",
    },
    "vllm-0.32.0-cpu-apikey": {
        "vllm-api-key-bypass-routes",
        "vllm-cleartext-http",
        "vllm-dev-mode-enabled",
        "vllm-docs-exposed",
        "vllm-metrics-exposed",
    },
    "llama-server-0c1e57098-apikey-hardened": {
        "llamacpp-cleartext-http",
    },
    "llama-server-0c1e57098-metrics-props-slots-lora-tools": {
        "llamacpp-builtin-tools-enabled",
        "llamacpp-cleartext-http",
        "llamacpp-cors-proxy-enabled",
        "llamacpp-metrics-exposed",
        "llamacpp-model-path-disclosed",
        "llamacpp-props-writable",
        "llamacpp-slots-exposed",
        "llamacpp-unauthenticated-api",
    },
    "triton-2.51.0-explicit": {
        "triton-client-shm-enabled",
        "triton-config-secrets",
        "triton-custom-code-backend",
        "triton-http-plaintext",
        "triton-inference-open",
        "triton-logging-writable",
        "triton-model-control-open",
        "triton-repository-index-open",
        "triton-trace-writable",
        "triton-vulnerable-version",
    },
    "triton-2.51.0-none-cache-trace": {
        "triton-client-shm-enabled",
        "triton-config-secrets",
        "triton-http-plaintext",
        "triton-inference-open",
        "triton-logging-writable",
        "triton-ready-while-degraded",
        "triton-repository-index-open",
        "triton-trace-active",
        "triton-trace-writable",
        "triton-vulnerable-version",
    },
    "jupyterlab-4.6.6-open": {
        "jupyter-no-token",
        "jupyter-terminals-open",
    },
    "synthetic-localai-4.9-apikey": {
        "localai-cors-any-origin",
    },
    "mcp-python-1.30.0-streamable": {
        "mcp-dangerous-tools-exposed",
        "mcp-no-auth",
    },
}


@every(FAILED)
def test_the_checks_that_fail(name: str) -> None:
    service = converse(Playback(name), default_port(name)).service
    failed = {finding.id for finding in service.findings if finding.state == "fail"}
    assert failed == FAILED[name]
    assert all(finding.evidence for finding in service.findings if finding.state in ("fail", "pass"))


def test_a_finding_weighs_by_where_it_can_be_reached_from() -> None:
    worst = {}
    for exposure in ("loopback", "private", "public"):
        findings = converse(Playback("ollama-0.32.15-default"), 11434, exposure=exposure).service.findings
        worst[exposure] = next(str(f.severity) for f in findings if f.id == "ollama-unauthenticated-api")
    assert worst == {"loopback": "info", "private": "high", "public": "critical"}


def test_the_proof_holds_no_body_that_may_be_secret() -> None:
    seen = converse(Playback("ollama-0.32.15-default"), 11434)
    kept = b"".join(seen.content.values())
    assert b'"0.32.15"' in kept
    assert b"You are a tiny test model" not in kept


def first_model(name: str) -> ServedModel:
    models = converse(Playback(name), default_port(name)).service.models
    assert models
    return models[0]


def assert_true(service: Service, truth: Truth) -> None:
    assert service.product == truth.product
    assert service.version == truth.version
    assert service.auth is truth.auth
    assert (None if service.models is None else tuple(model.name for model in service.models)) == truth.models
    assert service.score >= 0.6
    assert service.outcome is Outcome.OK
