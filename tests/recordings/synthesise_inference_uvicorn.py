"""The synthetic recordings of inference servers on uvicorn, and how a synthetic recording is put together.

Every body and status is read from the project's source or documents named in `sources`. Where those do not say in
which order headers stand, the order of the same framework in a real recording is used.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec

from tests.recording import Exchange, Recording, Request, Response

DATE = "Fri, 20 Nov 2026 21:00:00 GMT"
CREATED = 1795208400
EVIL = "http://evil.example"
PREFLIGHT = [("Origin", EVIL), ("Access-Control-Request-Method", "GET")]
Headers = list[tuple[str, str]]


def exchange(path: str, status: int, headers: Headers, body: Any = "", **more: Any) -> Exchange:
    """One GET and its answer; a body that is no text is JSON; `{size}` in a header is the body's length."""
    text = body if isinstance(body, str) else msgspec.json.encode(body).decode()
    sized = [(name, value.replace("{size}", str(len(text.encode())))) for name, value in headers]
    asked = Request(method=more.pop("method", "GET"), path=path, headers=more.pop("asked", []))
    reason = HTTPStatus(status).phrase
    return Exchange(request=asked, response=Response(status=status, reason=reason, headers=sized, body=text, **more))


def recording(product: str, variant: str, sources: list[str], exchanges: list[Exchange]) -> Recording:
    """A synthetic recording, named after the product and its variant."""
    name = f"synthetic-{product}-{variant}"
    return Recording(name=name, product=product, synthetic=True, sources=sources, exchanges=exchanges)


def cards(owner: str, *names: str, **more: Any) -> dict[str, Any]:
    """A list of models as OpenAI's interface has it."""
    common = {"object": "model", "created": CREATED, "owned_by": owner, **more}
    return {"object": "list", "data": [{"id": name, **common} for name in names]}


def permission(**more: Any) -> list[dict[str, Any]]:
    """The permission entry that vLLM and its relatives put into a model card."""
    allowed = {"allow_create_engine": False, "allow_sampling": True, "allow_logprobs": True, "allow_view": True}
    return [{"id": "modelperm-3Xs9", "object": "model_permission", "organization": "*", **allowed, **more}]


# --- servers on uvicorn ----------------------------------------------------------------------------------------------

HTML = "text/html; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
MISSING = {"detail": "Not Found"}
NOT_ALLOWED = {"detail": "Method Not Allowed"}


def uvicorn(path: str, status: int, body: Any, kind: str = "application/json", **more: Any) -> Exchange:
    """An answer of FastAPI on uvicorn, headers as in vllm-0.32.0-default."""
    extra: Headers = more.pop("extra", [])
    headers = [("date", DATE), ("server", "uvicorn"), ("content-length", "{size}"), ("content-type", kind)]
    return exchange(path, status, [*headers, *extra], body, **more)


def fastapi(answers: Mapping[str, Any], unknown: tuple[int, Any] = (404, MISSING)) -> list[Exchange]:
    """Paths with the JSON of their 200, or with a status and a body, or with a ready exchange."""
    exchanges = []
    for path, answer in answers.items():
        if isinstance(answer, Exchange):
            exchanges.append(answer)
        elif isinstance(answer, tuple):
            exchanges.append(uvicorn(path, answer[0], answer[1]))
        else:
            exchanges.append(uvicorn(path, 200, answer))
    return [*exchanges, uvicorn("*", unknown[0], unknown[1], method="*")]


def described(title: str, version: str, *paths: str) -> dict[str, Any]:
    """An interface description, trimmed as the recorded ones are."""
    return {"openapi": "3.1.0", "info": {"title": title, "version": version}, "paths": {path: {} for path in paths}}


def swagger(path: str, title: str) -> Exchange:
    """FastAPI's page for the interface description."""
    page = f"\n    <!DOCTYPE html>\n    <html>\n    <head>\n    <title>{title} - Swagger UI</title>\n    </head>\n"
    return uvicorn(path, 200, page, HTML)


def reflecting(path: str) -> Exchange:
    """Starlette's answer to a preflight where every origin is allowed with credentials."""
    headers = [
        ("vary", "Origin"),
        ("access-control-allow-methods", "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"),
        ("access-control-max-age", "600"),
        ("access-control-allow-credentials", "true"),
        ("access-control-allow-origin", EVIL),
    ]
    return uvicorn(path, 200, "OK", TEXT, method="OPTIONS", asked=PREFLIGHT, extra=headers)


