"""Which container and which systemd unit a process belongs to, by the control groups it is in."""

import re

_ID = re.compile(r"(?:^|[/:-])(?P<id>[0-9a-f]{64})(?:\.scope)?(?=/|$)")
"""A full container id at the end of a name: `docker-<id>.scope`, `libpod-<id>`, `…:cri-containerd:<id>`, `<id>`."""
_MONITOR = re.compile(r"(?:conmon|buildkit)-[0-9a-f]{64}")
"""Who looks after the container, outside of it."""
_UNIT = re.compile(r"/(?P<unit>[^/]+\.service)(?=/|$)")
_TEXT = 200


def container_of(cgroup: str) -> str | None:
    """The full id of the innermost container, by the text of `/proc/<pid>/cgroup`; None outside of every one.

    Docker, Podman, containerd's CRI plugin and CRI-O, below kubepods or not, with the cgroupfs and the systemd driver,
    in control groups of both versions. Names that `ctr` was given are no ids and not recognised.
    """
    for path in _paths(cgroup):
        found = None
        for match in _ID.finditer(_MONITOR.sub("", path)):
            found = match["id"]
        if found:
            return found
    return None


def unit_of(cgroup: str) -> str:
    """The systemd service it is part of; empty where it is none, or in a container."""
    if container_of(cgroup):
        return ""
    found = [match["unit"] for path in _paths(cgroup) for match in _UNIT.finditer(path)]
    return found[-1][:_TEXT] if found else ""


def _paths(cgroup: str) -> list[str]:
    """Those of the unified and named hierarchies and of each controller, in their order."""
    return [line.split(":", 2)[2] for line in cgroup.splitlines() if line.count(":") > 1]
