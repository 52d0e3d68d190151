"""Which servers the network does not show, and where this host asks them: nothing but its own and its containers."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from livebom.net.links import Links
from livebom.net.ranges import Index, Range, merged, number_of
from livebom.recognise.plan import Budget
from probes.local.group import Instance, instances
from probes.local.here import Here
from probes.local.inside import WILD, Entrance, entrances
from probes.local.namespaces import DNS, PROCESSES, owned, rootless
from probes.local.observe import Known
from probes.local.proc import Proc, inode_of
from probes.local.workload import Looked, Socket, Workload

Planned = Callable[[str, int], bool]
"""Whether the network's own sweep goes to an address and port."""


class Manner(Struct, frozen=True, kw_only=True):
    """How gently they are asked, and what is left alone."""

    user_agent: str
    key: bytes
    """Keys the hashes that stand for secrets."""
    rate: float = 1000.0
    """Connects and asks per second, together; 0 for unlimited."""
    timeout: float = 2.0
    ports: tuple[int, ...] | None = None
    """The only ones that are asked; None is every port of a recognised workload, and those of the catalog."""
    ports_never: tuple[int, ...] = ()
    excluded: tuple[Range, ...] = ()
    """Neither these addresses, nor anything in a container that has one of them."""
    seconds: float = 300.0
    """Of all conversations together."""
    budget: Budget = Budget()


class Place(Struct, frozen=True, kw_only=True):
    """One server to ask, and how it is told of."""

    entrance: Entrance
    zone: str
    exposure: str
    shown: str
    """The host of its listener, which for a server on all addresses of this host is that."""
    also: str = ""
    """The address to try where nobody is at the first one."""


