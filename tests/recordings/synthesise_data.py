"""Writes recordings of vector stores, GPU and container interfaces: `python -m tests.recordings.synthesise_data`.

No such server was ever on our wire: every status and body here is read from the project's source named in `sources`.
What no source says is left out, so a path that is missing here is answered like the server's unknown path.
"""

from typing import Any

import msgspec

from tests.recording import Recording, dump
from tests.recordings.said import (
    ACTIX,
    EVIL,
    FOREIGN,
    GO,
    HTML,
    JETTY,
    MISSING,
    TEXT,
    UVICORN,
    Said,
    Style,
    page,
    recording,
)

H2O = Style(
    [
        ("content-type", "{kind}"),
        ("access-control-allow-origin", "*"),
        ("content-length", "{size}"),
        ("Date", "Fri, 20 Nov 2026 21:00:00 GMT"),
    ],
    "application/json; charset=utf-8",
)


def _qdrant() -> list[Recording]:
    sources = ["qdrant/qdrant 74f3e85b94 (1.19.0): src/actix/mod.rs, src/actix/auth.rs, lib/api/src/rest/models.rs"]
    index = {"title": "qdrant - vector search engine", "version": "1.19.0", "commit": "74f3e85b94"}
    listed = {"result": {"collections": [{"name": "handbook"}]}, "status": "ok", "time": 4.2e-06}
    refused = Said("Must provide an API key or an Authorization bearer token", 401)
    healthy, gone = Said("healthz check passed"), Said("", 404, "")
    echoed = Said(index, extra=(("access-control-allow-origin", EVIL[1]), ("vary", "Origin")))
    shared = {"/": index, f"/{FOREIGN}": echoed, "/healthz": healthy}
    return [
        recording(
            "synthetic-qdrant-1.19-open", "qdrant", ACTIX, sources, {**shared, "/collections": listed, "*": gone}
        ),
        recording("synthetic-qdrant-1.19-apikey", "qdrant", ACTIX, sources, {**shared, "*": refused}),
    ]


def _weaviate() -> list[Recording]:
    sources = [
        "weaviate/weaviate adcffc5432 (1.40): adapters/handlers/rest/middlewares.go, handlers_misc.go",
        "weaviate/weaviate adcffc5432: usecases/auth/authentication/anonymous/middleware.go",
        "go-openapi/errors api.go: the words of an unknown path",
    ]
    cors = (
        ("Access-Control-Allow-Headers", "Content-Type, Authorization, Batch, X-Openai-Api-Key"),
        ("Access-Control-Allow-Methods", "*"),
        ("Access-Control-Allow-Origin", "*"),
    )
    moved = {"links": {"href": "/v1", "name": "api v1", "documentationHref": "https://docs.weaviate.io/weaviate"}}
    meta = {"grpcMaxMessageSize": 104858000, "hostname": "http://[::]:8080", "modules": {}, "version": "1.39.2"}
    schema = {"classes": [{"class": "Handbook", "vectorizer": "none"}]}
    ways = "Please authenticate through one of the available methods: [API-keys]"
    refusal = f'{{"code":401,"message": "anonymous access not enabled. {ways}" }}'
    open_, refused = {"/v1/meta": Said(meta, extra=cors), "/v1/schema": Said(schema, extra=cors)}, Said(refusal, 401)
    shared = {
        "/": Said(msgspec.json.encode(moved).decode(), 301, TEXT, (("Location", "/v1"),)),
        "*": Said({"code": 404, "message": "path was not found"}, 404, extra=cors),
    }
    keyed = dict.fromkeys(open_, refused)
    return [
        recording("synthetic-weaviate-1.39-open", "weaviate", GO, sources, {**shared, **open_}),
        recording("synthetic-weaviate-1.39-apikey", "weaviate", GO, sources, {**shared, **keyed}),
    ]


