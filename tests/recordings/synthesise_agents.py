"""The recordings of agents, flows and platforms that were never on our wire; `synthesise_apps` writes them."""

from typing import Any

from tests.recording import Recording
from tests.recordings.pages import HTML, JSON, TEXT, UTF8, Page, Pages, html, missing, nginx, node, recorded, uvicorn

# --- Agents, flows and platforms -------------------------------------------------------------------------------------


def _dify(name: str, *, fresh: bool) -> Recording:
    features: dict[str, Any] = {
        "sso_enforced_for_signin": False,
        "enable_marketplace": True,
        "enable_email_password_login": True,
    }
    features |= {"is_allow_register": fresh, "is_allow_create_workspace": fresh, "license": {"status": "none"}}
    stamped = [("X-Version", "1.14.0"), ("X-Env", "PRODUCTION")]
    step: dict[str, Any] = {"step": "not_started"} if fresh else {"step": "finished", "setup_at": "2026-11-20T21:00:00"}
    unauthorized = {"code": "unauthorized", "message": "Authorization header must be provided", "status": 401}
    pages: Pages = {
        "/": Page(307, "/apps", TEXT, [("location", "/apps")]),
        "/console/api/system-features": Page(200, features, JSON, stamped),
        "/console/api/setup": Page(200, step, JSON, stamped),
        "/v1/models": Page(404, {"code": "not_found", "message": "Not Found", "status": 404}, JSON, stamped),
        "/v1/parameters": Page(401, unauthorized, JSON, stamped),
        "*": html("404: This page could not be found.")._replace(status=404, extra=(("X-Powered-By", "Next.js"),)),
    }
    sources = [
        "langgenius/dify: api/extensions/ext_app_metrics.py, api/controllers/console, docker/nginx, feature_service"
    ]
    return recorded(f"dify-1.14-{name}", "dify", sources, nginx, pages)


def _openclaw(name: str, *, http: bool) -> Recording:
    denied = {"error": {"message": "Unauthorized", "type": "unauthorized"}}
    bootstrap = {"basePath": "", "assistantName": "Claw", "assistantAgentId": "main", "serverVersion": "2026.8.20"}
    live = Page(200, {"ok": True, "status": "live"}, UTF8, [("Cache-Control", "no-store")])
    page = html("OpenClaw Control", body="<openclaw-app></openclaw-app>")
    pages: Pages = {
        "/health": live,
        "/healthz": live,
        "/control-ui-config.json": Page(401, denied, UTF8) if http else Page(200, bootstrap, UTF8),
        "/readyz": Page(200, {"ready": True}, UTF8, [("Cache-Control", "no-store")]),
        "*": page._replace(
            extra=(
                ("X-Content-Type-Options", "nosniff"),
                ("Referrer-Policy", "no-referrer"),
            )
        ),
    }
    if http:
        pages["/v1/models"] = Page(401, denied, UTF8)
    sources = ["openclaw/openclaw: src/gateway/{server-http,control-ui}.ts, ui/index.html"]
    return recorded(f"openclaw-2026.8-{name}", "openclaw", sources, node, pages)


def _letta(name: str, *, secure: bool) -> Recording:
    model: dict[str, Any] = {
        "handle": "openai/gpt-4o",
        "model": "gpt-4o",
        "context_window": 128000,
        "model_endpoint_type": "openai",
    }
    shut = Page(401, {"detail": "Unauthorized"})
    pages: Pages = {
        "/v1/health/": Page(200, {"version": "0.16.8", "status": "ok"}),
        "/v1/agents/count": shut if secure else Page(200, "0"),
        "/v1/models/": shut if secure else Page(200, [model]),
        "/openapi.json": shut
        if secure
        else Page(200, {"openapi": "3.1.0", "info": {"title": "Letta API"}, "paths": {}}),
        "*": shut if secure else missing(),
    }
    sources = ["letta-ai/letta: letta/server/rest_api/app.py, letta/server/rest_api/routers/v1/health.py"]
    return recorded(f"letta-0.16.8-{name}", "letta", sources, uvicorn, pages)


