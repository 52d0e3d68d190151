"""Writes the synthetic recordings of inference servers: `python -m tests.recordings.synthesise_inference`.

Those on uvicorn stand in `synthesise_inference_uvicorn`; here are the ones that bring a web server of their own.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from tests.recording import Exchange, Recording, dump
from tests.recordings.synthesise_inference_uvicorn import DATE, EVIL, PREFLIGHT, Headers, cards, exchange, on_uvicorn
from tests.recordings.synthesise_inference_uvicorn import recording as recorded

JSON = "application/json"
CREATED = {"created": 1795208400}

# --- Rust: axum and hyper --------------------------------------------------------------------------------------------

_VARY = "origin, access-control-request-method, access-control-request-headers"


def axum(path: str, status: int, body: Any = "", kind: str = "", **more: Any) -> Exchange:
    """An answer of axum behind its CORS layer; the order of headers is assumed."""
    headers: Headers = [("content-type", kind)] if kind else []
    headers += more.pop("extra", [])
    tail = [("access-control-allow-origin", "*"), ("vary", _VARY), ("content-length", "{size}"), ("date", DATE)]
    return exchange(path, status, [*headers, *tail], body, **more)


def gates(paths: tuple[str, ...], *, keyed: bool) -> list[Exchange]:
    """Routes that take POST only; the key's layer wraps the 405, too."""
    return [axum(path, 401) if keyed else axum(path, 405, extra=[("allow", "POST")]) for path in paths]


def tei(variant: str, *, keyed: bool) -> Recording:
    """Text Embeddings Inference; /, /health, /ping and /metrics stay open with a key."""
    info = {
        "model_id": "BAAI/bge-small-en-v1.5",
        "model_sha": "5c38ec7c405ec4b44b94cc5a9bb96e735b38267a",
        "model_dtype": "float16",
        "served_model_name": "BAAI/bge-small-en-v1.5",
        "model_type": {"embedding": {"pooling": "cls"}},
        "max_concurrent_requests": 512,
        "max_input_length": 512,
        "max_batch_tokens": 16384,
        "max_batch_requests": None,
        "max_client_batch_size": 32,
        "auto_truncate": True,
        "tokenization_workers": 8,
        "version": "1.9.3",
        "sha": "0d124dc0000000000000000000000000000000aa",
        "docker_label": None,
    }
    described = {"openapi": "3.0.3", "info": {"title": "Text Embeddings Inference", "version": "1.9.3"}, "paths": {}}
    exchanges = [axum(path, 200) for path in ("/", "/health", "/ping")]
    exchanges += [
        axum("/info", 401) if keyed else axum("/info", 200, info, JSON),
        axum("/api-doc/openapi.json", 200, described, JSON),
        axum("/metrics", 200, "# TYPE te_embed_success counter\nte_embed_success 3\n", "text/plain; charset=utf-8"),
        *gates(("/embed", "/rerank", "/predict", "/v1/embeddings"), keyed=keyed),
        axum("*", 404, method="*"),
    ]
    sources = ["huggingface/text-embeddings-inference 0d124dc (1.9.3): router/src/http/server.rs, router/src/lib.rs"]
    return recorded("tei", variant, sources, exchanges)


def tei_metrics() -> Recording:
    """The second listener of TEI: its exporter answers every path alike."""
    body = '# TYPE te_request_failure counter\nte_request_failure{err="overloaded"} 1\n'
    headers = [("content-type", "text/plain; charset=utf-8"), ("content-length", "{size}"), ("date", DATE)]
    sources = ["huggingface/text-embeddings-inference 0d124dc (1.9.3): router/src/prometheus.rs"]
    return recorded("tei", "1.9-metrics", sources, [exchange("*", 200, headers, body, method="*")])


