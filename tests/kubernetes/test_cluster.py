"""What a real API server stores is what livebom tells: all kinds, many pages, changes, and a history that is gone."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread, Timer
from typing import Any

import pytest

from livebom.net.cluster import Door
from probes.local.kubernetes import Change, Cluster
from probes.local.workload import Published, Window
from tests.kubernetes.between import between
from tests.kubernetes.install import stands
from tests.kubernetes.plane import LOOKER, STRANGER, Plane, plane

pytestmark = [pytest.mark.kubernetes, pytest.mark.timeout(180)]
ID = "feed" + "0" * 60
MANY = 520
"""More pods than one page of a list holds."""
_CHECKOUT = Path(__file__).resolve().parents[2]
_PODS = "/api/v1/namespaces/ai/pods"


def _pod(name: str, **spec: Any) -> dict[str, Any]:
    container = {
        "name": "vllm",
        "image": "vllm/vllm-openai:v0.11.0",
        "ports": [{"name": "http", "containerPort": 8000}],
    }
    return {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {"containers": [container | spec], "automountServiceAccountToken": False},
    }  # fmt: skip


def _chat() -> dict[str, Any]:
    """vLLM with what an inventory wants to know."""
    one = _pod(
        "chat",
        args=["vllm", "serve", "acme/Bot", "--api-key", "secret-of-mine"],
        env=[{"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": "hub", "key": "token"}}}],
        resources={"limits": {"nvidia.com/gpu": "1"}},
        securityContext={"privileged": True},
    )
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "chat", "uid": "u1", "controller": True}
    one["metadata"] |= {"ownerReferences": [owner]}
    one["metadata"]["labels"] |= {"serving.kserve.io/inferenceservice": "bot"}
    return one


_STATUS = {
    "phase": "Running", "podIP": "10.1.2.3", "podIPs": [{"ip": "10.1.2.3"}], "hostIP": "10.0.0.5",
    "containerStatuses": [{
        "name": "vllm", "containerID": f"containerd://{ID}", "state": {"running": {}}, "ready": True,
        "restartCount": 0, "image": "vllm/vllm-openai:v0.11.0",
        "imageID": "docker.io/vllm/vllm-openai@sha256:" + "ab" * 32,
    }],
}  # fmt: skip
_OPEN = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
_KSERVE = {
    "metadata": {"name": "inferenceservices.serving.kserve.io"},
    "spec": {
        "group": "serving.kserve.io", "scope": "Namespaced",
        "names": {"plural": "inferenceservices", "kind": "InferenceService"},
        "versions": [{"name": "v1beta1", "served": True, "storage": True, "schema": {"openAPIV3Schema": _OPEN}}],
    },
}  # fmt: skip
_RULES = [
    {"apiGroups": [""], "resources": ["pods", "services"], "verbs": ["list", "watch"]},
    {"apiGroups": ["networking.k8s.io"], "resources": ["ingresses"], "verbs": ["list", "watch"]},
    {"apiGroups": ["serving.kserve.io"], "resources": ["inferenceservices"], "verbs": ["list", "watch"]},
]


def _filled(one: Plane) -> None:
    rbac = "/apis/rbac.authorization.k8s.io/v1"
    path = {"path": "/v1", "pathType": "Prefix", "backend": {"service": {"name": "chat", "port": {"number": 80}}}}
    port = {"port": 80, "targetPort": "http", "nodePort": 30080}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "looker"}
    one.make("/api/v1/namespaces", [{"metadata": {"name": "ai"}}])
    one.make(f"{rbac}/clusterroles", [{"metadata": {"name": "looker"}, "rules": _RULES}])
    who = [{"kind": "User", "name": "looker", "apiGroup": "rbac.authorization.k8s.io"}]
    one.make(f"{rbac}/clusterrolebindings", [{"metadata": {"name": "looker"}, "roleRef": role, "subjects": who}])
    one.make("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", [_KSERVE])
    one.make(_PODS, [_chat()])
    status, answer = one.ask("PATCH", f"{_PODS}/chat/status", {"status": _STATUS})
    assert status == 200, answer
    selects = {"selector": {"app": "chat"}, "clusterIP": "10.96.0.9", "type": "NodePort", "ports": [port]}
    one.make("/api/v1/namespaces/ai/services", [{"metadata": {"name": "chat"}, "spec": selects}])
    rule = {"host": "ai.example", "http": {"paths": [path]}}
    one.make("/apis/networking.k8s.io/v1/namespaces/ai/ingresses",
             [{"metadata": {"name": "front"}, "spec": {"rules": [rule]}}])  # fmt: skip
    served = {
        "apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService", "metadata": {"name": "bot"},
        "spec": {"predictor": {"model": {"storageUri": "s3://models/bot", "runtime": "kserve-vllm"}}},
    }  # fmt: skip
    models = "/apis/serving.kserve.io/v1beta1/namespaces/ai/inferenceservices"
    for _ in range(100):  # a new kind is served a moment after it was defined
        if one.ask("GET", models)[0] == 200:
            break
        Event().wait(0.1)
    one.make(models, [served])


@pytest.fixture(scope="module")
def cluster() -> Iterator[Plane]:
    if not stands():
        reason = "not built: python -m tests.kubernetes.install"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    with tempfile.TemporaryDirectory(prefix="livebom-cluster-") as folder, plane(Path(folder)) as one:
        _filled(one)
        yield one


@pytest.fixture(scope="module")
def crowded(cluster: Plane) -> Plane:
    cluster.make(_PODS, [_pod(f"p{number:03}") for number in range(MANY)])
    return cluster


def _source(one: Plane, token: str = LOOKER) -> Cluster:
    return Cluster("tests", Door(server=f"https://127.0.0.1:{one.port}", authority=one.authority, token=token))


def test_a_pod_is_told_with_all_that_leads_to_it(cluster: Plane) -> None:
    looked = _source(cluster).look(Window())

    one = next(one for one in looked.workloads if one.id == ID)
    assert looked.complete, looked.not_seen
    assert (one.runtime, one.namespace, one.owner) == ("containerd", "ai", "Deployment/chat")
    assert (one.privileged, one.gpus) == (True, ("nvidia.com/gpu=1",))
    assert one.addresses == {"pod": "10.1.2.3"} or "10.1.2.3" in one.addresses.values()
    assert "secret-of-mine" not in repr(looked)
    assert set(one.published) == {
        Published(host="10.96.0.9", port=80, inner=8000), Published(host="10.0.0.5", port=30080, inner=8000),
    }  # fmt: skip
    assert one.labels["ingress/front"] == "ai.example/v1"
    assert one.labels["inferenceservice/storageUri"] == "s3://models/bot"


def test_discover_tells_it_as_a_server(cluster: Plane, tmp_path: Path) -> None:
    plain = {key: value for key, value in os.environ.items() if not key.startswith(("LIVEBOM_", "XDG_", "DOCKER_"))}
    done = subprocess.run(
        [sys.executable, "-m", "livebom", "discover", "--kubernetes", "looker", "--ports", "9", "--no-store",
         "--format", "json"],
        env={**plain, "HOME": str(tmp_path), "KUBECONFIG": str(cluster.kubeconfig)},
        cwd=_CHECKOUT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode in {0, 3}, done.stderr
    keys = {(part["kind"], part["key"]) for part in json.loads(done.stdout)["parts"]}
    assert {("container", f"containerd:{ID}"), ("server", f"container:{ID}/vllm"), ("model", "hf:acme/bot")} <= keys
    assert "secret-of-mine" not in done.stdout + done.stderr


def test_who_may_nothing_is_told_so_of_each_kind(cluster: Plane) -> None:
    forbidden, unknown = _source(cluster, STRANGER).look(Window()), _source(cluster, "nobody").look(Window())

    assert not forbidden.complete
    assert len(forbidden.not_seen) == 4
    assert all("status 403" in line for line in forbidden.not_seen)
    assert all("status 401" in line for line in unknown.not_seen)


def test_every_page_is_read(crowded: Plane) -> None:
    asked: list[str] = []
    with between(crowded, asked.append) as url:
        looked = Cluster("tests", Door(server=url)).look(Window())

    assert looked.complete, looked.not_seen
    assert len(looked.workloads) == len({one.id for one in looked.workloads}) == MANY + 1
    pages = [path for path in asked if path.startswith("/api/v1/pods")]
    assert len(pages) == 2
    assert "continue=" in pages[1]


def test_a_list_whose_place_is_gone_begins_anew(crowded: Plane) -> None:
    asked: list[str] = []

    def before(path: str) -> None:
        asked.append(path)
        if len([one for one in asked if "continue=" in one]) == 1 and "continue=" in path:
            _touched(crowded)
            crowded.forget()

    with between(crowded, before) as url:
        looked = Cluster("tests", Door(server=url)).look(Window())

    assert looked.complete, looked.not_seen
    assert len(looked.workloads) == MANY + 1
    assert len([path for path in asked if path.startswith("/api/v1/pods")]) == 4


def _touched(one: Plane) -> None:
    status, answer = one.ask("PATCH", f"{_PODS}/chat", {"metadata": {"annotations": {"at": os.urandom(4).hex()}}})
    assert status == 200, answer


def test_pods_are_watched_as_they_come_and_go(cluster: Plane) -> None:
    seen, ready = _watching(_source(cluster), until=3)
    assert ready.wait(20)
    Event().wait(0.5)
    cluster.make(_PODS, [_pod("guest")])
    status, answer = cluster.ask("DELETE", f"{_PODS}/guest", {"gracePeriodSeconds": 0})
    assert status == 200, answer
    seen.join(20)

    assert not seen.is_alive()
    guests = [one.type for one in seen.changes if one.name == "guest"]
    assert (guests[0], guests[-1]) == ("ADDED", "DELETED")


def test_a_watch_whose_place_is_gone_says_so_and_goes_on(cluster: Plane) -> None:
    watches: list[str] = []

    def before(path: str) -> None:
        if "watch=1" in path:
            watches.append(path)
            if len(watches) == 1:
                _touched(cluster)
                _touched(cluster)  # the history is kept from the last change on
                cluster.forget()
            elif len(watches) == 2:
                Timer(0.5, _touched, [cluster]).start()

    with between(cluster, before) as url:
        seen, _ = _watching(Cluster("tests", Door(server=url)), until=2)
        seen.join(20)

    assert not seen.is_alive()
    assert [one.type for one in seen.changes] == ["RELISTED", "MODIFIED"]
    assert len(watches) == 2


class _Watching(Thread):
    def __init__(self, source: Cluster, until: int) -> None:
        super().__init__(daemon=True)
        self.source, self.until, self.ready = source, until, Event()
        self.changes: list[Change] = []

    def run(self) -> None:
        """Collects so many changes, or those of 15 s."""
        for change in self.source.changes(15, self.ready.set):
            self.changes.append(change)
            if len(self.changes) >= self.until or (change.type, change.name) == ("DELETED", "guest"):
                return


def _watching(source: Cluster, until: int) -> tuple[_Watching, Event]:
    one = _Watching(source, until)
    one.start()
    return one, one.ready
