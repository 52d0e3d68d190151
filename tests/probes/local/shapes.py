"""Workloads as the sources tell them, made by hand, and what a look with them comes to."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from typing import Any

from livebom.bom.graph import fold, values
from livebom.bom.parts import Graph, Part, PartKind
from livebom.net.ranges import Range
from livebom.surfaces import load_catalog, load_workload_checks, surface
from probes.local.here import Here
from probes.local.observe import Known, Told, observations
from probes.local.reach import Heard
from probes.local.workload import Image, Looked, Published, Socket, Window, Workload

AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
ID = "c0ffee" + "0" * 58
HERE = Here(
    key="machine:0123456789abcdef0123456789abcdef",
    name="gpu1",
    addresses=(Range(127 << 24, (128 << 24) - 1, 4), Range(0x0A000005, 0x0A000005, 4)),
)


@cache
def known() -> Known:
    """All fingerprints and the checks of workloads."""
    fingerprints = {kit.product: kit.fingerprint for kit in load_catalog().kits}
    return surface.known(fingerprints, load_workload_checks())


def docker(*argv: str, **given: Any) -> Workload:
    """A running vLLM container of Docker's, on a bridge, published on one address."""
    usual: dict[str, Any] = {
        "source": "docker",
        "id": ID,
        "runtime": "docker",
        "name": "chat",
        "image": Image(reference="vllm/vllm-openai:v0.11.0", digest="sha256:" + "ab" * 32),
        "argv": argv or ("vllm", "serve", "acme/Bot", "--port", "8000"),
        "addresses": {"bridge": "172.17.0.2"},
        "published": (Published(host="127.0.0.1", port=8000, inner=8000),),
        "network": "bridge",
        "privileged": False,
        "user": "2000",
        "env_names": ("PATH",),
    }
    return Workload(**{**usual, **given})


def process(*argv: str, pid: int = 4000, port: int = 8000, host: str = "127.0.0.1", **given: Any) -> Workload:
    """A process of the host that listens."""
    usual: dict[str, Any] = {
        "source": "process",
        "id": f"{pid}@{pid}",
        "pid": pid,
        "argv": argv,
        "exe": "/usr/bin/python3.11",
        "user": "ada",
        "network": "host",
        "sockets": (Socket(host=host, port=port),),
        "env_names": ("PATH",),
    }
    return Workload(**{**usual, **given})


def told(*workloads: Workload, heard: Iterable[Heard] = (), open_findings: Iterable[str] = ()) -> Told:
    """What a look at these workloads says."""
    return observations(workloads, known(), HERE, sweep="s", at=AT, heard=heard, open_findings=frozenset(open_findings))


def failing(*workloads: Workload, **given: Any) -> dict[str, tuple[str, ...]]:
    """The checks that fail there, with what was seen."""
    return {
        one.id: one.evidence
        for found in told(*workloads, **given).found
        for one in found.findings
        if one.state == "fail"
    }


def state_of(check: str, *workloads: Workload, **given: Any) -> str:
    """The verdict of one check."""
    return next(f.state.value for found in told(*workloads, **given).found for f in found.findings if f.id == check)


def graph_of(looked: Told) -> Graph:
    """The graph that the look makes alone."""
    return fold(looked.observations)


def parts(graph: Graph, kind: PartKind) -> dict[str, dict[str, Any]]:
    """The parts of a kind by key, with their believed values."""
    return {part.key: dict(values(part)) for part in graph.parts.values() if part.kind is kind}


def edges(graph: Graph) -> set[tuple[str, str, str]]:
    """Every edge as keys."""
    key = {part.id: part.key for part in graph.parts.values()}
    return {(key[edge.source], edge.kind.value, key[edge.destination]) for edge in graph.edges.values()}


def only(found: Iterable[Part]) -> Part:
    """The one part there is."""
    [one] = found
    return one


class Tells:
    """A source that tells what it was made with."""

    def __init__(self, name: str, workloads: tuple[Workload, ...], *, complete: bool = True) -> None:
        self.NAME = name
        self._workloads, self._complete = workloads, complete

    def look(self, window: Window) -> Looked:
        """What it was made with, as far as the window goes."""
        return Looked(source=self.NAME, workloads=self._workloads[: window.most], complete=self._complete)
