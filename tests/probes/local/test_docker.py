"""Docker's API as it should be and as it should not: each trouble is a fact, and the others are told."""

import time
from pathlib import Path
from typing import Any

import pytest

from livebom.net.engine_api import EngineDoor
from probes.local import docker
from probes.local.engine import Engine
from probes.local.workload import Image, Looked, Mount, Published, Window
from tests.probes.local.fakeengine import ID, IMAGE, Stalled, container, engine

_V = "/v1.41"
_OTHER = "ef" * 32


def _look(
    path: Path, answers: dict[str, Any], window: Window | None = None, **headers: str
) -> tuple[Looked, list[str]]:
    told = {name.replace("_", "-"): value for name, value in headers.items()} or {"Api-Version": "1.41"}
    with engine(path / "s", answers, told) as (address, asked):
        return Engine("docker", EngineDoor(address=address)).look(window or Window(deadline=5)), asked


def _with(*rows: Any, **bodies: Any) -> dict[str, Any]:
    listed = {f"{_V}/containers/json": list(rows)}
    return listed | {f"{_V}/containers/{id_}/json": body for id_, body in bodies.items()}


def test_a_container_with_all_that_is_told_of_it(tmp_path: Path) -> None:
    answers = _with({"Id": ID}, **{ID: container()})
    answers[f"{_V}/images/{IMAGE}/json"] = {"RepoDigests": ["vllm/vllm-openai@sha256:" + "12" * 32]}
    looked, _ = _look(tmp_path, answers, Window(deadline=5, keep_env=frozenset({"MODEL", "HF_TOKEN"})))

    (one,) = looked.workloads
    assert looked.complete
    assert (one.name, one.pid, one.user, one.network) == ("vllm", 77, "0", "bridge")
    assert one.image == Image(reference="vllm/vllm-openai:latest", digest="sha256:" + "12" * 32)
    assert (one.privileged, one.capabilities, one.restart, one.gpus) == (True, ("SYS_ADMIN",), "always", ("all",))
    assert one.published == (Published(host="0.0.0.0", port=8000, inner=8000),)
    assert one.mounts == (Mount(source="/var/run/docker.sock", destination="/var/run/docker.sock", writable=True),)
    assert one.addresses == {"bridge": "172.17.0.2"}
    assert one.owner == "lab/llm"
    assert one.env == {"MODEL": "tiny"}
    assert {place for place, _ in one.secrets} == {"argv[3]", "env:HF_TOKEN"}
    assert "sk-0123456789abcdef" not in repr(looked)
    assert one.started is not None
    assert one.started.microsecond == 123456


def test_an_older_engine_is_asked_in_its_own_version_and_a_newer_one_in_ours(tmp_path: Path) -> None:
    for number, (theirs, ours) in enumerate({"1.24": "/v1.24", "1.99": "/v1.43"}.items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        looked, asked = _look(folder, {f"{ours}/containers/json": []}, Api_Version=theirs)
        assert looked.complete
        assert asked[1].startswith(f"{ours}/containers/json")


@pytest.mark.parametrize(
    ("broken", "words"),
    [(b"{", "cannot be read"), (container(State=7), "cannot be read"), (500, "status 500"),
     (container(id_="99" * 32), "told as others"), (b"x" * (5 << 20), "more than")],
)  # fmt: skip
def test_one_bad_container_is_a_fact_and_the_other_is_told(tmp_path: Path, broken: Any, words: str) -> None:
    rows = ({"Id": ID}, {"Id": _OTHER})
    looked, _ = _look(tmp_path, _with(*rows, **{ID: broken, _OTHER: container(_OTHER)}))

    assert [one.id for one in looked.workloads] == [_OTHER]
    assert not looked.complete
    assert words in looked.not_seen[0]
    assert ID[:12] in looked.not_seen[0]


def test_a_container_that_vanished_is_a_fact_and_nothing_is_missing(tmp_path: Path) -> None:
    looked, _ = _look(tmp_path, _with({"Id": ID}))

    assert looked.complete
    assert "1 containers vanished before a look" in looked.not_seen[0]


def test_rows_that_are_none_are_never_asked_for(tmp_path: Path) -> None:
    looked, asked = _look(tmp_path, _with({"Id": "../../info"}, 7, {"Id": ID}, **{ID: container()}))

    assert len(looked.workloads) == 1
    assert "row 1, row 2" in looked.not_seen[0]
    assert not [path for path in asked if "info" in path]


def test_a_name_with_escape_codes_stays_what_it_is(tmp_path: Path) -> None:
    looked, _ = _look(tmp_path, _with({"Id": ID}, **{ID: container(Name="/\x1b[31mred\u202e")}))

    assert looked.workloads[0].name == "\x1b[31mred\u202e"


@pytest.mark.parametrize("path", ["/_ping", f"{_V}/containers/json", f"{_V}/containers/{ID}/json"])
def test_an_engine_that_hangs_ends_at_the_deadline(tmp_path: Path, path: str) -> None:
    began = time.monotonic()
    looked, _ = _look(tmp_path, _with({"Id": ID}) | {path: "hang"}, Window(deadline=0.1))

    assert time.monotonic() - began < 3
    assert not looked.complete
    assert "in time" in looked.not_seen[0]


@pytest.mark.parametrize(
    ("path", "begun"),
    [(f"{_V}/containers/json", b'[{"Id": "'), (f"{_V}/containers/{ID}/json", b'{"Id": "')],
)
def test_an_engine_that_hangs_within_an_answer_ends_at_the_deadline(tmp_path: Path, path: str, begun: bytes) -> None:
    answers = _with({"Id": ID}, {"Id": _OTHER}, **{ID: container(), _OTHER: container(_OTHER)})
    began = time.monotonic()
    looked, _ = _look(tmp_path, answers | {path: Stalled(begun)}, Window(deadline=0.1))

    assert time.monotonic() - began < 3
    assert not looked.complete
    assert "in time" in looked.not_seen[0]
    assert {one.id for one in looked.workloads} <= {_OTHER}


def test_more_than_are_told_are_counted(tmp_path: Path) -> None:
    rows = [{"Id": f"{number:064x}"} for number in range(10_000)]
    answers = _with(*rows, **{row["Id"]: container(row["Id"]) for row in rows[:20]})
    looked, _ = _look(tmp_path, answers, Window(deadline=5, most=20))

    assert len(looked.workloads) == 20
    assert "9980 containers are more than are told" in looked.not_seen[0]


def test_no_socket_is_quiet_and_no_engine_is_not(tmp_path: Path) -> None:
    gone = Engine("docker", EngineDoor(address=f"unix://{tmp_path}/none")).look(Window())
    other, _ = _look(tmp_path, {}, Server="else")

    assert gone.absent
    assert gone.complete
    assert "no container engine" in other.not_seen[0]


def test_docker_host_elsewhere_is_not_this_host() -> None:
    here = docker.places({"DOCKER_HOST": "tcp://127.0.0.1:2375"})
    there = docker.places({"DOCKER_HOST": "tcp://192.0.2.1:2375"})

    assert len(here) == len(there) + 1
