"""Writes the recordings of servers that were never on our wire: `python -m tests.recordings.synthesise`.

Every body and status here is read from the project's source or documents named in `sources`; where those do not say in
which order headers stand, the order of the same framework in a real recording is used. What no source says is left out.
"""

import hashlib
from base64 import b64encode
from http import HTTPStatus
from typing import Any

import msgspec

from tests.recording import Exchange, Recording, Request, Response, dump
from tests.recordings.vary import varied

DATE = "Fri, 20 Nov 2026 21:00:00 GMT"
EVIL = ("Origin", "http://evil.example")
PREFLIGHT = [EVIL, ("Access-Control-Request-Method", "POST")]
Headers = list[tuple[str, str]]


def _json(value: Any, end: str = "") -> str:
    return msgspec.json.encode(value).decode() + end


def _exchange(method: str, path: str, status: int, headers: Headers, body: str = "", **more: Any) -> Exchange:
    sized = [(name, value.replace("{size}", str(len(body.encode())))) for name, value in headers]
    request = Request(method=method, path=path, headers=more.pop("asked", []))
    response = Response(status=status, reason=HTTPStatus(status).phrase, headers=sized, body=body, **more)
    return Exchange(request=request, response=response)


# --- LM Studio -------------------------------------------------------------------------------------------------------

_LMSTUDIO = [
    "lmstudio-ai/lmstudio-js 6ec11db1: /lmstudio-greeting is what the vendor's own client asks",
    "lmstudio-ai/docs c6854fba: /v1/models, /api/v0/models (0.3.6), /api/v1/models (0.4.0)",
    "lmstudio-ai/lmstudio-bug-tracker 618, 1323, 2085: unknown paths are 200, and Express' headers",
]
_QWEN, _NOMIC = "qwen/qwen3-4b-2507", "text-embedding-nomic-embed-text-v1.5"


def _express(path: str, value: Any, *, method: str = "GET", echo: bool = False) -> Exchange:
    body = _json(value)
    # Express' weak tag: the length in hex, then 27 characters of the SHA-1.
    tag = b64encode(hashlib.sha1(body.encode(), usedforsecurity=False).digest()).decode()[:27]
    headers = [
        ("X-Powered-By", "Express"),
        ("Content-Type", "application/json; charset=utf-8"),
        ("Content-Length", "{size}"),
        ("ETag", f'W/"{len(body):x}-{tag}"'),
        ("Date", DATE),
        ("Connection", "keep-alive"),
        ("Keep-Alive", "timeout=5"),
    ]
    return _exchange(method, path, 200, headers, body, echo=echo)


def _lmstudio(name: str, *, v1: bool) -> Recording:
    openai = [{"id": one, "object": "model", "owned_by": "organization_owner"} for one in (_QWEN, _NOMIC)]
    llm = {
        "id": _QWEN,
        "object": "model",
        "type": "llm",
        "publisher": "qwen",
        "arch": "qwen3",
        "compatibility_type": "gguf",
        "quantization": "Q4_K_M",
        "state": "loaded",
        "max_context_length": 262144,
        "loaded_context_length": 4096,
        "capabilities": ["tool_use"],
    }
    embedding = {
        "id": _NOMIC,
        "object": "model",
        "type": "embeddings",
        "publisher": "nomic-ai",
        "arch": "nomic-bert",
        "compatibility_type": "gguf",
        "quantization": "Q4_K_M",
        "state": "not-loaded",
        "max_context_length": 2048,
    }
    exchanges = [
        _express("/lmstudio-greeting", {"lmstudio": True}),
        _express("/v1/models", {"data": openai, "object": "list"}),
        _express("/api/v0/models", {"object": "list", "data": [llm, embedding]}),
        _express(f"/api/v0/models/{_QWEN}", llm),
        _express("*", {"error": "Unexpected endpoint or method. ({method} {path})"}, method="*", echo=True),
    ]
    if v1:
        exchanges.insert(3, _express("/api/v1/models", {"models": [_lmstudio_v1()]}))
    return Recording(name=name, product="lmstudio", synthetic=True, sources=_LMSTUDIO, exchanges=exchanges)


