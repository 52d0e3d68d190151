"""Writes the recordings of interfaces and gateways never on our wire: `python -m tests.recordings.synthesise_apps`.

Bodies and statuses are read from the sources each recording names, pages cut to what tells them apart; the order of the
headers is that of the same framework in a real recording. The agents' recordings are written along with them.
"""

from typing import Any

import msgspec

from tests.recording import Recording, dump
from tests.recordings.pages import (
    EVIL,
    HTML,
    JSON,
    TEXT,
    UTF8,
    Page,
    Pages,
    aiohttp,
    envoy,
    go,
    html,
    missing,
    node,
    recorded,
    uvicorn,
)
from tests.recordings.synthesise_agents import agents

# --- Interfaces ------------------------------------------------------------------------------------------------------


def _open_webui(name: str, *, auth: bool, fresh: bool) -> Recording:
    features: dict[str, Any] = {
        "auth": auth,
        "auth_trusted_header": False,
        "enable_signup_password_confirmation": False,
    }
    features |= {"enable_ldap": False, "enable_signup": fresh, "enable_login_form": True, "enable_websocket": True}
    config: dict[str, Any] = {"onboarding": True} if fresh else {}
    config |= {"status": True, "name": "Open WebUI", "version": "0.12.4", "default_locale": "", "i18n": {}}
    config |= {"oauth": {"providers": {}, "auto_redirect": False}, "features": features}
    open_to = [("access-control-allow-origin", EVIL[1]), ("access-control-allow-credentials", "true")]
    pages: Pages = {
        "/api/config": [Page(200, config), Page(200, config, JSON, open_to, [EVIL])],
        "/api/version": Page(200, {"version": "0.12.4", "deployment_id": ""}),
        "/health": Page(200, {"status": True}),
        "/api/models": Page(401, {"detail": "Not authenticated"}),
        "*": html("Open WebUI", '<link rel="manifest" href="/manifest.json" />', '<div id="splash-screen"></div>'),
    }
    return recorded(f"open-webui-0.12.4-{name}", "open-webui", ["open-webui 0.12.4 (PyPI): main.py"], uvicorn, pages)


def _comfyui(name: str, *, listen: bool, cors: bool) -> Recording:
    argv = ["main.py", *(["--listen", "0.0.0.0"] if listen else []), *(["--enable-cors-header"] if cors else [])]
    system: dict[str, Any] = {"os": "linux", "ram_total": 67108864, "ram_free": 33554432, "comfyui_version": "0.31.0"}
    system |= {"required_frontend_version": "1.58.1", "python_version": "3.12.3", "pytorch_version": "2.9.0+cu130"}
    system |= {"embedded_python": False, "argv": argv}
    device: dict[str, Any] = {"name": "cuda:0 NVIDIA L4", "type": "cuda", "index": 0, "vram_total": 24, "vram_free": 23}
    extra = [("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Credentials", "true")] if cors else []
    stats = {"system": system, "devices": [device]}
    shut = Page(403, "", TEXT, [], [EVIL])
    pages: Pages = {
        "/": html("ComfyUI", body='<div id="vue-app"></div>')._replace(extra=extra),
        "/system_stats": [Page(200, stats, UTF8, extra), shut],
        "/prompt": Page(200, {"exec_info": {"queue_remaining": 0}}, UTF8, extra),
        "/queue": Page(200, {"queue_running": [], "queue_pending": []}, UTF8, extra),
        "/models/checkpoints": Page(200, ["sd_xl_base_1.0.safetensors"], UTF8, extra),
        "*": Page(404, "404: Not Found", TEXT, extra),
    }
    if cors:
        pages["/system_stats"] = [Page(200, stats, UTF8, extra, asked) for asked in ([], [EVIL])]
    sources = [
        "Comfy-Org/ComfyUI 002c3fb9: server.py, middleware/origin_middleware.py; comfyui_frontend_package 1.58.1"
    ]
    return recorded(f"comfyui-0.31-{name}", "comfyui", sources, aiohttp, pages)


