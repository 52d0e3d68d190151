"""What a conversation makes of the further inference servers: their names, their facts, and their checks three ways."""

import msgspec
import pytest

from livebom.bom.service import Auth, Service
from tests.every import every
from tests.playback import NGINX, UNNAMED_PORT, Playback, assert_named, catalog, converse
from tests.recording import load, names

KOBOLD = ("koboldcpp/Qwen3-4B-Q4_K_M",)
OVMS = ("OpenVINO/Qwen3-8B-int4-ov",)
MLX = ("mlx-community/Qwen3-4B-4bit", "/Users/dev/models/tiny-mlx")
TABBY = ("Qwen3-8B-exl3", "Llama-3.2-3B-exl3")
WEBUI = ("Qwen3-4B-Q4_K_M.gguf", "gemma-3-4b-it-Q4_K_M.gguf")

Models = tuple[str, ...] | None
TRUTH: dict[str, tuple[str | None, Auth, Models]] = {
    "bentoml-1.4.39": (None, Auth.NONE, ("TinySummarizer",)),
    "fastchat-0.2.36-controller": (None, Auth.NONE, None),
    "infinity-0.0.78": ("0.0.78", Auth.NONE, ("tiny-bert",)),
    "synthetic-aphrodite-0.20-apikey": ("0.20.0", Auth.PARTIAL, None),
    "synthetic-aphrodite-0.20-open": ("0.20.0", Auth.NONE, ("meta-llama/Llama-3.2-1B-Instruct",)),
    "synthetic-docker-model-runner-1.2": ("1.2.6", Auth.NONE, ("ai/qwen3:latest",)),
    "synthetic-fastchat-api-apikey": (None, Auth.REQUIRED, None),
    "synthetic-fastchat-api-open": (None, Auth.NONE, ("vicuna-7b-v1.5",)),
    "synthetic-gpt4all-3.10": (None, Auth.NONE, ("Llama 3 8B Instruct",)),
    "synthetic-jan-0.7-apikey": (None, Auth.REQUIRED, None),
    "synthetic-jan-0.7-open": (None, Auth.NONE, ("janhq/Jan-v3-4b-base-instruct-Q4_K_XL",)),
    "synthetic-koboldcpp-1.117-apikey": ("1.117.1", Auth.PARTIAL, KOBOLD),
    "synthetic-koboldcpp-1.117-open": ("1.117.1", Auth.NONE, KOBOLD),
    "synthetic-lemonade-11.7-apikey": (None, Auth.REQUIRED, None),
    "synthetic-lemonade-11.7-open": ("11.7.0", Auth.NONE, ("Qwen3-4B-GGUF",)),
    "synthetic-llamafile-0.9.3": ("0.9.3", Auth.NONE, ("Qwen3-4B-Q4_K_M",)),
    "synthetic-lmdeploy-0.16-apikey": (None, Auth.REQUIRED, None),
    "synthetic-lmdeploy-0.16-open": (None, Auth.NONE, ("internlm3-8b-instruct",)),
    "synthetic-lorax-0.12": ("0.1.0", Auth.NONE, ("mistralai/Mistral-7B-Instruct-v0.3",)),
    "synthetic-mlserver-1.7": ("1.7.0", Auth.NONE, ("iris",)),
    "synthetic-mlx-lm-0.31": (None, Auth.NONE, MLX),
    "synthetic-nim-2.0": ("2.0.1", Auth.NONE, ("meta/llama-3.1-8b-instruct",)),
    "synthetic-openvino-model-server-2026-apikey": ("2026.2", Auth.REQUIRED, None),
    "synthetic-openvino-model-server-2026-open": ("2026.2", Auth.NONE, OVMS),
    "synthetic-ray-serve-2.60": (None, Auth.NONE, None),
    "synthetic-speaches-0.9-apikey": (None, Auth.REQUIRED, None),
    "synthetic-speaches-0.9-open": (None, Auth.NONE, ("Systran/faster-whisper-small",)),
    "synthetic-tabbyapi-2026-apikey": (None, Auth.REQUIRED, None),
    "synthetic-tabbyapi-2026-open": (None, Auth.NONE, TABBY),
    "synthetic-tei-1.9-apikey": (None, Auth.REQUIRED, None),
    "synthetic-tei-1.9-metrics": (None, Auth.NONE, None),
    "synthetic-tei-1.9-open": ("1.9.3", Auth.NONE, ("BAAI/bge-small-en-v1.5",)),
    "synthetic-tensorrt-llm-1.2": ("1.2.0rc6", Auth.NONE, ("TinyLlama-1.1B-Chat-v1.0",)),
    "synthetic-text-generation-webui-4.7-apikey": (None, Auth.REQUIRED, None),
    "synthetic-text-generation-webui-4.7-open": (None, Auth.NONE, WEBUI),
    "synthetic-tf-serving-2.19": (None, Auth.NONE, ("model",)),
    "synthetic-whisper-asr-webservice-1.9": ("1.9.1", Auth.NONE, None),
    "synthetic-whisper-cpp-1.9": (None, Auth.NONE, None),
    "torchserve-0.12.0-inference": ("0.12.0", Auth.NONE, None),
    "torchserve-0.12.0-metrics": (None, Auth.UNKNOWN, None),
    "transformers-serve-5.19": (None, Auth.NONE, ()),
    "xinference-4.1.0": (None, Auth.REQUIRED, None),
    "xinference-4.1.0-authoff": ("4.1.0", Auth.NONE, ()),
}
"""Version, authentication and models of what was started when the recording was made."""
AT_HOME_ONLY = {"fastchat-0.2.36-controller", "synthetic-mlserver-1.7"}
"""Told on their own port alone: no shared ask shows them."""
PRODUCTS = sorted({load(name).product for name in TRUTH})
CHECKS = [(product, check.id) for product in PRODUCTS for check in catalog().products[product].fingerprint.checks]

