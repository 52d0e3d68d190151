"""The containers of a Kubernetes node by `crictl`, where that stands on this host."""

import re
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
from msgspec import Struct, field

from probes.local import programs
from probes.local.inspected import UNREADABLE, moment, without_secrets
from probes.local.oci import Spec, fields
from probes.local.programs import ProgramError
from probes.local.workload import Image, Looked, Window, Workload

NAME = "cri"

_ID = re.compile(r"[0-9a-f]{12,64}")
_AT_ONCE = 4
_SOCKETS = {
    "containerd": Path("/run/containerd/containerd.sock"),
    "cri-o": Path("/run/crio/crio.sock"),
    "docker": Path("/run/cri-dockerd.sock"),
}


class _Listed(Struct, frozen=True):
    id: str


class _List(Struct, frozen=True):
    containers: list[_Listed] | None = None


class _Named(Struct, frozen=True):
    name: str = ""
    image: str = ""


class _Status(Struct, frozen=True, rename="camel"):
    id: str
    metadata: _Named = field(default_factory=_Named)
    state: str = ""
    started_at: str = ""
    image: _Named = field(default_factory=_Named)
    image_ref: str = ""
    labels: dict[str, str] | None = None


class _Info(Struct, frozen=True, rename="camel"):
    pid: int = 0
    runtime_spec: Spec = field(default_factory=Spec)
    privileged: bool | None = None


class _Inspected(Struct, frozen=True):
    status: _Status
    info: _Info = field(default_factory=_Info)


class Cri:
    """The runtime of a node behind one socket."""

    NAME = NAME

    def __init__(self, runtime: str, socket: Path, crictl: str | None = None) -> None:
        self._runtime, self._socket = runtime, socket
        self._crictl = crictl or shutil.which("crictl")

    def look(self, window: Window) -> Looked:
        """Look once, within the deadline; raises nothing for what the runtime does or says."""
        source = f"{NAME} unix://{self._socket}"
        if self._crictl is None:
            return Looked(source=source, absent=f"{source}: no program crictl to ask with")
        base = (self._crictl, "--runtime-endpoint", f"unix://{self._socket}")
        until = time.monotonic() + window.deadline
        try:
            listed = msgspec.json.decode(programs.told((*base, "ps", "-a", "-o", "json"), until), type=_List)
        except (ProgramError, *UNREADABLE) as error:
            reason = str(error) if isinstance(error, ProgramError) else "its list of containers cannot be read"
            return Looked(source=source, not_seen=(f"{source}: {reason}",), complete=False)
        ids = [one.id for one in listed.containers or () if _ID.fullmatch(one.id)]
        notes = [f"{source}: {len(ids) - window.most} containers are more than are told"] * (len(ids) > window.most)

        def one(id_: str) -> Workload | None:
            try:
                said = programs.told((*base, "inspect", "-o", "json", id_), until)
                return self._workload(msgspec.json.decode(said, type=_Inspected), window)
            except (ProgramError, *UNREADABLE):
                notes.append(f"{source}: container {id_[:12]} cannot be read")
                return None

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            found = tuple(made for made in pool.map(one, ids[: window.most]) if made is not None)
        return Looked(source=source, workloads=found, not_seen=tuple(notes), complete=not notes)

    def _workload(self, one: _Inspected, window: Window) -> Workload:
        status = one.status
        labels = without_secrets(status.labels or {}, window)
        pod = labels.get("io.kubernetes.pod.name", "")
        reference = status.image.image or status.image_ref
        digest = status.image_ref.rpartition("@")[2]
        return Workload(
            source=NAME,
            id=status.id,
            runtime=self._runtime,
            name=status.metadata.name,
            namespace=labels.get("io.kubernetes.pod.namespace", ""),
            state=status.state.removeprefix("CONTAINER_").lower(),
            pid=one.info.pid or None,
            started=moment(status.started_at),
            image=Image(
                reference=reference,
                digest=digest if digest.startswith("sha256:") else "",
                pinned="@sha256:" in reference,
            ),
            privileged=one.info.privileged,
            labels=labels,
            owner=f"Pod/{pod}" if pod else "",
            **fields(one.info.runtime_spec, window),
        )


def places() -> tuple[Cri, ...]:
    """The runtimes of this host that have a socket, asked only where crictl stands; else one that tells its absence."""
    found = tuple(Cri(name, path) for name, path in _SOCKETS.items() if path.exists()) if shutil.which("crictl") else ()
    return found or (Cri("containerd", _SOCKETS["containerd"]),)
