"""Podman's own form of the API, Docker's where it tells none, and its socket under Docker's name."""

from pathlib import Path

from livebom.net.engine_api import EngineDoor
from probes.local.engine import Engine
from probes.local.workload import Window
from tests.probes.local.fakeengine import ID, container, engine

_OWN = {"Api-Version": "1.41", "Libpod-Api-Version": "4.3.1"}


def test_its_own_form_is_asked_where_it_is_told(tmp_path: Path) -> None:
    base = "/v4.3.1/libpod/containers"
    told = container(Name="p", ImageName="localhost/x:1", Image="cd" * 32, ImageDigest="sha256:" + "34" * 32)
    with engine(tmp_path / "s", {f"{base}/json": [{"Id": ID}], f"{base}/{ID}/json": told}, _OWN) as (address, _):
        looked = Engine("podman", EngineDoor(address=address)).look(Window(deadline=5))

    (one,) = looked.workloads
    assert (one.source, one.runtime, one.name) == ("podman", "podman", "p")
    assert one.image is not None
    assert one.image.digest == "sha256:" + "34" * 32


def test_dockers_form_is_asked_where_not(tmp_path: Path) -> None:
    with engine(tmp_path / "s", {"/v1.41/containers/json": []}) as (address, asked):
        assert Engine("podman", EngineDoor(address=address)).look(Window(deadline=5)).complete
    assert asked[1] == "/v1.41/containers/json?all=true"


def test_its_socket_under_dockers_name_is_told_once(tmp_path: Path) -> None:
    with engine(tmp_path / "s", {}, _OWN) as (address, _):
        looked = Engine("docker", EngineDoor(address=address)).look(Window(deadline=5))
    assert "Podman answers there" in looked.absent