def _lmstudio_v1() -> dict[str, Any]:
    config = {"context_length": 4096, "eval_batch_size": 512, "flash_attention": True, "offload_kv_cache_to_gpu": True}
    return {
        "type": "llm",
        "publisher": "qwen",
        "key": _QWEN,
        "display_name": "Qwen3 4B 2507",
        "architecture": "qwen3",
        "quantization": {"name": "Q4_K_M", "bits_per_weight": 4},
        "size_bytes": 2497281120,
        "params_string": "4B",
        "loaded_instances": [{"id": _QWEN, "config": config}],
        "max_context_length": 262144,
        "format": "gguf",
        "capabilities": {"vision": False, "trained_for_tool_use": True},
    }


# --- LocalAI ---------------------------------------------------------------------------------------------------------

_LOCALAI = [
    "mudler/LocalAI 82c191af (4.9.0): core/http routes and middleware; Echo ends JSON with a newline",
    "Header order as of Go's net/http in ollama-0.32.15-default (by name, then Date, Content-Length)",
]
_LOCALAI_VERSION = "v4.9.0 (82c191af)"
_GO_JSON = "application/json"
_POLICY = "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; frame-ancestors 'self'"
_LOCALAI_PAGE = (
    '<!doctype html>\n<html lang="en">\n<head><title>LocalAI</title></head>\n'
    '<body><div id="root"></div></body></html>\n'
)
_LOCALAI_PUBLIC = ("/.well-known/localai.json", "/api/auth/status", "/swagger/doc.json", "/healthz", "/readyz", "/app")


def _echo(path: str, status: int, body: str, *, kind: str = _GO_JSON, method: str = "GET", **more: Any) -> Exchange:
    headers: Headers = [
        ("Content-Security-Policy", _POLICY),
        ("Content-Type", kind),
        ("Referrer-Policy", "strict-origin-when-cross-origin"),
        ("Vary", "Origin"),
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "SAMEORIGIN"),
    ]
    headers += more.pop("extra", [])
    if EVIL in more.get("asked", []) and status != 401:
        headers.append(("Access-Control-Allow-Origin", "*"))
    return _exchange(
        method, path, status, [*sorted(headers), ("Date", DATE), ("Content-Length", "{size}")], body, **more
    )


def _echo_error(status: int, message: str, kind: str = "") -> str:
    return _json({"error": {"code": status, "message": message, "type": kind}}, "\n")


def _localai_bodies(*, keyed: bool) -> dict[str, Any]:
    auth = {
        "authEnabled": False,
        "hasUsers": False,
        "providers": [],
        "registrationMode": "",
        "staticApiKeyRequired": keyed,
    }
    able = {"config_metadata": True, "config_patch": True, "vram_estimate": True, "mcp": True, "agents": True}
    digest = "sha256:" + hashlib.sha256(b"qwen3-4b").hexdigest()
    details = {"format": "gguf", "family": "", "families": None, "parameter_size": "", "quantization_level": ""}
    tag = {"name": "qwen3-4b", "model": "qwen3-4b", "modified_at": "2026-11-20T21:00:00Z", "size": 0, "digest": digest}
    models = [{"id": "qwen3-4b", "object": "model"}, {"id": "whisper-1", "object": "model"}]
    return {
        "/.well-known/localai.json": {
            "version": _LOCALAI_VERSION,
            "endpoints": {},
            "endpoint_groups": {},
            "capabilities": {**able, "p2p": False, "tracing": False, "voice_profiles": False},
        },
        "/api/auth/status": auth,
        "/swagger/doc.json": {"swagger": "2.0", "info": {"title": "LocalAI API", "version": "2.0.0"}, "paths": {}},
        "/version": {"version": _LOCALAI_VERSION},
        "/v1/models": {"object": "list", "data": models},
        "/models": {"object": "list", "data": models},
        "/system": {
            "backends": ["llama-cpp", "whisper"],
            "loaded_models": [{"id": "qwen3-4b", "backend": "llama-cpp"}],
        },
        "/api/version": {"version": "0.9.0"},
        "/api/tags": {"models": [{**tag, "details": details}]},
        "/api/ps": {"models": []},
        "/api/models/config-json/qwen3-4b": {
            "name": "qwen3-4b",
            "backend": "llama-cpp",
            "parameters": {"model": "Qwen3-4B-Q4_K_M.gguf"},
            "context_size": 8192,
        },
        "/models/galleries": [{"url": "github:mudler/LocalAI/gallery/index.yaml@master", "name": "localai"}],
        "/api/settings": {"api_keys": [], "csrf": True, "cors": False, "enable_tracing": False},
        "/api/features": {
            "agents": True,
            "mcp": True,
            "fine_tuning": False,
            "quantization": False,
            "distributed": False,
        },
    }


