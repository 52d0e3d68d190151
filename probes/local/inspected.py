"""What `inspect` says of a container, in the shape that Docker gave it and Podman keeps, as a workload."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec
from msgspec import Struct, field

from probes.local.hiding import clean, kind_of
from probes.local.workload import Image, Mount, Published, Window, Workload

_FRACTION = re.compile(r"(\.[0-9]{6})[0-9]+")
_COMPOSE = (
    ("com.docker.compose.project", "com.docker.compose.service"),
    ("io.podman.compose.project", "io.podman.compose.service"),
)


class _Pascal(Struct, frozen=True, rename="pascal"):
    pass


class _State(_Pascal, frozen=True):
    status: str = ""
    pid: int = 0
    started_at: str | None = None


class _Config(_Pascal, frozen=True):
    image: str | None = ""
    user: str | None = ""
    working_dir: str | None = ""
    env: list[str] | None = None
    labels: dict[str, str] | None = None


class _Policy(_Pascal, frozen=True):
    name: str | None = ""


class _Request(Struct, frozen=True):
    driver: str = field(default="", name="Driver")
    count: int = field(default=0, name="Count")
    ids: list[str] | None = field(default=None, name="DeviceIDs")
    capabilities: list[list[str]] | None = field(default=None, name="Capabilities")


class _Device(_Pascal, frozen=True):
    path_on_host: str = ""


class _Host(_Pascal, frozen=True):
    network_mode: str | None = ""
    privileged: bool = False
    cap_add: list[str] | None = None
    restart_policy: _Policy | None = None
    device_requests: list[_Request] | None = None
    devices: list[_Device] | None = None


class _Network(Struct, frozen=True):
    address: str | None = field(default="", name="IPAddress")
    address_6: str | None = field(default="", name="GlobalIPv6Address")


class _Bound(_Pascal, frozen=True):
    host_ip: str | None = ""
    host_port: str | None = ""


class _Settings(Struct, frozen=True):
    address: str | None = field(default="", name="IPAddress")
    networks: dict[str, _Network | None] | None = field(default=None, name="Networks")
    ports: dict[str, list[_Bound] | None] | None = field(default=None, name="Ports")


class _Mount(Struct, frozen=True):
    source: str = field(default="", name="Source")
    destination: str = field(default="", name="Destination")
    writable: bool = field(default=False, name="RW")


class Inspected(_Pascal, frozen=True, kw_only=True):
    """One container; what is not read here is not kept."""

    id: str
    name: str = ""
    path: str | None = ""
    args: list[str] | None = None
    image: str | None = ""
    """The image's own id."""
    image_name: str | None = ""
    """Podman's; Docker has it in `config`."""
    image_digest: str | None = ""
    state: _State
    config: _Config
    host_config: _Host
    network_settings: _Settings | None = None
    mounts: list[_Mount] | None = None


class ImageTold(_Pascal, frozen=True):
    """One image."""

    repo_digests: list[str] | None = None


UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)
"""What decoding may raise: wrong JSON, bytes that are no UTF-8 in a text that is looked at, nesting without end."""


def inspected(body: bytes) -> Inspected:
    """Reads one answer. Raises one of `UNREADABLE`."""
    return msgspec.json.decode(body, type=Inspected)


def digest_in(body: bytes) -> str:
    """The digest of an image's manifest by the first repository that has one. Raises one of `UNREADABLE`."""
    for line in msgspec.json.decode(body, type=ImageTold).repo_digests or ():
        if "@" in line:
            return line.rpartition("@")[2]
    return ""