def _automatic1111(name: str, *, api: bool, keyed: bool) -> Recording:
    config: dict[str, Any] = {
        "version": "3.41.2",
        "mode": "blocks",
        "title": "Stable Diffusion",
        "components": [],
        "is_space": False,
    }
    script = f"<script>window.gradio_config = {msgspec.json.encode(config).decode()};</script>"
    pages: Pages = {
        "/": html("Stable Diffusion", script, "<gradio-app></gradio-app>"),
        "/config": Page(200, config),
        "/app_id": Page(200, {"app_id": 17}),
        "/internal/ping": Page(200, {}),
        "*": missing(),
    }
    model: dict[str, Any] = {"title": "v1-5.safetensors [6ce0161689]", "model_name": "v1-5", "hash": "6ce0161689"}
    model |= {"sha256": "6c" * 32, "filename": "/app/models/Stable-diffusion/v1-5.safetensors", "config": None}
    bodies: dict[str, Any] = {
        "/sdapi/v1/sd-models": [model],
        "/sdapi/v1/memory": {"ram": {"free": 1, "used": 1, "total": 2}, "cuda": {"system": {"free": 1}}},
        "/sdapi/v1/cmd-flags": {"share": False, "listen": True, "api": True, "enable_insecure_extension_access": True},
    }
    denied = Page(401, {"detail": "Not authenticated"}, JSON, [("www-authenticate", "Basic")])
    if api:
        pages |= {path: denied if keyed else Page(200, body) for path, body in bodies.items()}
    sources = ["AUTOMATIC1111/stable-diffusion-webui: modules/api/api.py, webui.py, modules/ui.py"]
    return recorded(f"automatic1111-1.10-{name}", "automatic1111", sources, uvicorn, pages)


def _invokeai(name: str, *, multiuser: bool) -> Recording:
    model: dict[str, Any] = {
        "key": "6f0c",
        "hash": "blake3:aa",
        "path": "main/sdxl",
        "name": "SDXL Base",
        "base": "sdxl",
    }
    model |= {"type": "main", "format": "diffusers"}
    status: dict[str, Any] = {
        "setup_required": False,
        "multiuser_enabled": multiuser,
        "strict_password_checking": False,
    }
    listed = (
        Page(401, {"detail": "Missing authentication credentials"}) if multiuser else Page(200, {"models": [model]})
    )
    pages: Pages = {
        "/api/v1/app/version": Page(200, {"version": "6.14.2"}),
        "/api/v1/auth/status": Page(200, status),
        "/api/v2/models/": listed,
        "*": html("Invoke - Community Edition"),
    }
    sources = ["invokeai 6.14.2 (PyPI): app/api_app.py, app/api/routers/{app_info,auth,model_manager}.py"]
    return recorded(f"invokeai-6.14.2-{name}", "invokeai", sources, uvicorn, pages)


def _librechat() -> Recording:
    config: dict[str, Any] = {"appTitle": "LibreChat", "serverDomain": "http://localhost:3080"}
    config |= {f"{one}LoginEnabled": False for one in ("discord", "facebook", "github", "google", "apple", "openid")}
    config |= {"emailLoginEnabled": True, "registrationEnabled": True, "socialLoginEnabled": False}
    config |= {"emailEnabled": False, "passwordResetEnabled": False, "socialLogins": ["google"]}
    head = '<meta name="description" content="LibreChat - An open source chat application" />'
    pages: Pages = {
        "/api/config": Page(200, config, UTF8),
        "/health": Page(200, "OK", HTML),
        "/api/models": Page(401, "Unauthorized", TEXT),
        "*": html("LibreChat", head)._replace(extra=(("X-Robots-Tag", "noindex"),)),
    }
    sources = ["danny-avila/LibreChat: api/server/index.js, api/server/routes/config.js, client/index.html"]
    return recorded("librechat-0.8", "librechat", sources, node, pages)


