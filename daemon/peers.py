"""Who is at the other end of a local socket, and what that account may do here."""

import grp
import os
import pwd
import socket
import struct
from collections.abc import Callable, Iterable
from enum import StrEnum

from msgspec import Struct

from livebom.net.peer import credentials
from livebom.settings import Accounts, Roles

OVERFLOW = 65534
"""Told for an account that the user namespace does not know (user_namespaces(7)); nobody in particular."""
_PEERGROUPS = 59
"""SO_PEERGROUPS (asm-generic/socket.h), since Linux 4.13."""
_MOST = 1024
"""Bytes of groups that are read, as Python allows: 256 groups."""


class Role(StrEnum):
    """What somebody may do; see the settings' `roles`."""

    READ = "read"
    SWEEP = "sweep"
    ADMIN = "admin"
    COLLECTOR = "collector"


_MAY: dict[Role, frozenset[Role]] = {
    Role.READ: frozenset({Role.READ}),
    Role.SWEEP: frozenset({Role.READ, Role.SWEEP}),
    Role.ADMIN: frozenset(Role),
    Role.COLLECTOR: frozenset({Role.COLLECTOR}),
}


class Peer(Struct, frozen=True):
    """The account that connected, as it was then."""

    pid: int
    uid: int
    gid: int
    groups: frozenset[int] = frozenset()


class Access(Struct, frozen=True):
    """The roles with their accounts as numbers."""

    users: dict[Role, frozenset[int]]
    groups: dict[Role, frozenset[int]]
    own: int
    """The daemon's user."""

    def may(self, peer: Peer) -> frozenset[Role]:
        """Everything that account may do; nothing for one that the kernel cannot name."""
        if peer.uid == OVERFLOW:
            return frozenset()
        if peer.uid in {0, self.own}:
            return _MAY[Role.ADMIN]
        its = {peer.gid, *peer.groups} - {OVERFLOW}
        held = (role for role in Role if peer.uid in self.users[role] or its & self.groups[role])
        return frozenset(one for role in held for one in _MAY[role])

    def name(self, peer: Peer) -> str:
        """The roles in words."""
        return ", ".join(role for role in Role if role in self.may(peer)) or "none"


def peer_of(connection: socket.socket) -> Peer:
    """Who connected, by SO_PEERCRED (unix(7)); its process id is told and decides nothing, because ids are used again.

    Raises OSError where the socket is no unix socket.
    """
    pid, uid, gid = credentials(connection)
    try:
        raw = connection.getsockopt(socket.SOL_SOCKET, _PEERGROUPS, _MOST)
    except OSError:  # more than that (ERANGE), or an older kernel: then the groups beside the first count for nothing
        raw = b""
    return Peer(pid, uid, gid, frozenset(struct.unpack(f"{len(raw) // 4}I", raw)))


def access(roles: Roles) -> tuple[Access, tuple[str, ...]]:
    """The roles ready to be asked, and in words which accounts this host does not know."""
    notes: list[str] = []
    its: dict[Role, Accounts] = {role: getattr(roles, role.value) for role in Role}
    users = {role: frozenset(_numbers(one.users, _uid, "user", role, notes)) for role, one in its.items()}
    groups = {role: frozenset(_numbers(one.groups, gid_of, "group", role, notes)) for role, one in its.items()}
    return Access(users, groups, os.geteuid()), tuple(notes)


def gid_of(name: str) -> int:
    """A group's number. Raises KeyError where there is none."""
    return grp.getgrnam(name).gr_gid


def _uid(name: str) -> int:
    return pwd.getpwnam(name).pw_uid


def _numbers(
    accounts: Iterable[str | int], number: Callable[[str], int], kind: str, role: Role, notes: list[str]
) -> Iterable[int]:
    for one in accounts:
        try:
            yield one if isinstance(one, int) else number(one)
        except KeyError:
            notes.append(f"there is no {kind} {one} on this host: it gets no role {role}")
