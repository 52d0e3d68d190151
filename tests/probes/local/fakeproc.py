"""A tree like /proc, written file by file."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path

ID = "4f" * 32
"""A container id."""


def boot(root: Path) -> None:
    """What stands beside the processes."""
    (root / "stat").write_text("cpu 1 2 3\nbtime 1790000000\n")


def process(
    root: Path,
    pid: int,
    *argv: str,
    parent: int = 1,
    start: int = 500,
    net: str = "net:[1]",
    env: Iterable[str] = (),
    uid: int = 0,
    cgroup: str = "0::/\n",
    opened: Iterable[str] = (),
    comm: str = "python",
) -> Path:
    """One process; `opened` are its links in fd."""
    folder = root / str(pid)
    (folder / "fd").mkdir(parents=True)
    (folder / "ns").mkdir()
    (folder / "net").mkdir()
    fields = ["S", str(parent), *["0"] * 17, str(start), *["0"] * 30]
    (folder / "stat").write_text(f"{pid} ({comm}) {' '.join(fields)}\n")
    (folder / "cmdline").write_bytes(b"".join(word.encode() + b"\0" for word in argv))
    (folder / "environ").write_bytes(b"".join(word.encode() + b"\0" for word in env))
    (folder / "status").write_text(f"Name:\t{comm}\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\n")
    (folder / "cgroup").write_text(cgroup)
    (folder / "exe").symlink_to(f"/usr/bin/{comm}")
    (folder / "cwd").symlink_to("/srv")
    (folder / "ns" / "net").symlink_to(net)
    for number, target in enumerate(opened):
        (folder / "fd" / str(number)).symlink_to(target)
    return folder


def listening(folder: Path, *sockets: tuple[str, int, int], six: Iterable[tuple[str, int, int]] = ()) -> None:
    """Address as the kernel's hex words, port and inode of each, in the process's tables."""
    for name, rows in (("tcp", sockets), ("tcp6", tuple(six))):
        lines = [f"   0: {address}:{port:04X} 0:0 0A 0:0 0:0 0 0 0 {inode} 1 0" for address, port, inode in rows]
        (folder / "net" / name).write_text("\n".join(["  sl  local_address", *lines, "garbage", ""]))


def word(address: str) -> str:
    """An IPv4 address as /proc/net/tcp has it."""
    return f"{int.from_bytes(bytes(int(part) for part in address.split('.')), sys.byteorder):08X}"


def is_root() -> bool:
    """Whether modes keep nothing from us."""
    return os.geteuid() == 0
