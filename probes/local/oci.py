"""The OCI runtime specification of a container (opencontainers/runtime-spec, config.md) as fields of a workload."""

from typing import Any

from msgspec import Struct, field

from probes.local.hiding import clean
from probes.local.workload import Mount, Window

_DEFAULT = frozenset(
    {
        "CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID", "SETUID", "SETFCAP", "SETPCAP",
        "NET_BIND_SERVICE", "SYS_CHROOT", "KILL", "AUDIT_WRITE",
    }
)  # fmt: skip
"""What a container has where nothing was added, alike in Docker and containerd."""


class _User(Struct, frozen=True):
    uid: int = 0


class _Capabilities(Struct, frozen=True):
    bounding: list[str] | None = None


class _Process(Struct, frozen=True):
    args: list[str] | None = None
    env: list[str] | None = None
    cwd: str = ""
    user: _User = field(default_factory=_User)
    capabilities: _Capabilities | None = None


class _Mount(Struct, frozen=True):
    destination: str = ""
    source: str = ""
    type: str = ""
    options: list[str] | None = None


class _Namespace(Struct, frozen=True):
    type: str = ""


class _Device(Struct, frozen=True):
    path: str = ""


class _Linux(Struct, frozen=True):
    namespaces: list[_Namespace] | None = None
    devices: list[_Device] | None = None


class Spec(Struct, frozen=True):
    """What is read of it."""

    process: _Process = field(default_factory=_Process)
    mounts: list[_Mount] | None = None
    linux: _Linux | None = None


def fields(spec: Spec, window: Window) -> dict[str, Any]:
    """The fields of a workload that the specification tells."""
    process = spec.process
    cleaned = clean(process.args or (), process.env or (), window.keep_env, window.redact)
    linux = spec.linux or _Linux()
    own = any(one.type == "network" for one in linux.namespaces or ())
    bounding = (process.capabilities.bounding if process.capabilities else None) or ()
    return {
        "argv": cleaned.argv,
        "env": cleaned.env,
        "env_names": cleaned.env_names,
        "secrets": cleaned.secrets,
        "cwd": process.cwd,
        "user": str(process.user.uid),
        "network": "" if own else "host",
        "capabilities": tuple(sorted({cap.removeprefix("CAP_") for cap in bounding} - _DEFAULT)),
        "mounts": tuple(
            Mount(source=one.source, destination=one.destination, writable="ro" not in (one.options or ()))
            for one in spec.mounts or ()
            if one.source.startswith("/") and (one.type in {"", "bind"} or "rbind" in (one.options or ()))
        ),
        "gpus": tuple(
            one.path for one in linux.devices or () if one.path.startswith(("/dev/nvidia", "/dev/dri/", "/dev/kfd"))
        ),
    }
