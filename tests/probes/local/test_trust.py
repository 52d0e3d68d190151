"""Whose word an engine's socket is: the kernel says who listens, and not everybody is asked."""

import os
from pathlib import Path

import pytest

from livebom.net.engine_api import EngineDoor
from probes.local import docker, podman
from probes.local.engine import Engine, standing
from probes.local.proc import Proc
from probes.local.workload import Window
from tests.probes.local.fakeengine import ID, container, engine

LIST = {"/v1.41/containers/json": [{"Id": ID}], f"/v1.41/containers/{ID}/json": container()}
STRANGER = 4_000_000


def test_an_engine_of_a_stranger_is_not_asked(tmp_path: Path) -> None:
    with engine(tmp_path / "s", LIST) as (address, asked):
        looked = Engine("docker", EngineDoor(address=address, users=frozenset({STRANGER}))).look(Window())
    assert not looked.complete
    assert not looked.workloads
    assert asked == []
    assert f"uid {os.geteuid()} listens there" in looked.not_seen[0]


def test_one_of_this_user_is(tmp_path: Path) -> None:
    with engine(tmp_path / "s", LIST) as (address, _):
        (door,) = standing([tmp_path / "s"])
        looked = Engine("docker", door).look(Window())
    assert door.address == address
    assert [one.pid for one in looked.workloads] == [77]


def test_only_root_this_user_and_whose_folder_it_is_may_listen(tmp_path: Path) -> None:
    usual = frozenset({0, os.geteuid()})
    path = Path("/nowhere/docker.sock")
    assert [door.users for door in standing([path])] == [usual]
    assert [door.users for door in standing([], [(path, tmp_path)])] == [usual]
    assert [door.users for door in standing([], [(path, Path("/nowhere"))])] == [usual]
    assert [door.users for door in standing([], [], [path])] == [None]


@pytest.mark.parametrize(("source", "variable"), [(docker, "DOCKER_HOST"), (podman, "CONTAINER_HOST")])
def test_at_a_place_that_was_named_anybody_may(
    source: object, variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: STRANGER)  # so that whoever listens is a stranger, but for root
    with engine(tmp_path / "s", LIST) as (address, asked):
        one = source.places({variable: address})[0]  # type: ignore[attr-defined]
        looked = one.look(Window())
    assert one.place.endswith(address)
    assert asked
    assert len(looked.workloads) == 1


def test_a_symbolic_link_leads_to_one_engine_once(tmp_path: Path) -> None:
    with engine(tmp_path / "s", LIST):
        (tmp_path / "link").symlink_to(tmp_path / "s")
        doors = standing([tmp_path / "s", tmp_path / "link"])
    assert [door.address for door in doors] == [f"unix://{tmp_path / 's'}"]


def test_a_process_is_its_users() -> None:
    assert os.geteuid() in Proc().users(os.getpid())
    assert Proc().users(STRANGER * 100) == frozenset()
