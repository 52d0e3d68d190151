"""A cluster is listed page by page and watched; its pods become the parts that other sources know too."""

import base64
import itertools
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from livebom.bom.parts import PartKind
from livebom.net.cluster import ClusterError, Door
from livebom.settings import DataError
from livebom.surfaces import cluster
from probes.local.kubernetes import Cluster
from probes.local.workload import Published, Window
from tests.probes.local.apiserver import PODS, ApiServer
from tests.probes.local.shapes import docker, failing, graph_of, parts, told

ID = "feed" + "0" * 60
SERVICES = "/api/v1/services"
INGRESSES = "/apis/networking.k8s.io/v1/ingresses"
INFERENCE = "/apis/serving.kserve.io/v1beta1/inferenceservices"


def pod(name: str = "chat-6d4cf56db6-x2x7q", **given: Any) -> dict[str, Any]:
    """A pod as an API server tells it: vLLM of a Deployment."""
    labels = {"app": "chat", "pod-template-hash": "6d4cf56db6", "serving.kserve.io/inferenceservice": "bot"}
    owner = {"kind": "ReplicaSet", "name": "chat-6d4cf56db6", "controller": True}
    container = {
        "name": "vllm", "image": "vllm/vllm-openai:v0.11.0",
        "args": ["vllm", "serve", "acme/Bot", "--api-key", "secret-of-mine"],
        "env": [{"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {}}},
                {"name": "VLLM_SERVER_DEV_MODE", "value": "1"}],
        "ports": [{"name": "http", "containerPort": 8000}],
        "resources": {"limits": {"nvidia.com/gpu": "1"}},
        "securityContext": {"privileged": True, "capabilities": {"add": ["SYS_ADMIN"]}},
        "volumeMounts": [{"name": "host", "mountPath": "/host"}, {"name": "models", "mountPath": "/models"}],
    }  # fmt: skip
    status = {"name": "vllm", "containerID": f"containerd://{ID}", "state": {"running": {}}}
    return {
        "metadata": {
            "name": name, "namespace": "ai", "uid": "u1", "labels": labels, "ownerReferences": [owner], **given,
        },
        "spec": {
            "containers": [container], "restartPolicy": "Always", "securityContext": {"runAsUser": 0},
            "volumes": [{"name": "host", "hostPath": {"path": "/"}},
                        {"name": "models", "persistentVolumeClaim": {"claimName": "m"}}],
        },
        "status": {
            "phase": "Running", "podIP": "10.1.2.3", "hostIP": "10.0.0.5",
            "containerStatuses": [{**status, "imageID": "docker.io/vllm/vllm-openai@sha256:" + "ab" * 32}],
        },
    }  # fmt: skip


def everything() -> dict[str, list[dict[str, Any]]]:
    """A small cluster."""
    service = {
        "metadata": {"name": "chat", "namespace": "ai"},
        "spec": {
            "selector": {"app": "chat"}, "clusterIP": "10.96.0.9",
            "ports": [{"port": 80, "targetPort": "http", "nodePort": 30080}],
        },
    }  # fmt: skip
    path = {"path": "/v1", "backend": {"service": {"name": "chat"}}}
    ingress = {
        "metadata": {"name": "front", "namespace": "ai"},
        "spec": {"rules": [{"host": "ai.example", "http": {"paths": [path]}}]},
    }
    model = {"storageUri": "s3://models/bot", "runtime": "kserve-vllm"}
    kserve = {"metadata": {"name": "bot", "namespace": "ai"}, "spec": {"predictor": {"model": model}}}
    return {PODS: [pod()], SERVICES: [service], INGRESSES: [ingress], INFERENCE: [kserve]}


@pytest.fixture
def api() -> Iterator[ApiServer]:
    """A cluster on loopback."""
    with ApiServer(everything()) as running:
        yield running


def source(api: ApiServer, token: str = "") -> Cluster:
    return Cluster("lab", Door(server=api.url, token=token))


def test_a_pod_is_told_with_all_that_leads_to_it(api: ApiServer) -> None:
    looked = source(api).look(Window(keep_env=frozenset({"VLLM_SERVER_DEV_MODE"})))
    [one] = looked.workloads
    assert looked.complete
    assert (one.id, one.runtime, one.namespace, one.owner) == (ID, "containerd", "ai", "Deployment/chat")
    assert (one.user, one.privileged, one.network, one.restart) == ("0", True, "pod", "Always")
    assert one.gpus == ("nvidia.com/gpu=1",)
    assert one.env == {"VLLM_SERVER_DEV_MODE": "1"}
    assert "HF_TOKEN" in one.env_names
    assert "secret-of-mine" not in str(one)
    assert {place for place, _ in one.secrets} == {"argv[4]"}
    assert set(one.published) == {
        Published(host="10.96.0.9", port=80, inner=8000), Published(host="10.0.0.5", port=30080, inner=8000),
    }  # fmt: skip
    assert one.labels["ingress/front"] == "ai.example/v1"
    assert one.labels["inferenceservice/storageUri"] == "s3://models/bot"
    assert {"container-privileged", "container-capabilities-added", "container-host-folder-mounted"} <= failing(
        one
    ).keys()


def test_a_container_that_its_runtime_tells_too_is_one_part(api: ApiServer) -> None:
    [one] = source(api).look(Window()).workloads
    also = docker(id=ID, source="containerd", runtime="containerd")
    assert list(parts(graph_of(told(one, also)), PartKind.CONTAINER)) == [f"containerd:{ID}"]


def test_pages_are_walked_and_a_lost_place_begins_anew() -> None:
    many = [pod(f"p{number}", uid=f"u{number}") for number in range(7)]
    for number, one in enumerate(many):
        one["status"]["containerStatuses"][0]["containerID"] = f"containerd://{number:064x}"
    with ApiServer({**everything(), PODS: many}, page=3) as api:
        api.expired = 1
        looked = source(api).look(Window())
        assert [one.name for one in looked.workloads] == [f"p{number}/vllm" for number in range(7)]
        assert looked.complete
        api.expired = 9
        assert source(api).look(Window()).not_seen == ("kubernetes lab: pods: status 410",)


def test_a_watch_goes_on_from_its_bookmark_and_lists_anew_where_history_is_gone(api: ApiServer) -> None:
    def event(kind: str, version: str) -> dict[str, Any]:
        meta = {"name": "chat", "namespace": "ai", "resourceVersion": version}
        return {"type": kind, "object": {"kind": "Pod", "metadata": meta}}

    gone = {"type": "ERROR", "object": {"kind": "Status", "code": 410}}
    api.watches = [[event("ADDED", "8"), event("BOOKMARK", "20")], [410], [event("DELETED", "9"), gone], []]
    changes = list(itertools.islice(source(api).changes(5.0), 4))
    assert [change.type for change in changes] == ["ADDED", "RELISTED", "DELETED", "RELISTED"]
    since = [path.partition("resourceVersion=")[2].partition("&")[0] for path in api.asked if "watch=1" in path]
    assert since[:3] == ["7", "20", "7"]
    assert all("allowWatchBookmarks=true" in path for path in api.asked if "watch=1" in path)


def test_what_is_refused_or_makes_no_sense_is_a_fact_each(api: ApiServer) -> None:
    api.token = "right"  # noqa: S105 - of this test alone
    assert source(api, token="right").look(Window()).complete  # noqa: S106 - of this test alone
    refused = source(api, token="wrong").look(Window())  # noqa: S106 - of this test alone
    assert not refused.complete
    assert "kubernetes lab: pods: status 401" in refused.not_seen
    api.token = ""
    del api.objects[INFERENCE]
    assert source(api).look(Window()).complete
    api.objects[PODS] = [{"metadata": {"name": 3}}]
    assert source(api).look(Window()).not_seen == ("kubernetes lab: pods: an answer that cannot be read",)
    api.objects[PODS] = [{"metadata": None}, {"spec": {"containers": [{"ports": 3, "env": [None]}]}}]
    assert source(api).look(Window()).workloads == ()
    nobody = Cluster("x", Door(server="http://127.0.0.1:1"))
    assert not nobody.look(Window(deadline=1.0)).complete


def kubeconfig(folder: Path, **given: str) -> dict[str, str]:
    """An environment whose kubeconfig has two contexts."""
    lines = "\n".join(f"    {name}: {value}" for name, value in given.items())
    text = f"""apiVersion: v1
kind: Config
current-context: lab
preferences: {{}}
clusters:
- name: lab
  cluster:
{lines}
contexts:
- name: lab
  context: {{cluster: lab, user: me, namespace: ai}}
- name: cloud
  context: {{cluster: lab, user: program}}
users:
- name: me
  user: {{token: mine}}
- name: program
  user:
    exec: {{apiVersion: client.authentication.k8s.io/v1, command: aws}}
"""
    (folder / "config").write_text(text, encoding="utf-8")
    return {"KUBECONFIG": str(folder / "config")}


def test_a_kubeconfig_names_the_cluster_and_what_cannot_be_entered_is_told(api: ApiServer, tmp_path: Path) -> None:
    api.token = "mine"  # noqa: S105 - of this test alone
    environment = kubeconfig(tmp_path, server=api.url)
    assert len(cluster("", environment).look(Window()).workloads) == 1
    with pytest.raises(DataError, match="from a program, which is not run"):
        cluster("cloud", environment)
    with pytest.raises(DataError, match="there are cloud, lab"):
        cluster("home", environment)
    with pytest.raises(DataError, match="there are none"):
        cluster("", {"HOME": str(tmp_path)})


@pytest.mark.slow
def test_only_the_clusters_own_authority_is_trusted(tmp_path: Path) -> None:
    certificate, key = tmp_path / "crt.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-keyout", key, "-out", certificate, "-subj", "/CN=kubernetes", "-addext", "subjectAltName=DNS:kubernetes"],
        check=True, capture_output=True,
    )  # fmt: skip
    authority = base64.b64encode(certificate.read_bytes()).decode()
    with ApiServer(everything(), token="mine").secured(str(certificate), str(key)) as api:  # noqa: S106
        server = f"https://127.0.0.1:{api.port}"
        given = {"certificate-authority-data": authority, "tls-server-name": "kubernetes"}
        assert cluster("", kubeconfig(tmp_path, server=server, **given)).look(Window()).complete
        [*_, told_] = cluster("", kubeconfig(tmp_path, server=server)).look(Window()).not_seen
        assert "not to be trusted" in told_
        wrong = {"certificate-authority-data": authority}
        assert not cluster("", kubeconfig(tmp_path, server=server, **wrong)).look(Window()).complete
        assert api.asked
    with pytest.raises(ClusterError):
        next(Cluster("x", Door(server=server)).changes(1.0))
