"""The processes of this host that could be servers, as /proc tells them."""

import time
from collections.abc import Callable, Iterable
from pathlib import Path

from msgspec import Struct

from livebom.net.own import LOOPBACK, own_addresses
from probes.local.cgroups import container_of, unit_of
from probes.local.hiding import clean
from probes.local.proc import Files, Proc, Stat, inode_of, started, users
from probes.local.workload import Looked, Socket, Window, Workload

NAME = "process"

PROCESSES = 50_000
"""The most that are looked at."""
_SHOWN = 8
"""Sockets named in one line."""

Hinted = Callable[[Workload], bool]
"""Whether a workload, of which only the command line and the program are known yet, may be a server."""


class _Seen(Struct):
    """What is read of every process."""

    stat: Stat
    argv: tuple[str, ...] = ()
    net: str = ""
    """Its network namespace, as the kernel names it; empty where that may not be read."""
    files: Files | None = None


class Processes:
    """The processes below `proc`.

    Told are those that listen, those that `hinted` takes for a server, the parents of both that stand between them, and
    the parent of each that listens. `container` is the innermost one by the cgroup; `network` is `host` in the first
    process's namespace, `netns:<inode>` in another; `owner` is the systemd unit. Sockets are None where the open
    files may not be seen.
    """

    NAME = NAME

    def __init__(self, hinted: Hinted, proc: Path = Path("/proc"), passwd: Path = Path("/etc/passwd")) -> None:
        self._hinted = hinted
        self._root = proc
        self._passwd = passwd

    def look(self, window: Window) -> Looked:
        """Look once, within the deadline; raises nothing for what is or is not there."""
        return _Look(Proc(self._root), self._hinted, users(self._passwd), window).told()


