"""What a rule of a check looks at on a host, and what it answers."""

from collections.abc import Callable

from msgspec import Struct

from livebom.bom.service import Verdict
from probes.local.group import Instance
from probes.local.options import Started
from probes.local.reach import WILD

Judgement = tuple[Verdict, tuple[str, ...]]
"""A verdict and what was seen, in words, secrets removed."""
UNKNOWN: Judgement = (Verdict.UNKNOWN, ())


class Case(Struct, frozen=True, kw_only=True):
    """One instance before its judge."""

    instance: Instance
    started: Started
    product: str = ""
    """What it is taken for, by its hints or by what it answered."""
    contradictions: tuple[str, ...] = ()
    """What its sources say that cannot all be true."""
    own_checks: frozenset[str] = frozenset()
    """The ids of the checks that its product has of its own."""


Rule = Callable[[Case], Judgement]


def failed(*evidence: str) -> Judgement:
    """It is as bad as the check says."""
    return Verdict.FAIL, evidence


def passed(*evidence: str) -> Judgement:
    """It was looked at and is well."""
    return Verdict.PASS, evidence


def root(case: Case) -> Judgement:
    """Whether it runs as root, as its process or its runtime tells."""
    user, source = case.started.user
    if not user:
        return UNKNOWN
    name = user.partition(":")[0]
    return (failed if name in {"0", "root"} else passed)(f"user of {source}: {user}")


def everywhere(case: Case) -> Judgement:
    """Whether it listens on every interface: by its sockets, or by the ports a runtime publishes for it."""
    instance = case.instance
    if instance.host_network:
        sockets = [(one, socket) for one in instance.workloads for socket in one.sockets or ()]
        wild = [
            f"{one.source}: listens on {socket.host}:{socket.port}" for one, socket in sockets if socket.host in WILD
        ]
        if wild:
            return failed(*dict.fromkeys(wild))
        return (
            passed(*dict.fromkeys(f"{o.source}: listens on {s.host}:{s.port}" for o, s in sockets))
            if sockets
            else UNKNOWN
        )
    return published(case)


def published(case: Case) -> Judgement:
    """Whether a port of a container is published on every address of this host."""
    told = [(one, port) for one in case.instance.containers for port in one.published]
    wild = [f"{one.source}: {port.host or '*'}:{port.port} -> {port.inner}" for one, port in told if port.host in WILD]
    if wild:
        return failed(*dict.fromkeys(wild))
    if not any(one.network for one in case.instance.containers):
        return UNKNOWN
    return passed(*dict.fromkeys(f"{one.source}: {port.host}:{port.port} -> {port.inner}" for one, port in told))