def _milvus() -> list[Recording]:
    sources = [
        "milvus-io/milvus 0928753b8e: internal/http/server.go, internal/http/webui/index.html",
        "milvus-io/milvus 00c65fa0d7: internal/distributed/proxy/httpserver/handler_v1.go; gin for unknown paths",
    ]
    gone = Said("404 page not found", 404, "text/plain")
    needed = {"code": 1800, "message": "user hasn't authenticated"}
    managed = {"/healthz": Said("OK", 200, "text/plain"), "/webui/": page("Milvus Management"), "*": gone}
    listed = {"code": 200, "data": ["handbook"]}
    proxied = {"/v1/vector/collections": listed, "*": gone}
    keyed = {"/v1/vector/collections": Said(needed, 401), "*": gone}
    return [
        recording("synthetic-milvus-2.6-management", "milvus", GO, sources, managed),
        recording("synthetic-milvus-2.6-open", "milvus", GO, sources, proxied),
        recording("synthetic-milvus-2.6-auth", "milvus", GO, sources, keyed),
    ]


def _search_engine(name: str, tagline: str, version: dict[str, Any]) -> dict[str, Any]:
    built = {"build_type": "docker", "build_hash": "0f392768399e", "build_date": "2026-06-02T10:00:00.000000000Z"}
    least = {"minimum_wire_compatibility_version": "8.19.0", "minimum_index_compatibility_version": "8.0.0"}
    told = {**version, **built, "build_snapshot": False, "lucene_version": "10.4.0", **least}
    return {"name": name, "cluster_name": "docs", "cluster_uuid": "a1B2c3", "version": told, "tagline": tagline}


def _no_index() -> Said:
    cause = {"type": "index_not_found_exception", "reason": "no such index [livebom]", "index": "livebom"}
    return Said({"error": {"root_cause": [cause], **cause}, "status": 404}, 404)


NO_HANDLER = Said({"error": "no handler found for uri [/v1/models] and method [GET]"}, 400)


def _elasticsearch() -> list[Recording]:
    sources = [
        "elastic/elasticsearch: server/src/main/java/org/elasticsearch/rest/RestController.java (no handler found)",
        "elastic/elasticsearch: server/src/main/java/org/elasticsearch/index/IndexNotFoundException.java",
        "Guides that quote what Elasticsearch 7 to 9 answer to GET / with and without credentials",
    ]
    product = (("X-elastic-product", "Elasticsearch"),)
    style = Style([*product, ("content-type", "{kind}"), ("content-length", "{size}")])
    root = _search_engine("node-1", "You Know, for Search", {"number": "9.3.1", "build_flavor": "default"})
    why = {"type": "security_exception", "reason": "missing authentication credentials for REST request [/]"}
    asks = (("WWW-Authenticate", 'Basic realm="security", charset="UTF-8"'), ("WWW-Authenticate", "ApiKey"))
    refused = Said({"error": {"root_cause": [why], **why}, "status": 401}, 401, extra=asks)
    open_ = {"/": root, "/v1/models": NO_HANDLER, "*": _no_index()}
    return [
        recording("synthetic-elasticsearch-9.3-open", "elasticsearch", style, sources, open_),
        recording("synthetic-elasticsearch-9.3-secured", "elasticsearch", style, sources, {"*": refused}),
    ]


def _opensearch() -> list[Recording]:
    sources = [
        "opensearch-project/OpenSearch: server/src/main/java/org/opensearch/action/main/MainResponse.java",
        "opensearch-project/security: src/main/java/org/opensearch/security/http/HTTPBasicAuthenticator.java",
    ]
    style = Style([("content-type", "{kind}"), ("content-length", "{size}")], "application/json; charset=UTF-8")
    version = {"distribution": "opensearch", "number": "3.4.0"}
    root = _search_engine("node-1", "The OpenSearch Project: https://opensearch.org/", version)
    realm = (("WWW-Authenticate", 'Basic realm="OpenSearch Security"'),)
    open_ = {"/": root, "/v1/models": NO_HANDLER, "*": _no_index()}
    refused = {"*": Said("Unauthorized", 401, "text/plain; charset=UTF-8", realm)}
    return [
        recording("synthetic-opensearch-3.4-open", "opensearch", style, sources, open_),
        recording("synthetic-opensearch-3.4-secured", "opensearch", style, sources, refused),
    ]


