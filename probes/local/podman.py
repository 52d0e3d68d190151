"""Podman: the API of its service, in its own form where it tells one and in Docker's where not."""

import os
from collections.abc import Mapping
from pathlib import Path

from livebom.net.engine_api import EngineDoor
from probes.local.engine import Engine, standing, users_own

NAME = "podman"


def places(environment: Mapping[str, str] = os.environ) -> tuple[Engine, ...]:
    """The services of this host: with root and without."""
    own = users_own((environment.get("XDG_RUNTIME_DIR", ""),), "podman/podman.sock")
    addresses = standing((Path("/run/podman/podman.sock"), *own))
    return tuple(Engine(NAME, EngineDoor(address=address)) for address in addresses)