def _anythingllm(name: str, *, password: bool) -> Recording:
    settings: dict[str, Any] = {
        "RequiresAuth": password,
        "AuthToken": password,
        "JWTSecret": True,
        "StorageDir": "/app/server/storage",
    }
    settings |= {"MultiUserMode": False, "EmbeddingEngine": "native", "VectorDB": "lancedb"}
    settings |= {"LLMProvider": "ollama", "LLMModel": "qwen3:8b", "DisableTelemetry": "false"}
    metrics: dict[str, Any] = {
        "online": True,
        "version": "72aabbd1",
        "mode": "single-user",
        "vectorDB": "lancedb",
        "appVersion": "1.16.0",
    }
    shut = Page(401, {"error": "No auth token found."}, UTF8)
    title = "AnythingLLM | Your personal LLM trained on anything"
    pages: Pages = {
        "/api/ping": Page(200, {"online": True}, UTF8),
        "/api/setup-complete": Page(200, {"results": settings}, UTF8),
        "/api/utils/metrics": Page(200, metrics, UTF8),
        "/api/workspaces": shut if password else Page(200, {"workspaces": []}, UTF8),
        "*": html(title)._replace(
            extra=(
                ("X-Powered-By", "Express"),
                ("Vary", "Origin"),
            )
        ),
    }
    sources = ["Mintplex-Labs/anything-llm 72aabbd1: server/index.js, server/endpoints/{system,utils}.js"]
    return recorded(f"anythingllm-1.16-{name}", "anythingllm", sources, node, pages)


def _privategpt(name: str, *, keyed: bool) -> Recording:
    model: dict[str, Any] = {
        "id": "gpt-oss-20b",
        "created_at": "2026-01-01T00:00:00Z",
        "display_name": "gpt-oss",
        "type": "model",
    }
    listed: dict[str, Any] = {
        "data": [model | {"max_tokens": 8192, "max_input_tokens": 131072}],
        "first_id": model["id"],
    }
    challenge = [("www-authenticate", 'Basic realm="All the API", charset="UTF-8"')]
    shut = Page(401, {"detail": "Not authenticated"}, JSON, challenge)
    described = {"openapi": "3.1.0", "info": {"title": "Private-GPT API", "version": "1.0.1"}, "paths": {}}
    pages: Pages = {
        "/v1/models": shut if keyed else Page(200, listed | {"has_more": False, "last_id": model["id"]}),
        "/openapi.json": Page(200, described),
        "/health": Page(200, {"status": "ok"}),
        "*": missing(),
    }
    sources = [
        "zylon-ai/private-gpt ab89a0d6: launcher.py, docs.py, server/models, server/utils/auth.py, settings.yaml"
    ]
    return recorded(f"privategpt-1.0-{name}", "privategpt", sources, uvicorn, pages)


def _big_agi() -> Recording:
    head = "".join(
        f"<meta property='{name}' content='{value}'/>"
        for name, value in [("og:title", "Big-AGI"), ("og:site_name", "Big-AGI | The Expert&#x27;s AI Workspace")]
    )
    powered = [("X-Powered-By", "Next.js")]
    pages: Pages = {
        "/": html("Big-AGI", head, '<div id="__next"></div>')._replace(extra=powered),
        "/manifest.json": Page(200, {"name": "big-AGI", "short_name": "big-AGI", "theme_color": "#32383E"}),
        "*": html("404: This page could not be found")._replace(status=404, extra=powered),
    }
    sources = ["enricoros/big-AGI 52adc48c: src/common/app.config.ts, pages/_document.tsx, public/manifest.json"]
    return recorded("big-agi-2.1", "big-agi", sources, node, pages)


def _lobechat(name: str, start: str) -> Recording:
    manifest = {"id": "lobe-hub", "name": "LobeHub", "short_name": "LobeHub", "cache_busting_mode": "all"}
    tabs = {"new_tab_button": {"url": "/agent"}}
    pages: Pages = {
        "/": Page(307, start, TEXT, [("x-robots-tag", "all"), ("location", start)]),
        "/manifest.webmanifest": Page(200, manifest | {"start_url": "/agent", "tab_strip": tabs}),
        "*": html("404")._replace(status=404, extra=[("x-robots-tag", "all"), ("X-Powered-By", "Next.js")]),
    }
    sources = ["lobehub/lobe-chat: src/app/manifest.ts, src/server/manifest.ts, next.config.ts"]
    return recorded(f"lobechat-2-{name}", "lobechat", sources, node, pages)


# --- Gateways --------------------------------------------------------------------------------------------------------


