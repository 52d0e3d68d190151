"""Servers that nobody reaches from outside their network namespace: asked through a socket that begins inside of it."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from threading import Timer
from typing import Any

from msgspec import Struct

from livebom.net.pace import Pace
from probes.engine.http import Job, Talker
from probes.engine.inside import Inside, unfit
from probes.engine.talk import Conversation
from probes.local.proc import Proc
from probes.local.workload import Socket, Workload
from probes.sources.child import command

__all__ = ["Entrance", "Reached", "entrances", "reached", "sockets_in", "unfit"]

_WILD = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - addresses to compare with, nothing is bound
_DNS = "127.0.0.11"
"""Where Docker answers for names in the namespaces of its own networks."""
_PROC = Path("/proc")
PORTS = 64
"""The most servers of one namespace that are asked."""
CONCURRENCY = 16
SHOWN = 8
"""Servers named in one line."""


class Entrance(Struct, frozen=True, kw_only=True, order=True):
    """A server inside, and the process whose namespace it is in."""

    namespace: str
    """`netns:<inode>`, the same for all that share it."""
    host: str
    """An address of that namespace's own."""
    port: int
    pid: int
    start: int
    """In clock ticks since boot."""
    workload: str
    """The id of the workload that tells of it: a container before a process."""


class Reached(Struct, frozen=True, kw_only=True):
    """What the conversations inside returned."""

    told: tuple[tuple[Entrance, Any], ...] = ()
    not_seen: tuple[str, ...] = ()


def sockets_in(pid: int, proc: Path = _PROC) -> tuple[Socket, ...]:
    """The TCP sockets that listen in the network namespace of a process, read from outside of it."""
    return tuple(sorted(set(Proc(proc).listening(pid).values())))


def entrances(workloads: Iterable[Workload], proc: Path = _PROC) -> tuple[Entrance, ...]:
    """What has to be reached from the inside: bound to loopback there, or in a namespace without an address we know."""
    tree = Proc(proc)
    found: dict[tuple[str, str, int], Entrance] = {}
    addressed: set[str] = set()
    for one in sorted(workloads, key=lambda one: (one.source == "process", one.id)):  # processes know no addresses
        namespace = tree.link(one.pid, "ns/net") if one.pid and one.state == "running" else ""
        if not namespace or namespace == tree.home():
            continue
        if any(one.addresses.values()):
            addressed.add(namespace)
        for entrance in _of(one, namespace, tree, lonely=namespace not in addressed):
            found.setdefault((entrance.namespace, entrance.host, entrance.port), entrance)
    return tuple(sorted(found.values()))


def reached(
    wanted: Iterable[Entrance],
    talk: Callable[[Entrance], Conversation],
    *,
    pace: Pace,
    user_agent: str,
    timeout: float = 1.0,
    deadline: float = 15.0,
    seconds: float = 60.0,
    through: Path | None = None,
) -> Reached:
    """Have the conversation that `talk` makes with each of them, in this thread.

    `timeout` is seconds to connect, 2.5 times that for an answer; `deadline` those of one conversation, `seconds` those
    of all. `through` is the socket of a unit that enters for us where we may not. Where nobody can enter, nothing is
    asked and one line says why.
    """
    queue, lines = _first(wanted)
    told: list[tuple[Entrance, Any]] = []
    missed: list[Entrance] = []

    def done(job: Job, result: Any | None, fault: BaseException | None) -> None:
        if fault:
            missed.append(queue[job.number])
        else:
            told.append((queue[job.number], result))

    talker = Talker(
        pace=pace,
        allowed=lambda address, port: True,  # what is no address of the namespace's own the child refuses
        concurrency=CONCURRENCY,
        per_host=CONCURRENCY,
        timeout=2.5 * timeout,
        connect_timeout=timeout,
        user_agent=user_agent,
        done=done,
    )
    why = "" if through or not queue else unfit()
    if queue and not why:
        try:
            with Inside(through or command("probes.engine.inside", "serve")) as inside:
                _run(talker, inside, queue, talk, deadline, seconds)
        except OSError as fault:
            why = f"nobody enters for us: {fault.strerror or fault}"
    if why:
        lines.append(f"{len(queue)} servers inside network namespaces: {why}")
    if missed:
        shown = ", ".join(f"{one.host} port {one.port} in {one.namespace}" for one in sorted(missed)[:SHOWN])
        lines.append(f"{len(missed)} servers inside network namespaces, no conversation with them: {shown}")
    return Reached(told=tuple(sorted(told, key=lambda pair: pair[0])), not_seen=tuple(lines))


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


def _run(
    talker: Talker,
    inside: Inside,
    queue: list[Entrance],
    talk: Callable[[Entrance], Conversation],
    deadline: float,
    seconds: float,
) -> None:
    for number, one in enumerate(queue):
        opens = partial(inside.open, one.pid, one.start)
        job = Job(
            address=one.host, port=one.port, talk=partial(talk, one), deadline=deadline, number=number, opens=opens
        )
        talker.submit(job)
    talker.close()
    alarm = Timer(seconds, talker.stop)
    alarm.start()
    try:
        talker.run()
    finally:
        alarm.cancel()
        alarm.join()


def _of(one: Workload, namespace: str, tree: Proc, *, lonely: bool) -> Iterator[Entrance]:
    stat = tree.stat(one.pid or 0)
    if stat is None:
        return
    sockets = one.sockets if one.sockets is not None else tuple(sorted(set(tree.listening(stat.pid).values())))
    for socket in sockets:
        inner = socket.host.startswith("127.") or socket.host == "::1"
        if (lonely or inner) and socket.host != _DNS:
            yield Entrance(
                namespace=f"netns:{namespace.removeprefix('net:[').rstrip(']')}",
                host=_WILD.get(socket.host, socket.host),
                port=socket.port,
                pid=stat.pid,
                start=stat.start,
                workload=one.id,
            )