def lmdeploy(variant: str, *, keyed: bool) -> Recording:
    """LMDeploy's API server; with keys every path but /health, /docs, /redoc and /nodes wants one."""
    refused = {
        "message": "Unauthorized.",
        "type": "authentication_error",
        "code": 401,
        "param": None,
        "object": "error",
    }
    health = {"status": "healthy", "message": "Engine is healthy."}
    sources = [
        "InternLM/lmdeploy 1263d5cd8 (0.16.0): lmdeploy/serve/openai, lmdeploy/serve/utils/server_utils.py",
        "The wording of the message of /health is not from the source",
    ]
    if keyed:
        exchanges = fastapi({"/health": health}, (401, refused))
        return recording("lmdeploy", variant, sources, exchanges)
    models = cards("lmdeploy", "internlm3-8b-instruct", root="internlm3-8b-instruct", parent=None)
    models["data"][0]["permission"] = permission(allow_search_indices=True)
    metrics = "# TYPE lmdeploy:num_requests_running gauge\nlmdeploy:num_requests_running 0.0\n"
    answers = {
        "/v1/models": models,
        "/": swagger("/", "FastAPI"),
        "/health": health,
        "/metrics": uvicorn("/metrics", 200, metrics, "text/plain; version=1.0.0; charset=utf-8"),
        "/update_weights": (405, NOT_ALLOWED),
    }
    return recording("lmdeploy", variant, sources, fastapi(answers))


def tabbyapi(variant: str, *, keyed: bool) -> Recording:
    """TabbyAPI with its OpenAI routes; without authentication everybody is an administrator."""
    service = {"name": "TabbyAPI", "repository": "https://github.com/theroyallab/tabbyAPI"}
    openai = {"name": "OpenAI API", "relative_url": "/v1", "version": 1}
    refused = (401, {"detail": "Please provide an API key"})
    models = cards("tabbyAPI", "Qwen3-8B-exl3", "Llama-3.2-3B-exl3", logging=None, parameters=None)
    answers = {
        "/.well-known/serviceinfo": {"version": 0.1, "software": service, "api": {"openai": openai}},
        "/health": {"status": "healthy", "issues": []},
        "/v1/models": refused if keyed else models,
        "/v1/auth/permission": refused if keyed else {"permission": "admin"},
        "preflight": reflecting("/v1/models"),
    }
    sources = ["theroyallab/tabbyAPI e632af4: endpoints/core/router.py, endpoints/server.py, common/auth.py"]
    return recording("tabbyapi", variant, sources, fastapi(answers))


def aphrodite(variant: str, *, keyed: bool) -> Recording:
    """Aphrodite of today, with vLLM's routes under its own name and KoboldAI's beside them."""
    name = "meta-llama/Llama-3.2-1B-Instruct"
    models = cards("aphrodite", name, root=name, parent=None, max_model_len=8192)
    models["data"][0]["permission"] = permission(allow_search_indices=False)
    metrics = "# TYPE aphrodite:num_requests_running gauge\naphrodite:num_requests_running 0.0\n"
    answers = {
        "/v1/models": (401, {"error": "Unauthorized"}) if keyed else models,
        "/version": {"version": "0.20.0"},
        "/load": {"server_load": 0},
        "/api/v1/model": {"result": f"aphrodite/{name}"},
        "/api/extra/version": {"result": "KoboldCpp", "version": "1.63"},
        "/tokenize": (405, NOT_ALLOWED),
        "/metrics": uvicorn("/metrics", 200, metrics, "text/plain; version=1.0.0; charset=utf-8"),
    }
    sources = ["aphrodite-engine/aphrodite-engine b42eeec22 (0.20): aphrodite/entrypoints/openai, entrypoints/serve"]
    return recording("aphrodite", variant, sources, fastapi(answers))