def _one_api(
    product: str, title: str, version: str, more: dict[str, Any], extra: list[tuple[str, str]], source: str
) -> Recording:
    status: dict[str, Any] = {"version": version, "start_time": 1, "email_verification": False, "github_oauth": False}
    status |= {"system_name": title, "quota_per_unit": 500000, "display_in_currency": True, "chat_link": ""}
    status |= {"turnstile_check": False}
    stamped = [("X-Oneapi-Request-Id", "2026112021000012345678"), *extra]
    anyone = [("Access-Control-Allow-Credentials", "true"), ("Access-Control-Allow-Origin", "*")]
    kind = product.replace("-", "_") + "_error"
    denied = {"error": {"message": "未提供令牌 (request id: 2026112021000012345678)", "type": kind}}
    lost = {"error": {"message": "Invalid URL (GET /api/x)", "type": "invalid_request_error", "param": "", "code": ""}}
    pages: Pages = {
        "/api/status": Page(200, {"success": True, "message": "", "data": status | more}, UTF8, stamped),
        "/v1/models": [Page(401, denied, UTF8, stamped), Page(401, denied, UTF8, [*stamped, *anyone], [EVIL])],
        "/api/models": Page(404, lost, UTF8, stamped),
        "*": html(title)._replace(extra=[("Cache-Control", "no-cache"), *stamped]),
    }
    return recorded(f"{product}-{version.removeprefix('v')}", product, [source], go, pages)


def _helicone() -> Recording:
    powered = [("X-Powered-By", "Express")]
    kind = UTF8
    pages: Pages = {
        "/healthcheck": Page(200, {"status": "healthy :)"}, kind, powered),
        "*": Page(401, {"error": "No authorization header found."}, kind, powered),
    }
    sources = ["Helicone/helicone: valhalla/jawn/src/index.ts, valhalla/jawn/src/middleware/auth.ts"]
    return recorded("helicone-jawn", "helicone", sources, node, pages)


def _envoy_ai_gateway() -> Recording:
    model: dict[str, Any] = {"id": "gpt-4o", "created": 1763000000, "object": "model", "owned_by": "Envoy AI Gateway"}
    lost = "No matching route found. It is likely because the model specified in your request is not configured in the"
    pages: Pages = {
        "/v1/models": Page(200, {"data": [model], "object": "list"}),
        "*": Page(404, f"{lost} Gateway.", "text/plain"),
    }
    sources = ["envoyproxy/ai-gateway c217da8a: internal/controller/ai_gateway_route.go, internal/extproc"]
    return recorded("envoy-ai-gateway-1.1", "envoy-ai-gateway", sources, envoy, pages)


def _vllm_router() -> Recording:
    card = {"id": "m", "object": "model", "created": 1763000000, "owned_by": "vllm", "root": None, "parent": None}
    metrics = '# TYPE vllm:current_qps gauge\nvllm:current_qps{server="http://10.0.0.1:8000"} 0.0\n'
    metrics += '# TYPE vllm:healthy_pods_total gauge\nvllm:healthy_pods_total{server="http://10.0.0.1:8000"} 1.0\n'
    engine = {"engine_id": "5b0f3c6e", "serving_models": ["m"], "created": 1763000000.0}
    pages: Pages = {
        "/v1/models": Page(200, {"object": "list", "data": [card]}),
        "/engines": Page(200, [engine]),
        "/version": Page(200, {"version": "0.1.12"}),
        "/health": Page(200, {"status": "healthy"}),
        "/metrics": Page(200, metrics, "text/plain; version=0.0.4; charset=utf-8"),
        "*": missing(),
    }
    sources = ["vllm-project/production-stack a6c01db0: src/vllm_router/{app,protocols}.py, routers, metrics_service"]
    return recorded("vllm-router-0.1.12", "vllm-router", sources, uvicorn, pages)


def _semantic_router() -> Recording:
    about: dict[str, Any] = {
        "service": "Semantic Router Apiserver",
        "version": "v1",
        "description": "",
        "endpoints": [],
    }
    pages: Pages = {
        "/health": Page(200, '{"status": "healthy", "service": "classification-api"}'),
        "/api/v1": Page(200, about | {"task_types": [], "links": {"openapi_spec": "/openapi.json"}}),
        "/config/router": Page(200, {"version": "v0.3", "providers": {}}),
        "*": Page(404, "404 page not found\n", TEXT, [("X-Content-Type-Options", "nosniff")]),
    }
    sources = [
        "vllm-project/semantic-router 3d48f8c9: src/semantic-router/pkg/apiserver/{server,auth,route_api_doc}.go"
    ]
    return recorded("semantic-router-0.3", "semantic-router", sources, go, pages)


