"""Reading /proc: one function for each file, on bytes that any process may have written, and whatever vanishes."""

import fcntl
import os
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address
from itertools import islice
from pathlib import Path

from msgspec import Struct

from probes.local.workload import Socket

CMDLINE, ENVIRON, SMALL, TABLE = 64 << 10, 256 << 10, 16 << 10, 32 << 20
"""Most bytes read of each file."""
WORDS = 4096
"""Most arguments, and most variables, of one process."""
FILES = 65_536
"""Most open files of one process that are looked at."""
LISTEN = "0A"
_KERNEL_THREAD = 0x00200000
"""PF_KTHREAD (linux/sched.h)."""
_NS_GET_OWNER_UID = 0xB704
"""linux/nsfs.h."""
_SOCKET = re.compile(r"socket:\[(\d+)\]")
_GPU = re.compile(r"/dev/(?:nvidia\d+|dri/renderD\d+|kfd|accel/accel\d+)")


class Stat(Struct, frozen=True):
    """Of `/proc/<pid>/stat`, as proc(5) numbers its fields."""

    pid: int
    parent: int
    kernel: bool
    start: int
    """Clock ticks since boot."""


class Files(Struct, frozen=True):
    """What a process holds open."""

    sockets: frozenset[int] = frozenset()
    """By inode."""
    gpus: tuple[str, ...] = ()


class Proc:
    """A tree like /proc. What has vanished reads as empty or None; what may not be read is counted in `denied`."""

    def __init__(self, root: Path = Path("/proc")) -> None:
        self.root = root
        self.denied: set[int] = set()
        """Processes of which something may not be read."""

    def pids(self) -> list[int]:
        """The processes, lowest first. Raises OSError where there is no such tree."""
        return sorted(
            int(name) for name in (path.name for path in self.root.iterdir()) if name.isascii() and name.isdigit()
        )

    def stat(self, pid: int) -> Stat | None:
        """None for what is gone, or says what cannot be."""
        head, _, tail = self.read(pid, "stat", SMALL).rpartition(b")")  # the name before it may hold anything
        words = tail.split()
        try:
            return Stat(pid, int(words[1]), bool(int(words[6]) & _KERNEL_THREAD), int(words[19])) if head else None
        except (ValueError, IndexError):
            return None

    def argv(self, pid: int) -> tuple[str, ...]:
        """Command and arguments; a process may write there what it likes, without a zero byte too."""
        text = self.read(pid, "cmdline", CMDLINE).rstrip(b"\0 ")
        return tuple(text.decode("utf-8", "replace").split("\0")[:WORDS]) if text else ()

    def env(self, pid: int) -> list[str]:
        """`NAME=value` each."""
        pairs = self.read(pid, "environ", ENVIRON).decode("utf-8", "replace").split("\0")
        return [pair for pair in pairs if pair.find("=") > 0][:WORDS]

    def uid(self, pid: int) -> int | None:
        """The effective user."""
        match = re.search(rb"^Uid:\s+\d+\s+(\d{1,10})\b", self.read(pid, "status", SMALL), re.MULTILINE)
        return int(match[1]) if match else None

    def users(self, pid: int) -> frozenset[int]:
        """Whose process it is: its effective user, and who made the user namespace it is in (ioctl_ns(2))."""
        found = {self.uid(pid)}
        try:
            with (self.root / str(pid) / "ns/user").open("rb", buffering=0) as space:
                told = fcntl.ioctl(space, _NS_GET_OWNER_UID, bytes(4))
                found.add(int.from_bytes(told, sys.byteorder))
        except OSError:  # it is gone, or another's
            pass
        return frozenset(uid for uid in found if uid is not None)

    def cgroup(self, pid: int) -> str:
        """The control groups, as they stand there."""
        return self.read(pid, "cgroup", SMALL).decode("utf-8", "replace")

    def link(self, pid: int, name: str) -> str:
        """Where one of the links leads: `exe`, `cwd`, `ns/net`."""
        try:
            return str((self.root / str(pid) / name).readlink())
        except PermissionError:
            self.denied.add(pid)
        except OSError:
            pass
        return ""

    def home(self) -> str:
        """The network namespace of this host: that of the first process, else our own; empty where nobody tells."""
        for name in ("1", "self"):
            with suppress(OSError):
                return str((self.root / name / "ns/net").readlink())
        return ""

    def own(self) -> str:
        """The network namespace that we are in; empty where nobody tells."""
        with suppress(OSError):
            return str((self.root / "self/ns/net").readlink())
        return ""

    def files(self, pid: int) -> Files | None:
        """What it holds open; None where that may not be seen."""
        folder = self.root / str(pid) / "fd"
        sockets: set[int] = set()
        gpus: set[str] = set()
        try:
            for path in islice(folder.iterdir(), FILES):
                target = _readlink(path)
                match = _SOCKET.fullmatch(target)
                if match:
                    sockets.add(int(match[1]))
                elif _GPU.fullmatch(target):
                    gpus.add(target)
        except PermissionError:
            self.denied.add(pid)
            return None
        except OSError:
            return Files()
        return Files(frozenset(sockets), tuple(sorted(gpus)))

    def listening(self, pid: int) -> dict[int, Socket]:
        """The TCP sockets that listen in the network namespace of this process, by their inode."""
        found: dict[int, Socket] = {}
        for name in ("net/tcp", "net/tcp6"):
            found.update(listeners(self.read(pid, name, TABLE).decode("ascii", "replace")))
        return found

    def ours(self) -> tuple[Socket, ...]:
        """The TCP sockets that listen in the network namespace that we are in."""
        return tuple(sorted(set(self.listening(os.getpid()).values())))

    def boot(self) -> datetime | None:
        """When this host started."""
        match = re.search(rb"^btime (\d{1,12})$", self._read(self.root / "stat", TABLE), re.MULTILINE)
        return datetime.fromtimestamp(int(match[1]), UTC) if match else None

    def read(self, pid: int, name: str, most: int) -> bytes:
        """A file of that process, so much of it; empty where it is gone or may not be read."""
        try:
            return self._read(self.root / str(pid) / name, most)
        except PermissionError:
            self.denied.add(pid)
            return b""

    @staticmethod
    def _read(path: Path, most: int) -> bytes:
        try:
            fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except PermissionError:
            raise
        except OSError:
            return b""
        try:
            return b"".join(_blocks(fd, most))
        except PermissionError:
            raise
        except OSError:  # ESRCH: it ended between the two
            return b""
        finally:
            os.close(fd)