CORS = {"Access-Control-Allow-Origin": "https://livebom-probe.invalid", "Access-Control-Allow-Credentials": "true"}
JSON = {"Content-Type": "application/json"}
MADE_TO_FAIL: dict[str, tuple[str, str, int, dict[str, str], str]] = {
    "aphrodite-dev-mode-enabled": ("aphrodite-0.20-open", "GET /is_sleeping", 200, JSON, '{"is_sleeping":false}'),
    "fastchat-controller-open": ("fastchat-0.2.36-controller", "GET /register_worker", 405, JSON, ""),
    "infinity-cors-any-origin-credentials": ("infinity-0.0.78", "OPTIONS /v1/models", 200, CORS, ""),
    "lorax-requests-logged": ("lorax-0.12", "GET /info", 200, JSON, '{"request_logger_url":"http://log.invalid"}'),
    "nim-repository-override": ("nim-2.0", "GET /v1/metadata", 200, JSON, '{"repository_override":"s3://bucket"}'),
    "torchserve-management-open": (
        "torchserve-0.12.0-inference",
        "GET /models",
        200,
        JSON,
        '{"models":[{"modelName":"tiny","modelUrl":"tiny.mar"}]}',
    ),
    "transformers-serve-load-open": ("transformers-serve-5.19", "GET /load_model", 405, JSON, ""),
}
"""Checks that no recording fails: what must be answered otherwise for them to; JSON is laid over the recorded one."""


def at_home(name: str) -> int:
    product = load(name).product
    metrics = {"torchserve": 8082, "tei": 9000}
    return metrics[product] if name.endswith("-metrics") else catalog().products[product].fingerprint.ports[0]


def assert_true(service: Service, name: str, *, proxied: bool = False) -> None:
    version, auth, models = TRUTH[name]
    if proxied and load(name).product == "llamafile":
        version = None  # it stands in the Server header, which the proxy replaces
    assert_named(service, name, (version, auth, models))


@every(TRUTH)
def test_named_on_its_port(name: str) -> None:
    assert_true(converse(Playback(name), at_home(name)).service, name)


@every([name for name in TRUTH if name not in AT_HOME_ONLY])
def test_named_on_any_port(name: str) -> None:
    assert_true(converse(Playback(name), UNNAMED_PORT).service, name)


@every(TRUTH)
def test_named_behind_a_proxy(name: str) -> None:
    service = converse(Playback(name, server=NGINX), at_home(name)).service
    assert_true(service, name, proxied=True)
    assert service.stack[0].product == "nginx"


@pytest.mark.slow
@every(names())
def test_none_of_them_claims_what_another_product_said(name: str) -> None:
    service = converse(Playback(name), 8000).service
    assert {layer.product for layer in service.stack} & set(PRODUCTS) <= {load(name).product}


