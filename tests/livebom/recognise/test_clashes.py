"""Look-alikes that a single mark would get wrong, each written from its own source or from the wire."""

from typing import Any

import msgspec
import pytest

from livebom.bom.service import Auth, Service
from tests.playback import NGINX, UNNAMED_PORT, Playback, converse
from tests.recording import Exchange, Recording, Request, Response

UVICORN = [("server", "uvicorn"), ("content-type", "application/json")]
JSON = [("Content-Type", "application/json")]
MISSING = Response(status=404, headers=UVICORN, body='{"detail":"Not Found"}')
UNAUTHORIZED = Response(status=401, headers=UVICORN, body='{"error":"Unauthorized"}')
HASH = "89198dd19d01d2ded980323ea84663cc74bc34057c6f3883bdb310b6afdd81bb"


def answer(body: Any, status: int = 200, headers: list[tuple[str, str]] | None = None) -> Response:
    text = body if isinstance(body, str) else msgspec.json.encode(body).decode()
    return Response(status=status, headers=JSON if headers is None else headers, body=text)


def look(answers: dict[str, Response], port: int, *, unknown: Response = MISSING, server: str | None = None) -> Service:
    """What a conversation makes of a server that gives these answers, and to every other path `unknown`."""
    exchanges = [Exchange(request=Request(method="GET", path=path), response=said) for path, said in answers.items()]
    exchanges.append(Exchange(request=Request(method="*", path="*"), response=unknown))
    recording = Recording(name="written", product="none", synthetic=True, exchanges=exchanges)
    return converse(Playback(recording, server=server), port).service


def products(service: Service) -> set[str]:
    return {layer.product for layer in service.stack}


def cards(owner: str, **more: Any) -> Response:
    return answer({"object": "list", "data": [{"id": "m", "object": "model", "created": 1, "owned_by": owner, **more}]})


def tags(digest: str) -> Response:
    details = {"format": "gguf", "family": "llama", "families": ["llama"]}
    return answer({"models": [{"name": "m", "model": "m", "size": 0, "digest": digest, "details": details}]})


PERMISSION = [{"id": "modelperm-1", "object": "model_permission"}]
VLLM = cards("vllm", root="/m", parent=None, max_model_len=512, permission=PERMISSION)
EXTENSIONS = ["classification", "model_repository", "schedule_policy", "binary_tensor_data"]
LOCALAI_404 = answer({"error": {"code": 404, "message": "Resource not found", "type": ""}}, 404)
LOCALAI_401 = answer(
    {"error": {"code": 401, "message": "An authentication key is required", "type": "invalid_request_error"}}, 401
)


def test_open_webui_is_not_ollama() -> None:
    page = answer("<!doctype html><title>Open WebUI</title>", headers=[("content-type", "text/html")])
    answers = {"/api/version": answer({"version": "0.12.4"}), "/health": answer({"status": True})}
    for port in (8080, 3000, 11434):
        service = look(answers, port, unknown=page)
        assert service.product is None
        assert products(service) == set()


@pytest.mark.parametrize("body", [{"version": "1.2.3"}, {"version": "0.9.0"}])
def test_a_version_alone_is_nothing(body: dict[str, str]) -> None:
    answers = {path: answer(body) for path in ("/version", "/api/version", "/api")}
    for port in (8000, 11434, 8888, UNNAMED_PORT):
        assert look(answers, port).product is None


def test_localai_dressed_as_ollama_is_localai() -> None:
    wellknown = {"version": "v4.9.0 (82c191af)", "endpoints": {}, "endpoint_groups": {}, "capabilities": {}}
    answers = {
        "/": answer("Ollama is running", headers=[("Content-Type", "text/plain; charset=utf-8")]),
        "/api/version": answer({"version": "0.9.0"}),
        "/api/tags": tags(f"sha256:{HASH}"),
        "/v1/models": answer({"object": "list", "data": [{"id": "m", "object": "model"}]}),
        "/.well-known/localai.json": answer(wellknown),
    }
    for port in (8080, 11434, UNNAMED_PORT):
        service = look(answers, port, unknown=LOCALAI_404)
        assert (service.product, service.version, service.conflict) == ("localai", "4.9.0", ())
    answers["/api/tags"] = answer({"models": []})
    assert look(answers, 11434, unknown=LOCALAI_404).product == "localai"


def test_localai_with_a_key_tells_its_version() -> None:
    wellknown = {"version": "v4.9.0 (82c191af)", "endpoints": {}, "endpoint_groups": {}, "capabilities": {}}
    for port in (8080, UNNAMED_PORT):
        service = look({"/.well-known/localai.json": answer(wellknown)}, port, unknown=LOCALAI_401, server=NGINX)
        assert (service.product, service.version, service.auth) == ("localai", "4.9.0", Auth.REQUIRED)