def _marqo() -> Recording:
    sources = [
        "marqo-ai/marqo 58efc243 (2.13.0): src/marqo/tensor_search/api.py, src/marqo/tensor_search/tensor_search.py"
    ]
    loaded = {"models": [{"model_name": "hf/e5-base-v2", "model_device": "cpu"}]}
    answers = {
        "/": {"message": "Welcome to Marqo", "version": "2.13.0"},
        "/models": loaded,
        "/indexes": {"results": [{"indexName": "handbook"}]},
        "*": Said({"detail": "Not Found"}, 404),
    }
    return recording("synthetic-marqo-2.13", "marqo", UVICORN, sources, answers)


def _vespa() -> list[Recording]:
    sources = [
        "vespa-engine/vespa 1f79d33dd01: BindingsOverviewHandler.java, StateHandler.java",
        "vespa-engine/vespa 1f79d33dd01: BindingNotFoundException.java (the page around its words is assumed)",
        "vespa-engine/vespa 1f79d33dd01: configserver http/v2/response/ListTenantsResponse.java",
    ]
    handler = {"id": "state", "class": "com.yahoo.container.jdisc.state.StateHandler", "bundle": "container-disc:8.0.0"}
    root = {"handlers": [{**handler, "serverBindings": ["http://*/state/v1", "http://*/state/v1/*"]}]}
    missing = "<html><body><h2>HTTP ERROR 404 No binding for URI &apos;http://127.0.0.1/x&apos;.</h2></body></html>"
    answers = {
        "/": root,
        "/state/v1/version": {"version": "8.620.35"},
        "*": Said(missing, 404, "text/html;charset=utf-8"),
    }
    tenants = {"/application/v2/tenant/": {"tenants": ["default"]}}
    return [
        recording("synthetic-vespa-8-container", "vespa", JETTY, sources, answers),
        recording("synthetic-vespa-8-configserver", "vespa", JETTY, sources, {**answers, **tenants}),
    ]


def _typesense() -> Recording:
    sources = [
        "typesense/typesense 4a092b04: src/http_server.cpp, src/core_api.cpp (get_health, handle_authentication)"
    ]
    refused = '{"message": "Forbidden - a valid `x-typesense-api-key` header must be sent."}'
    kind = "application/json; charset=utf-8"
    answers = {
        "/health": {"ok": True},
        "/debug": Said(refused, 401, kind),
        "/collections": Said(refused, 401, kind),
        "*": Said('{ "message": "Not Found"}', 404, kind),
    }
    return recording("synthetic-typesense-29", "typesense", H2O, sources, answers)


def _meilisearch() -> list[Recording]:
    sources = [
        "meilisearch/meilisearch 5cb2f2e94 (1.50.0): crates/meilisearch/src/routes/mod.rs, extractors/authentication",
        "meilisearch/mini-dashboard index.html (title)",
    ]
    version = {"commitSha": "5cb2f2e94", "commitDate": "2026-07-23T14:39:41Z", "pkgVersion": "1.50.0"}
    message = "The Authorization header is missing. It must use the bearer authorization method."
    code, link = "missing_authorization_header", "https://docs.meilisearch.com/errors#missing_authorization_header"
    refused = Said({"message": message, "code": code, "type": "auth", "link": link}, 401)
    shared = {"/health": {"status": "available"}, "*": Said("", 404, "")}
    keyed = {**shared, "/": {"status": "Meilisearch is running"}, "/version": refused, "/indexes": refused}
    indexes = {"results": [], "offset": 0, "limit": 20, "total": 0}
    open_ = {**shared, "/": page("Mini-dashboard | Meilisearch"), "/version": version, "/indexes": indexes}
    return [
        recording("synthetic-meilisearch-1.50-development", "meilisearch", ACTIX, sources, open_),
        recording("synthetic-meilisearch-1.50-masterkey", "meilisearch", ACTIX, sources, keyed),
    ]


