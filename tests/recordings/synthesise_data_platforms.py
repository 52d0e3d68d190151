"""Writes recordings of notebooks and ML platforms: `python -m tests.recordings.synthesise_data_platforms`.

As in `synthesise_data`, everything is read from the sources named, and what no source says is left out.
"""

from collections.abc import Mapping

from tests.recording import Recording, dump
from tests.recordings.said import DATE, FOREIGN, GO, HTML, JETTY, TEXT, UVICORN, Said, Style, page, recording

AIOHTTP = Style(
    [
        ("Content-Type", "{kind}"),
        ("Content-Length", "{size}"),
        ("Date", DATE),
        ("Server", "Python/3.11 aiohttp/3.14.5"),
    ],
    "application/json; charset=utf-8",
)
EXPRESS = Style(
    [
        ("X-Powered-By", "Express"),
        ("Content-Type", "{kind}"),
        ("Content-Length", "{size}"),
        ("Date", DATE),
        ("Connection", "keep-alive"),
        ("Keep-Alive", "timeout=5"),
    ],
    "application/json; charset=utf-8",
)
NGINX = Style([("Server", "nginx"), ("Date", DATE), ("Content-Type", "{kind}"), ("Content-Length", "{size}")])
DJANGO = Style([("Date", DATE), ("Content-Type", "{kind}"), ("Content-Length", "{size}")])
DETAIL = Said({"detail": "Not Found"}, 404)
NOSNIFF = (("X-Content-Type-Options", "nosniff"),)


def _ray() -> Recording:
    sources = [
        "ray-project/ray: python/ray/dashboard/modules/job/job_head.py (get_version, list_jobs)",
        "The page is that of the recording ray-2.60.0-dashboard; unknown paths are aiohttp's own",
    ]
    version = {"version": "4", "ray_version": "2.60.0", "ray_commit": "1b2c3d4", "session_name": "session_2026"}
    answers = {
        "/": Said(page("Ray Dashboard"), kind="text/html"),
        "/api/version": Said(version, kind="application/json; charset=utf-8"),
        "/api/jobs/": [],
        "*": Said("404: Not Found", 404),
    }
    return recording("synthetic-ray-2.60-open", "ray", AIOHTTP, sources, answers)


def _tensorboard() -> Recording:
    sources = [
        "tensorflow/tensorboard 70b76c922 (2.22): tensorboard/plugins/core/core_plugin.py, backend/application.py",
        "tensorflow/tensorboard 70b76c922: tensorboard/backend/http_util.py (headers)",
    ]
    told = {"version": "2.22.0", "data_location": "/srv/runs", "window_title": "", "experiment_name": ""}
    html = '<!doctype html><meta name="tb-relative-root" content="./"><!doctype html><title>TensorBoard</title>'
    answers = {
        "/": Said(html, extra=NOSNIFF),
        "/data/environment": Said({**told, "experiment_description": "", "creation_time": 0}, extra=NOSNIFF),
        "*": Said("Not found", 404, "text/plain; charset=utf-8", NOSNIFF),
    }
    return recording("synthetic-tensorboard-2.22", "tensorboard", DJANGO, sources, answers)


def _label_studio() -> Recording:
    sources = ["HumanSignal/label-studio: label_studio/core/urls.py, views.py (main), core/utils/common.py (versions)"]
    package = {"version": "1.22.0", "short_version": "1.22", "current_version_is_outdated": False}
    version = {"release": "1.22.0", "label-studio-os-package": package, "label-studio-os-backend": {"commit": "1b2c3d"}}
    why = "Serving local files can be dangerous, so"
    form = '<form id="login-form" action="/user/login/" method="post"></form>'
    answers = {
        "/": Said("", 302, HTML, (("Location", "/user/login/"),)),
        "/user/login/": page("Label Studio", body=form),
        "/data/local-files/": Said(f"{why} it's disabled by default.", 403, HTML),
        "/api/version": version,
        "*": Said(page("Page not found"), 404),
    }
    return recording("synthetic-label-studio-1.22", "label-studio", DJANGO, sources, answers)