def test_sglang_with_a_key_is_not_vllm() -> None:
    answers = {"/version": answer({"version": "0.5.23"}, headers=UVICORN)}
    for port in (8000, 30000, UNNAMED_PORT):
        assert look(answers, port, unknown=UNAUTHORIZED).product is None
    answers["/metrics"] = answer("# TYPE sglang:num_running_reqs gauge\nsglang:num_running_reqs 0\n", headers=[])
    service = look(answers, 30000, unknown=UNAUTHORIZED)
    assert (service.product, service.auth) == ("sglang", Auth.REQUIRED)


def test_a_relayed_owner_is_not_enough_for_vllm() -> None:
    answers = {"/v1/models": cards("vllm"), "/version": answer({"status": "ok"})}
    assert look(answers, 8000).product == "openai-compatible"


def test_vllm_without_a_server_header_and_documentation_is_vllm() -> None:
    answers = {"/v1/models": VLLM, "/version": answer({"version": "0.33.0"}), "/metrics": answer("vllm:x 1\n")}
    service = look(answers, UNNAMED_PORT, unknown=Response(status=404))
    assert (service.product, service.version) == ("vllm", "0.33.0")


def test_old_vllm_with_a_key_is_told_by_its_metrics() -> None:
    answers = {
        "/v1/models": UNAUTHORIZED,
        "/version": answer({"version": "0.6.3"}, headers=UVICORN),
        "/metrics": answer("# TYPE vllm:num_requests_running gauge\nvllm:num_requests_running 0\n", headers=[]),
    }
    for server in (None, NGINX):
        service = look(answers, UNNAMED_PORT, server=server)
        assert (service.product, service.version, service.auth) == ("vllm", "0.6.3", Auth.REQUIRED)


def test_llama_cpp_of_2025_with_an_ollama_interface_is_llamacpp() -> None:
    headers = [("Server", "llama.cpp"), ("Content-Type", "application/json; charset=utf-8")]
    missing = answer({"error": {"code": 404, "message": "File Not Found", "type": "not_found_error"}}, 404, headers)
    answers = {
        "/api/tags": Response(status=200, headers=headers, body=tags("").body),
        "/api/version": Response(status=200, headers=headers, body='{"version":"0.9.0"}'),
        "/v1/models": Response(status=200, headers=headers, body=cards("llamacpp", meta=None).body),
    }
    for server in (None, NGINX):
        for port in (11434, 8080, UNNAMED_PORT):
            assert look(answers, port, unknown=missing, server=server).product == "llamacpp"


def test_koboldcpp_is_not_ollama() -> None:
    models = [{"name": "koboldcpp/m", "digest": HASH, "details": {"family": "koboldcpp", "families": ["koboldcpp"]}}]
    answers = {
        "/": answer("Ollama is running", headers=[]),
        "/api/tags": answer({"models": models}),
        "/api/version": answer({"version": "0.7.0"}),
        "/v1/models": cards("koboldcpp"),
    }
    assert look(answers, 11434).product == "openai-compatible"


def test_a_root_that_claims_ollama_and_nothing_else_is_not_named() -> None:
    answers = {"/": answer("Ollama is running", headers=[("Content-Type", "text/plain")])}
    assert look(answers, 11434, unknown=Response(status=404)).product is None


@pytest.mark.parametrize("name", ["kserve", "mlserver", "OpenVINO Model Server", "text-generation-inference"])
def test_the_protocol_of_triton_is_not_triton(name: str) -> None:
    answers = {"/v2": answer({"name": name, "version": "1.0", "extensions": EXTENSIONS})}
    assert "triton" not in products(look(answers, 8000))


def test_a_docker_registry_is_nothing_of_ours() -> None:
    headers = [("Docker-Distribution-Api-Version", "registry/2.0"), ("Content-Type", "application/json")]
    answers = {"/v2": answer({}, headers=headers), "/v2/": answer({}, headers=headers)}
    for port in (8000, 8080):
        assert look(answers, port).product is None


def test_triton_with_restricted_metadata_is_triton() -> None:
    restricted = answer({"error": "This API is restricted, expecting header 'X-Admin-Key'"}, 403, [])
    unknown = answer('{"error":"Not Found"}', 404, [("Content-Type", "text/plain")])
    service = look({"/v2": restricted}, UNNAMED_PORT, unknown=unknown)
    assert (service.product, service.version, service.auth) == ("triton", None, Auth.PARTIAL)


