"""What a conversation makes of vector stores, ML platforms, notebooks and container interfaces, and their checks."""

import pytest

from livebom.bom.observation import Outcome
from livebom.bom.service import Auth, Finding, TlsFacts
from livebom.net.reply import Reply
from livebom.recognise.match import View
from livebom.recognise.rules import CheckRule
from livebom.recognise.verdict import verdicts
from tests.every import every
from tests.playback import NGINX, UNNAMED_PORT, Playback, assert_named, catalog, converse
from tests.recording import load, names

NONE, REQUIRED, UNKNOWN = Auth.NONE, Auth.REQUIRED, Auth.UNKNOWN
Models = tuple[str, ...] | None
TRUTH: dict[str, tuple[str | None, Auth, Models]] = {
    "docker-engine-20.10.24-socket": ("20.10.24+dfsg1", NONE, None),
    "docker-engine-20.10.24-tcp": ("20.10.24+dfsg1", NONE, None),
    "mlflow-3.17.2-full": ("3.17.2", NONE, ()),
    "ray-2.60.0-dashboard": (None, REQUIRED, None),
    "synthetic-argilla-2.9": ("2.9.0", UNKNOWN, None),
    "synthetic-clearml-2.3-guest": (None, NONE, None),
    "synthetic-clearml-2.3-open": (None, NONE, None),
    "synthetic-code-server-4.120-open": (None, NONE, None),
    "synthetic-code-server-4.120-password": (None, REQUIRED, None),
    "synthetic-cvat-2.61": ("2.61.0", UNKNOWN, None),
    "synthetic-dcgm-exporter-4.5": (None, NONE, None),
    "synthetic-determined-0.38": ("0.38.1", REQUIRED, None),
    "synthetic-elasticsearch-9.3-open": ("9.3.1", NONE, None),
    "synthetic-elasticsearch-9.3-secured": (None, REQUIRED, None),
    "synthetic-feast-0.60": (None, NONE, None),
    "synthetic-h2o-3.48": ("3.48.0.2", NONE, ("gbm_churn",)),
    "synthetic-jupyterhub-5.4": ("5.4.3", REQUIRED, None),
    "synthetic-kubeflow-1.11": ("1.11.0", NONE, None),
    "synthetic-kubeflow-pipelines-2.17-api": ("2.17.0", NONE, None),
    "synthetic-kubeflow-pipelines-2.17-ui": ("2.17.0", NONE, None),
    "synthetic-kubelet-1.35-forbidden": (None, REQUIRED, None),
    "synthetic-kubelet-1.35-open": (None, NONE, None),
    "synthetic-kubernetes-api-1.35": ("1.35.2", REQUIRED, None),
    "synthetic-kubernetes-api-1.35-anonymous": ("1.35.2", NONE, None),
    "synthetic-label-studio-1.22": ("1.22.0", REQUIRED, None),
    "synthetic-marimo-0.24-open": ("0.24.0", NONE, None),
    "synthetic-marimo-0.24-token": (None, REQUIRED, None),
    "synthetic-marqo-2.13": ("2.13.0", NONE, ("hf/e5-base-v2",)),
    "synthetic-meilisearch-1.50-development": ("1.50.0", NONE, None),
    "synthetic-meilisearch-1.50-masterkey": (None, REQUIRED, None),
    "synthetic-metaflow-2.5-service": ("2.5.1", NONE, None),
    "synthetic-metaflow-2.5-ui-backend": ("2.5.1", NONE, None),
    "synthetic-milvus-2.6-auth": (None, REQUIRED, None),
    "synthetic-milvus-2.6-management": (None, NONE, None),
    "synthetic-milvus-2.6-open": (None, NONE, None),
    "synthetic-neo4j-5.26-auth": ("5.26.21", REQUIRED, None),
    "synthetic-neo4j-5.26-noauth": ("5.26.21", NONE, None),
    "synthetic-nvidia-gpu-exporter-1.4": ("1.4.1", NONE, None),
    "synthetic-olah-0.5": (None, NONE, None),
    "synthetic-opensearch-3.4-open": ("3.4.0", NONE, None),
    "synthetic-opensearch-3.4-secured": (None, REQUIRED, None),
    "synthetic-opik-1.10": ("1.10.4", NONE, None),
    "synthetic-podman-5.8": ("5.8.0", NONE, None),
    "synthetic-prefect-3.7-basicauth": (None, REQUIRED, None),
    "synthetic-prefect-3.7-open": ("3.7.1", NONE, None),
    "synthetic-qdrant-1.19-apikey": ("1.19.0", REQUIRED, None),
    "synthetic-qdrant-1.19-open": ("1.19.0", NONE, None),
    "synthetic-ray-2.60-open": ("2.60.0", NONE, None),
    "synthetic-solr-9.10-basicauth": (None, REQUIRED, None),
    "synthetic-solr-9.10-open": ("9.10.0", NONE, None),
    "synthetic-tensorboard-2.22": ("2.22.0", NONE, None),
    "synthetic-typesense-29": (None, REQUIRED, None),
    "synthetic-vespa-8-configserver": ("8.620.35", NONE, None),
    "synthetic-vespa-8-container": ("8.620.35", NONE, None),
    "synthetic-weaviate-1.39-apikey": (None, REQUIRED, None),
    "synthetic-weaviate-1.39-open": ("1.39.2", NONE, None),
    "synthetic-zenml-0.94": ("0.94.2", REQUIRED, None),
    "synthetic-zeppelin-0.12-anonymous": ("0.12.0", NONE, None),
    "synthetic-zeppelin-0.12-shiro": ("0.12.0", REQUIRED, None),
}
"""Version, authentication and models of what the recording stands for."""
AT_HOME_ONLY = {
    "synthetic-feast-0.60",
    "synthetic-kubeflow-pipelines-2.17-api",
    "synthetic-kubeflow-pipelines-2.17-ui",
    "synthetic-kubelet-1.35-open",
    "synthetic-milvus-2.6-management",
}
"""Told on their own ports alone: no shared ask shows them."""
PORTS = {"synthetic-milvus-2.6-management": 9091, "synthetic-vespa-8-configserver": 19071}
PRODUCTS = sorted({load(name).product for name in TRUTH})
CHECKS = [(product, check.id) for product in PRODUCTS for check in catalog().products[product].fingerprint.checks]