def _kubeflow() -> list[Recording]:
    central = ["kubeflow/dashboard components/centraldashboard: app/server.ts, api_workgroup.ts, public/index.html"]
    pipelines = ["kubeflow/pipelines 7b70c7b95f (2.17.0): backend/src/apiserver/main.go"]
    frontend = [
        "kubeflow/pipelines 7b70c7b95f (2.17.0): frontend/server/app.ts, handlers/healthz.ts, frontend/index.html"
    ]
    platform = {"provider": "other://", "providerName": "other", "kubeflowVersion": "1.11.0"}
    env = {"user": "anonymous@kubeflow.org", "platform": platform, "namespaces": [], "isClusterAdmin": True}
    shell = page("Kubeflow Central Dashboard", body="<main-page></main-page>")
    tick = {"codeEnvironment": "production", "message": "I tick, therfore I am!"}
    dashboard = {"/": shell, "/healthz": tick, "/api/workgroup/env-info": env, "*": shell}
    health = {"commit_sha": "7b70c7b95f", "tag_name": "2.17.0", "multi_user": False, "pipeline_store": "database"}
    path = "/apis/v2beta1/healthz"
    listed = {"pipelines": [], "total_size": 0}
    built = {
        "buildDate": "2026",
        "frontendCommitHash": "7b70c7b95f",
        "frontendTagName": "2.17.0",
        "apiServerReady": True,
    }
    served = {"/": page("Kubeflow Pipelines", '<script id="kubeflow-client-placeholder"></script>'), path: built}
    missing = Said("<!DOCTYPE html>\n<title>Error</title>\n<pre>Cannot GET /livebom</pre>", 404)
    gone = Said("404 page not found\n", 404, TEXT, NOSNIFF)
    api = {path: health, "/apis/v2beta1/pipelines": listed, "*": gone}
    ui = {**served, "/apis/v2beta1/pipelines": listed, "*": missing}
    return [
        recording("synthetic-kubeflow-1.11", "kubeflow", EXPRESS, central, dashboard),
        recording("synthetic-kubeflow-pipelines-2.17-api", "kubeflow-pipelines", GO, pipelines, api),
        recording("synthetic-kubeflow-pipelines-2.17-ui", "kubeflow-pipelines", EXPRESS, frontend, ui),
    ]


def _zenml() -> Recording:
    sources = [
        "zenml-io/zenml: src/zenml/zen_server/zen_server_api.py, routers/server_endpoints.py, server_models.py",
        "zenml-io/zenml-dashboard index.html",
    ]
    told = {"id": "9f1c", "version": "0.94.2", "deployment_type": "docker", "database_type": "sqlite"}
    info = {**told, "secrets_store_type": "sql", "auth_scheme": "OAUTH2_PASSWORD_BEARER", "active": True}
    shell = page("ZenML Dashboard")
    answers = {"/": shell, "/api/v1/info": info, "/health": Said('"OK"', kind="application/json"), "*": shell}
    return recording("synthetic-zenml-0.94", "zenml", UVICORN, sources, answers)


def _clearml() -> list[Recording]:
    sources = [
        "clearml/clearml-server 0b769d4 (2.3.0): apiserver/server_init/request_handlers.py, service_repo/apicall.py",
        "clearml/clearml-server 0b769d4: services/debug.py, services/login/__init__.py",
    ]
    style = Style([("Content-Type", "{kind}"), ("Content-Length", "{size}"), ("Date", DATE), ("server", "clearml")])
    named = {"name": "", "requested_version": None, "actual_version": None}
    meta = {"id": "1", "trx": "1", "endpoint": named, "result_code": 400, "result_subcode": 0, "error_data": {}}
    failed = Said({"meta": {**meta, "result_msg": "Invalid request path /livebom"}, "data": {}}, 400)
    ok = {**meta, "endpoint": {**named, "name": "debug.ping"}, "result_code": 200, "result_msg": "OK"}
    nobody = {"enabled": False, "name": None, "username": None, "password": None}

    def modes(enabled: bool, guest: Mapping[str, object]) -> dict[str, object]:
        basic = {"enabled": enabled, "guest": guest}
        return {"meta": ok, "data": {"basic": basic, "sso": {}, "authenticated": False}}

    ping = {"meta": ok, "data": {"msg": "ClearML server"}}
    guest = {"enabled": True, "name": "Guest", "username": "guest", "password": "guest"}
    shared = {"/debug.ping": ping, "*": failed}
    path = "/login.supported_modes"
    fixed = {**shared, path: modes(True, guest)}
    return [
        recording("synthetic-clearml-2.3-open", "clearml", style, sources, {**shared, path: modes(False, nobody)}),
        recording("synthetic-clearml-2.3-guest", "clearml", style, sources, fixed),
    ]


