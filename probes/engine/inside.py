"""Connections that begin in another network namespace: a child enters it, and hands out sockets without a word said.

Who enters never speaks, and who speaks never enters: the child reads orders of ours, makes a socket in the namespace
of a process, begins to connect it to an address of that namespace's own, and passes it on. It reads nothing from a
network.
"""

import ctypes
import errno
import os
import resource
import signal
import socket
import subprocess
import threading
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path

import msgspec

from probes.engine.link import socket_address
from probes.engine.syn.privilege import NOBODY, close_others, effective

SYS_PTRACE, SYS_ADMIN = 19, 21
"""The numbers of CAP_SYS_PTRACE, without which nobody else's namespace is shown, and CAP_SYS_ADMIN, to enter it."""
SECONDS = 600
"""How long a child lives at most."""
WAIT = 2.0
"""Seconds for one socket; a child that takes longer is ended."""
START = 15.0
"""Seconds for a child to begin."""
_CLONE_NEWNET = 0x40000000
_SET_KEEPCAPS, _CAPBSET_DROP, _SET_NO_NEW_PRIVS = 8, 24, 38
_VERSION_3 = 0x20080522
_MESSAGE = 512
_libc = ctypes.CDLL(None, use_errno=True)


class Order(msgspec.Struct, frozen=True, array_like=True):
    """One socket, please."""

    pid: int
    start: int
    """When the process started, in clock ticks since boot: a number may be another's by now."""
    address: str
    port: int


def unfit() -> str:
    """Why nobody's network namespace can be entered from here, in words; empty where it can."""
    mask = effective()
    if not mask >> SYS_ADMIN & 1 or not mask >> SYS_PTRACE & 1:
        return "needs root: the capabilities CAP_SYS_ADMIN and CAP_SYS_PTRACE"
    return ""


class Inside:
    """Opens connections in other network namespaces, through one child; may be used from any thread.

    `way` is the command that starts the child, whose standard input is the socket it serves; or the path of a socket
    of type SOCK_SEQPACKET at which a manager starts one for whoever connects. To be closed, or used in `with`.
    Raises OSError where there is nobody.
    """

    def __init__(self, way: Sequence[str] | Path) -> None:
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        if isinstance(way, Path):
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            self._socket.settimeout(WAIT)
            try:
                self._socket.connect(str(way))
            except OSError:
                self._socket.close()
                raise
            return
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.settimeout(WAIT)
        with theirs:
            self._child = subprocess.Popen(  # noqa: S603 - our own Python, our own code
                list(way), stdin=theirs.fileno(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/"
            )

    def __enter__(self) -> "Inside":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def begun(self) -> None:
        """Wait until the child serves. Raises OSError where it does not in `START` seconds, or refuses us."""
        self._socket.settimeout(START)
        with suppress(ProcessLookupError, PermissionError):  # its answer to an order that nobody can fulfil
            self.open(0, 0, "127.0.0.1", 1).close()
        self._socket.settimeout(WAIT)

    def open(self, pid: int, start: int, address: str, port: int) -> socket.socket:
        """A socket whose connection has begun in the namespace of that process.

        Raises OSError: EPERM without the right, ESRCH where the process is gone, EADDRNOTAVAIL where the address is not
        of that namespace, or what connect(2) says at once.
        """
        order = msgspec.msgpack.encode(Order(pid, start, address, port))
        with self._lock:
            try:
                self._socket.send(order)
                data, made, _, _ = socket.recv_fds(self._socket, _MESSAGE, 1)
            except OSError:  # a later answer would be taken for that to a later order
                self._socket.close()
                if self._child:
                    self._child.kill()
                raise
        sockets = [socket.socket(fileno=fd) for fd in made]
        code = int.from_bytes(data, "big") if data else errno.ECHILD
        if code or not sockets:
            raise OSError(code or errno.EPROTO, os.strerror(code or errno.EPROTO))
        return sockets[0]

    def close(self) -> None:
        """End the child."""
        self._socket.close()
        if self._child is None:
            return
        try:
            self._child.wait(WAIT)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()


def serve(descriptor: int = 0, seconds: int = SECONDS) -> None:
    """The child: serves orders over this socket until it is closed, or the time is up. Its one answer is a number.

    0 comes with a socket, anything else is an errno. Raises OSError where privileges cannot be given up.
    """
    signal.alarm(seconds)  # whatever hangs, the kernel ends it
    channel = socket.socket(fileno=os.dup(descriptor))
    close_others({channel.fileno()})
    with suppress(PermissionError):  # without the right to enter there is less to give up, and each order is refused
        _keep(1 << SYS_ADMIN | 1 << SYS_PTRACE)
    while data := channel.recv(_MESSAGE):
        made: list[socket.socket] = []
        try:
            made.append(_made(msgspec.msgpack.decode(data, type=Order)))
            code = 0
        except OSError as fault:
            code = fault.errno or errno.EPROTO
        except ValueError:
            code = errno.EINVAL
        socket.send_fds(channel, [code.to_bytes(2, "big")], [one.fileno() for one in made])
        for one in made:
            one.close()


def _made(order: Order) -> socket.socket:
    _enter(order.pid, order.start)
    family, target = socket_address(order.address, order.port)
    if not ip_address(order.address.partition("%")[0]).is_loopback:
        with socket.socket(family, socket.SOCK_DGRAM) as own:
            own.bind((target[0], 0, *target[2:]))  # EADDRNOTAVAIL for an address that is not of this namespace
    made = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    code = made.connect_ex(target)
    if code not in (0, errno.EINPROGRESS):
        made.close()
        raise OSError(code, os.strerror(code))
    return made


def _enter(pid: int, start: int) -> None:
    """Raises ProcessLookupError where that process is gone, PermissionError without the right."""
    try:
        namespace = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        raise ProcessLookupError(errno.ESRCH, os.strerror(errno.ESRCH)) from None
    try:
        if _start(pid) != start:
            raise ProcessLookupError(errno.ESRCH, os.strerror(errno.ESRCH))
        _check(_libc.setns(namespace, _CLONE_NEWNET))
    finally:
        os.close(namespace)


def _start(pid: int) -> int:
    """Field 22 of proc(5)'s stat; -1 where it is gone."""
    with suppress(OSError, IndexError, ValueError):
        return int(Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[19])
    return -1


def _keep(capabilities: int) -> None:
    """Be nobody, with these capabilities and no others, few files and no children. Raises PermissionError."""
    for number in range(64):
        if not capabilities >> number & 1 and _libc.prctl(_CAPBSET_DROP, number, 0, 0, 0):
            break
    _check(_libc.prctl(_SET_KEEPCAPS, 1, 0, 0, 0))
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    words = (capabilities & 0xFFFFFFFF).to_bytes(4, "little")
    _check(_libc.capset(_VERSION_3.to_bytes(4, "little") + bytes(4), words + words + bytes(16)))
    _check(_libc.prctl(_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    for limit, most in ((resource.RLIMIT_NOFILE, 16), (resource.RLIMIT_NPROC, 0), (resource.RLIMIT_FSIZE, 0)):
        resource.setrlimit(limit, (most, most))


def _check(result: int) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
