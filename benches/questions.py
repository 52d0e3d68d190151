"""Milliseconds of the slowest question on 50,000 parts, and the walk from all roots beside one in plain Python."""

import random
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

import msgspec

from benches.harness import ROOT, Result, by_turns, call, judged, main
from livebom.bom.document import Document, document
from livebom.bom.identity import edge_id, part_id
from livebom.bom.parts import Attributes, Claim, Confidence, Edge, EdgeKind, Graph, Part, PartKind, Value

FIGURE = "slowest question, 50,000 parts"
TARGET = "ours <= 100"
UNIT = "milliseconds"
COUNT = 50_000
AT = datetime(2026, 11, 1, tzinfo=UTC)
ALL_ROOTS = ("all roots: reaches", "all roots: worst")
"""These may take half a second: they walk from every endpoint, server, agent and model at once."""
K, E = PartKind, EdgeKind
WALKED = {
    E.CAN_CALL, E.USES_MCP, E.EXPOSES, E.HANDS_OFF_TO, E.ROUTES_TO, E.FRONTS, E.USES_MODEL, E.CALLS_PROVIDER, E.SERVES
}  # fmt: skip
"""What question 1 walks along."""
TOLD = {K.MODEL, K.TOOL, K.API_PROVIDER}
CAPABILITIES = ("exec", "fs-read", "fs-write", "network", "payment", "secrets", "data-read", "data-write")

SHARES = {
    K.ENDPOINT: 8, K.AGENT: 8, K.TOOL: 10, K.MCP_SERVER: 2, K.MODEL: 10, K.SERVER: 10, K.LISTENER: 12, K.HOST: 8,
    K.WEIGHTS: 6, K.DATASET: 3, K.VECTOR_STORE: 3, K.PROMPT: 5, K.REPOSITORY: 2, K.PACKAGE: 6, K.PRINCIPAL: 2,
    K.API_PROVIDER: 1, K.FINDING: 4,
}  # fmt: skip
"""Hundredths of all parts."""
LINKS: tuple[tuple[EdgeKind, PartKind, PartKind, int], ...] = (
    (E.ROUTES_TO, K.ENDPOINT, K.AGENT, 7), (E.ROUTES_TO, K.ENDPOINT, K.SERVER, 4), (E.USES_MODEL, K.AGENT, K.MODEL, 9),
    (E.CAN_CALL, K.AGENT, K.TOOL, 12), (E.USES_MCP, K.AGENT, K.MCP_SERVER, 5), (E.EXPOSES, K.MCP_SERVER, K.TOOL, 7),
    (E.HANDS_OFF_TO, K.AGENT, K.AGENT, 4), (E.READS, K.AGENT, K.VECTOR_STORE, 5), (E.WRITES, K.TOOL, K.VECTOR_STORE, 1),
    (E.POPULATED_FROM, K.VECTOR_STORE, K.DATASET, 4), (E.SERVES, K.SERVER, K.MODEL, 12),
    (E.LISTENS_ON, K.SERVER, K.LISTENER, 12), (E.RUNS_ON, K.SERVER, K.HOST, 10), (E.HAS_WEIGHTS, K.MODEL, K.WEIGHTS, 8),
    (E.USES_PROMPT, K.AGENT, K.PROMPT, 5), (E.DECLARED_IN, K.AGENT, K.REPOSITORY, 8),
    (E.CALLS_PROVIDER, K.AGENT, K.API_PROVIDER, 2), (E.MAY_CHANGE, K.PRINCIPAL, K.REPOSITORY, 3),
    (E.CONTAINS, K.REPOSITORY, K.PACKAGE, 6), (E.HAS_FINDING, K.SERVER, K.FINDING, 4),
    (E.FRONTS, K.SERVER, K.SERVER, 1),
)  # fmt: skip
"""Kind, ends, and how many, in hundredths of all parts."""


