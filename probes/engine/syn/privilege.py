"""Giving up every privilege for good, once the sockets are open."""

import ctypes
import os
import struct
from contextlib import suppress
from pathlib import Path

NET_RAW = 13
"""The number of CAP_NET_RAW (linux/capability.h)."""
NOBODY = 65534
_SET_KEEPCAPS, _CAPBSET_DROP, _SET_NO_NEW_PRIVS, _CAP_AMBIENT, _CLEAR_ALL = 8, 24, 38, 47, 4
_VERSION_3 = 0x20080522
_libc = ctypes.CDLL(None, use_errno=True)


def effective(status: Path = Path("/proc/self/status")) -> int:
    """The effective capabilities of a process as a bit mask; 0 where the kernel does not tell."""
    with suppress(OSError):
        for line in status.read_text().splitlines():
            if line.startswith("CapEff:"):
                return int(line.split()[1], 16)
    return 0


def may_send_frames() -> bool:
    """Whether this process holds CAP_NET_RAW."""
    return bool(effective() >> NET_RAW & 1)


def drop() -> None:
    """Become nobody where we are root and may, lose every capability, and get none by starting a program either.

    Raises OSError where the kernel refuses, and PermissionError where anything is left afterwards, or where there is a
    second thread: capabilities belong to threads.
    """
    if len(list(Path("/proc/self/task").iterdir())) > 1:
        raise PermissionError("privileges cannot be given up beside a second thread")
    for number in range(64):
        if _libc.prctl(_CAPBSET_DROP, number, 0, 0, 0):  # without CAP_SETPCAP, or past the last one: nothing to gain
            break
    _libc.prctl(_SET_KEEPCAPS, 0, 0, 0, 0)
    _libc.prctl(_CAP_AMBIENT, _CLEAR_ALL, 0, 0, 0)
    if 0 in (os.getuid(), os.geteuid()):
        with suppress(PermissionError):  # a root without CAP_SETUID and CAP_SETGID keeps its name, and nothing else
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
    _check(_libc.prctl(_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    _check(_libc.capset(struct.pack("=Ii", _VERSION_3, 0), bytes(24)))
    if effective():
        raise PermissionError("privileges are left after they were given up")


def close_others(keep: set[int]) -> None:
    """Close every open file that is not named."""
    for number in [int(path.name) for path in Path("/proc/self/fd").iterdir()]:
        if number not in keep:
            with suppress(OSError):  # the listing's own
                os.close(number)


def _check(result: int) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