def lorax() -> Recording:
    """LoRAX, a fork of an early TGI."""
    info = {
        "model_id": "mistralai/Mistral-7B-Instruct-v0.3",
        "model_sha": "e0bc86c23ce5aae1db576c8cca6f06f1f73af2db",
        "model_dtype": "torch.float16",
        "model_device_type": "cuda",
        "model_pipeline_tag": "text-generation",
        "max_concurrent_requests": 128,
        "max_best_of": 2,
        "max_stop_sequences": 4,
        "max_input_length": 1024,
        "max_total_tokens": 2048,
        "waiting_served_ratio": 1.2,
        "max_batch_total_tokens": 32000,
        "max_waiting_tokens": 20,
        "validation_workers": 2,
        "eager_prefill": False,
        "version": "0.1.0",
        "sha": None,
        "docker_label": None,
        "request_logger_url": None,
    }
    described = {"openapi": "3.0.3", "info": {"title": "LoRAX", "version": "0.1.0"}, "paths": {}}
    exchanges = [axum(path, 200) for path in ("/", "/health", "/ping")]
    exchanges += [axum("/info", 200, info, JSON), axum("/api-doc/openapi.json", 200, described, JSON)]
    exchanges += [*gates(("/generate", "/v1/chat/completions"), keyed=False), axum("*", 404, method="*")]
    return recorded("lorax", "0.12", ["predibase/lorax a7394ba3: router/src/server.rs, router/src/lib.rs"], exchanges)


def hyper(path: str, status: int, body: Any, kind: str = "", **more: Any) -> Exchange:
    """An answer of Jan's server, with the CORS headers it puts on each."""
    allowed = "Authorization, Content-Type, Host, Accept, Accept-Language, Cache-Control, Connection, DNT, "
    allowed += "If-Modified-Since, Keep-Alive, Origin, User-Agent, X-Requested-With, X-CSRF-Token, X-Forwarded-For, "
    allowed += "X-Forwarded-Proto, X-Forwarded-Host, authorization, content-type, x-api-key"
    headers: Headers = [("content-type", kind)] if kind else []
    origin = EVIL if more.get("asked") else "*"
    headers += [("access-control-allow-origin", origin), ("access-control-allow-headers", allowed), ("vary", "Origin")]
    headers += [("access-control-allow-credentials", "true")] if more.get("asked") else []
    return exchange(path, status, [*headers, ("content-length", "{size}"), ("date", DATE)], body, **more)


def jan(variant: str, *, keyed: bool) -> Recording:
    """Jan's local API server; its page and its description stay open with a key."""
    page = '\n<!DOCTYPE html>\n<html lang="en">\n<head>\n  <title>API Docs</title>\n</head>\n</html>\n'
    described = {"openapi": "3.0.0", "info": {"title": "Jan API Server Endpoints", "version": "1.0"}, "paths": {}}
    models = cards("user", "janhq/Jan-v3-4b-base-instruct-Q4_K_XL", created=1)
    refused = "Invalid or missing authorization token"
    exchanges = [
        hyper("/", 200, page, "text/html"),
        exchange(
            "/openapi.json", 200, [("content-type", JSON), ("content-length", "{size}"), ("date", DATE)], described
        ),
        hyper("/v1/models", 401, refused) if keyed else hyper("/v1/models", 200, models, JSON),
        hyper("/v1/models", 200, "", method="OPTIONS", asked=PREFLIGHT),
        hyper("*", 401, refused, method="*") if keyed else hyper("*", 404, "Not Found", method="*"),
    ]
    sources = ["janhq/jan e78b82eb: src-tauri/src/core/server/proxy.rs; 2a0abe78: src-tauri/static/openapi.json"]
    return recorded("jan", variant, sources, exchanges)


# --- C++ and Qt ------------------------------------------------------------------------------------------------------


def llamafile() -> Recording:
    """The server that a llamafile starts with --v2."""
    head = [
        ("Server", "llamafile/0.9.3"),
        ("Referrer-Policy", "origin"),
        ("Cache-Control", "private; max-age=0"),
        ("Date", DATE),
    ]
    length = ("Content-Length", "{size}")
    flags: dict[str, Any] = {
        "model": "Qwen3-4B-Q4_K_M",
        "prompt": "You are a helpful assistant.",
        "no_display_prompt": False,
    }
    flags |= {"nologo": False, "completion_mode": False, "is_base_model": False, "temperature": 0.8, "seed": None}
    page = "<!DOCTYPE html>\n<title>llamafile</title>\n"
    typed = [*head, ("Content-Type", JSON), length]
    exchanges = [
        exchange("/v1/models", 200, typed, cards("llamafile", "Qwen3-4B-Q4_K_M")),
        exchange("/flagz", 200, typed, flags),
        exchange("/", 200, [*head, ("Content-Type", "text/html; charset=utf-8"), length], page),
        exchange("*", 404, [*head, length], "Not Found\r\n", method="*"),
    ]
    sources = ["Mozilla-Ocho/llamafile cfa861a (0.9.3): llamafile/server/client.cpp, v1_models.cpp, flagz.cpp"]
    return recorded("llamafile", "0.9.3", sources, exchanges)


