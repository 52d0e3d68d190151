"""Parts, edges and observations made by hand, and a second process to share a store with."""

import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from livebom.bom.identity import edge_id, part_id
from livebom.bom.observation import EdgeTo, Evidence, Fact, Observation
from livebom.bom.parts import Alias, Claim, Confidence, Edge, EdgeKind, Graph, Part, PartKind, Value
from livebom.store import Settled, Store, SweepRow

ROOT = Path(__file__).resolve().parents[3]
MONDAY = datetime(2026, 11, 16, 8, 30, 0, 123456, tzinfo=UTC)
TUESDAY, WEDNESDAY, THURSDAY = (MONDAY + timedelta(days=days) for days in (1, 2, 3))
SWEEP = SweepRow(id="one", started_at=MONDAY, scope=("10.0.0.0/24", "gpu.example"), version="0.1.0")


def claim(
    value: Value, at: datetime = MONDAY, source: str = "connect", confidence: Confidence = Confidence.DECLARED
) -> Claim:
    return Claim(value=value, surface="runtime", source=source, confidence=confidence, first_seen=at, last_seen=at)


def part(kind: PartKind, key: str, at: datetime = MONDAY, **said: Value | tuple[Claim, ...]) -> Part:
    claims = {name: v if isinstance(v, tuple) else (claim(v, at),) for name, v in sorted(said.items())}
    return Part(id=part_id(kind, key), kind=kind, key=key, attributes=claims, first_seen=at, last_seen=at)


def edge(kind: EdgeKind, source: Part, destination: Part, at: datetime = MONDAY, **said: Value) -> Edge:
    return Edge(
        id=edge_id(kind, source.id, destination.id),
        kind=kind,
        source=source.id,
        destination=destination.id,
        attributes={name: (claim(v, at),) for name, v in sorted(said.items())},
        first_seen=at,
        last_seen=at,
    )


def graph(parts: Iterable[Part], edges: Iterable[Edge] = (), aliases: Iterable[Alias] = ()) -> Graph:
    return Graph(parts={p.id: p for p in parts}, edges={e.id: e for e in edges}, aliases=frozenset(aliases))


def ollama(at: datetime = MONDAY, version: str = "0.9.0", models: tuple[str, ...] = ("llama3:8b",)) -> Graph:
    """One Ollama on 10.0.0.5, seen at that time."""
    key = "default/10.0.0.5/ollama"
    host = part(PartKind.HOST, "default/10.0.0.5", at)
    listener = part(PartKind.LISTENER, "default/10.0.0.5:11434", at, scheme="http", auth="none")
    server = part(PartKind.SERVER, key, at, product="ollama", version=version)
    served = [part(PartKind.MODEL, f"served:{key}/{name}", at, family="llama") for name in models]
    edges = [edge(EdgeKind.SERVES, server, m, at, name=n) for m, n in zip(served, models, strict=True)]
    edges += [edge(EdgeKind.LISTENS_ON, server, listener, at), edge(EdgeKind.RUNS_ON, server, host, at)]
    return graph([host, listener, server, *served], edges)


def settle(
    store: Store, seen: Graph, at: datetime, *, gone_after: int = 1, covered: bool = True, sweep: str = "one"
) -> Settled:
    return store.settle(seen, sweep_id=sweep, seen_at=at, covered=lambda _: covered, gone_after=gone_after)


def observation(number: int = 0, sweep: str = "one", **said: Value) -> Observation:
    return Observation(
        sweep=sweep,
        at=MONDAY,
        surface="runtime",
        source="connect",
        kind=PartKind.SERVER,
        subject=f"default/10.0.{number >> 8}.{number & 255}/ollama",
        facts={name: Fact(value) for name, value in said.items()},
        edges=(EdgeTo(kind=EdgeKind.LISTENS_ON, to_kind=PartKind.LISTENER, to=f"default/10.0.0.{number}:11434"),),
        evidence=(Evidence(what="GET /api/version", digest="ab" * 32, excerpt='{"version":"0.9.0"}'),),
    )


@contextmanager
def child(code: str, *arguments: str | Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that runs this code with the store's modules at hand; it is ended by its id, and waited for."""
    head = "import sys\nfrom pathlib import Path\nfrom livebom.store import *\nfrom tests.livebom.store.made import *\n"
    process = subprocess.Popen(
        [sys.executable, "-c", head + code, *map(str, arguments)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()
