"""containerd by its own client `ctr`, in every namespace.

Its API is gRPC: generated stubs and grpcio are 20 MB for three calls, and a gRPC client written by hand would be one
more parser of foreign bytes. `ctr` comes with containerd itself and tells the same records as JSON; it costs a process
for each container, which is why the deadline counts.
"""

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

NAME = "containerd"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,255}")
_AT_ONCE = 4
_RUNTIMES = {"moby": "docker"}
"""Whose containers a namespace holds: by that name they are one with those that Docker tells."""


class _Info(Struct, frozen=True, rename="pascal"):
    image: str = ""
    labels: dict[str, str] | None = None
    created_at: str = ""
    spec: Spec = field(default_factory=Spec)


class Containerd:
    """The containerd at one socket."""

    NAME = NAME

    def __init__(self, socket: Path = Path("/run/containerd/containerd.sock"), ctr: str | None = None) -> None:
        self._socket = socket
        self._ctr = ctr or shutil.which("ctr")

    def look(self, window: Window) -> Looked:
        """Look once, within the deadline; raises nothing for what containerd does or says."""
        source = f"{NAME} unix://{self._socket}"
        try:
            if not self._socket.is_socket():
                return Looked(source=source, absent=f"{source}: no such socket")
        except OSError as error:
            return Looked(source=source, not_seen=(f"{source}: {error.strerror}",), complete=False)
        if self._ctr is None:
            return Looked(source=source, absent=f"{source}: no program ctr to ask with")
        return _Look((self._ctr, "--address", str(self._socket)), source, window).told()


def places() -> tuple[Containerd, ...]:
    """The containerd of this host, at its usual place or Docker's."""
    usual = (Path("/run/containerd/containerd.sock"), Path("/run/docker/containerd/containerd.sock"))
    return tuple(Containerd(path) for path in usual if path.exists()) or (Containerd(usual[0]),)


class _Look:
    def __init__(self, base: tuple[str, ...], source: str, window: Window) -> None:
        self._base, self._source, self._window = base, source, window
        self._until = time.monotonic() + window.deadline
        self._notes: list[str] = []

    def told(self) -> Looked:
        """All containers of all namespaces."""
        found: list[Workload] = []
        try:
            spaces = self._names("namespaces", "ls", "-q")
        except ProgramError as error:
            return Looked(source=self._source, not_seen=(f"{self._source}: {error}",), complete=False)
        for space in spaces:
            try:
                found += self._space(space, self._window.most - len(found))
            except ProgramError as error:
                self._notes.append(f"{self._source}: namespace {space}: {error}")
        notes = tuple(self._notes)
        return Looked(source=self._source, workloads=tuple(found), not_seen=notes, complete=not notes)

    def _ask(self, *words: str) -> bytes:
        return programs.told((*self._base, *words), self._until)

    def _names(self, *words: str) -> list[str]:
        lines = self._ask(*words).decode("utf-8", "replace").split()
        return sorted(line for line in lines if _NAME.fullmatch(line))

    def _space(self, space: str, most: int) -> list[Workload]:
        ids = self._names("-n", space, "containers", "ls", "-q")
        rows = (line.split() for line in self._ask("-n", space, "tasks", "ls").decode("utf-8", "replace").splitlines())
        tasks = {row[0]: (int(row[1]), row[2].lower()) for row in rows if len(row) == 3 and row[1].isdecimal()}
        if len(ids) > most:
            self._notes.append(f"{self._source}: {len(ids) - most} containers are more than are told")
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            found = pool.map(lambda id_: self._one(space, id_, tasks.get(id_, (0, "created"))), ids[: max(0, most)])
            return [one for one in found if one is not None]

    def _one(self, space: str, id_: str, task: tuple[int, str]) -> Workload | None:
        try:
            info = msgspec.json.decode(self._ask("-n", space, "containers", "info", id_), type=_Info)
        except ProgramError as error:
            self._notes.append(f"{self._source}: container {id_[:12]} not told: {error}")
            return None
        except UNREADABLE:
            self._notes.append(f"{self._source}: the details of container {id_[:12]} cannot be read")
            return None
        labels = without_secrets(info.labels or {}, self._window)
        return Workload(
            source=NAME,
            id=id_,
            runtime=_RUNTIMES.get(space, NAME),
            name=labels.get("nerdctl/name") or labels.get("io.kubernetes.container.name") or id_,
            namespace=space,
            state="exited" if task[1] == "stopped" else task[1],
            pid=task[0] or None,
            started=moment(info.created_at),
            image=Image(reference=info.image, pinned="@sha256:" in info.image) if info.image else None,
            labels=labels,
            **fields(info.spec, self._window),
        )