def _solr() -> list[Recording]:
    sources = [
        "apache/solr: solr/core/src/java/org/apache/solr/handler/admin/SystemInfoHandler.java",
        "apache/solr: solr/webapp/web/index.html; the redirect of / to /solr/ is that of its web application",
    ]
    lucene = {"solr-spec-version": "9.10.0", "solr-impl-version": "9.10.0 1b2c", "lucene-spec-version": "9.12.3"}
    info = {"responseHeader": {"status": 0, "QTime": 9}, "mode": "std", "solr_home": "/var/solr/data", "lucene": lucene}
    moved = Said("", 302, "", (("Location", "/solr/"),))
    gone = Said("<html><head><title>Error 404 Not Found</title></head><body><h2>HTTP ERROR 404</h2></body></html>", 404)
    wants = Said("<html><head><title>Error 401 Authentication failed</title></head></html>", 401)
    refused = Said(wants.body, 401, HTML, (("WWW-Authenticate", 'Basic realm="solr"'),))
    path = "/solr/admin/info/system"
    return [
        recording("synthetic-solr-9.10-open", "solr", JETTY, sources, {"/": moved, path: info, "*": gone}),
        recording("synthetic-solr-9.10-basicauth", "solr", JETTY, sources, {"/": moved, path: refused, "*": gone}),
    ]


def _neo4j() -> list[Recording]:
    sources = [
        "neo4j/neo4j community/server: rest/discovery/DiscoveryService.java, ServerVersionAndEdition.java",
        "neo4j/neo4j community/server: rest/dbms/AuthorizationEnabledFilter.java, modules/AuthorizationModule.java",
    ]
    ways = {"bolt_routing": "neo4j://127.0.0.1:7687", "transaction": "http://127.0.0.1:7474/db/{databaseName}/tx"}
    told = {"bolt_direct": "bolt://127.0.0.1:7687", "neo4j_version": "5.26.21", "neo4j_edition": "community"}
    unauthorised = {"code": "Neo.ClientError.Security.Unauthorized", "message": "No authentication header supplied."}
    refused = Said({"errors": [unauthorised]}, 401, extra=(("WWW-Authenticate", 'Basic realm="Neo4j"'),))
    wrong = Said("", 405, "", (("Allow", "POST,OPTIONS"),))
    open_ = {"/": {**ways, **told}, "/db/neo4j/tx": wrong, "*": Said("", 404, "")}
    return [
        recording("synthetic-neo4j-5.26-auth", "neo4j", JETTY, sources, {"/": {**ways, **told}, "*": refused}),
        recording("synthetic-neo4j-5.26-noauth", "neo4j", JETTY, sources, open_),
    ]


def _podman() -> Recording:
    sources = [
        "containers/podman c6580b4a52: pkg/api/server/server.go, handler_api.go, pkg/api/handlers/compat/version.go"
    ]
    headers = (
        ("Api-Version", "1.44"),
        ("Libpod-Api-Version", "5.8.0"),
        ("Server", "Libpod/5.8.0 (linux)"),
    )
    engine = {"Name": "Podman Engine", "Version": "5.8.0", "Details": {"APIVersion": "5.8.0", "MinAPIVersion": "4.0.0"}}
    version = {"Platform": {"Name": "linux/amd64/debian-12"}, "Components": [engine], "Version": "5.8.0"}
    told = {**version, "ApiVersion": "1.44", "MinAPIVersion": "1.24", "Os": "linux", "Arch": "amd64"}
    answers = {
        "/_ping": Said("OK", extra=headers),
        "/version": Said(told, extra=headers),
        "/containers/json": Said([], extra=headers),
        "*": Said("Not Found\n", 404, TEXT, (("X-Content-Type-Options", "nosniff"),)),
    }
    return recording("synthetic-podman-5.8", "podman", GO, sources, answers)