def _bifrost(name: str, *, keyed: bool) -> Recording:
    config: dict[str, Any] = {
        "client_config": {"enforce_auth_on_inference": False, "enable_logging": True, "allowed_origins": ["*"]}
    }
    config |= {"framework_config": {"id": 1}, "is_db_connected": True, "is_cache_connected": False}
    shut = Page(401, {"is_bifrost_error": False, "status_code": 401, "error": {"message": "Unauthorized"}})
    pages: Pages = {
        "/health": Page(200, {"status": "ok"}),
        "/api/version": Page(200, '"v1.6.1"'),
        "/api/config": shut if keyed else Page(200, config | {"is_logs_connected": True}),
        "*": html("Bifrost", '<link rel="dns-prefetch" href="https://getbifrost.ai" />'),
    }
    sources = ["maximhq/bifrost: docs/openapi/schemas/management/config.yaml, ui/index.html; docs.getbifrost.ai"]
    return recorded(f"bifrost-1.6-{name}", "bifrost", sources, go, pages)


def _olla() -> Recording:
    about: dict[str, Any] = {"api": {"version": "v1"}, "links": {}, "build": {"commit": "200c24f"}, "name": "Olla"}
    about |= {"version": "v0.0.28", "edition": "Community", "description": "The AI Proxy for your LLMs"}
    about |= {"capabilities": ["load_balancing"], "supported_backends": ["ollama", "vllm"]}
    model: dict[str, Any] = {
        "id": "llama3",
        "family": "llama",
        "parameter_size": "8B",
        "quantization": "Q4_K_M",
        "format": "gguf",
    }
    endpoint = {"name": "local", "url": "http://10.0.0.2:11434", "status": "healthy", "type": "ollama"}
    pages: Pages = {
        "/version": Page(200, about),
        "/internal/health": Page(200, {"status": "healthy"}),
        "/internal/status/endpoints": Page(200, {"endpoints": [endpoint]}),
        "/olla/models": Page(200, {"unified_models": [model], "total_models": 1}),
        "*": Page(404, "404 page not found\n", TEXT, [("X-Content-Type-Options", "nosniff")]),
    }
    sources = ["thushan/olla 200c24f: internal/app/handlers, internal/version/version.go, config/config.yaml"]
    return recorded("olla-0.0.28", "olla", sources, go, pages)


def synthesised() -> list[Recording]:
    """All of them."""
    new = {"quota_display_type": "USD", "self_use_mode_enabled": False, "demo_site_enabled": False, "setup": True}
    stamp = [("X-New-Api-Version", "v1.0.0")]
    return [
        _open_webui("fresh", auth=True, fresh=True),
        _open_webui("noauth", auth=False, fresh=False),
        _comfyui("default", listen=False, cors=False),
        _comfyui("cors", listen=True, cors=True),
        _automatic1111("api", api=True, keyed=False),
        _automatic1111("api-auth", api=True, keyed=True),
        _invokeai("single", multiuser=False),
        _invokeai("multiuser", multiuser=True),
        _librechat(),
        _anythingllm("open", password=False),
        _anythingllm("password", password=True),
        _privategpt("open", keyed=False),
        _privategpt("auth", keyed=True),
        _big_agi(),
        _lobechat("open", "/chat"),
        _lobechat("login", "/signin"),
        _one_api("one-api", "One API", "v0.6.11", {}, [], "songquanpeng/one-api 8df4a267: controller/misc.go, router"),
        _one_api("new-api", "New API", "v1.0.0", new, stamp, "QuantumNous/new-api: controller/misc.go, middleware"),
        _helicone(),
        _envoy_ai_gateway(),
        _vllm_router(),
        _semantic_router(),
        _bifrost("open", keyed=False),
        _bifrost("auth", keyed=True),
        _olla(),
        *agents(),
    ]


if __name__ == "__main__":
    for recording in synthesised():
        dump(recording)