def estate(count: int) -> Document:
    """So many parts of every kind and a sixth more edges, some of them in circles; the same every time."""
    chance = random.Random(count)
    parts = {kind: [_part(chance, kind, n) for n in range(count * share // 100)] for kind, share in SHARES.items()}
    edges: dict[UUID, Edge] = {}
    for kind, source, destination, share in LINKS:
        for _ in range(count * share * 9 // 1000):
            one = _edge(chance, kind, chance.choice(parts[source]), chance.choice(parts[destination]))
            edges[one.id] = one
    return document(Graph(parts={p.id: p for those in parts.values() for p in those}, edges=edges), [])


def _part(chance: random.Random, kind: PartKind, number: int) -> Part:
    at = AT - timedelta(hours=chance.randint(0, 2000))
    said = {"name": f"{kind}-{number}", "owner": f"team-{number % 40}", **_said(chance, kind, number)}
    claims: Attributes = {
        name: (
            Claim(
                value=value,
                surface="runtime",
                source="connect",
                confidence=Confidence.DECLARED,
                first_seen=at,
                last_seen=AT,
            ),
        )
        for name, value in sorted(said.items())
    }
    key = f"{kind}:{number}"
    return Part(id=part_id(kind, key), kind=kind, key=key, attributes=claims, first_seen=at, last_seen=AT)


def _said(chance: random.Random, kind: PartKind, number: int) -> dict[str, Value]:
    if kind is K.SERVER:
        return {
            "product": chance.choice(("vllm", "ollama")), "version": "0.9", "auth": chance.choice(("none", "required")),
            "host": f"10.0.{number >> 8}.{number & 255}", "zone": "default", "exposure": "private",
        }  # fmt: skip
    if kind is K.MODEL:
        families = ("permissive", "use-restricted", "non-commercial", "unknown")
        return {"license_family": chance.choice(families), "family": "llama", "parameters": "8B", "format": "gguf"}
    if kind is K.TOOL:
        return {"capabilities": chance.sample(CAPABILITIES, 2), "schema_sha256": f"{number:064x}"}
    if kind is K.WEIGHTS:
        return {"sha256": f"{number:064x}", "signature": "none", "format": "safetensors", "file": "model.safetensors"}
    if kind is K.FINDING:
        return {"rule": f"CVE-2026-{number:04}", "cve": [f"CVE-2026-{number:04}"], "severity": "high", "state": "fail"}
    return {"classification": chance.choice(("public", "pii"))} if kind in {K.DATASET, K.VECTOR_STORE} else {}


def _edge(chance: random.Random, kind: EdgeKind, source: Part, destination: Part) -> Edge:
    at = AT - timedelta(hours=chance.randint(0, 2000))
    id_ = edge_id(kind, source.id, destination.id)
    return Edge(id=id_, kind=kind, source=source.id, destination=destination.id, first_seen=at, last_seen=AT)


def asked() -> dict[str, tuple[str, dict[str, str]]]:
    """What is measured: a label to a question and what it is given."""
    since = (AT - timedelta(days=1)).isoformat()
    return {
        "1 reaches": ("reaches", {"since": since}),
        "2 callers": ("callers", {"tool": "tool-7"}),
        "2 worst": ("worst", {"model": "model-7"}),
        "3 open-restricted": ("open-restricted", {}),
        "4 readers": ("readers", {"data": "dataset-7"}),
        "5 models": ("models", {"unpinned": "yes"}),
        "7 changers": ("changers", {"part": "endpoint-7"}),
        "8 unregistered": ("unregistered", {}),
        "9 hit": ("hit", {"hash": f"{7:064x}"}),
        "10 leaving": ("leaving", {}),
        ALL_ROOTS[0]: ("reaches", {}),
        ALL_ROOTS[1]: ("worst", {}),
    }


def ours(count: int) -> dict[str, float]:
    """Label to milliseconds, the best of three warm runs; `load` is that of the whole estate into tables."""
    from livebom.store.asking import ask
    from livebom.store.loading import loaded
    from livebom.store.question import find

    its = estate(count)
    began = time.perf_counter()
    database = loaded(its)
    took = {"load": (time.perf_counter() - began) * 1000}
    for label, (name, arguments) in asked().items():
        question = find(name)
        took[label] = _best(lambda q=question, a=arguments: ask(database, q, a))  # type: ignore[misc]
    database.close()
    return {**took, "6 changes": _changes(its)}


def _changes(its: Document) -> float:
    """The milliseconds of the question about a store's history: a hundredth of the parts has changed."""
    from livebom.store import Store, find_question
    from livebom.store.asking import ask
    from livebom.store.opening import view_database

    with tempfile.TemporaryDirectory(dir=ROOT, prefix=".bench-") as folder:
        path = Path(folder) / "bench.duckdb"
        with Store.open(path) as store:
            for day, graph in enumerate((its.graph, _later(its))):
                seen_at = AT + timedelta(days=day)
                store.settle(graph, sweep_id=str(day), seen_at=seen_at, covered=lambda _: True, gone_after=1)
        since = (AT + timedelta(hours=1)).isoformat()
        database = view_database(path)
        took = _best(lambda: ask(database, find_question("changes"), {"since": since}))
        database.close()
        return took


def _later(its: Document) -> Graph:
    """The estate with every hundredth part under another owner."""
    graph = its.graph
    for part in its.parts[::100]:
        claims = tuple(msgspec.structs.replace(claim, value="team-new") for claim in part.attributes["owner"])
        moved = msgspec.structs.replace(part, attributes={**part.attributes, "owner": claims})
        graph.parts[part.id] = moved
    return graph


def peer(count: int) -> dict[str, float]:
    """The milliseconds of the plain walk that answers question 1 for every endpoint and server: the same rows."""
    its = estate(count)
    ahead: dict[UUID, list[tuple[str, UUID]]] = defaultdict(list)
    for edge in its.edges:
        if edge.kind in WALKED:
            ahead[edge.source].append((edge.kind, edge.destination))
    parts = {part.id: part for part in its.parts}
    roots = [part for part in its.parts if part.kind in {K.ENDPOINT, K.SERVER}]
    rows: list[tuple[str, str, int, str]] = []

    def walk() -> None:
        rows.clear()
        for root in roots:
            rows.extend(_told(root, ahead, parts))
        rows.sort()

    took = _best(walk)
    return {"all roots": took, "rows": len(rows)}


def _told(
    root: Part, ahead: dict[UUID, list[tuple[str, UUID]]], parts: dict[UUID, Part]
) -> Iterator[tuple[str, str, int, str]]:
    """What is reached from one place within eight steps, with a way to it."""
    ways = {root.id: root.key}
    line = [root.id]
    for depth in range(1, 9):
        following = []
        for one in line:
            for kind, other in ahead[one]:
                if other not in ways:
                    ways[other] = f"{ways[one]} -{kind}-> {parts[other].key}"
                    following.append(other)
                    if parts[other].kind in TOLD:
                        yield root.key, parts[other].key, depth, ways[other]
        line = following


def _best(work: Callable[[], Any]) -> float:
    """The milliseconds of the quickest of three."""
    times = []
    for _ in range(3):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times) * 1000


def run() -> Result:
    """Measure it: the slowest question that asks of one thing; each one's own figure stands beside it."""
    mine, peers = by_turns(lambda: call("benches.questions:ours", COUNT), lambda: call("benches.questions:peer", COUNT))
    extra = {label: median(cost.answer[label] for cost in mine) for label in mine[0].answer}
    walks = [cost.answer["all roots"] for cost in peers]
    extra["all roots, plain Python"] = median(walks)
    extra["all roots, ratio"] = extra[ALL_ROOTS[0]] / extra["all roots, plain Python"]
    slowest = [max(ms for label, ms in cost.answer.items() if label not in {"load", *ALL_ROOTS}) for cost in mine]
    note = ", ".join(f"{label} {ms:.3g}" for label, ms in extra.items())
    return judged(FIGURE, TARGET, UNIT, slowest, note=note, extra=extra)


if __name__ == "__main__":
    main(run)