def test_text_embeddings_inference_is_not_tgi() -> None:
    info: dict[str, Any] = {
        "model_id": "m",
        "model_sha": None,
        "model_dtype": "f",
        "model_type": {},
        "version": "1.7.0",
        "sha": "x",
    }
    info |= {"max_concurrent_requests": 1, "tokenization_workers": 4, "docker_label": None}
    vary = [("vary", "origin, access-control-request-method, access-control-request-headers")]
    unknown = Response(status=404, headers=vary)
    assert look({"/info": answer(info)}, 3000, unknown=unknown).product is None


@pytest.mark.parametrize("port", [1234, UNNAMED_PORT])
@pytest.mark.parametrize("server", [None, NGINX])
def test_lm_studio_with_a_token_is_told_by_its_words(port: int, server: str | None) -> None:
    error = {"type": "invalid_request", "code": "invalid_api_key", "message": "An LM Studio API token is required"}
    service = look({}, port, unknown=answer({"error": error}, 401), server=server)
    assert (service.product, service.auth, service.models) == ("lmstudio", Auth.REQUIRED, None)


def test_a_catch_all_that_greets_like_lm_studio_is_not_lm_studio() -> None:
    assert look({}, 1234, unknown=answer({"lmstudio": True})).product is None


def test_litellm_with_a_key_is_told_by_its_page() -> None:
    denied = {"error": {"message": "Authentication Error, No api key passed in.", "type": "auth_error", "code": "401"}}
    answers = {
        "/": answer("<html><title>LiteLLM API - Swagger UI</title>", headers=[("content-type", "text/html")]),
        "/v1/models": answer(denied, 401),
        "/public/model_hub/info": answer({"docs_title": "LiteLLM API", "litellm_version": "1.106.2"}),
    }
    service = look(answers, UNNAMED_PORT)
    assert (service.product, service.version, service.auth) == ("litellm", "1.106.2", Auth.REQUIRED)


def test_llama_cpp_python_with_a_key_is_told_by_its_description() -> None:
    answers = {
        "/v1/models": answer({"detail": "Invalid API key"}, 401, UVICORN),
        "/openapi.json": answer({"info": {"title": "🦙 llama.cpp Python API", "version": "0.3.36"}}, headers=UVICORN),
    }
    service = look(answers, UNNAMED_PORT)
    assert (service.product, service.version, service.auth) == ("llama-cpp-python", "0.3.36", Auth.REQUIRED)


def test_jupyter_with_a_token_is_jupyter() -> None:
    policy = [("Content-Security-Policy", "frame-ancestors 'self'; report-uri /api/security/csp-report")]
    answers = {
        "/api": answer({"version": "2.21.1"}, headers=[*JSON, *policy]),
        "/api/status": answer({"message": "Forbidden", "reason": None}, 403, [*JSON, *policy]),
    }
    service = look(answers, UNNAMED_PORT, unknown=Response(status=404, headers=policy), server=NGINX)
    assert (service.product, service.version, service.auth) == ("jupyter", "2.21.1", Auth.REQUIRED)


def test_an_mcp_server_that_wants_a_token_is_mcp() -> None:
    challenge = [("WWW-Authenticate", 'Bearer resource_metadata="https://m/.well-known/oauth-protected-resource"')]
    service = look({"/mcp": Response(status=401, headers=challenge)}, 8000)
    assert (service.product, service.auth) == ("mcp", Auth.REQUIRED)


def test_a_mimic_that_claims_everything_is_a_conflict() -> None:
    answers = {
        "/": answer("Ollama is running", headers=[("Content-Type", "text/plain")]),
        "/api/version": answer({"version": "0.32.15"}),
        "/api/tags": tags(HASH),
        "/v1/models": VLLM,
        "/version": answer({"version": "0.32.0"}),
        "/v2": answer({"name": "triton", "version": "2.51.0", "extensions": EXTENSIONS}),
    }
    unknown = answer('{"error":"Not Found"}', 404, [("Content-Type", "text/plain")])
    service = look(answers, 8000, unknown=unknown)
    assert service.product is None
    assert set(service.conflict) == {"ollama", "triton", "vllm"}
    assert all(layer.score < 0.6 for layer in service.stack)
    assert service.models is None
    assert service.findings == ()


@pytest.mark.parametrize(
    ("server", "product"),
    [("Apache/2.4.71 (Debian)", "apache"), ("Caddy", "caddy"), ("nginx", "nginx"), ("nginxish", "")],
)
def test_a_web_server_that_names_itself_is_only_a_layer(server: str, product: str) -> None:
    service = look({}, 8000, unknown=Response(status=404, headers=[("Server", server)]))
    assert service.product is None
    assert products(service) == ({product} if product else set())
