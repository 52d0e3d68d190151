"""Answers of engines and clusters that no honest one gives: each is told as not seen, and nothing is raised."""

import json
from pathlib import Path
from typing import Any

import pytest

from livebom.net.cluster import ClusterError, Door
from livebom.net.engine_api import EngineDoor
from probes.local.engine import Engine
from probes.local.kubernetes import Cluster
from probes.local.workload import Window
from tests.probes.local.apiserver import PODS, ApiServer
from tests.probes.local.fakeengine import ID, container, engine
from tests.probes.local.test_kubernetes import pod

DEEP = b"[" * 3000 + b"]" * 3000
STRANGE = {
    "nested without end": json.dumps(container()).encode()[:-1] + b',"More":' + DEEP + b"}",
    "no UTF-8": json.dumps(container()).encode().replace(b"/vllm", b"/vl\xe1m"),
    "no JSON": b"{",
}


@pytest.mark.parametrize("body", STRANGE.values(), ids=STRANGE)
def test_a_container_that_cannot_be_read_is_told_and_its_neighbour_seen(tmp_path: Path, body: bytes) -> None:
    other = "cd" * 32
    answers = {
        "/v1.41/containers/json": [{"Id": ID}, {"Id": other}],
        f"/v1.41/containers/{ID}/json": body,
        f"/v1.41/containers/{other}/json": container(other),
    }
    with engine(tmp_path / "s", answers) as (address, _):
        looked = Engine("docker", EngineDoor(address=address)).look(Window(deadline=10))
    assert [one.id for one in looked.workloads] == [other]
    assert "whose details cannot be read" in looked.not_seen[0]
    assert not looked.complete


@pytest.mark.parametrize(
    ("listed", "why"),
    [
        (b'[{"Id": "\xe1"}]', "1 containers whose row in the list cannot be read: row 1"),
        (b"[" + DEEP + b"]", "its list of containers cannot be read"),
    ],
)
def test_a_list_that_cannot_be_read_is_told(tmp_path: Path, listed: bytes, why: str) -> None:
    with engine(tmp_path / "s", {"/v1.41/containers/json": listed}) as (address, _):
        looked = Engine("docker", EngineDoor(address=address)).look(Window(deadline=10))
    assert why in looked.not_seen[0]


@pytest.mark.parametrize("code", ["gone", None, [], {"a": 1}, 410.5])
def test_a_watch_that_ends_with_a_strange_code_ends_with_its_own_error(code: Any) -> None:
    with ApiServer({PODS: [pod()]}) as api:
        api.watches = [[{"type": "ERROR", "object": {"code": code}}]]
        with pytest.raises(ClusterError):
            list(Cluster("lab", Door(server=api.url)).changes(5))


@pytest.mark.parametrize("phase", [{"a": 1}, [], 5, None])
def test_a_pod_in_a_strange_phase_is_looked_at(phase: Any) -> None:
    strange = pod()
    strange["status"]["phase"] = phase
    with ApiServer({PODS: [strange]}) as api:
        looked = Cluster("lab", Door(server=api.url)).look(Window(deadline=5))
    assert len(looked.workloads) == 1


def test_ports_that_cannot_be_are_no_ports() -> None:
    strange = pod()
    strange["spec"]["containers"][0]["ports"] = [
        {"containerPort": 8000, "hostPort": number} for number in (0, -1, 65536, True, 1 << 40, 8001)
    ]
    with ApiServer({PODS: [strange]}) as api:
        [one] = Cluster("lab", Door(server=api.url)).look(Window(deadline=5)).workloads
    assert [at.port for at in one.published] == [8001]
