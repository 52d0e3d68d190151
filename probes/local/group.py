"""From workloads to the servers they are: one instance for what several sources tell, children with their parent."""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from probes.local.hints import Hint, Hints
from probes.local.workload import Workload

ENGINES = frozenset({"inference", "gateway"})
"""Roles of products that start other products as their own engines (Ollama its llama-server)."""

_BEST = ("docker", "podman", "cri-o", "cri", "containerd", "kubernetes")
"""Runtimes and sources, the one that knows a container by its own name first."""

_PORTERS = frozenset(
    {"aardvark-dns", "conmon", "docker-proxy", "pasta", "pasta.avx2", "rootlesskit", "rootlessport", "slirp4netns"}
)
"""Programs of the runtimes that hold a published port open for a container."""


class Instance(Struct, frozen=True, kw_only=True):
    """One thing that runs: a container with its processes, or a process of this host with its children."""

    containers: tuple[Workload, ...] = ()
    """The same container as each source tells it, the best source first."""
    processes: tuple[Workload, ...] = ()
    """Parents before children."""
    hints: tuple[Hint, ...] = ()

    @property
    def container(self) -> str:
        """The full id of its container; empty for a process of this host."""
        if self.containers:
            return self.containers[0].id
        return self.processes[0].container or ""

    @property
    def workloads(self) -> tuple[Workload, ...]:
        """All that was told of it; the process that listens tells best, then the runtimes."""
        return (*self.processes, *self.containers)

    @property
    def product(self) -> str:
        """What it is taken for: by its argv, else its image, else its environment; empty where nothing speaks."""
        ranked = sorted(self.hints, key=lambda hint: (("argv", "image", "environment").index(hint.by), hint.product))
        return ranked[0].product if ranked else ""

    @property
    def host_network(self) -> bool:
        """Whether its sockets are this host's own."""
        if self.containers:
            return any(one.network == "host" for one in self.containers)
        return self.processes[0].network in ({"host"} if self.container else {"", "host"})


def container_key(containers: Iterable[Workload]) -> str:
    """The key of a container that these sources tell of: `<runtime>:<full id>` of the best of them."""
    best = min(containers, key=_rank)
    return f"{best.runtime or best.source}:{best.id}"


def instances(workloads: Iterable[Workload], hints: Hints, roles: Mapping[str, str]) -> tuple[Instance, ...]:
    """Every container and every process that stands for itself. `roles` are those of the products."""
    seen = sorted(set_of(workloads), key=lambda one: (one.source, one.id))
    processes = [one for one in seen if one.source == "process"]
    containers: dict[str, list[Workload]] = {}
    for one in seen:
        if one.source != "process":
            containers.setdefault(one.id, []).append(one)
    homes = _homes(processes, containers)
    inside: dict[str, list[Workload]] = {}
    for one in processes:
        if home := homes[one.id]:
            inside.setdefault(home, []).append(one)
    found = [
        _instance(containers.get(home, []), inside.get(home, []), hints) for home in sorted({*containers, *inside})
    ]
    outside = [one for one in processes if not homes[one.id] and _program(one) not in _PORTERS]
    return (*found, *_of_host(outside, hints, roles))


def _program(one: Workload) -> str:
    return (one.exe or (one.argv[0] if one.argv else "")).rpartition("/")[2]


def set_of(workloads: Iterable[Workload]) -> tuple[Workload, ...]:
    """The workloads, each source's word on each thing once."""
    return tuple({(one.source, one.runtime, one.namespace, one.id): one for one in workloads}.values())


def _homes(processes: list[Workload], containers: Mapping[str, list[Workload]]) -> dict[str, str]:
    """The container of each process by the process's id, empty for those of the host.

    The cgroup tells it; where it does not, a process below a container's first process is the container's.
    """
    first: dict[int | None, str] = {
        one.pid: id_ for id_, told in containers.items() for one in told if one.pid and one.state == "running"
    }
    by_pid = {one.pid: one for one in processes}
    homes = {}
    for one in processes:
        home, now, left = one.container or first.get(one.pid, ""), one, 64
        while not home and left and now.parent in by_pid and now.parent != now.pid:
            now, left = by_pid[now.parent], left - 1
            home = now.container or first.get(now.pid, "")
        homes[one.id] = home
    return homes


def _instance(containers: list[Workload], processes: list[Workload], hints: Hints) -> Instance:
    ordered = _by_age(processes)
    told = sorted({hint for one in containers for hint in hints.of(one)})
    spoken = [(one, hints.of(one)) for one in ordered]
    # Children say what engine they are, not what the container is: the eldest process that says anything counts.
    eldest = next((found for _, found in spoken if any(hint.by == "argv" for hint in found)), ())
    return Instance(containers=tuple(sorted(containers, key=_rank)), processes=tuple(ordered), hints=(*told, *eldest))


def _of_host(processes: list[Workload], hints: Hints, roles: Mapping[str, str]) -> list[Instance]:
    """Processes of the host, each child with the parent it works for."""
    by_pid = {one.pid: one for one in processes}
    told = {one.id: hints.of(one) for one in processes}
    heads: dict[str, list[Workload]] = {}
    for one in _by_age(processes):
        heads.setdefault(_head(one, by_pid, told, roles).id, []).append(one)
    return [
        Instance(processes=(members[0], *members[1:]), hints=next((told[m.id] for m in members if m.id == head), ()))
        for head, members in heads.items()
        if told[head] or any(member.sockets for member in members)
    ]


def _head(
    one: Workload, by_pid: Mapping[int | None, Workload], told: Mapping[str, tuple[Hint, ...]], roles: Mapping[str, str]
) -> Workload:
    """The process it works for: the topmost recognised one above it, unless it stands for itself."""
    head, now, left = one, one, 64
    while left and now.parent in by_pid and now.parent != now.pid:
        now, left = by_pid[now.parent], left - 1
        if told[now.id] and _works_for(head, now, told, roles):
            head = now
    return head


def _works_for(one: Workload, above: Workload, told: Mapping[str, tuple[Hint, ...]], roles: Mapping[str, str]) -> bool:
    """A child that is no other product, or an engine that its parent alone can reach, is its parent's."""
    mine, theirs = {hint.product for hint in told[one.id]}, {hint.product for hint in told[above.id]}
    if not mine or mine & theirs:
        return True
    hidden = all(socket.host.startswith("127.") or socket.host == "::1" for socket in one.sockets or ())
    return hidden and any(roles.get(product) in ENGINES for product in theirs)


def _by_age(processes: Iterable[Workload]) -> list[Workload]:
    """Parents before children: by when they started, then by id."""

    def age(one: Workload) -> tuple[int, int]:
        pid, _, ticks = one.id.partition("@")
        return int(ticks) if ticks.isdecimal() else 0, int(pid) if pid.isdecimal() else 0

    return sorted(processes, key=age)


def _rank(one: Workload) -> tuple[int, str, str]:
    name = one.runtime or one.source
    return (_BEST.index(name) if name in _BEST else len(_BEST), one.source, one.id)
