"""The system calls that reading an open snapshot takes, as a seccomp filter: anything else is answered with EPERM."""

import os
import struct

_CALLS = {
    "read": (0, 63), "write": (1, 64), "close": (3, 57), "fstat": (5, 80), "lseek": (8, 62), "mmap": (9, 222),
    "mprotect": (10, 226), "munmap": (11, 215), "brk": (12, 214), "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139), "pread64": (17, 67), "sched_yield": (24, 124),
    "mremap": (25, 216), "madvise": (28, 233), "nanosleep": (35, 101), "getpid": (39, 172), "exit": (60, 93),
    "gettimeofday": (96, 169), "getrusage": (98, 165), "sysinfo": (99, 179), "getuid": (102, 174),
    "geteuid": (107, 175), "sigaltstack": (131, 132), "gettid": (186, 178), "futex": (202, 98),
    "sched_getaffinity": (204, 123), "restart_syscall": (219, 128), "clock_gettime": (228, 113),
    "clock_getres": (229, 114), "clock_nanosleep": (230, 115), "exit_group": (231, 94), "set_robust_list": (273, 99),
    "getrandom": (318, 278), "membarrier": (324, 283), "rseq": (334, 293),
}  # fmt: skip
"""Name to number on x86_64 and on aarch64 (Linux: syscall_64.tbl, asm-generic/unistd.h)."""
_MACHINES = {"x86_64": (0, 0xC000003E, 317), "aarch64": (1, 0xC00000B7, 277)}
"""Machine to its place above, its AUDIT_ARCH (linux/audit.h) and the number of seccomp(2)."""

_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
"""BPF: load a word, jump if equal, jump if at least, return (linux/bpf_common.h)."""
_NUMBER_AT, _ARCH_AT = 0, 4
"""Offsets in `struct seccomp_data`."""
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050001, 0x80000000
"""SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | EPERM, SECCOMP_RET_KILL_PROCESS."""
_X32 = 0x40000000
"""The bit of x86's second set of numbers."""


def program() -> tuple[int, bytes] | None:
    """The number of seccomp(2) here, and the filter as an array of `struct sock_filter`; None where it is not known."""
    here = _MACHINES.get(os.uname().machine)
    if here is None:
        return None
    place, arch, number = here
    allowed = sorted(numbers[place] for numbers in _CALLS.values())
    count = len(allowed)
    steps = [
        (_LOAD, 0, 0, _ARCH_AT),
        (_EQUAL, 1, 0, arch),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
        (_AT_LEAST, count, 0, _X32),
        *((_EQUAL, count - index, 0, call) for index, call in enumerate(allowed)),
        (_RETURN, 0, 0, _REFUSE),
        (_RETURN, 0, 0, _ALLOW),
    ]
    return number, b"".join(struct.pack("=HBBI", *step) for step in steps)