def listeners(table: str) -> dict[int, Socket]:
    """Those of `/proc/net/tcp` or `tcp6` that listen, by their inode; lines that cannot be read are passed over."""
    found: dict[int, Socket] = {}
    for line in table.splitlines()[1:]:
        words = line.split()
        if len(words) > 9 and words[3] == LISTEN:
            try:
                found[int(words[9])] = _socket(words[1])
            except ValueError:
                continue
    return found


def _socket(text: str) -> Socket:
    """`0100007F:1F90`: words of the address as this machine orders bytes, then the port."""
    address, _, port = text.partition(":")
    raw = b"".join(int(address[at : at + 8], 16).to_bytes(4, sys.byteorder) for at in range(0, len(address), 8))
    if len(raw) == 4:
        return Socket(host=str(IPv4Address(raw)), port=int(port, 16))
    inner = IPv6Address(raw)
    return Socket(host=str(inner.ipv4_mapped or inner), port=int(port, 16))


def _blocks(fd: int, most: int) -> Iterator[bytes]:
    """What can be read up to a size: /proc gives a page or so at a time."""
    while most > 0:
        block = os.read(fd, min(most, 1 << 16))
        if not block:
            return
        most -= len(block)
        yield block


def _readlink(path: Path) -> str:
    try:
        return str(path.readlink())
    except FileNotFoundError:  # closed in the meantime
        return ""


def inode_of(namespace: str) -> str:
    """The number in what a link of `/proc/<pid>/ns` reads; empty for an empty one."""
    return namespace.partition("[")[2].rstrip("]")


def started(boot: datetime | None, ticks: int) -> datetime | None:
    """When a process started, by the clock ticks since boot."""
    try:
        return boot + timedelta(seconds=ticks / os.sysconf("SC_CLK_TCK")) if boot else None
    except OverflowError:
        return None


def users(passwd: Path) -> dict[int, str]:
    """Names by their number, by the file alone: a directory service may hang."""
    found: dict[int, str] = {}
    try:
        lines = passwd.read_text("utf-8", "replace").splitlines()
    except OSError:
        return found
    for words in (line.split(":") for line in lines):
        if len(words) > 2 and words[2].isascii() and words[2].isdigit():
            found.setdefault(int(words[2]), words[0])
    return found
