"""One thing that runs, as a runtime or the kernel tells it: the same words whoever tells them."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from msgspec import Struct


class Published(Struct, frozen=True, kw_only=True):
    """A port of the workload that this host passes on."""

    host: str
    """The address of this host it is bound to; `0.0.0.0` and `::` are all of them."""
    port: int
    """Of this host."""
    inner: int
    """The workload's own port."""
    protocol: str = "tcp"


class Socket(Struct, frozen=True, kw_only=True, order=True):
    """A TCP socket that listens, as seen in the workload's own network namespace."""

    host: str
    port: int


class Mount(Struct, frozen=True, kw_only=True):
    """A folder or file of this host that the workload sees."""

    source: str
    destination: str
    writable: bool


class Image(Struct, frozen=True, kw_only=True):
    """What the workload was started from."""

    reference: str
    """As it was asked for: `vllm/vllm-openai:latest`."""
    digest: str = ""
    """`sha256:<hex>` of the manifest where the runtime tells one, else of the configuration; empty where unknown."""
    pinned: bool = False
    """Whether the reference itself holds a digest."""


class Held(Struct, frozen=True, kw_only=True):
    """A file or folder of a server that a check is about: who may read or write it."""

    role: str
    """`key`, `store`, `home`, `mcp` or `logs`."""
    path: str
    """As the workload sees it."""
    mode: int
    """The permission bits."""
    folder: bool = False
    owner: int = -1
    all_reach: bool = True
    """Whether the folders on the way let everybody through."""
    group_reaches: bool = True
    """Whether they let its group through."""
    people: tuple[str, ...] = ()
    """Who is in its group beside those whose own group it is, where this host's list of groups tells."""
    servers: int | None = None
    """Of mcp.json: how many servers it names; None where it cannot be read."""
    secrets: tuple[str, ...] = ()
    """Of mcp.json: the names of values that are secrets in plain text."""


class Workload(Struct, frozen=True, kw_only=True):
    """A container, pod container or process. What is not known is None or empty; nothing here holds a secret."""

    source: str
    """Who tells it: `docker`, `podman`, `containerd`, `cri`, `kubernetes` or `process`."""
    id: str
    """The full container id; of a process `<pid>@<start time in clock ticks since boot>`."""
    runtime: str = ""
    """Of a container: `docker`, `podman`, `containerd`, `cri-o`; empty for a process."""
    name: str = ""
    state: str = "running"
    namespace: str = ""
    """The containerd or Kubernetes namespace."""
    pid: int | None = None
    """Of its first process, in the namespace of this host."""
    parent: int | None = None
    """The parent process id; of a process only."""
    container: str | None = None
    """Of a process: the full id of the container it runs in, by its cgroup."""
    started: datetime | None = None
    image: Image | None = None
    argv: tuple[str, ...] = ()
    """Command and arguments, secrets removed."""
    exe: str = ""
    cwd: str = ""
    """The folder it works in, as it sees it; what it names by a relative path lies below."""
    env: dict[str, str] = {}
    """The few variables that a fingerprint or a check declares, with their values; never one that holds a secret."""
    env_names: tuple[str, ...] = ()
    """The names of all variables."""
    secrets: tuple[tuple[str, str], ...] = ()
    """Place (`argv[3]`, `env:HF_TOKEN`) and kind of each secret that stands in argv or environment."""
    user: str = ""
    """As configured or as owned; empty is unknown, `0` and `root` are root."""
    addresses: dict[str, str] = {}
    """The workload's own addresses by the name of their network."""
    published: tuple[Published, ...] = ()
    sockets: tuple[Socket, ...] | None = None
    """None where nobody could look."""
    network: str = ""
    """bridge, host, none, container:<id>, the name of a network, of a process `netns:<inode>`; empty where unknown."""
    privileged: bool | None = None
    capabilities: tuple[str, ...] = ()
    """Those that were added."""
    mounts: tuple[Mount, ...] = ()
    restart: str = ""
    labels: dict[str, str] = {}
    owner: str = ""
    """`<Kind>/<name>` of the Kubernetes controller, `<project>/<service>` of Compose, or a systemd unit."""
    gpus: tuple[str, ...] = ()
    """Devices, as told: `all`, `0`, a UUID, `/dev/nvidia0`."""
    netns: str = ""
    """The inode of its network namespace; empty where nobody could look."""
    files: tuple[Held, ...] = ()
    """What checks are about, where somebody could look."""
    ticks: int = 0
    """When its first process started, in clock ticks since boot; 0 where nobody could look."""


class Looked(Struct, frozen=True, kw_only=True):
    """What one source had to tell."""

    source: str
    """Its name, and where it was reached: `docker unix:///var/run/docker.sock`."""
    workloads: tuple[Workload, ...] = ()
    absent: str = ""
    """Why there was nothing to ask, in words, where that is quite usual: no such socket."""
    not_seen: tuple[str, ...] = ()
    """What could not be looked at, in words, each a fact: a refusal, a hang, an answer that cannot be read."""
    complete: bool = True


class Window(Struct, frozen=True, kw_only=True):
    """How a source is to look."""

    deadline: float = 20.0
    """Seconds for all of it; what has come by then counts, and the rest is not seen."""
    keep_env: frozenset[str] = frozenset()
    """The variables whose values are kept where they hold no secret."""
    most: int = 20_000
    """Workloads; what is beyond is not seen."""
    redact: Callable[[str], str] = lambda text: text
    """Takes secrets out of a text; `livebom.bom.redact` makes one."""


class LocalSource(Protocol):
    """What a module of this folder that is a source offers."""

    NAME: str

    def look(self, window: Window) -> Looked:
        """Look once, in this thread, within the deadline; raises nothing for what a runtime does or says."""
        ...  # pragma: no cover