def workload(one: Inspected, source: str, digest: str, window: Window) -> Workload:
    """The container as a workload; `digest` is that of its image's manifest where one is known."""
    config, host = one.config, one.host_config
    argv = (*((one.path,) if one.path else ()), *(one.args or ()))
    cleaned = clean(argv, config.env or (), window.keep_env, window.redact)
    labels = without_secrets(config.labels or {}, window)
    running = one.state.status == "running"
    reference = config.image or one.image_name or one.image or ""
    return Workload(
        source=source,
        id=one.id,
        runtime=source,
        name=one.name.removeprefix("/"),
        state=one.state.status,
        pid=one.state.pid or None,
        started=moment(one.state.started_at),
        image=Image(reference=reference, digest=digest or image_id(one), pinned="@sha256:" in reference),
        argv=cleaned.argv,
        cwd=config.working_dir or "/",
        env=cleaned.env,
        env_names=cleaned.env_names,
        secrets=cleaned.secrets,
        user=config.user or "0",  # both engines start as root where neither the image nor the caller names a user
        addresses=_addresses(one),
        published=tuple(_published(one)) if running else (),
        network=network(host.network_mode or ""),
        privileged=host.privileged,
        capabilities=tuple(sorted({cap.upper().removeprefix("CAP_") for cap in host.cap_add or ()})),
        mounts=tuple(Mount(source=m.source, destination=m.destination, writable=m.writable) for m in one.mounts or ()),
        restart=(host.restart_policy.name if host.restart_policy else "") or "no",
        labels=labels,
        owner=owner_in(labels),
        gpus=tuple(dict.fromkeys(_gpus(one))),
    )


def image_id(one: Inspected) -> str:
    """The id of its image with the algorithm that it is of; empty where none is told."""
    if not one.image:
        return ""
    return one.image if ":" in one.image else f"sha256:{one.image}"


def without_secrets(labels: Mapping[str, str], window: Window) -> dict[str, str]:
    """The labels; of a value that is a secret only the kind is left."""
    found = {}
    for name, value in labels.items():
        kind = kind_of(name, value, window.redact)
        found[name] = f"[{kind}]" if kind else value
    return found


def owner_in(labels: Mapping[str, str]) -> str:
    """`<project>/<service>` of Compose; empty where it is none of Compose's."""
    for project, service in _COMPOSE:
        if labels.get(project) and labels.get(service):
            return f"{labels[project]}/{labels[service]}"
    return ""


def network(mode: str) -> str:
    """The network by its mode: `default` is the bridge."""
    return "bridge" if mode == "default" else mode


def moment(text: str | None) -> datetime | None:
    """A time of RFC 3339 with nanoseconds; None for the zero time and for what is none."""
    try:
        found = datetime.fromisoformat(_FRACTION.sub(r"\1", text or ""))
    except ValueError:
        return None
    return found if found.year > 1 and found.tzinfo is not None else None


def _addresses(one: Inspected) -> dict[str, str]:
    settings = one.network_settings
    if settings is None:
        return {}
    found = {
        name: told.address or told.address_6 or ""
        for name, told in (settings.networks or {}).items()
        if told is not None and (told.address or told.address_6)
    }
    return found or ({"bridge": settings.address} if settings.address else {})


def _published(one: Inspected) -> Iterator[Published]:
    ports = one.network_settings.ports if one.network_settings else None
    for inner, bound in sorted((ports or {}).items()):
        number, _, protocol = inner.partition("/")
        for place in bound or ():
            outer = place.host_port or ""
            if _is_port(number) and _is_port(outer):
                yield Published(
                    host=place.host_ip or "0.0.0.0",  # noqa: S104 - as the engine means it
                    port=int(outer),
                    inner=int(number),
                    protocol=protocol or "tcp",
                )


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 6 and 0 < int(text) < 65536


def _gpus(one: Inspected) -> Iterator[str]:
    for request in one.host_config.device_requests or ():
        if any("gpu" in group for group in request.capabilities or ()) or request.driver == "nvidia":
            yield from request.ids or (("all",) if request.count < 0 else map(str, range(min(request.count, 64))))
    for device in one.host_config.devices or ():
        if device.path_on_host.startswith(("/dev/nvidia", "/dev/dri/", "/dev/kfd")):
            yield device.path_on_host