def test_nim_is_named_before_the_engine_it_brings() -> None:
    service = converse(Playback("synthetic-nim-2.0"), 8000).service
    assert [layer.product for layer in service.stack] == ["nginx", "vllm", "nim"]


def findings(playback: Playback, name: str) -> dict[str, str]:
    return {finding.id: str(finding.state) for finding in converse(playback, at_home(name)).service.findings}


@every(CHECKS)
def test_a_check_fails_where_it_should(product: str, check: str) -> None:
    if check not in MADE_TO_FAIL:
        recorded = [name for name in TRUTH if load(name).product == product]
        assert "fail" in {findings(Playback(name), name)[check] for name in recorded}
        return
    end, request, status, headers, body = MADE_TO_FAIL[check]
    name = next(name for name in TRUTH if name.endswith(end))
    assert findings(Playback(name), name)[check] != "fail"
    method, path = request.split()
    old = next(
        (one.response for one in load(name).exchanges if (one.request.method, one.request.path) == (method, path)), None
    )
    if body and old is not None and old.status == 200:
        body = msgspec.json.encode(msgspec.json.decode(old.body) | msgspec.json.decode(body)).decode()
    playback = Playback(name)
    playback.answers.patch(method, path, status=status, headers=headers, body=body)
    assert findings(playback, name)[check] == "fail"


PROVED_BY_AN_ASK_OF_ITS_OWN = [
    (name, check.id, condition.ask)
    for name in TRUTH
    for kit in [catalog().products[load(name).product]]
    for check in kit.fingerprint.checks
    for condition in check.fail[0].all[-1:]
    if condition.ask in kit.own and kit.asks[condition.ask].phase == "checks" and kit.asks[condition.ask].get
]
"""Recording, check, and the ask that is sent for the check alone."""


@pytest.mark.parametrize(("status", "allowed"), [(502, {"unknown"}), (401, {"pass"}), (None, {"unknown"})])
@pytest.mark.parametrize(("name", "check", "ask"), PROVED_BY_AN_ASK_OF_ITS_OWN)
def test_a_check_says_what_its_ask_shows(
    name: str, check: str, ask: str, status: int | None, allowed: set[str]
) -> None:
    playback = Playback(name)
    path = catalog().products[load(name).product].asks[ask].get or ""
    if status is None:
        playback.answers.patch("GET", path, status=200, headers={"Content-Type": "text/html"}, body="<p>Sign in</p>")
    else:
        playback.answers.patch("GET", path, status=status, headers={"Content-Type": "text/plain"}, body="")
    assert findings(playback, name).get(check, "unknown") in allowed | {"not_applicable"}


PASSED = {
    "infinity-0.0.78": {"infinity-cors-any-origin-credentials"},
    "synthetic-aphrodite-0.20-open": {"aphrodite-dev-mode-enabled"},
    "synthetic-fastchat-api-apikey": {"fastchat-unauthenticated-api"},
    "synthetic-jan-0.7-apikey": {"jan-unauthenticated-api"},
    "synthetic-koboldcpp-1.117-apikey": {"koboldcpp-no-password", "koboldcpp-admin-without-password"},
    "synthetic-lemonade-11.7-apikey": {"lemonade-unauthenticated-api", "lemonade-administration-open"},
    "synthetic-lmdeploy-0.16-apikey": {"lmdeploy-unauthenticated-api", "lmdeploy-weights-update-open"},
    "synthetic-nim-2.0": {"nim-repository-override"},
    "synthetic-openvino-model-server-2026-apikey": {"openvino-model-server-unauthenticated-api"},
    "synthetic-speaches-0.9-apikey": {"speaches-unauthenticated-api"},
    "synthetic-tabbyapi-2026-apikey": {"tabbyapi-authentication-disabled"},
    "synthetic-tei-1.9-apikey": {"tei-unauthenticated-api"},
    "torchserve-0.12.0-inference": {"torchserve-management-open"},
    "xinference-4.1.0": {"xinference-authentication-disabled"},
}


@every(PASSED)
def test_the_checks_that_pass(name: str) -> None:
    states = findings(Playback(name), name)
    assert {check for check in PASSED[name] if states[check] == "pass"} == PASSED[name]
