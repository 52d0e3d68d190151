"""containerd and CRI by a client program that answers as theirs do, or as it should not."""

import json
from pathlib import Path

from probes.local.containerd import Containerd
from probes.local.cri import Cri
from probes.local.workload import Looked, Mount, Window
from tests.probes.local.fakeengine import ID, engine

_SPEC = {
    "process": {"args": ["ollama", "serve"], "env": ["OLLAMA_HOST=0.0.0.0"], "cwd": "/", "user": {"uid": 0},
                "capabilities": {"bounding": ["CAP_KILL", "CAP_SYS_ADMIN"]}},
    "mounts": [{"destination": "/models", "source": "/srv/models", "type": "bind", "options": ["rbind", "ro"]},
               {"destination": "/proc", "source": "proc", "type": "proc"}],
    "linux": {"namespaces": [{"type": "pid"}]},
}  # fmt: skip
_INFO = json.dumps({"ID": ID, "Image": "docker.io/ollama/ollama:latest", "Labels": {"a": "b"}, "Spec": _SPEC})


def _program(folder: Path, body: str) -> str:
    path = folder / "program"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


def _look(folder: Path, info: str) -> Looked:
    """With two containers, of which the second has gone when it is asked for."""
    (folder / "info").write_text(info)
    body = f"""case "$*" in
    *"namespaces ls"*) echo moby; echo lb ;;
    *"-n moby containers ls"*) echo {ID} ;;
    *"-n lb containers ls"*) echo gone ;;
    *"tasks ls"*) echo "TASK PID STATUS"; echo "{ID} 77 RUNNING" ;;
    *"info {ID}"*) cat {folder}/info ;;
    *) exit 1 ;; esac"""
    with engine(folder / "s", {}) as (address, _):
        return Containerd(Path(address.removeprefix("unix://")), _program(folder, body)).look(Window(deadline=10))


def test_a_container_of_dockers_has_dockers_id_and_name(tmp_path: Path) -> None:
    looked = _look(tmp_path, _INFO)

    (one,) = looked.workloads
    assert (one.id, one.runtime, one.namespace, one.pid, one.state) == (ID, "docker", "moby", 77, "running")
    assert (one.argv, one.user, one.network, one.capabilities) == (("ollama", "serve"), "0", "host", ("SYS_ADMIN",))
    assert one.mounts == (Mount(source="/srv/models", destination="/models", writable=False),)
    assert not looked.complete
    assert "container gone not told" in looked.not_seen[0]


def test_details_that_cannot_be_read_are_a_fact(tmp_path: Path) -> None:
    looked = _look(tmp_path, '{"Spec": 7}')

    assert not looked.workloads
    assert any("cannot be read" in line for line in looked.not_seen)


def test_a_client_that_hangs_ends_at_the_deadline(tmp_path: Path) -> None:
    with engine(tmp_path / "s", {}):
        looked = Containerd(tmp_path / "s", _program(tmp_path, "exec sleep 20")).look(Window(deadline=0.1))
    assert "did not answer in time" in looked.not_seen[0]


def test_no_socket_is_quiet(tmp_path: Path) -> None:
    assert Containerd(tmp_path / "none").look(Window()).absent


def test_cri_tells_the_pod_and_its_container(tmp_path: Path) -> None:
    labels = {"io.kubernetes.pod.name": "llm-0", "io.kubernetes.pod.namespace": "ai"}
    status = {"id": ID, "metadata": {"name": "llm"}, "state": "CONTAINER_RUNNING", "image": {"image": "x:1"},
              "imageRef": "x@sha256:" + "12" * 32, "labels": labels}  # fmt: skip
    (tmp_path / "ps").write_text(json.dumps({"containers": [{"id": ID}, {"id": "f" * 64}]}))
    (tmp_path / "one").write_text(json.dumps({"status": status, "info": {"pid": 5, "runtimeSpec": _SPEC}}))
    body = f'case "$*" in *" ps "*) cat {tmp_path}/ps ;; *{ID}) cat {tmp_path}/one ;; *) exit 1 ;; esac'
    looked = Cri("cri-o", tmp_path / "s", _program(tmp_path, body)).look(Window(deadline=10))

    (one,) = looked.workloads
    assert (one.name, one.namespace, one.owner, one.pid, one.runtime) == ("llm", "ai", "Pod/llm-0", 5, "cri-o")
    assert one.image is not None
    assert one.image.digest == "sha256:" + "12" * 32
    assert "ffffffffffff cannot be read" in looked.not_seen[0]
