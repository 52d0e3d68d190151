"""Servers that nobody reaches from outside their network namespace: asked through a socket that begins inside of it."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from threading import Timer
from typing import Any

from msgspec import Struct

from probes.engine.http import Job, Pace, StoppedError, Talker
from probes.engine.inside import Inside, unfit
from probes.engine.talk import Conversation
from probes.local.namespaces import DNS, PROCESSES
from probes.local.proc import Proc, inode_of
from probes.local.workload import Socket, Workload
from probes.sources.child import command

__all__ = ["Entrance", "Reach", "Reached", "entrances", "sockets_in", "unfit"]

WILD = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - addresses to compare with, nothing is bound
_PROC = Path("/proc")
PORTS = 64
"""The most servers of one namespace that are asked."""
CONCURRENCY = 16
SHOWN = 8
"""Servers named in one line."""


class Entrance(Struct, frozen=True, kw_only=True, order=True):
    """A server inside, and the process whose namespace it is in."""

    namespace: str
    """`netns:<inode>`, the same for all that share it; of one that needs no entering, in words whose it is."""
    host: str
    """An address of that namespace's own."""
    port: int
    pid: int
    """0 where connect(2) alone gets there."""
    start: int
    """In clock ticks since boot."""
    workload: str
    """The id of the workload that tells of it: a container before a process."""
    bound: str = ""
    """The address that it listens on, which may be all of them."""


class Reached(Struct, frozen=True, kw_only=True):
    """What the conversations inside returned."""

    told: tuple[tuple[Entrance, Any], ...] = ()
    not_seen: tuple[str, ...] = ()
    complete: bool = True
    """Whether each of them was talked to."""
    requests: int = 0


def sockets_in(pid: int, proc: Path = _PROC) -> tuple[Socket, ...]:
    """The TCP sockets that listen in the network namespace of a process, read from outside of it."""
    return tuple(sorted(set(Proc(proc).listening(pid).values())))


def entrances(
    workloads: Iterable[Workload],
    proc: Path = _PROC,
    reaches: Callable[[Workload], bool] = lambda one: any(one.addresses.values()),
) -> tuple[Entrance, ...]:
    """What has to be reached from the inside: bound to loopback there, or in a namespace without an address we reach.

    What the look has told of a workload's namespace counts; `proc` is read for what it has not. `reaches` says whether
    a workload has an address that needs no entering. Left out is the namespace of this host and the one we are in.
    """
    tree = Proc(proc)
    ours = {inode_of(tree.home()), inode_of(tree.own())}
    found: dict[tuple[str, str, int], Entrance] = {}
    addressed: set[str] = set()
    running = [one for one in workloads if one.pid and one.state == "running"]
    spaces = _spaces(running, tree)
    holders = _holders(running, spaces)
    told = {spaces[one.id] for one in running if one.source in PROCESSES and one.sockets}
    for one in sorted(running, key=lambda one: (one.source in PROCESSES, one.id)):  # processes know no addresses
        space = spaces[one.id]
        if not space or space in ours:
            continue
        if reaches(one):
            addressed.add(space)
        if one.sockets is None and space in told:  # reading a table takes the kernel milliseconds
            continue
        for entrance in _of(one, space, tree, holders, lonely=space not in addressed):
            found.setdefault((entrance.namespace, entrance.host, entrance.port), entrance)
    return tuple(sorted(found.values()))


def _spaces(running: Iterable[Workload], tree: Proc) -> dict[str, str]:
    """The namespace of each, as the kernel shows it, or whoever may see more has told of its processes."""
    told: dict[int | str | None, str] = {}
    for one in running:
        for key in (one.pid, one.container) if one.netns else ():
            told.setdefault(key, one.netns)
    return {
        one.id: one.netns
        or inode_of(tree.link(one.pid or 0, "ns/net"))
        or told.get(one.pid)
        or told.get(one.id, f"of {one.pid}" if _apart(one) else "")
        for one in running
    }


def _apart(one: Workload) -> bool:
    """Whether its runtime says that its namespace is its own, where the kernel does not show us which it is."""
    shares = one.network in {"", "host"} or one.network.startswith("container:")
    return one.source not in PROCESSES and not shares


def _holders(running: Iterable[Workload], spaces: dict[str, str]) -> dict[tuple[str, Socket], str]:
    """The containers that hold the sockets of namespaces which several of them share, as their processes tell."""
    known = {one.id for one in running if one.source not in PROCESSES}
    first = {one.pid: one.id for one in running if one.source not in PROCESSES}
    found = {}
    for one in running:
        home = one.container if one.container in known else first.get(one.pid)
        for socket in one.sockets or () if one.source in PROCESSES and home else ():
            found[spaces[one.id], socket] = home or ""
    return found