ZENML = '{"version":"0.94.2","deployment_type":"local","database_type":"sqlite","secrets_store_type":"sql",'
Patch = tuple[str, str, int, str]
MADE_TO_FAIL: dict[str, Patch] = {
    "cvat-unauthenticated-api": ("synthetic-cvat-2.61", "/api/projects", 200, '{"count":0,"results":[]}'),
    "dcgm-exporter-profiling-enabled": (
        "synthetic-dcgm-exporter-4.5",
        "/",
        200,
        '<title>GPU Exporter</title><a href="./debug/pprof/">Index</a>',
    ),
    "determined-profiling-open": ("synthetic-determined-0.38", "/debug/pprof/", 200, "<h1>goroutine</h1>"),
    "jupyterhub-open-signup": ("synthetic-jupyterhub-5.4", "/hub/signup", 200, '<form action="/hub/signup">'),
    "label-studio-local-files-served": ("synthetic-label-studio-1.22", "/data/local-files/", 403, ""),
    "zenml-no-auth": (
        "synthetic-zenml-0.94",
        "/api/v1/info",
        200,
        ZENML + '"auth_scheme":"NO_AUTH"}',
    ),
    "zenml-not-activated": (
        "synthetic-zenml-0.94",
        "/api/v1/info",
        200,
        ZENML + '"auth_scheme":"OAUTH2_PASSWORD_BEARER","active":false}',
    ),
}
"""Checks that no recording fails: what must be answered otherwise for them to."""
PASSING: dict[str, bytes] = {
    "cvat-plaintext": b'{"version":"2.61.0"}',
    "dcgm-exporter-profiling-enabled": b"GPU Exporter",
    "label-studio-local-files-served": b"it is disabled by default",
    "milvus-authorization-disabled": b'{"code":1800}',
    "meilisearch-development-environment": b'{"status":"Meilisearch is running"}',
    "clearml-no-passwords": b'{"data":{"basic":{"enabled":true}}}',
    "clearml-guest-password-told": b'{"data":{"basic":{"guest":{"enabled":false}}}}',
    "kubeflow-pipelines-single-user": b'{"multi_user":true}',
    "prefect-csrf-protection-off": b'{"csrf_enabled":true}',
    "zenml-no-auth": b'{"auth_scheme":"EXTERNAL"}',
    "kubeflow-stranger-is-admin": b'{"isClusterAdmin":false}',
    "tensorboard-log-directory-disclosed": b'{"data_location":""}',
    "zenml-not-activated": b'{"active":true}',
}
"""The body with which a check passes, where a refusal or TLS alone does not make it pass."""
HEADERS = {
    "code-server-no-password": (("Location", "./login"),),
    "code-server-password-in-clear": (("Location", "./login"),),
    "weaviate-cors-any-origin": (("Access-Control-Allow-Origin", "https://app.example"),),
}