def text_generation_webui(variant: str, *, keyed: bool) -> Recording:
    """The API of text-generation-webui; its two keys are the same unless both are set."""
    refused = (401, {"detail": "Unauthorized"})
    internal = [f"/v1/internal/{end}" for end in ("model/info", "model/list", "logits", "stop-generation")]
    model = {"id": "Qwen3-4B-Q4_K_M.gguf", "object": "model", "created": 0, "owned_by": "user"}
    answers = {
        "/v1/models": refused if keyed else {"object": "list", "data": [model]},
        internal[0]: refused if keyed else {"model_name": model["id"], "lora_names": []},
        internal[1]: refused if keyed else {"model_names": [model["id"], "gemma-3-4b-it-Q4_K_M.gguf"]},
        "/openapi.json": described("FastAPI", "0.1.0", "/v1/completions", "/v1/models", *internal),
        "preflight": reflecting("/v1/models"),
    }
    sources = ["oobabooga/text-generation-webui 1dcde41d (4.7.3): modules/api/script.py, modules/api/models.py"]
    return recording("text-generation-webui", variant, sources, fastapi(answers))


def fastchat(variant: str, *, keyed: bool) -> Recording:
    """FastChat's server of OpenAI's interface."""
    refused = {"message": "", "type": "invalid_request_error", "param": None, "code": "invalid_api_key"}
    models = cards("fastchat", "vicuna-7b-v1.5", root="vicuna-7b-v1.5", parent=None)
    models["data"][0]["permission"] = permission(allow_search_indices=True)
    paths = ("/v1/models", "/v1/chat/completions", "/v1/engines/{model_name}/embeddings", "/api/v1/token_check")
    answers = {
        "/v1/models": (401, {"detail": {"error": refused}}) if keyed else models,
        "/openapi.json": described("FastAPI", "0.1.0", *paths),
    }
    sources = [
        "lm-sys/FastChat 0e6d3e4b: fastchat/serve/openai_api_server.py, fastchat/protocol/openai_api_protocol.py"
    ]
    return recording("fastchat", variant, sources, fastapi(answers))


def speaches(variant: str, *, keyed: bool) -> Recording:
    """Speaches with its playground, a Gradio application at the root."""
    wanted = "API key required. Please provide an API key using the Authorization header with Bearer scheme."
    paths = ("/v1/models", "/v1/registry", "/v1/audio/transcriptions", "/v1/audio/speech", "/api/ps", "/health")
    whisper = {"language": ["eng"], "task": "automatic-speech-recognition"}
    models = cards("Systran", "Systran/faster-whisper-small", **whisper)
    config = msgspec.json.encode({"version": "5.49.1", "title": "Speaches Playground", "components": []}).decode()
    page = f"<!doctype html>\n<html>\n<head>\n<script>window.gradio_config = {config};</script>\n</head>\n</html>\n"
    answers: dict[str, Any] = {
        "/": uvicorn("/", 200, page, HTML),
        "/openapi.json": described("Speaches", "0.8.3", *paths),
        "/health": {"message": "OK"},
        "/v1/models": models,
        "/api/ps": {"models": ["Systran/faster-whisper-small"]},
    }
    if keyed:
        for path in ("/v1/models", "/api/ps"):
            answers[path] = uvicorn(path, 403, {"detail": wanted}, extra=[("www-authenticate", "Bearer")])
    sources = ["speaches-ai/speaches 870e1e1 (0.9.0-rc.3): src/speaches/main.py, dependencies.py, routers/models.py"]
    sources += ["recording gradio-6.31.0-full: where a Gradio page carries its configuration"]
    return recording("speaches", variant, sources, fastapi(answers))


def trtllm() -> Recording:
    """TensorRT-LLM's own server."""
    paths = (
        "/health",
        "/health_generate",
        "/version",
        "/v1/models",
        "/metrics",
        "/perf_metrics",
        "/steady_clock_offset",
    )
    answers = {
        "/v1/models": cards("tensorrt_llm", "TinyLlama-1.1B-Chat-v1.0"),
        "/version": {"version": "1.2.0rc6"},
        "/openapi.json": described("FastAPI", "0.1.0", *paths, "/kv_cache_events", "/v1/chat/completions"),
        "/steady_clock_offset": {"receive_ts": 81234.5, "transmit_ts": 81234.7},
    }
    sources = ["NVIDIA/TensorRT-LLM e7f7345e: tensorrt_llm/serve/openai_server.py; the version is an example"]
    return recording("tensorrt-llm", "1.2", sources, fastapi(answers))


