"""The control socket: handed over by the service manager, or made here with its mode and group."""

import errno
import os
import socket
import stat
from collections.abc import MutableMapping
from pathlib import Path

from daemon.peers import gid_of

_FIRST = 3
"""The first descriptor that is handed over (sd_listen_fds(3))."""
_BACKLOG = 64
_PATIENCE = 2.0


class SocketError(Exception):
    """There can be no control socket there; the text says why and what to do."""


def handed_over(environment: MutableMapping[str, str]) -> list[socket.socket]:
    """The listening unix sockets that the manager opened for us; no child of ours will see its variables."""
    count, pid = environment.pop("LISTEN_FDS", ""), environment.pop("LISTEN_PID", "")
    environment.pop("LISTEN_FDNAMES", None)
    if not count.isdecimal() or pid != str(os.getpid()):
        return []
    found = []
    for descriptor in range(_FIRST, _FIRST + int(count)):
        os.set_inheritable(descriptor, False)
        one = socket.socket(fileno=descriptor)
        if one.family != socket.AF_UNIX or not one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            raise SocketError(f"descriptor {descriptor} of LISTEN_FDS is no listening unix socket; correct the unit")
        one.setblocking(False)
        found.append(one)
    return found


def made(path: Path, group: str | int | None) -> tuple[socket.socket, str]:
    """A listening socket at the path (mode 0660), and a note where its group could not be given to it.

    A socket that is left of a process that died is replaced. Raises SocketError where another daemon answers there,
    something else stands there, or it cannot be made.
    """
    _clear(path)
    one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _bind(one, path)
        one.listen(_BACKLOG)
    except OSError as error:
        one.close()
        why = "its path is longer than 107 bytes" if "too long" in str(error) else error.strerror or str(error)
        raise SocketError(f"{path}: {why}; name another place with `daemon.socket`, or correct its folder") from None
    one.setblocking(False)
    return one, _give(path, group)


def _bind(one: socket.socket, path: Path) -> None:
    """With mode 0660 from its first moment on."""
    before = os.umask(0o117)
    try:
        one.bind(str(path))
    finally:
        os.umask(before)


def removed(path: Path, made_here: socket.socket) -> None:
    """Take the socket away, where it is still the one that was made here."""
    try:
        its = made_here.getsockname()
        if its == str(path):
            path.unlink(missing_ok=True)
    except OSError:
        return


def _clear(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
    except OSError:
        return
    if not stat.S_ISSOCK(mode):
        raise SocketError(f"{path} is no socket; move it away, or name another place with `daemon.socket`")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as probe:
        probe.settimeout(_PATIENCE)
        try:
            probe.connect(str(path))
        except OSError as error:
            if error.errno != errno.ECONNREFUSED:
                raise SocketError(f"{path}: {error.strerror or error}; is another daemon stuck?") from None
            path.unlink(missing_ok=True)
            return
    raise SocketError(f"another daemon answers at {path}; stop it, or name another place with `daemon.socket`")


def _give(path: Path, group: str | int | None) -> str:
    if group is None:
        return ""
    try:
        os.chown(path, -1, group if isinstance(group, int) else gid_of(group), follow_symlinks=False)
    except KeyError:
        return f"there is no group {group} on this host: only the daemon's own user and root reach the socket"
    except OSError as error:
        return f"the socket could not be given to the group {group} ({error.strerror}): only its owner reaches it"
    return ""