def at_home(name: str) -> int:
    return PORTS.get(name) or catalog().products[load(name).product].fingerprint.ports[0]


@every(TRUTH)
def test_named_on_its_port(name: str) -> None:
    assert_named(converse(Playback(name), at_home(name)).service, name, TRUTH[name])


@every([name for name in TRUTH if name not in AT_HOME_ONLY])
def test_named_on_any_port(name: str) -> None:
    assert_named(converse(Playback(name), UNNAMED_PORT).service, name, TRUTH[name])


@every(TRUTH)
def test_named_behind_a_proxy(name: str) -> None:
    service = converse(Playback(name, server=NGINX), at_home(name)).service
    assert_named(service, name, TRUTH[name])
    assert service.stack[0].product == "nginx"


@pytest.mark.slow
@every(names())
def test_none_of_them_claims_what_another_product_said(name: str) -> None:
    service = converse(Playback(name), 9200).service
    assert {layer.product for layer in service.stack} & set(PRODUCTS) <= {load(name).product}


def findings(name: str, patch: tuple[str, int, str] | None = None, exposure: str = "private") -> dict[str, Finding]:
    playback = Playback(name)
    if patch is not None:
        path, status, body = patch
        kind = "application/json" if body.startswith("{") else "text/html"
        playback.answers.patch("GET", path, status=status, body=body, headers={"Content-Type": kind})
    service = converse(playback, at_home(name), exposure=exposure).service
    return {finding.id: finding for finding in service.findings}


@every(CHECKS)
def test_a_check_fails_where_it_should(product: str, check: str) -> None:
    if check in MADE_TO_FAIL:
        name, path, status, body = MADE_TO_FAIL[check]
        assert findings(name)[check].state != "fail"
        assert findings(name, (path, status, body))[check].state == "fail"
    else:
        recorded = [findings(name)[check] for name in TRUTH if load(name).product == product]
        failed = [finding for finding in recorded if finding.state == "fail"]
        assert failed
        assert all(finding.evidence for finding in failed)


def rule(product: str, check: str) -> CheckRule:
    return next(one for one in catalog().products[product].fingerprint.checks if one.id == check)


def state(product: str, check: str, reply: Reply) -> str:
    """The verdict where every ask got this reply."""
    kit = catalog().products[product]
    replies = {name: View(reply) for name in kit.signatures}
    return next(str(one.state) for one in verdicts(kit, replies, "private") if one.id == check)


@every(CHECKS)
def test_a_check_says_unknown_where_nothing_was_heard(product: str, check: str) -> None:
    assert state(product, check, Reply(outcome=Outcome.TIMEOUT)) == "unknown"


@every(CHECKS)
def test_a_check_passes_where_it_should(product: str, check: str) -> None:
    wanted = rule(product, check).pass_[0].all[0]
    status = wanted.status[0] if isinstance(wanted.status, list) else wanted.status
    headers = HEADERS.get(check, ())
    body = PASSING.get(check, b"Unauthorized")
    reply = Reply(status=status, headers=headers, body=body, tls=TlsFacts(version="TLSv1.3") if wanted.tls else None)
    assert state(product, check, reply) == "pass"


def test_clear_text_is_no_finding_on_loopback() -> None:
    in_clear = [check for product, check in CHECKS if rule(product, check).exposures]
    assert len(in_clear) >= 10
    for name in TRUTH:
        for check, finding in findings(name, exposure="loopback").items():
            assert check not in in_clear or finding.state == "not_applicable"


def test_secrets_on_the_way_are_not_kept() -> None:
    for name in ("synthetic-clearml-2.3-guest", "docker-engine-20.10.24-tcp", "synthetic-kubelet-1.35-open"):
        seen = converse(Playback(name), at_home(name))
        kept = b"".join(seen.content.values())
        assert b'"password"' not in kept
        assert b'"Command"' not in kept
        assert b"PodList" not in kept


def test_a_server_that_a_hub_started_is_not_the_hub() -> None:
    playback = Playback("jupyterlab-4.6.6-open")
    for exchange in playback.answers.recording.exchanges:
        exchange.response.headers.append(("X-JupyterHub-Version", "5.4.3"))
    service = converse(playback, 8888).service
    assert service.product == "jupyter"
    assert "jupyterhub" not in {layer.product for layer in service.stack}


def test_podman_is_not_docker_though_it_speaks_its_language() -> None:
    for port in (2375, 8080, UNNAMED_PORT):
        service = converse(Playback("synthetic-podman-5.8"), port).service
        assert [layer.product for layer in service.stack] == ["podman"]