class _Look:
    def __init__(self, proc: Proc, hinted: Hinted, names: dict[int, str], window: Window) -> None:
        self._proc = proc
        self._hinted = hinted
        self._names = names
        self._window = window
        self._until = time.monotonic() + window.deadline
        self._notes: list[str] = []
        self._home = proc.home()
        self._own: dict[str, dict[str, str]] = {}

    def told(self) -> Looked:
        source = f"{NAME} {self._proc.root}"
        try:
            pids = self._proc.pids()
        except OSError as fault:
            return Looked(source=source, absent=f"no processes to be seen: {fault.strerror}", complete=False)
        if len(pids) > PROCESSES:
            self._notes.append(f"{len(pids) - PROCESSES} processes are more than are looked at")
        seen = self._all(pids[:PROCESSES])
        sockets = self._sockets(seen)
        chosen = self._chosen(seen, sockets)
        if len(chosen) > self._window.most:
            self._notes.append(f"{len(chosen) - self._window.most} processes are more than are told")
        workloads = self._workloads(seen, sockets, chosen[: self._window.most])
        self._unread(seen, sockets)
        return Looked(source=source, workloads=workloads, not_seen=tuple(self._notes), complete=not self._notes)

    def _all(self, pids: Iterable[int]) -> dict[int, _Seen]:
        """Every process that is no kernel thread and no zombie, as far as the time goes."""
        found: dict[int, _Seen] = {}
        for pid in pids:
            if self._late("processes"):
                break
            stat = self._proc.stat(pid)
            if stat and not stat.kernel:
                argv = self._proc.argv(pid)
                if argv:
                    found[pid] = _Seen(stat, argv, self._proc.link(pid, "ns/net"))
        return found

    def _sockets(self, seen: dict[int, _Seen]) -> dict[int, tuple[Socket, ...]]:
        """The sockets that listen by the processes that hold them, in each network namespace."""
        groups: dict[str, list[int]] = {}
        for pid, one in seen.items():
            groups.setdefault(one.net or self._home, []).append(pid)
        found: dict[int, tuple[Socket, ...]] = {}
        for net, members in groups.items():
            if self._late("open files"):
                break
            surest = sorted(members, key=lambda pid: not seen[pid].net)  # whose namespace we may not see has any
            # However empty it is, a table takes the kernel milliseconds: of another namespace than ours one is read.
            tries = [pid for pid in surest[:4] if self._proc.stat(pid)][: 4 if net == self._home else 1]
            listening = next((table for pid in tries if (table := self._proc.listening(pid))), {})
            if listening:
                found.update(self._held(seen, members, listening))
        return found

    def _held(
        self, seen: dict[int, _Seen], members: list[int], listening: dict[int, Socket]
    ) -> dict[int, tuple[Socket, ...]]:
        found = {}
        owned: set[int] = set()
        for pid in reversed(members):  # the first process is the last: it may only hold sockets for others to take
            if self._late("open files"):
                break
            files = seen[pid].files = self._proc.files(pid)
            own = files.sockets & listening.keys() if files else frozenset()
            if own and (pid != 1 or own - owned):
                found[pid] = tuple(sorted({listening[inode] for inode in own}))
            owned |= own
        unowned = sorted({listening[inode] for inode in listening.keys() - owned})
        if unowned:
            shown = ", ".join(f"{one.host} port {one.port}" for one in unowned[:_SHOWN])
            self._notes.append(f"{len(unowned)} listening sockets of processes that may not be seen: {shown}")
        return found

    def _chosen(self, seen: dict[int, _Seen], sockets: dict[int, tuple[Socket, ...]]) -> list[int]:
        """Who is told, parents before children where their numbers are."""
        chosen = set(sockets)
        chosen |= {seen[pid].stat.parent for pid in sockets} & seen.keys() - {1}
        known: dict[tuple[str, ...], bool] = {}
        for pid, one in seen.items():
            if pid not in chosen and not self._late("command lines"):
                if one.argv not in known:
                    known[one.argv] = self._hinted(Workload(source=NAME, id="", argv=one.argv))
                if known[one.argv]:
                    chosen.add(pid)
        for pid in list(chosen):
            chosen |= _between(pid, seen, chosen)
        return sorted(chosen)

    def _workloads(
        self, seen: dict[int, _Seen], sockets: dict[int, tuple[Socket, ...]], chosen: list[int]
    ) -> tuple[Workload, ...]:
        boot = self._proc.boot()
        made = []
        for pid in chosen:
            if self._late("processes"):
                break
            one = seen[pid]
            again = self._proc.stat(pid)
            if again is None or again.start != one.stat.start:  # it has ended; its number may be another's by now
                continue
            files = one.files or self._proc.files(pid)
            uid = self._proc.uid(pid)
            cgroup = self._proc.cgroup(pid)
            cleaned = clean(one.argv, self._proc.env(pid), self._window.keep_env, self._window.redact)
            container = container_of(cgroup)
            made.append(
                Workload(
                    source=NAME,
                    id=f"{pid}@{one.stat.start}",
                    pid=pid,
                    parent=one.stat.parent,
                    container=container,
                    started=started(boot, one.stat.start),
                    argv=cleaned.argv,
                    exe=self._proc.link(pid, "exe").removesuffix(" (deleted)"),
                    cwd=self._proc.link(pid, "cwd"),
                    env=cleaned.env,
                    env_names=cleaned.env_names,
                    secrets=cleaned.secrets,
                    user=self._user(uid, container),
                    sockets=sockets.get(pid, ()) if files is not None else None,
                    network=_network(one.net, self._home),
                    addresses=self._addresses(pid, one.net),
                    netns=inode_of(one.net),
                    ticks=one.stat.start,
                    owner=unit_of(cgroup),
                    gpus=files.gpus if files else (),
                )
            )
        return tuple(made)

    def _addresses(self, pid: int, net: str) -> dict[str, str]:
        """Those of its network namespace, where that is another than this host's."""
        if not net or net == self._home:
            return {}
        if net not in self._own:
            found = own_addresses(self._proc.root / str(pid))
            those = [str(run) for run in found if run not in LOOPBACK]
            self._own[net] = {f"netns {number}": text for number, text in enumerate(those)}
        return self._own[net]

    def _user(self, uid: int | None, container: str | None) -> str:
        """The name, where the number is one of this host's."""
        if uid is None:
            return ""
        return str(uid) if container else self._names.get(uid, str(uid))

    def _unread(self, seen: dict[int, _Seen], sockets: dict[int, tuple[Socket, ...]]) -> None:
        denied = len(self._proc.denied & seen.keys() - sockets.keys())
        if denied:
            self._notes.append(f"{denied} processes whose open files or environment may not be read")

    def _late(self, what: str) -> bool:
        """Whether the time is up; said once for each thing that is not seen then."""
        if time.monotonic() < self._until:
            return False
        line = f"not all {what}: no time left"
        if line not in self._notes:
            self._notes.append(line)
        return True


def _between(pid: int, seen: dict[int, _Seen], chosen: set[int]) -> set[int]:
    """The processes on the way up from one that is told to the next one that is."""
    way: set[int] = set()
    above = seen[pid].stat.parent
    while above in seen and above not in way and above != pid:
        if above in chosen:
            return way
        way.add(above)
        above = seen[above].stat.parent
    return set()


def _network(net: str, home: str) -> str:
    if not net or not home:
        return ""
    return "host" if net == home else f"netns:{inode_of(net)}"