def _llama_stack(name: str, *, keyed: bool) -> Recording:
    model: dict[str, Any] = {
        "identifier": "llama3.2:3b",
        "provider_resource_id": "llama3.2:3b",
        "provider_id": "ollama",
    }
    model |= {"type": "model", "metadata": {}, "model_type": "llm"}
    provider: dict[str, Any] = {
        "api": "inference",
        "provider_id": "ollama",
        "provider_type": "remote::ollama",
        "config": {},
    }
    bodies: dict[str, Any] = {
        "/v1/health": {"status": "OK"},
        "/v1/version": {"version": "0.2.20"},
        "/v1/models": {"data": [model]},
        "/v1/providers": {"data": [provider]},
        "*": {"detail": "Not Found"},
    }
    words = "Authentication required. Please provide a valid OAuth2 Bearer token from https://issuer"
    pages: Pages = {
        path: Page(401, {"error": {"message": words}}) if keyed else Page(404 if path == "*" else 200, body)
        for path, body in bodies.items()
    }
    sources = ["meta-llama/llama-stack b12cd528: core/server/{server,auth}.py, apis/{inspect,models,providers}"]
    return recorded(f"llama-stack-0.2-{name}", "llama-stack", sources, uvicorn, pages)


def _open_interpreter(name: str, *, keyed: bool) -> Recording:
    form = '<button id="approveCodeButton">Approve Code</button>\n<button id="authButton">Send Auth</button>'
    script = f'{form}\n<script>\nvar ws = new WebSocket("ws://0.0.0.0:8000/");\n</script>'
    home = f"\n            <!DOCTYPE html>\n<html>\n<head><title>Chat</title></head>\n<body>{script}</body></html>\n"
    denied = Page(403, {"detail": "Authentication failed"})
    pages: Pages = {
        "/heartbeat": Page(200, {"status": "alive"}),
        "/": denied if keyed else Page(200, home, TEXT),
        "/run": denied if keyed else missing(405)._replace(extra=[("allow", "POST")]),
        "*": denied if keyed else missing(),
    }
    sources = ["OpenInterpreter/open-interpreter dcfcffa9: interpreter/core/async_core.py"]
    return recorded(f"open-interpreter-0.4.3-{name}", "open-interpreter", sources, uvicorn, pages)


def _langfuse() -> Recording:
    policy = [("x-frame-options", "SAMEORIGIN"), ("Document-Policy", "js-profiling"), ("X-Powered-By", "Next.js")]
    shut = {"message": "No authorization header", "error": "UnauthorizedError"}
    pages: Pages = {
        "/": html("Langfuse")._replace(extra=policy),
        "/auth/sign-in": html("Sign in | Langfuse")._replace(extra=policy),
        "/auth/sign-up": html("Sign up | Langfuse")._replace(extra=policy),
        "/api/public/health": Page(200, {"status": "OK", "version": "4.16.0"}),
        "/api/public/projects": Page(401, shut),
        "*": html("404: This page could not be found")._replace(status=404, extra=policy),
    }
    sources = [
        "langfuse/langfuse 62751446: web/src/pages/auth, web/src/pages/api/public/health.ts, web/next.config.mjs"
    ]
    return recorded("langfuse-4.16", "langfuse", sources, node, pages)


def _n8n(name: str, *, fresh: bool) -> Recording:
    users = {"authenticationMethod": "email", "showSetupOnFirstLoad": fresh, "smtpSetup": False}
    settings = {"settingsMode": "public", "defaultLocale": "en", "userManagement": users, "previewMode": False}
    settings |= {"authCookie": {"secure": not fresh}, "communityNodesEnabled": True}
    head = '<meta name="n8n:config:rest-endpoint" content="cmVzdA==">'
    page = html("n8n.io - Workflow Automation", head, '<div id="app"></div>')
    lost = Page(404, "<pre>Cannot GET /metrics</pre>\n", HTML)
    pages: Pages = {
        "/rest/settings": Page(200, {"data": settings}, UTF8),
        "/healthz": Page(200, {"status": "ok"}, UTF8),
        "/metrics": Page(200, "n8n_version_info 1\n", "text/plain; version=0.0.4; charset=utf-8") if fresh else lost,
        "*": page._replace(extra=[("Cache-Control", "no-cache, no-store, must-revalidate, proxy-revalidate")]),
    }
    sources = ["n8n 2.8.4 (npm): dist/server.js, dist/services/frontend.service.js; n8n-editor-ui: dist/index.html"]
    return recorded(f"n8n-2.8.4-{name}", "n8n", sources, node, pages)