def _prefect() -> list[Recording]:
    sources = [
        "PrefectHQ/prefect ce79dd3d6c: src/prefect/server/api/server.py, api/root.py, api/admin.py",
        "PrefectHQ/prefect ce79dd3d6c: ui/index.html (title)",
    ]
    settings = {"api_url": "/api", "csrf_enabled": False, "auth": None, "flags": [], "default_ui": "v1"}
    shell = page("Prefect Server")
    refused = Said({"exception_message": "Unauthorized"}, 401)
    shared = {"/": shell, "/api/health": Said("true", kind="application/json"), "*": shell}
    open_ = {**shared, "/ui-settings": settings, "/api/admin/version": Said('"3.7.1"', kind="application/json")}
    keyed = {**shared, "/ui-settings": {**settings, "auth": "BASIC"}, "/api/admin/version": refused}
    return [
        recording("synthetic-prefect-3.7-open", "prefect", UVICORN, sources, open_),
        recording("synthetic-prefect-3.7-basicauth", "prefect", UVICORN, sources, keyed),
    ]


def _opik() -> Recording:
    sources = [
        "comet-ml/opik: apps/opik-backend infrastructure/health/IsAliveResource.java, apps/opik-frontend/index.html",
    ]
    version, alive = {"version": "1.10.4"}, {"message": "Healthy Server", "healthy": True}
    shell = page("Comet Opik")
    projects = {"page": 1, "size": 1, "total": 0, "content": []}
    served = {"/api/is-alive/ver": version, "/api/is-alive/ping": alive, "/api/v1/private/projects": projects}
    return recording("synthetic-opik-1.10", "opik", NGINX, sources, {"/": shell, **served, "*": shell})


def _argilla() -> Recording:
    sources = [
        "argilla-io/argilla: argilla-server/src/argilla_server/_app.py, api/routes.py",
        "argilla-io/argilla: argilla-server settings.py (cors_origins), argilla-frontend/nuxt.config.ts (title)",
    ]
    timing = (("server-timing", "total;dur=2.1"),)
    shell = Said(page("Argilla"), extra=timing)
    described = {"openapi": "3.1.0", "info": {"title": "Argilla", "description": "Argilla API", "version": "2.9.0"}}
    cors = (("access-control-allow-origin", "*"), ("access-control-allow-credentials", "true"))
    openapi = {**described, "paths": {}}
    answers = {
        "/": shell,
        "/openapi.json": Said(openapi, extra=timing),
        f"/openapi.json{FOREIGN}": Said(openapi, extra=(*timing, *cors)),
        "*": shell,
    }
    return recording("synthetic-argilla-2.9", "argilla", UVICORN, sources, answers)


def _cvat() -> Recording:
    sources = ["cvat-ai/cvat: cvat/apps/engine/serializers.py (AboutSerializer), cvat-ui/src/index.html"]
    about = {
        "name": "Computer Vision Annotation Tool",
        "description": "CVAT is an annotation tool.",
        "version": "2.61.0",
    }
    shell = page("Computer Vision Annotation Tool")
    answers = {"/": shell, "/api/server/about": about, "*": shell}
    return recording("synthetic-cvat-2.61", "cvat", NGINX, sources, answers)


def _h2o() -> Recording:
    sources = [
        "h2oai/h2o-3 4b33b75b19: h2o-core/src/main/java/water/server/ServletUtils.java, water/api/RequestServer.java",
        "h2oai/h2o-3 4b33b75b19: water/api/schemas3/PingV3.java, ModelSchemaBaseV3.java, H2OErrorV3.java",
    ]
    marks = (
        ("X-h2o-build-project-version", "3.48.0.2"),
        ("X-h2o-rest-api-version-max", "3"),
        ("X-h2o-cluster-id", "1795208838000"),
        ("X-h2o-cluster-good", "true"),
    )
    model = {"model_id": {"name": "gbm_churn", "type": "Key<Model>"}, "algo": "gbm"}
    full = {**model, "algo_full_name": "Gradient Boosting Machine"}
    gone = {"http_status": 404, "msg": "Resource /livebom not found", "exception_type": "H2ONotFoundArgumentException"}
    answers = {
        "/": Said("", 301, "text/plain", (*marks, ("Location", "/flow/index.html"))),
        "/3/Ping": Said({"cloud_uptime_millis": 8123, "cloud_healthy": True, "nodes": []}, extra=marks),
        "/3/Models": Said({"models": [full]}, extra=marks),
        "*": Said(gone, 404, extra=marks),
    }
    return recording("synthetic-h2o-3.48", "h2o", JETTY, sources, answers)


