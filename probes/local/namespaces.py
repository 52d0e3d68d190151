"""The network namespaces of containers: what listens there, and which of their addresses this host reaches."""

import time
from collections import defaultdict
from ipaddress import ip_address
from pathlib import Path

from msgspec import structs

from livebom.net.links import Links
from livebom.net.own import own_addresses
from livebom.net.ranges import number_of
from probes.local.proc import Proc, inode_of
from probes.local.workload import Looked, Workload

DNS = "127.0.0.11"
"""Where Docker answers for names in the namespaces of its own networks."""
PROCESSES = frozenset({"process"})
SECONDS = 5.0
"""For the sockets of all containers: the kernel walks the table of all namespaces for each (5 ms and more)."""
_ROOTLESS = "/run/user/"


def filled(looked: Looked, root: Path = Path("/proc")) -> Looked:
    """The same with what the kernel tells of each running container: its namespace, when it started, what listens.

    Told are the sockets of a namespace that one container has for itself; of a shared one, and of this host's own, the
    processes tell whose they are. A container whose addresses the runtime does not know has those of its namespace that
    this host reaches.
    """
    tree, links = Proc(root), Links(root)
    home = inode_of(tree.home())
    spaces = {one.id: inode_of(tree.link(one.pid, "ns/net")) for one in looked.workloads if one.pid and _inside(one)}
    sharing: defaultdict[str, set[str]] = defaultdict(set)
    for id_, space in spaces.items():
        sharing[space].add(id_)
    shared = {space for space, ids in sharing.items() if space == home or (space and len(ids) > 1)}
    until, told, late = time.monotonic() + SECONDS, [], 0
    for one in looked.workloads:
        if one.id not in spaces:
            told.append(one)
            continue
        in_time = time.monotonic() < until
        late += not in_time
        alone = in_time and spaces[one.id] not in shared
        told.append(_told(one, spaces[one.id], tree, None if rootless(looked.source) else links, alone=alone))
    words = f"{looked.source}: what listens in {late} containers, but for what their processes tell: no time left"
    return structs.replace(looked, workloads=tuple(told), not_seen=(*looked.not_seen, *((words,) if late else ())))


def rootless(source: str) -> bool:
    """Whether a runtime of this name runs without root: its networks are not this host's."""
    return _ROOTLESS in source


def _inside(one: Workload) -> bool:
    return one.source not in PROCESSES and one.state == "running"


def _told(one: Workload, space: str, tree: Proc, links: Links | None, *, alone: bool) -> Workload:
    """`links` is None where the container's network is not this host's."""
    pid = one.pid or 0
    before = tree.stat(pid)
    own = bool(space) or (one.network not in {"", "host"} and not one.network.startswith("container:"))
    sockets, addresses = one.sockets, one.addresses
    if own and alone and sockets is None:
        sockets = tuple(sorted({each for each in tree.listening(pid).values() if each.host != DNS}))
    if own and alone and links and not any(addresses.values()):
        addresses = {f"netns {number}": text for number, text in enumerate(_addresses(tree.root / str(pid), links))}
    after = tree.stat(pid)
    if before is None or after is None or before.start != after.start:  # it has ended; what was read is another's
        return one
    return structs.replace(one, netns=space, ticks=after.start, sockets=sockets, addresses=addresses)


def _addresses(folder: Path, links: Links) -> list[str]:
    found = (str(run) for run in own_addresses(folder) if run.first == run.last)
    return [text for text in found if not ip_address(text).is_loopback and links.reach(text)]


def owned(pid: int, address: str, root: Path = Path("/proc")) -> bool:
    """Whether the address is one of the namespace that process is in, as the kernel tells."""
    number = number_of(address)
    return number is not None and any(
        run.family == number[1] and run.first <= number[0] <= run.last for run in own_addresses(root / str(pid))
    )
