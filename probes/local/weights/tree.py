"""Files below one folder, reached without ever leaving it: links are followed by hand, and only inside."""

import errno
import os
import re
import stat
from collections import deque
from contextlib import suppress
from itertools import islice

__all__ = ["OutsideError", "Tree", "placed"]

LINKS = 40
"""The most links in one path, as the kernel has it."""
ENTRIES = 100_000
"""The most names of one folder; what is beyond is left out."""
PARTS = 128
"""The most folders in one path."""
_PROCESS = re.compile(r"/proc/[0-9]+/root(?=/|$)")
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


class OutsideError(OSError):
    """A link leads out of the folder, or links lead to links without end."""


class Tree:
    """The folder `path` as seen from `root`, whose links lead nowhere but into that root (as chroot has it).

    Paths given to its methods are relative to the folder. All of them raise OSError where the kernel refuses, and
    OutsideError for a link out of the folder; without `links` for every link on the way to it as well. To be closed, or
    used in `with`.
    """

    def __init__(self, path: str, root: str = "/", *, links: bool = True) -> None:
        root = root if _PROCESS.match(root) else os.path.realpath(root)
        base = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        with _Walk(base, jailed=True, links=LINKS if links else 0) as walk:
            if walk.go(path):
                raise NotADirectoryError(errno.ENOTDIR, "no folder", path)
            self._fd = os.dup(walk.fd)
            inside = "/" + "/".join(walk.names)
        self.shown = f"{root.rstrip('/')}{inside}"
        """Its real path on this host; of a container's files below `/proc/<pid>/root`."""
        self._known = (f"{path.rstrip('/')}/", f"{inside.rstrip('/')}/")

    def __enter__(self) -> "Tree":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the folder back."""
        os.close(self._fd)

    def open(self, path: str) -> tuple[int, os.stat_result, str]:
        """A regular file: descriptor, facts, and its place below the folder. FIFOs and devices are never opened."""
        with self._walk() as walk:
            name = walk.go(path)
            if not name or not stat.S_ISREG(os.stat(name, dir_fd=walk.fd, follow_symlinks=False).st_mode):
                raise OSError(errno.EINVAL, "no regular file", path)
            fd = os.open(name, _FILE, dir_fd=walk.fd)
            place = "/".join((*walk.names, name))
        facts = os.fstat(fd)
        if not stat.S_ISREG(facts.st_mode):  # exchanged between the two calls
            os.close(fd)
            raise OSError(errno.EINVAL, "no regular file", path)
        return fd, facts, place

    def read(self, path: str, most: int) -> bytes:
        """The first bytes of a file."""
        fd, _, _ = self.open(path)
        try:
            return os.read(fd, most)
        finally:
            os.close(fd)

    def entries(self, path: str = "") -> list[tuple[str, bool]]:
        """The names in a folder, sorted, and whether each is a folder; a link counts as what it leads to inside."""
        with self._walk() as walk:
            if walk.go(path):
                raise NotADirectoryError(errno.ENOTDIR, "no folder", path)
            with os.scandir(walk.fd) as found:
                some = islice(found, ENTRIES)
                kinds = [(one.name, one.is_symlink(), one.is_dir(follow_symlinks=False)) for one in some]
        return sorted((name, self._is_folder(f"{path}/{name}") if link else folder) for name, link, folder in kinds)

    def mode(self, path: str = "") -> int:
        """The permission bits of a folder."""
        with self._walk() as walk:
            walk.go(path)
            return stat.S_IMODE(os.fstat(walk.fd).st_mode)

    def _is_folder(self, path: str) -> bool:
        with suppress(OSError), self._walk() as walk:
            return not walk.go(path)
        return False

    def _walk(self) -> "_Walk":
        return _Walk(os.dup(self._fd), jailed=False, known=self._known)


def placed(path: str) -> tuple[str, str]:
    """Folder and root of a file that some tree told: what `Tree` takes to reach it in the same way."""
    match = _PROCESS.match(path)
    root = match[0] if match else "/"
    folder = path[len(root) :] if match else path
    return folder.rpartition("/")[0] or "/", root


class _Walk:
    """Goes down a path one name at a time; `fd` and `names` tell the folder it stands in."""

    def __init__(self, base: int, *, jailed: bool, links: int = LINKS, known: tuple[str, ...] = ()) -> None:
        self._links = links
        self._fds = [base]
        self._jailed = jailed
        self._known = known
        self.names: list[str] = []

    def __enter__(self) -> "_Walk":
        return self

    def __exit__(self, *_: object) -> None:
        self._back_to(0)
        os.close(self._fds.pop())

    @property
    def fd(self) -> int:
        """The folder it stands in."""
        return self._fds[-1]

    def go(self, path: str) -> str:
        """Go there; returns the name of what is no folder, at the end of the path, or nothing for a folder."""
        rest, links = deque(path.split("/")), 0
        while rest:
            name = rest.popleft()
            if name in ("", "."):
                continue
            if name == "..":
                self._up()
                continue
            kind = os.stat(name, dir_fd=self.fd, follow_symlinks=False).st_mode
            if stat.S_ISLNK(kind):
                links += 1
                rest.extendleft(reversed(self._aim(name, links).split("/")))
            elif stat.S_ISDIR(kind):
                self._down(name)
            elif any(rest):
                raise NotADirectoryError(errno.ENOTDIR, "no folder", name)
            else:
                return name
        return ""

    def _aim(self, name: str, links: int) -> str:
        """Where the link leads, seen from the folder we then stand in."""
        target = os.readlink(name, dir_fd=self.fd)
        if links > self._links:
            raise OutsideError(errno.ELOOP, "too many links", name)
        if not target.startswith("/"):
            return target
        known = next((one for one in self._known if target.startswith(one)), "/" if self._jailed else "")
        if not known:
            raise OutsideError(errno.EXDEV, "a link that leads outside", name)
        self._back_to(0)
        return target[len(known) :]

    def _down(self, name: str) -> None:
        if len(self._fds) > PARTS:
            raise OutsideError(errno.ENAMETOOLONG, "too deep", name)
        self._fds.append(os.open(name, _FOLDER, dir_fd=self.fd))
        self.names.append(name)

    def _up(self) -> None:
        if self.names:
            self._back_to(len(self.names) - 1)
        elif not self._jailed:
            raise OutsideError(errno.EXDEV, "a path that leads outside", "..")

    def _back_to(self, depth: int) -> None:
        while len(self.names) > depth:
            self.names.pop()
            os.close(self._fds.pop())