def _of(
    one: Workload, space: str, tree: Proc, holders: dict[tuple[str, Socket], str], *, lonely: bool
) -> Iterator[Entrance]:
    pid = one.pid or 0
    stat = None if one.ticks and one.sockets is not None else tree.stat(pid)
    if not one.ticks and stat is None:
        return
    sockets = one.sockets if one.sockets is not None else tuple(sorted(set(tree.listening(pid).values())))
    for socket in sockets:
        inner = socket.host.startswith("127.") or socket.host == "::1"
        if (lonely or inner) and socket.host != DNS:
            yield Entrance(
                namespace=f"netns:{space}",
                host=WILD.get(socket.host, socket.host),
                port=socket.port,
                pid=pid,
                start=one.ticks or (stat.start if stat else 0),
                workload=holders.get((space, socket), one.id),
                bound=socket.host,
            )


class Reach:
    """Conversations with servers inside, all over one talker: `run` in a thread, `stop` from any."""

    def __init__(
        self,
        wanted: Iterable[Entrance],
        talk: Callable[[Entrance], Conversation],
        *,
        pace: Pace,
        user_agent: str,
        timeout: float = 1.0,
        deadline: float = 15.0,
        seconds: float = 60.0,
        through: Path | None = None,
        took: Callable[[Entrance, Any], None] = lambda *_: None,
    ) -> None:
        """Have the conversation that `talk` makes with each of them.

        `timeout` is seconds to connect, 2.5 times that for an answer; `deadline` those of one conversation, `seconds`
        those of all. `through` is the socket of a unit that enters for us where we may not. Where nobody can enter,
        nothing is asked inside and one line says why. `took` is told what each returned, as soon as it has, in the
        thread of `run`.
        """
        self._queue, self._lines = _first(wanted)
        self._talk, self._deadline, self._seconds, self._through = talk, deadline, seconds, through
        self._took = took
        self._told: list[tuple[Entrance, Any]] = []
        self._missed: list[Entrance] = []
        places = {(one.host, one.port) for one in self._queue}
        self._talker = Talker(
            pace=pace,
            allowed=lambda address, port: (
                (address, port) in places
            ),  # and what is not the namespace's the child refuses
            concurrency=CONCURRENCY,
            per_host=CONCURRENCY,
            timeout=2.5 * timeout,
            connect_timeout=timeout,
            user_agent=user_agent,
            done=self._done,
        )

    def run(self) -> Reached:
        """Have them all."""
        lines = self._lines
        enter = [one for one in self._queue if one.pid]
        with ExitStack() as stack:
            inside, why = self._opened(stack) if enter else (None, "")
            if why:
                lines.append(f"{len(enter)} servers inside network namespaces: {why}")
            self._run(inside, [one for one in self._queue if inside or not one.pid])
        if self._missed:
            shown = ", ".join(f"{one.host} port {one.port} in {one.namespace}" for one in sorted(self._missed)[:SHOWN])
            lines.append(f"{len(self._missed)} servers that only this host reaches, no conversation with them: {shown}")
        return Reached(
            told=tuple(sorted(self._told, key=lambda pair: pair[0])),
            not_seen=tuple(lines),
            complete=not lines,
            requests=self._talker.asked,
        )

    def stop(self) -> None:
        """End all of them soon."""
        self._talker.stop()

    def _opened(self, stack: ExitStack) -> tuple[Inside | None, str]:
        why = "" if self._through else unfit()
        if why:
            return None, why
        try:
            inside = stack.enter_context(Inside(self._through or command("probes.engine.inside", "serve")))
            inside.begun()
            return inside, ""
        except OSError as fault:
            return None, f"nobody enters for us: {fault.strerror or fault}"

    def _done(self, job: Job, result: Any | None, fault: BaseException | None) -> None:
        one = self._queue[job.number]
        if fault:
            self._missed.append(one)
        else:
            self._told.append((one, result))
            self._took(one, result)

    def _run(self, inside: Inside | None, those: list[Entrance]) -> None:
        numbers = {one: number for number, one in enumerate(self._queue)}
        for one in those:
            job = Job(
                address=one.host,
                port=one.port,
                talk=partial(self._talk, one),
                deadline=self._deadline,
                number=numbers[one],
                opens=partial(inside.open, one.pid, one.start) if inside and one.pid else None,
            )
            try:
                self._talker.submit(job)
            except RuntimeError:  # stopped already
                self._done(job, None, StoppedError("stopped before it began"))
        self._talker.close()
        alarm = Timer(self._seconds, self._talker.stop)
        alarm.start()
        try:
            self._talker.run()
        finally:
            alarm.cancel()
            alarm.join()


def _first(wanted: Iterable[Entrance]) -> tuple[list[Entrance], list[str]]:
    """The first ones of each namespace, and how many are left out."""
    counts: Counter[str] = Counter()
    kept = []
    for one in sorted(wanted):
        counts[one.namespace] += 1
        if counts[one.namespace] <= PORTS:
            kept.append(one)
    beyond = counts.total() - len(kept)
    return kept, [f"{beyond} servers inside network namespaces: more than {PORTS} in one"] if beyond else []