def whisper_cpp() -> Recording:
    """The server of whisper.cpp on httplib."""
    head = [
        ("Access-Control-Allow-Headers", "content-type, authorization"),
        ("Access-Control-Allow-Origin", "*"),
        ("Content-Length", "{size}"),
        ("Server", "whisper.cpp"),
    ]
    page = "\n    <html>\n    <head>\n        <title>Whisper.cpp Server</title>\n    </head>\n    </html>\n"
    exchanges = [
        exchange("/", 200, [*head, ("Content-Type", "text/html")], page),
        exchange("/health", 200, [*head, ("Content-Type", JSON)], {"status": "ok"}),
        exchange("*", 404, [*head, ("Content-Type", "text/plain")], "File Not Found ({path})", method="*", echo=True),
    ]
    sources = ["ggml-org/whisper.cpp 233fe1fc9 (1.9.3): examples/server/server.cpp"]
    return recorded("whisper-cpp", "1.9", sources, exchanges)


def openvino(variant: str, *, keyed: bool) -> Recording:
    """OpenVINO Model Server on Drogon, which names no server and no date; the key guards OpenAI's routes."""
    head = [("content-length", "{size}"), ("content-type", JSON), ("access-control-allow-origin", "*")]
    refused = {"error": "Unauthorized request due to invalid or missing api-key"}
    models = cards("OVMS", "OpenVINO/Qwen3-8B-int4-ov")
    v2 = {"name": "OpenVINO Model Server", "version": "2026.2"}
    exchanges = [
        exchange("/v1/models", 401, head, refused) if keyed else exchange("/v1/models", 200, head, models),
        exchange("/v2", 200, head, v2),
        exchange("/v1/config/reload", 406, head, {"error": "Unsupported method"}),
        exchange("*", 400, head, {"error": "Invalid request URL"}, method="*"),
    ]
    sources = [
        "openvinotoolkit/model_server 7e4df0c7a: src/http_rest_api_handler.cpp, src/http_server.cpp, src/status.cpp"
    ]
    return recorded("openvino-model-server", variant, sources, exchanges)


def lemonade(variant: str, *, keyed: bool) -> Recording:
    """Lemonade Server with its web page, which answers every unknown path."""
    head = [("Content-Length", "{size}"), ("Content-Type", JSON), ("Vary", "Origin")]
    page_head = [("Cache-Control", "no-cache, no-store, must-revalidate"), ("Content-Type", "text/html")]
    page = '<!DOCTYPE html>\n<html lang="en">\n<head>\n    <title>Lemonade App</title>\n</head>\n</html>\n'
    refused = {"error": "Invalid or missing API key"}
    model = {"recipe": "llamacpp", "checkpoint": "unsloth/Qwen3-4B-GGUF:Q4_K_M", "downloaded": True, "labels": []}
    loaded = [{"model_name": "Qwen3-4B-GGUF", "checkpoint": model["checkpoint"], "recipe": "llamacpp", "device": "gpu"}]
    health: dict[str, Any] = {
        "status": "ok",
        "version": "11.7.0",
        "model_loaded": "Qwen3-4B-GGUF",
        "all_models_loaded": loaded,
    }
    health |= {"max_models": {"llm": 1}}
    models = cards("lemonade", "Qwen3-4B-GGUF", **model)
    answers: Mapping[str, Any] = {"/v1/models": models, "/v1/health": health, "/internal/config": {"port": 13305}}
    exchanges = [
        exchange(path, 401 if keyed else 200, head, refused if keyed else body) for path, body in answers.items()
    ]
    exchanges.append(exchange("*", 200, [*page_head, ("Content-Length", "{size}")], page, method="*"))
    sources = ["lemonade-sdk/lemonade e385039ed (11.7.0): src/cpp/server/server.cpp, src/app/src/renderer/index.html"]
    return recorded("lemonade", variant, sources, exchanges)