def _flowise(name: str, *, keyed: bool) -> Recording:
    flows = [{"id": "8a1f", "name": "support", "deployed": True, "isPublic": False, "type": "CHATFLOW"}]
    shut = Page(401, {"error": "Unauthorized Access"}, UTF8)
    pages: Pages = {
        "/api/v1/version": Page(200, {"version": "3.1.2" if keyed else "2.2.7"}, UTF8),
        "/api/v1/settings": Page(200, {"PLATFORM_TYPE": "open source"}, UTF8) if keyed else html("Flowise - Low-code"),
        "/api/v1/ping": Page(200, "pong", HTML),
        "/api/v1/chatflows": shut if keyed else Page(200, flows, UTF8),
        "*": html("Flowise - Build AI Agents, Visually"),
    }
    sources = ["FlowiseAI/Flowise ababf4c8: packages/server/src/index.ts; flowise 3.1.2, flowise-ui 3.1.4 (npm)"]
    return recorded(f"flowise-{name}", "flowise", sources, node, pages)


def _langflow(name: str, *, skips: bool) -> Recording:
    user = {"id": "b1", "username": "langflow", "is_active": True, "is_superuser": True}
    shut = Page(403, {"detail": "No authentication credentials provided"})
    about = {"version": "1.13.0", "main_version": "1.13.0", "package": "Langflow"}
    pages: Pages = {
        "/api/v1/version": Page(200, about),
        "/api/v1/config": Page(200, {"type": "public", "allow_custom_components": skips, "max_file_size_upload": 1024}),
        "/api/v1/users/whoami": Page(200, user) if skips else shut,
        "/api/tags": missing(),
        "/health": Page(200, {"status": "ok"}),
        "*": html("Langflow"),
    }
    sources = [
        "langflow-base 1.13.0 (PyPI): main.py, api/v1/{endpoints,users}.py, utils/version.py, frontend/index.html"
    ]
    return recorded(f"langflow-1.13.0-{name}", "langflow", sources, uvicorn, pages)


def _mcp_inspector() -> Recording:
    token = "0f" * 32
    page = html("MCP Inspector", f'<script>window.__INSPECTOR_API_TOKEN__ = "{token}";</script>')
    words = "Authentication required. Use the x-mcp-remote-auth header with Bearer token."
    pages: Pages = {
        "/": page,
        "/api/config": Page(401, {"error": "Unauthorized", "message": words}),
        "/api/version": Page(401, {"error": "Unauthorized", "message": words}),
        "*": page,
    }
    sources = ["modelcontextprotocol/inspector 86d5f58e (2.3.0): clients/web/server, core/mcp/remote/node/server.ts"]
    return recorded("mcp-inspector-2.3.0-web", "mcp-inspector", sources, node, pages)


def _a2a(name: str, path: str, *, guarded: bool) -> Recording:
    skill = {"id": "book", "name": "Book", "description": "Books a table", "tags": ["booking"]}
    card: dict[str, Any] = {
        "name": "Waiter",
        "description": "",
        "version": "2.1.0",
        "capabilities": {"streaming": True},
    }
    card |= {"url": f"http{'s' if guarded else ''}://waiter.example/a2a", "protocolVersion": "0.3.0"}
    card |= {"defaultInputModes": ["text"], "defaultOutputModes": ["text"], "skills": [skill]}
    if guarded:
        card |= {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "signatures": [{"protected": "e"}],
        }
    pages: Pages = {path: Page(200, card), "/": Page(405, "Method Not Allowed", TEXT, [("allow", "POST")])}
    pages["*"] = Page(404, "Not Found", TEXT)
    return recorded(f"a2a-{name}", "a2a", ["a2a-protocol.org: specification 0.2 and 0.3, agent card"], uvicorn, pages)


def agents() -> list[Recording]:
    """All of them."""
    return [
        _dify("fresh", fresh=True),
        _dify("installed", fresh=False),
        _openclaw("open", http=False),
        _openclaw("token", http=True),
        _letta("open", secure=False),
        _letta("secure", secure=True),
        _llama_stack("open", keyed=False),
        _llama_stack("auth", keyed=True),
        _open_interpreter("open", keyed=False),
        _open_interpreter("auth", keyed=True),
        _langfuse(),
        _n8n("fresh", fresh=True),
        _n8n("installed", fresh=False),
        _flowise("2.2.7-open", keyed=False),
        _flowise("3.1.2", keyed=True),
        _langflow("skip-auth", skips=True),
        _langflow("login", skips=False),
        _mcp_inspector(),
        _a2a("0.3-signed", "/.well-known/agent-card.json", guarded=True),
        _a2a("0.2-open", "/.well-known/agent.json", guarded=False),
    ]
