"""What the error number of a connect means."""

import errno
import socket


def _codes(names: str) -> frozenset[int]:
    """The numbers of these errors."""
    return frozenset(getattr(errno, name) for name in names.split())


# The handshake was completed: an RST afterwards (ECONNRESET) is a listener that hung up, see tcp_reset() in Linux.
OPEN = _codes("EISCONN ECONNRESET EPIPE") | {0}
# What ICMP errors become (icmp_err_convert in Linux), and no route.
UNREACHABLE = _codes("EHOSTUNREACH ENETUNREACH EHOSTDOWN ENETDOWN ENONET ENOPROTOOPT EOPNOTSUPP EPROTO")
# Too many sockets or watches, too little memory, no local port left (EAGAIN, EADDRNOTAVAIL): it will pass.
OURS = _codes("EMFILE ENFILE ENOBUFS ENOMEM ENOSPC EADDRNOTAVAIL EAGAIN")
# How a kernel that is not Linux says that a socket cannot be used a second time.
WORN = _codes("ECONNABORTED EALREADY EISCONN EINVAL")


def to_itself(sock: socket.SocketType) -> bool:
    """Whether a connected socket is its own peer.

    A connect to a closed local port can be given that very port as its own (RFC 9293, 3.5, simultaneous open).
    """
    try:
        return bool(sock.getsockname() == sock.getpeername())
    except OSError:  # the peer has already hung up, so there is one
        return False