def _determined() -> Recording:
    sources = [
        "determined-ai/determined c1e9c6d7b8: master/internal/core.go, internal/api/error.go, internal/api_auth.go",
        "determined-ai/determined c1e9c6d7b8: master/pkg/aproto/master_message.go, webui/react/index.html",
    ]
    identity = {"version": "0.38.1", "master_id": "7b7c", "cluster_id": "1a2b", "cluster_name": ""}
    info = {**identity, "telemetry": {"enabled": False, "segment_key": ""}, "sso_providers": None}
    refused = Said({"message": "Unauthorized"}, 401)
    answers = {
        "/": Said("", 301, "", (("Location", "/det/"),)),
        "/info": info,
        "/det/": page("Determined"),
        "/debug/pprof/": refused,
        "*": refused,
    }
    return recording("synthetic-determined-0.38", "determined", GO, sources, answers)


def _metaflow() -> list[Recording]:
    sources = ["Netflix/metaflow-service 91e44f0 (2.5.1): services/metadata_service/api/admin.py, server.py"]
    backend = ["Netflix/metaflow-service 91e44f0 (2.5.1): services/ui_backend_service/api/admin.py, ui_server.py"]
    pong = Said("pong", extra=(("METADATA_SERVICE_VERSION", "2.5.1"),))
    gone = Said("404: Not Found", 404)
    service = {"/ping": pong, "/version": Said("2.5.1"), "/flows": [{"flow_id": "Train"}], "*": gone}
    ui = {"/ping": pong, "/version": Said("2.5.1-2026-1b2c"), "/flows": {"data": [{"flow_id": "Train"}]}, "*": gone}
    return [
        recording("synthetic-metaflow-2.5-service", "metaflow", AIOHTTP, sources, service),
        recording("synthetic-metaflow-2.5-ui-backend", "metaflow", AIOHTTP, backend, ui),
    ]


def _feast() -> Recording:
    sources = ["feast-dev/feast f0bc0700b: sdk/python/feast/feature_server.py (routes; FastAPI writes openapi.json)"]
    routes = ("/get-online-features", "/search", "/v1/vector_stores", "/push", "/write-to-online-store", "/health")
    paths: dict[str, object] = {path: {} for path in (*routes, "/chat", "/materialize", "/materialize-incremental")}
    described = {"openapi": "3.1.0", "info": {"title": "FastAPI", "version": "0.1.0"}, "paths": paths}
    stores = {"object": "list", "data": []}
    answers = {"/openapi.json": described, "/v1/vector_stores": stores, "/health": Said(""), "*": DETAIL}
    return recording("synthetic-feast-0.60", "feast", UVICORN, sources, answers)


def _olah() -> Recording:
    sources = ["vtuber-plan/olah 0ed5b67 (0.5.0): src/olah/server.py, server_file_routes.py, static/index.html"]
    answers = {"/": page("Olah HuggingFace Mirror"), "*": Said("", 404, "")}
    return recording("synthetic-olah-0.5", "olah", UVICORN, sources, answers)


def _zeppelin() -> list[Recording]:
    sources = [
        "apache/zeppelin 904e9136d9: zeppelin-server ZeppelinServer.java, CorsFilter.java, rest/ZeppelinRestApi.java",
        "apache/zeppelin 904e9136d9: rest/NotebookRestApi.java, conf/shiro.ini.template, zeppelin-web-angular",
    ]
    cors = (
        ("Access-Control-Allow-Origin", ""),
        ("Access-Control-Allow-Headers", "authorization,Content-Type"),
        ("Access-Control-Allow-Methods", "POST, GET, OPTIONS, PUT, HEAD, DELETE"),
        ("X-FRAME-OPTIONS", "SAMEORIGIN"),
    )
    told = {"version": "0.12.0", "git-commit-id": "", "git-timestamp": ""}
    version = Said({"status": "OK", "message": "Zeppelin version", "body": told}, extra=cors)
    notes = Said({"status": "OK", "message": "", "body": [{"id": "2A94", "path": "/Handbook"}]}, extra=cors)
    login = Said("", 302, "", (*cors, ("Location", "/api/login")))
    missing = Said(page("Error 404 Not Found"), 404, "text/html;charset=iso-8859-1", cors)
    shared = {"/": Said(page("Zeppelin"), extra=cors), "/api/version": version, "*": missing}
    open_, keyed = {**shared, "/api/notebook": notes}, {**shared, "/api/notebook": login}
    return [
        recording("synthetic-zeppelin-0.12-anonymous", "zeppelin", JETTY, sources, open_),
        recording("synthetic-zeppelin-0.12-shiro", "zeppelin", JETTY, sources, keyed),
    ]


