"""What a child gives up before and after it opens the snapshot: limits first, then every system call it can spare."""

import ctypes
import os
import resource
import signal
from contextlib import suppress

from livebom.store.jail.calls import program

_NOBODY = 65534
_SET_PDEATHSIG, _SET_DUMPABLE, _SET_NO_NEW_PRIVS = 1, 4, 38
_SECCOMP_SET_MODE_FILTER, _SECCOMP_FILTER_FLAG_TSYNC = 1, 1
_FILES = 24
"""Open files that are enough to open the snapshot."""

_libc = ctypes.CDLL(None, use_errno=True)


class _Filter(ctypes.Structure):
    """`struct sock_fprog` (linux/filter.h)."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def leave(out: int, keeper: int) -> None:
    """Stand alone: a session of its own, no files but `out`, which becomes 3, and gone with the keeper.

    Raises OSError where the system refuses any of it, or the keeper has gone already; the child must end then.
    """
    os.setsid()
    _check(_libc.prctl(_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0))
    if os.getppid() != keeper:
        raise OSError("the keeper has gone")
    os.dup2(out, 3)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nowhere, number)
    os.closerange(4, os.sysconf("SC_OPEN_MAX"))


def enter(seconds: float, room: int) -> None:
    """Stay within the limits: so many seconds of the processor, so many bytes of address space, and nothing written.

    Raises OSError where the system refuses any of it.
    """
    _check(_libc.prctl(_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    _check(_libc.prctl(_SET_DUMPABLE, 0, 0, 0, 0))
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_AS, room)
    _limit(resource.RLIMIT_NOFILE, _FILES)
    _limit(resource.RLIMIT_CPU, int(seconds) + 1)


def shut() -> None:
    """With the snapshot open: be nobody where we were root, start and open nothing, call only what reading takes.

    Raises OSError where the system refuses any of it. On a processor whose calls are not known the rest has to do.
    """
    if os.geteuid() == 0:
        with suppress(PermissionError):  # a root without these capabilities can do no more than others
            os.setgroups([])
            os.setresgid(_NOBODY, _NOBODY, _NOBODY)
            os.setresuid(_NOBODY, _NOBODY, _NOBODY)
            # A change of the user takes the first one back (prctl(2)).
            _check(_libc.prctl(_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0))
    _limit(resource.RLIMIT_NPROC, 0)
    _limit(resource.RLIMIT_NOFILE, 0)
    found = program()
    if found is None:
        return
    number, instructions = found
    rules = _Filter(len(instructions) // 8, instructions)
    call = _libc.syscall(number, _SECCOMP_SET_MODE_FILTER, _SECCOMP_FILTER_FLAG_TSYNC, ctypes.byref(rules))
    _check(call)


def _limit(which: int, most: int) -> None:
    """Lower a limit; one that is lower already stays."""
    _, hard = resource.getrlimit(which)
    least = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(which, (least, least))


def _check(result: int) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