def _localai(name: str, *, keyed: bool) -> Recording:
    refused = _echo_error(401, "An authentication key is required", "invalid_request_error")
    bearer = [("WWW-Authenticate", "Bearer")]
    exchanges: list[Exchange] = []
    for path, value in _localai_bodies(keyed=keyed).items():
        if keyed and path not in _LOCALAI_PUBLIC:
            exchanges.append(_echo(path, 401, refused, extra=bearer))
        else:
            origins = ([], [EVIL]) if path == "/v1/models" else ([],)
            exchanges += [_echo(path, 200, _json(value, "\n"), asked=asked) for asked in origins]
    for path in ("/healthz", "/readyz"):
        exchanges += [_echo(path, 200, "", kind="text/plain; charset=utf-8", asked=asked) for asked in ([], [EVIL])]
    exchanges.append(_echo("/", 301, "", kind="text/html; charset=utf-8", extra=[("Location", "/app")]))
    exchanges.append(_echo("/app", 200, _LOCALAI_PAGE, kind="text/html; charset=utf-8"))
    if keyed:
        exchanges.append(_echo("*", 401, refused, extra=bearer, method="*"))
        return Recording(name=name, product="localai", synthetic=True, sources=_LOCALAI, exchanges=exchanges)
    method_error = _echo_error(405, "code=405, message=Method Not Allowed")
    for path in ("/v1/chat/completions", "/models/apply", "/backends/apply"):
        exchanges.append(_echo(path, 405, method_error, extra=[("Allow", "OPTIONS, POST")]))
    exchanges += [
        _echo("/api/p2p/token", 200, "", kind="text/plain; charset=UTF-8"),
        _echo("/metrics", 200, _LOCALAI_METRICS, kind="text/plain; version=0.0.4; charset=utf-8"),
        _echo("/api/cors-proxy", 400, _echo_error(400, "missing 'url' query parameter")),
        _echo("*", 404, _echo_error(404, "Resource not found"), method="*"),
        _echo("*", 200, _LOCALAI_PAGE, kind="text/html; charset=utf-8", asked=[("Accept", "text/html")]),
        _exchange(
            "OPTIONS",
            "/v1/models",
            204,
            [
                ("Access-Control-Allow-Methods", "GET,HEAD,PUT,PATCH,POST,DELETE"),
                ("Access-Control-Allow-Origin", "*"),
                ("Vary", "Origin"),
                ("Date", DATE),
            ],
            asked=PREFLIGHT,
        ),
    ]
    return Recording(name=name, product="localai", synthetic=True, sources=_LOCALAI, exchanges=exchanges)


_LOCALAI_METRICS = """# HELP api_call api calls
# TYPE api_call histogram
api_call_bucket{method="GET",otel_scope_name="github.com/mudler/LocalAI",path="/v1/models",le="+Inf"} 1
api_call_sum{method="GET",otel_scope_name="github.com/mudler/LocalAI",path="/v1/models"} 0.0002
api_call_count{method="GET",otel_scope_name="github.com/mudler/LocalAI",path="/v1/models"} 1
"""


# --- Text Generation Inference ---------------------------------------------------------------------------------------

_TGI = [
    "huggingface/text-generation-inference v3.3.7 and v2.2.0: router/src/server.rs, router/src/lib.rs",
    "Header order is assumed: no TGI was ever recorded",
]
_TGI_MODEL = "HuggingFaceH4/zephyr-7b-beta"
_TGI_METRICS = """# TYPE tgi_request_count counter
tgi_request_count 3

# TYPE tgi_queue_size gauge
tgi_queue_size 0

# TYPE tgi_request_duration histogram
tgi_request_duration_bucket{le="+Inf"} 3
tgi_request_duration_sum 1.5
tgi_request_duration_count 3
"""


