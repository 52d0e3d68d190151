"""Recordings made from recorded ones: another version or state of the same server, by what its source says."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from msgspec.structs import replace

from tests.recording import Exchange, Recording, Request, Response, load

_DATE = "Fri, 20 Nov 2026 21:00:00 GMT"
Change = Callable[[Exchange], Exchange | None]


def _varied(base: str, name: str, sources: Iterable[str], change: Change) -> Recording:
    """A recording made from a real one, exchange by exchange; None drops it."""
    old = load(base)
    exchanges = [new for one in old.exchanges if (new := change(one)) is not None]
    return Recording(name=name, product=old.product, synthetic=True, sources=[base, *sources], exchanges=exchanges)


def _answered(one: Exchange, body: str, **changes: Any) -> Exchange:
    return replace(one, response=replace(one.response, body=body, **changes))


def _ollama_empty(one: Exchange) -> Exchange | None:
    """No models: `[]` under /api and `null` under /v1, as recorded from a fresh server."""
    path, status = one.request.path, one.response.status
    if status != 200 or one.request.method == "HEAD":
        return one
    if path in ("/api/tags", "/api/ps"):
        return _answered(one, '{"models":[]}')
    if path == "/v1/models":
        return _answered(one, '{"object":"list","data":null}\n')
    return None if path.startswith(("/v1/models/", "/api/show")) else one


def _ollama_open(one: Exchange) -> Exchange | None:
    """Bound beyond loopback: the guard on Host is off."""
    if one.request.header("host") == "evil.example" and one.response.status == 403:
        return None
    return one


def _ollama_05(one: Exchange) -> Exchange | None:
    """Before 0.7 a wrong method was 404; no capabilities (0.6.4), no context_length (0.10), no status (0.16.2)."""
    request, response = one.request, one.response
    gone = request.path in ("/api/status", "/api/experimental/model-recommendations", "/api/me")
    if gone or response.status == 405:
        kind = [("Content-Type", "text/plain"), ("Date", _DATE), ("Content-Length", "18")]
        missing = Response(status=404, reason="Not Found", headers=kind, body="404 page not found")
        return replace(one, response=missing)
    if request.path == "/api/version" and response.status == 200:
        return _answered(one, '{"version":"0.5.13"}')
    if not response.body.startswith("{") or response.status != 200:
        return one
    late = ("capabilities", "context_length", "embedding_length", "tensors", "renderer", "parser")
    return _answered(one, _json(_without(msgspec.json.decode(response.body), late)))


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _without(value: Any, names: tuple[str, ...]) -> Any:
    if isinstance(value, dict):
        return {name: _without(item, names) for name, item in value.items() if name not in names}
    return [_without(item, names) for item in value] if isinstance(value, list) else value


_VLLM_06 = ("/v1/models", "/version", "/health", "/metrics", "/tokenize", "/docs", "/redoc", "/openapi.json")
_VLLM_06_PATHS = (
    "/health",
    "/tokenize",
    "/detokenize",
    "/v1/models",
    "/version",
    "/v1/chat/completions",
    "/v1/completions",
    "/v1/embeddings",
)


def _vllm_06(one: Exchange) -> Exchange | None:
    """Allowed every origin by default (till 0.20), and had fewer routes."""
    request, response = one.request, one.response
    headers = [pair for pair in response.headers if pair[0] != "vary"]
    if request.header("access-control-request-method"):
        headers = [("date", _DATE), ("server", "uvicorn"), ("access-control-allow-origin", "*")]
        headers += [("access-control-allow-methods", "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT")]
        headers += [("access-control-max-age", "600"), ("content-length", "2")]
        headers += [("content-type", "text/plain; charset=utf-8")]
        return _answered(one, "OK", status=200, reason="OK", headers=headers)
    if request.path.rstrip("/") not in _VLLM_06 and response.status != 404:
        headers = [
            ("date", _DATE),
            ("server", "uvicorn"),
            ("content-length", "22"),
            ("content-type", "application/json"),
        ]
        return _answered(one, '{"detail":"Not Found"}', status=404, reason="Not Found", headers=headers)
    if request.header("origin"):
        headers.append(("access-control-allow-origin", "*"))
    body = response.body
    if request.path == "/version":
        body = body.replace("0.32.0", "0.6.3")
    elif request.path == "/openapi.json":
        paths: dict[str, Any] = {path: {} for path in _VLLM_06_PATHS}
        body = _json({**msgspec.json.decode(body), "paths": paths})
    return _answered(one, body, headers=headers, cut_from=None)


def _llama_loading() -> Recording:
    """While the model loads nothing passes the state check; OPTIONS is answered before it."""
    error = {"error": {"message": "Loading model", "type": "unavailable_error", "code": 503}}
    headers = [("Server", "llama.cpp"), ("Access-Control-Allow-Origin", "")]
    headers += [("Content-Type", "application/json; charset=utf-8")]
    body = _json(error)
    headers += [("Content-Length", str(len(body))), ("Connection", "close")]
    response = Response(status=503, reason="Service Unavailable", headers=headers, body=body)
    every = Exchange(request=Request(method="*", path="*"), response=response)
    flights = [one for one in load("llama-server-0c1e57098-default").exchanges if one.request.method == "OPTIONS"]
    sources = ["llama-server-0c1e57098-default", "llama.cpp 0c1e57098: tools/server/server-http.cpp"]
    name = "synthetic-llama-server-loading"
    return Recording(name=name, product="llamacpp", synthetic=True, sources=sources, exchanges=[*flights, every])


def varied() -> list[Recording]:
    """All of them."""
    ollama, tags = "ollama-0.32.15-default", ["ollama/ollama tags v0.1.0 to v0.32.15: api/types.go, server/routes.go"]
    vllm = ["vLLM sdist 0.6.3: vllm/entrypoints/openai/api_server.py"]
    return [
        _varied(ollama, "synthetic-ollama-0.32.15-empty", tags, _ollama_empty),
        _varied(ollama, "synthetic-ollama-0.32.15-open", tags, _ollama_open),
        _varied(ollama, "synthetic-ollama-0.5", tags, _ollama_05),
        _varied("vllm-0.32.0-default", "synthetic-vllm-0.6", vllm, _vllm_06),
        _llama_loading(),
    ]
