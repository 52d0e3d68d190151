"""Docker: its engine API on the sockets of this host, and at DOCKER_HOST where that is this host too."""

import os
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from livebom.net.engine_api import EngineDoor
from probes.local.engine import Engine, standing, users_own

NAME = "docker"


def places(environment: Mapping[str, str] = os.environ) -> tuple[Engine, ...]:
    """The engines of this host: with root, without, and the one that DOCKER_HOST names."""
    own = users_own((environment.get("XDG_RUNTIME_DIR", ""),), "docker.sock")
    named = environment.get("DOCKER_HOST", "")
    paths = [Path(named.removeprefix("unix://"))] if named.startswith("unix:///") else []
    doors = [*standing([Path("/var/run/docker.sock")], own, paths)]
    if named.startswith("tcp://") and _is_here(named):
        doors.append(_over_tcp(named, environment))
    return tuple(Engine(NAME, door) for door in doors)


def _is_here(address: str) -> bool:
    """Whether it is on loopback: what runs on another host must not be told as running here."""
    try:
        host = urlsplit(address).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _over_tcp(address: str, environment: Mapping[str, str]) -> EngineDoor:
    """With the files that Docker's own client reads below DOCKER_CERT_PATH."""
    folder = environment.get("DOCKER_CERT_PATH", "")
    if not environment.get("DOCKER_TLS_VERIFY") or not folder:
        return EngineDoor(address=address)
    return EngineDoor(
        address=address, authority=f"{folder}/ca.pem", certificate=f"{folder}/cert.pem", key=f"{folder}/key.pem"
    )