def _axum(path: str, status: int, body: str = "", *, kind: str = "", method: str = "GET", **more: Any) -> Exchange:
    headers: Headers = [("content-type", kind)] if kind else []
    headers += more.pop("extra", [])
    headers += [
        ("access-control-allow-origin", "*"),
        ("vary", "origin, access-control-request-method, access-control-request-headers"),
        ("content-length", "{size}"),
        ("date", DATE),
    ]
    return _exchange(method, path, status, headers, body, **more)


def _tgi_info(version: str) -> dict[str, Any]:
    old = version.startswith("2.2")
    device = {"model_dtype": "torch.float16", "model_device_type": "cuda"} if old else {}
    batches = {"waiting_served_ratio": 0.3, "max_batch_total_tokens": 32000, "max_waiting_tokens": 20} if old else {}
    tail = {"max_batch_size": None} if old else {}
    return {
        "model_id": _TGI_MODEL,
        "model_sha": "892b3d7a7b1cf10c7a701c60881cd93df615734c",
        **device,
        "model_pipeline_tag": "text-generation",
        "max_concurrent_requests": 128,
        "max_best_of": 2,
        "max_stop_sequences": 4,
        "max_input_tokens": 4095,
        "max_total_tokens": 4096,
        **batches,
        **tail,
        "validation_workers": 2,
        "max_client_batch_size": 4,
        "router": "text-generation-router",
        "version": version,
        "sha": None,
        "docker_label": None,
    }


def _tgi(name: str, version: str, *, keyed: bool = False, openai: bool = True) -> Recording:
    described = {"openapi": "3.0.3", "info": {"title": "Text Generation Inference", "version": version}, "paths": {}}
    exchanges = [_axum(path, 200) for path in ("/", "/health", "/ping")]
    exchanges += [
        _axum("/info", 200, _json(_tgi_info(version)), kind="application/json"),
        _axum("/metrics", 200, _TGI_METRICS, kind="text/plain; charset=utf-8"),
        _axum("/api-doc/openapi.json", 200, _json(described), kind="application/json"),
    ]
    if openai:
        model = {"id": _TGI_MODEL, "object": "model", "created": 0, "owned_by": _TGI_MODEL}
        exchanges.append(_axum("/v1/models", 200, _json({"object": "list", "data": [model]}), kind="application/json"))
        exchanges.append(_axum("/chat_tokenize", 405, extra=[("allow", "POST")]))
    guarded = ("/generate", "/generate_stream", "/v1/chat/completions", "/v1/completions", "/invocations", "/tokenize")
    for path in guarded:
        # The key's layer wraps the 405 fallback too.
        exchanges.append(_axum(path, 401) if keyed else _axum(path, 405, extra=[("allow", "POST")]))
    allowed = [("access-control-allow-methods", "GET,POST"), ("access-control-allow-headers", "content-type")]
    exchanges.append(_axum("/info", 200, method="OPTIONS", extra=allowed, asked=PREFLIGHT))
    exchanges.append(_axum("*", 404, method="*"))
    return Recording(name=name, product="tgi", synthetic=True, sources=_TGI, exchanges=exchanges)


def _tgi_metrics(name: str) -> Recording:
    kind = ("content-type", "text/plain; charset=utf-8")
    headers = [kind, ("content-length", "{size}"), ("date", DATE)]
    every = _exchange("*", "*", 200, headers, _TGI_METRICS)
    return Recording(name=name, product="tgi", synthetic=True, sources=_TGI, exchanges=[every])


def synthesised() -> list[Recording]:
    """All of them."""
    return [
        _lmstudio("synthetic-lmstudio-0.4-open", v1=True),
        _lmstudio("synthetic-lmstudio-0.3", v1=False),
        _localai("synthetic-localai-4.9-open", keyed=False),
        _localai("synthetic-localai-4.9-apikey", keyed=True),
        _tgi("synthetic-tgi-3.3.7-open", "3.3.6-dev0"),
        _tgi("synthetic-tgi-3.3.7-apikey", "3.3.6-dev0", keyed=True),
        _tgi("synthetic-tgi-2.2", "2.2.0", openai=False),
        _tgi_metrics("synthetic-tgi-3.3.7-open-metrics"),
    ]


if __name__ == "__main__":
    for recording in synthesised() + varied():
        dump(recording)