def _kubelet() -> list[Recording]:
    sources = [
        "kubernetes/kubernetes: pkg/kubelet/server/server.go (InstallAuthFilter, InstallAuthNotRequiredHandlers)"
    ]
    pods = {"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": []}
    gone = Said("404: Page Not Found", 404)
    why = "Forbidden (user=system:anonymous, verb=get, resource=nodes, subresource(s)=[proxy])\n"
    open_ = {"/healthz": Said("ok"), "/pods": pods, "*": gone}
    return [
        recording("synthetic-kubelet-1.35-open", "kubelet", GO, sources, open_),
        recording("synthetic-kubelet-1.35-forbidden", "kubelet", GO, sources, {"*": Said(why, 403)}),
    ]


def _kubernetes() -> list[Recording]:
    sources = [
        "kubernetes/kubernetes: staging/src/k8s.io/apimachinery/pkg/api/errors/errors.go (Status)",
        "Guides that quote what an anonymous GET of / and /version gets",
    ]
    failed = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
    words = 'forbidden: User "system:anonymous" cannot get path "/livebom"'
    forbidden = Said({**failed, "message": words, "reason": "Forbidden", "details": {}, "code": 403}, 403)
    version = {
        "major": "1",
        "minor": "35",
        "gitVersion": "v1.35.2",
        "gitCommit": "4a37f009ca",
        "platform": "linux/amd64",
    }
    missing = {**failed, "message": "the server could not find the requested resource", "reason": "NotFound"}
    names = {"kind": "NamespaceList", "apiVersion": "v1", "metadata": {}, "items": [{"metadata": {"name": "default"}}]}
    open_ = {"/version": version, "/api/v1/namespaces": names, "*": Said({**missing, "details": {}, "code": 404}, 404)}
    return [
        recording(
            "synthetic-kubernetes-api-1.35", "kubernetes-api", GO, sources, {"/version": version, "*": forbidden}
        ),
        recording("synthetic-kubernetes-api-1.35-anonymous", "kubernetes-api", GO, sources, open_),
    ]


def _exporters() -> list[Recording]:
    dcgm = ["NVIDIA/dcgm-exporter d5e5f51: internal/pkg/server/server.go, internal/pkg/rendermetrics/render_metrics.go"]
    smi = ["utkuozdemir/nvidia_gpu_exporter e656cd8: internal/app/app.go; prometheus/exporter-toolkit web landing page"]
    links = '<h1>GPU Exporter</h1><p><a href="./metrics">Metrics</a></p>'
    plain = "text/plain; version=0.0.4; charset=utf-8"
    clock = '# TYPE DCGM_FI_DEV_SM_CLOCK gauge\nDCGM_FI_DEV_SM_CLOCK{gpu="0",UUID="GPU-1",modelName="NVIDIA L4"} 210\n'
    first = {"/": f"<html><head><title>GPU Exporter</title></head><body>{links}</body></html>", "*": MISSING}
    landing = "<h1>Nvidia GPU Exporter</h1><div>Version: (version=1.4.1, branch=HEAD, revision=e656cd8)</div>"
    gauge = '# TYPE nvidia_smi_gpu_info gauge\nnvidia_smi_gpu_info{name="NVIDIA L4",uuid="1"} 1\n'
    second = {"/": page("Nvidia GPU Exporter", body=landing), "/metrics": Said(gauge, kind=plain), "*": MISSING}
    return [
        recording("synthetic-dcgm-exporter-4.5", "dcgm-exporter", GO, dcgm, {**first, "/metrics": Said(clock)}),
        recording("synthetic-nvidia-gpu-exporter-1.4", "nvidia-gpu-exporter", GO, smi, second),
    ]


def synthesised() -> list[Recording]:
    """All of them."""
    many = [_qdrant, _weaviate, _milvus, _elasticsearch, _opensearch, _vespa, _meilisearch, _solr, _neo4j]
    found = [one for make in (*many, _kubelet, _kubernetes, _exporters) for one in make()]
    return [*found, _marqo(), _typesense(), _podman()]


if __name__ == "__main__":
    for one in synthesised():
        dump(one)