def tf_serving() -> Recording:
    """TensorFlow Serving with the monitoring of its configuration on."""
    head = [("Content-Type", JSON), ("Date", DATE), ("Content-Length", "{size}")]
    version = {"version": "1", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
    malformed = '{\n    "error": "Malformed request: GET /v1/models"\n}'
    missing = "<HTML><HEAD>\n<TITLE>404 Not Found</TITLE>\n</HEAD><BODY>\n<H1>Not Found</H1>\n</BODY></HTML>\n"
    metrics = (
        '# TYPE :tensorflow:serving:request_count counter\n:tensorflow:serving:request_count{model_name="model"} 3\n'
    )
    exchanges = [
        exchange("/v1/models", 400, head, malformed),
        exchange("/v1/models/model", 200, head, {"model_version_status": [version]}),
        exchange("/monitoring/prometheus/metrics", 200, [("Content-Type", "text/plain"), *head[1:]], metrics),
        exchange("*", 404, [("Content-Type", "text/html"), ("Connection", "close"), *head[1:]], missing, method="*"),
    ]
    sources = [
        "tensorflow/serving 9d981c5c: tensorflow_serving/model_servers, tensorflow_serving/util/net_http",
        "libevent 2.1 http.c: the page of evhttp_send_error",
    ]
    return recorded("tf-serving", "2.19", sources, exchanges)


def gpt4all() -> Recording:
    """GPT4All's server on Qt; what Qt answers to an unknown path is not in its source and is left bare."""
    allowed = {"allow_view": True, "organization": "*", "group": None, "is_blocking": False}
    granted = {"id": "placeholder", "object": "model_permission", "created": 0, **allowed}
    model = {"created": 0, "root": "Llama 3 8B Instruct", "parent": None, "permissions": [granted]}
    only_post = {"message": "Only POST requests are accepted.", "type": "invalid_request_error", "param": None}
    head = [("Content-Type", JSON), ("Access-Control-Allow-Origin", "*"), ("Content-Length", "{size}")]
    exchanges = [
        exchange("/v1/models", 200, head, cards("humanity", "Llama 3 8B Instruct", **model)),
        exchange("/v1/completions", 405, head, {"error": {**only_post, "code": "method_not_supported"}}),
        exchange("*", 404, [("Content-Length", "{size}")], "", method="*"),
    ]
    sources = ["nomic-ai/gpt4all cd70db29 (3.10.0): gpt4all-chat/src/server.cpp"]
    return recorded("gpt4all", "3.10", sources, exchanges)


# --- Python's http.server and Go's net/http --------------------------------------------------------------------------


def koboldcpp(variant: str, *, keyed: bool) -> Recording:
    """KoboldCpp on Python's http.server; the list of models stays open with a password."""
    base: Headers = [("Server", "ConcedoLlamaForKoboldServer"), ("Date", DATE)]
    cors: Headers = [
        ("access-control-allow-origin", "*"),
        ("access-control-allow-methods", "*"),
        ("cache-control", "no-store"),
    ]
    capable = {"txt2img": False, "vision": False, "transcribe": False, "multiplayer": False, "admin": 2 if keyed else 1}
    version = {"result": "KoboldCpp", "version": "1.117.1", "protected": keyed, **capable}
    models = cards("koboldcpp", "koboldcpp/Qwen3-4B-Q4_K_M", permission=[], root="koboldcpp")
    tags: dict[str, Any] = {
        "name": "koboldcpp",
        "digest": "b5dc5e784f2a3ee1582373093acf69a2f4e2ac1710b253a001712b86a61f88bb",
    }
    tags |= {"details": {"format": "gguf", "family": "koboldcpp", "families": ["koboldcpp"]}}
    missing = (
        "Error: KoboldCpp HTTP Server is running, but this endpoint does not exist. Please check the URL and METHOD."
    )
    known = {"/v1/models": models, "/api/extra/version": version, "/api/tags": {"models": [tags]}}
    known |= {"/api/version": {"version": "0.7.0"}}
    exchanges = [
        exchange(path, 200, [*base, ("content-length", "{size}"), *cors, ("content-type", JSON)], body, version="1.0")
        for path, body in known.items()
    ]
    page = "<!doctype html>\n<html lang='en'>\n<head>\n<title>KoboldAI Lite</title>\n</head>\n</html>\n"
    html = [*cors, ("content-type", "text/html")]
    exchanges.append(exchange("/", 200, [*base, ("content-length", "{size}"), *html], page, version="1.0"))
    exchanges.append(exchange("*", 404, [*base, *html], missing, version="1.0", method="*"))
    sources = ["LostRuins/koboldcpp 2da346a5 (1.76): koboldcpp.py; koboldcpp.py of 1.117.1: get_capabilities, do_GET"]
    return recorded("koboldcpp", variant, sources, exchanges)


def mlx_lm() -> Recording:
    """The server of MLX LM on Python's http.server."""
    head = [("Server", "BaseHTTP/0.6 Python/3.12.11"), ("Date", DATE), ("Content-type", JSON)]
    head += [(f"Access-Control-Allow-{name}", "*") for name in ("Origin", "Methods", "Headers")]
    names = ("mlx-community/Qwen3-4B-4bit", "/Users/dev/models/tiny-mlx")
    models = {"object": "list", "data": [{"id": name, "object": "model", **CREATED} for name in names]}
    exchanges = [
        exchange("/v1/models", 200, head, msgspec.json.encode(models).decode(), version="1.0"),
        exchange("/health", 200, head, '{"status": "ok"}', version="1.0"),
        exchange("*", 404, head, "Not Found", version="1.0", method="*"),
    ]
    return recorded("mlx-lm", "0.31", ["ml-explore/mlx-lm d78bf58e (0.31.3): mlx_lm/server.py"], exchanges)


def model_runner() -> Recording:
    """Docker Model Runner over TCP."""
    facts = {"context_window": 40960, "architecture": "qwen3", "parameters": "4.02B", "quantization": "IQ2_XXS/Q4_K_M"}
    running = {"backend_name": "llama.cpp", "model_name": "ai/qwen3:latest", "mode": "completion", "in_use": False}
    record = {"model": "sha256:79fa", "config": {}, "records": [{"id": "1", "request": "{}", "response": "{}"}]}
    answers = {
        "/v1/models": cards("docker", "ai/qwen3:latest", dmr={**facts, "size": "2.5GB"}),
        "/engines/status": {"llama.cpp": "running llama.cpp latest-cpu", "vllm": "not installed"},
        "/engines/ps": [running],
        "/engines/requests": [record],
        "/version": {"version": "v1.2.6"},
        "/api/version": {"version": "0.1.0"},
    }
    typed = [("Content-Type", JSON), ("Date", DATE), ("Content-Length", "{size}")]
    plain = [("Content-Type", "text/plain; charset=utf-8"), *typed[1:]]
    exchanges = [
        exchange(path, 200, typed, msgspec.json.encode(body).decode() + "\n") for path, body in answers.items()
    ]
    exchanges.append(exchange("/", 200, plain, "Docker Model Runner is running"))
    unknown = [plain[0], ("X-Content-Type-Options", "nosniff"), *plain[1:]]
    exchanges.append(exchange("*", 404, unknown, "404 page not found\n", method="*"))
    sources = ["docker/model-runner 642c7211 (1.2.6): pkg/server, pkg/routing, pkg/inference, pkg/metrics"]
    return recorded("docker-model-runner", "1.2", sources, exchanges)


def synthesised() -> list[Recording]:
    """All of them."""
    both = [(tei, "1.9"), (jan, "0.7"), (openvino, "2026"), (lemonade, "11.7"), (koboldcpp, "1.117")]
    paired = [
        make(f"{version}-{end}", keyed=keyed)
        for make, version in both
        for end, keyed in (("open", False), ("apikey", True))
    ]
    others = [tei_metrics(), lorax(), llamafile(), whisper_cpp(), tf_serving(), gpt4all(), mlx_lm(), model_runner()]
    return [*on_uvicorn(), *paired, *others]


if __name__ == "__main__":
    for one in synthesised():
        dump(one)
