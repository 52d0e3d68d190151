"""Podman: the API of its service, in its own form where it tells one and in Docker's where not."""

import os
from collections.abc import Mapping
from pathlib import Path

from probes.local.engine import Engine, standing, users_own

NAME = "podman"


def places(environment: Mapping[str, str] = os.environ) -> tuple[Engine, ...]:
    """The services of this host: with root, without, and the one that CONTAINER_HOST names (podman(1))."""
    own = users_own((environment.get("XDG_RUNTIME_DIR", ""),), "podman/podman.sock")
    host = environment.get("CONTAINER_HOST", "")
    named = [Path(host.removeprefix("unix://"))] if host.startswith("unix:///") else []
    return tuple(Engine(NAME, door) for door in standing([Path("/run/podman/podman.sock")], own, named))