def _code_server() -> list[Recording]:
    sources = [
        "coder/code-server 88c2b7432: src/node/routes/index.ts, vscode.ts, health.ts, errors.ts, src/node/http.ts",
        "VS Code's workbench page carries its configuration in a meta element",
    ]
    style = Style([pair for pair in EXPRESS.headers if pair[0] != "X-Powered-By"], EXPRESS.json)
    alive = {"status": "alive", "lastHeartbeat": 1795208838000}
    login = Said("Found. Redirecting to ./login", 302, TEXT, (("Location", "./login"),))
    refused = Said({"error": "Unauthorized"}, 401)
    bench = page("code-server", '<meta id="vscode-workbench-web-configuration" data-settings="{}">', "")
    keyed = {"/": login, "/healthz": alive, "*": refused}
    open_ = {"/": bench, "/healthz": alive, "*": Said("Not found.", 404, "text/plain")}
    return [
        recording("synthetic-code-server-4.120-password", "code-server", style, sources, keyed),
        recording("synthetic-code-server-4.120-open", "code-server", style, sources, open_),
    ]


def _jupyterhub() -> Recording:
    sources = ["jupyterhub/jupyterhub 2841153d: jupyterhub/handlers/base.py, handlers/pages.py, apihandlers/hub.py"]
    style = Style(
        [
            ("server", "TornadoServer/6.5.2"),
            ("content-type", "{kind}"),
            ("date", DATE),
            ("x-jupyterhub-version", "5.4.3"),
            ("access-control-allow-headers", "accept, content-type, authorization"),
            ("content-security-policy", "frame-ancestors 'none'; report-uri /hub/security/csp-report"),
            ("content-length", "{size}"),
        ]
    )
    answers = {
        "/": Said("", 302, "text/html", (("location", "/hub/"),)),
        "/hub/api": {"version": "5.4.3"},
        "/hub/login": page("JupyterHub"),
        "*": Said("", 302, "text/html", (("location", "/hub/livebom"),)),
    }
    return recording("synthetic-jupyterhub-5.4", "jupyterhub", style, sources, answers)


def _marimo() -> list[Recording]:
    sources = [
        "marimo-team/marimo 3955fdf90 (0.24.0): marimo/_server/api/endpoints/assets.py, login.py, health.py, errors.py",
        "marimo-team/marimo 3955fdf90: frontend/index.html",
    ]
    status = {"status": "healthy", "filenames": ["train.py"], "mode": "edit", "sessions": 1, "version": "0.24.0"}
    full = {**status, "python_version": "3.12", "requirements": [], "node_version": None, "lsp_running": False}
    head = '<meta name="description" content="a marimo app" /><script data-marimo="true"></script>'
    login = page("marimo", body='<label for="password">Access Token / Password</label>')
    away = Said("", 303, "", (("location", "/auth/login?next=%2F"),))
    shared = {"/auth/login": login, "/health": {"status": "healthy"}, "*": DETAIL}
    refused = Said({"detail": "Authorization header required"}, 401)
    keyed = {**shared, "/": away, "/api/status": refused, "/api/version": refused}
    open_ = {**shared, "/": page("train.py", head), "/api/status": full, "/api/version": Said("0.24.0")}
    return [
        recording("synthetic-marimo-0.24-token", "marimo", UVICORN, sources, keyed),
        recording("synthetic-marimo-0.24-open", "marimo", UVICORN, sources, open_),
    ]


def synthesised() -> list[Recording]:
    """All of them."""
    many = [_kubeflow, _clearml, _prefect, _metaflow, _zeppelin, _code_server, _marimo]
    single = [
        _ray,
        _tensorboard,
        _label_studio,
        _opik,
        _zenml,
        _argilla,
        _cvat,
        _h2o,
        _determined,
        _feast,
        _olah,
        _jupyterhub,
    ]
    return [one for makes in many for one in makes()] + [make() for make in single]


if __name__ == "__main__":
    for one in synthesised():
        dump(one)