def nim() -> Recording:
    """NIM for LLMs 2, which is vLLM behind nginx with routes of its own."""
    name = "meta/llama-3.1-8b-instruct"
    models = cards("vllm", name, root="/opt/nim/workspace/model", parent=None, max_model_len=131072)
    models["data"][0]["permission"] = permission(allow_search_indices=False)
    licence = {"name": "NVIDIA AI Foundation Models Community License", "path": "/opt/nim/LICENSE", "sha": "2a1f"}
    metadata = {
        "assetInfo": ["meta/llama-3.1-8b-instruct:hf"],
        "licenseInfo": {**licence, "size": "12345", "type": "file", "url": ""},
        "modelInfo": [{"shortName": "llama-3.1-8b-instruct", "modelUrl": "ngc://nim/meta/llama-3.1-8b-instruct:hf"}],
        "repository_override": "",
        "version": "2.0.1",
        "selectedModelProfileId": "vllm-bf16-tp1",
    }
    answers = {
        "/v1/models": models,
        "/v1/metadata": metadata,
        "/v1/version": {"release": "2.0.1", "api": "2.0.0"},
        "/version": {"version": "0.17.1"},
        "/load": {"server_load": 0},
    }
    head = [("Server", "nginx"), ("Date", DATE), ("Content-Type", "application/json"), ("Content-Length", "{size}")]
    exchanges = [exchange(path, 200, head, body) for path, body in answers.items()]
    sources = [
        "docs.nvidia.com/nim/large-language-models 2.0.1 (API reference): the routes, nginx and vLLM",
        "docs.nvidia.com/nim/alpamayo 1.0.0: the fields of /v1/metadata and /v1/version; the values are examples",
    ]
    return recording("nim", "2.0", sources, [*exchanges, exchange("*", 404, head, MISSING, method="*")])


def mlserver() -> Recording:
    """MLServer with one model."""
    description = described("Data Plane", "2.0", "/v2/health/live", "/v2/health/ready", "/v2")
    description["info"]["contact"] = {"name": "Seldon Technologies Ltd.", "url": "https://www.seldon.io/"}
    index = [{"name": "iris", "version": "v1", "state": "READY", "reason": ""}]
    answers = {
        "/v2": {"name": "mlserver", "version": "1.7.0", "extensions": []},
        "/v2/docs/dataplane.json": description,
        "/v2/repository/index": uvicorn("/v2/repository/index", 200, index, method="POST"),
        "/v2/repository/models/livebom-probe/load": (405, NOT_ALLOWED),
    }
    sources = ["SeldonIO/MLServer a325e523: mlserver/rest, mlserver/settings.py; the released version is an example"]
    return recording("mlserver", "1.7", sources, fastapi(answers))


def ray_serve() -> Recording:
    """The proxy of Ray Serve with one application below a prefix."""
    missing = "Path '{path}' not found. Ping http://.../-/routes for available routes."
    exchanges = [
        uvicorn("/-/routes", 200, {"/tiny": "tinyapp"}),
        uvicorn("/-/healthz", 200, "success", "text/plain"),
        uvicorn("*", 404, missing, "text/plain", method="*", echo=True),
    ]
    sources = ["ray-project/ray python/ray/serve/_private/proxy.py", "Bodies as seen on the wire of Ray 2.60.0"]
    return recording("ray-serve", "2.60", sources, exchanges)


def whisper_asr() -> Recording:
    """The Whisper webservice."""
    answers = {
        "/": uvicorn("/", 307, "", extra=[("location", "/docs")]),
        "/openapi.json": described("Whisper Asr Webservice", "1.9.1", "/asr", "/detect-language"),
        "/docs": swagger("/docs", "Whisper Asr Webservice"),
        "/asr": (405, NOT_ALLOWED),
    }
    sources = ["ahmetoner/whisper-asr-webservice ea12224: app/webservice.py"]
    return recording("whisper-asr-webservice", "1.9", sources, fastapi(answers))


def on_uvicorn() -> list[Recording]:
    """All servers of this kind."""
    both = [(lmdeploy, "0.16"), (tabbyapi, "2026"), (aphrodite, "0.20"), (text_generation_webui, "4.7")]
    both += [(fastchat, "api"), (speaches, "0.9")]
    paired = [
        make(f"{version}-{end}", keyed=keyed)
        for make, version in both
        for end, keyed in (("open", False), ("apikey", True))
    ]
    return [*paired, trtllm(), nim(), mlserver(), ray_serve(), whisper_asr()]
