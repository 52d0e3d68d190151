"""Whom the kernel names at the other end of a unix socket."""

import socket
import struct

_UCRED = struct.Struct("iII")
"""pid, uid, gid."""


def credentials(one: socket.socket) -> tuple[int, int, int]:
    """Process, user and group of who connected, or of who began to listen there (unix(7), SO_PEERCRED).

    Raises OSError where the socket is no unix socket.
    """
    if one.family != socket.AF_UNIX:
        raise OSError("no unix socket")
    pid, uid, gid = _UCRED.unpack(one.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size))
    return pid, uid, gid