class Chooser:
    """Which servers are asked where; made anew for each look."""

    def __init__(
        self,
        looked: Sequence[Looked],
        known: Known,
        here: Here,
        manner: Manner,
        ports: Collection[int],
        planned: Planned,
        proc: Path = Path("/proc"),
        links: Links | None = None,
    ) -> None:
        """`ports` are those that a fingerprint names, `planned` says where the network's own sweep goes."""
        self.here, self.manner, self.planned, self.links = here, manner, planned, links or Links(proc)
        self.ports, self.proc = frozenset(ports), proc
        self.processes = any(one.source.partition(" ")[0] in PROCESSES for one in looked)
        self.workloads = [one for source in looked for one in source.workloads]
        self.rootless = {one.id for source in looked if rootless(source.source) for one in source.workloads}
        roles = {name: one.role for name, one in known.fingerprints.items()}
        self.instances = instances(self.workloads, known.hints, roles)
        self.excluded = Index(merged(manner.excluded))
        self.by_id = {one.id: instance for instance in self.instances for one in instance.workloads}
        tree = Proc(proc)
        self.home, self.mine = inode_of(tree.home()), inode_of(tree.own())
        self.told: dict[str, set[str]] = {}
        """The addresses of containers' namespaces, as the kernel told whoever looked at their processes."""
        for one in self.workloads:
            if one.source in PROCESSES and one.container:
                self.told.setdefault(one.container, set()).update(one.addresses.values())
        self._ways: dict[str, tuple[str, ...]] = {}

    def places(self) -> list[Place]:
        """All of them, each once."""
        found: dict[tuple[str, str, int], Place] = {}
        for one in (*self._inside(), *self._addressed(), *self._here(), *self._strays()):
            found.setdefault((one.zone, one.shown, one.entrance.port), one)
        return list(found.values())

    def _wanted(self, instance: Instance | None, socket: Socket) -> bool:
        """What belongs to a recognised workload, or is at a port that a fingerprint names."""
        if socket.port in self.manner.ports_never or socket.host == DNS or self._left_out(instance, socket.host):
            return False
        if self.manner.ports is not None:
            return socket.port in self.manner.ports
        concerns = instance is not None and (instance.hints or any(one.gpus for one in instance.containers))
        return bool(concerns and instance and not _engines_own(instance, socket)) or socket.port in self.ports

    def _left_out(self, instance: Instance | None, host: str) -> bool:
        addresses = {host, WILD.get(host, host)}
        addresses |= {text for one in (instance.workloads if instance else ()) for text in one.addresses.values()}
        return any(number in self.excluded for number in map(number_of, addresses) if number)

    def _inside(self) -> Iterator[Place]:
        """In namespaces that have to be entered."""
        for one in entrances(self.workloads, self.proc, lambda each: bool(self._direct(each))):
            instance = self.by_id.get(one.workload)
            if self._wanted(instance, Socket(host=one.bound, port=one.port)):
                home = instance.container if instance else ""
                alone = _loopback(one.bound) or any(
                    each.network == "none" for each in (instance.containers if instance else ())
                )
                yield Place(
                    entrance=one,
                    zone=f"container:{home}" if home else f"{self.here.key}/{one.namespace}",
                    exposure="loopback" if alone else "private",
                    shown=one.host,
                    also="127.0.0.1" if one.bound == "::" else "",
                )

    def _addressed(self) -> Iterator[Place]:
        """Containers on addresses of their own."""
        for one in self.workloads:
            for address in self._direct(one)[:1]:
                for socket in self._of(one):
                    at = address if socket.host in WILD else socket.host
                    if at in self._direct(one) and self._wanted(self.by_id.get(one.id), socket):
                        yield self._plain(at, socket, one.id, shown=at)

    def _of(self, one: Workload) -> tuple[Socket, ...]:
        """The container's sockets; where its own look could not tell them, those of its processes."""
        if one.sockets is not None:
            return one.sockets
        instance = self.by_id[one.id]
        held = {each for its in instance.processes if its.netns != self.home for each in its.sockets or ()}
        return () if instance.host_network else tuple(sorted(held))

    def _direct(self, one: Workload) -> tuple[str, ...]:
        """The container's addresses to which no other host has a claim: of its own namespace, and on a bridge here."""
        if one.source in PROCESSES or not one.pid or one.state != "running" or one.id in self.rootless:
            return ()
        if one.netns and one.netns in {self.home, self.mine}:
            return ()
        if one.id not in self._ways:
            pid, own = one.pid, sorted(set(one.addresses.values()) - {""})
            self._ways[one.id] = tuple(
                each
                for each in own
                if self.links.reach(each) and (each in self.told.get(one.id, ()) or owned(pid, each, self.proc))
            )
        return self._ways[one.id]

    def _here(self) -> Iterator[Place]:
        """This host's own sockets, as far as we are in its namespace."""
        for one in self.workloads if self.mine == self.home else ():
            ours = one.netns == self.mine if one.netns else one.network in {"", "host"} and not one.container
            if one.source in PROCESSES and ours:
                # What a runtime's own program holds open is a container's: whose, its published ports tell.
                yield from self._sockets(one.sockets or (), one.id if one.id in self.by_id else "")

    def _strays(self) -> Iterator[Place]:
        """Sockets of this host whose holders we may not see."""
        if self.mine != self.home or not self.processes:
            return
        held = {each for one in self.workloads if one.source in PROCESSES for each in one.sockets or ()}
        yield from self._sockets(sorted(set(Proc(self.proc).ours()) - held), "")

    def _sockets(self, sockets: Iterable[Socket], workload: str) -> Iterator[Place]:
        for socket in sockets:
            at = WILD.get(socket.host, socket.host)
            if not self.here.owns(at) or not self._wanted(self.by_id.get(workload), socket):
                continue
            if not any(self.planned(each, socket.port) for each in self._heard_at(socket.host)):
                yield self._plain(at, socket, workload, shown=socket.host)

    def _heard_at(self, host: str) -> list[str]:
        """The addresses at which the network hears a socket of this host."""
        if host not in WILD:
            return [host]
        return [*WILD.values(), *(str(run) for run in self.here.addresses if run.first == run.last)]

    def _plain(self, at: str, socket: Socket, workload: str, *, shown: str) -> Place:
        whose = f"{workload[:12]} at {at}" if shown == at else "this host"
        entrance = Entrance(
            namespace=whose, host=at, port=socket.port, pid=0, start=0, workload=workload, bound=socket.host
        )
        also = "127.0.0.1" if socket.host == shown == "::" else ""
        return Place(entrance=entrance, zone=self.here.key, exposure=self.here.exposure(shown), shown=shown, also=also)


def _engines_own(instance: Instance, socket: Socket) -> bool:
    """Whether it is a child's, on loopback, for the parent alone that listens elsewhere."""
    head = instance.processes[0].sockets if instance.processes else ()
    return bool(head) and socket not in (head or ()) and _loopback(socket.host)


def _loopback(host: str) -> bool:
    return host.startswith("127.") or host == "::1"
