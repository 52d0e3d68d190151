"""Seconds to store and settle 10,000 observations as sweeps make them, against bare appends of ready rows."""

import hashlib
import random
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
from msgspec import Struct

from benches.harness import ROOT, Result, by_turns, call, judged, main
from livebom.bom.graph import fold
from livebom.bom.identity import host_key, served_key, server_key
from livebom.bom.observation import EdgeTo, Evidence, Fact, Listener, Observation, Outcome
from livebom.bom.parts import Confidence, EdgeKind, PartKind, Value
from livebom.store import AskRow, Store, SweepRow, snapshot_path

FIGURE = "10,000 observations stored"
TARGET = "ours <= 1"
UNIT = "seconds"
COUNT = 10_000
BEGAN = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
SWEEP = "0f5c3a52-5d3e-4a5c-9d53-6f4b8a8d3c11"
FAMILIES = ("llama", "qwen3", "mistral", "gemma3", "phi4", "deepseek-r1")
STEPS = ("stored", "settled", "again", "published", "megabytes")


class Look(Struct):
    """What one sweep hands to the store."""

    seen: list[Observation]
    asks: list[AskRow]
    bodies: list[tuple[str, bytes]]


def ours(count: int) -> dict[str, float]:
    """The seconds of each step; making the observations and folding them into a graph does not count."""
    look = sweep(count)
    graph = fold(look.seen)
    with tempfile.TemporaryDirectory(dir=ROOT, prefix=".bench-") as folder:
        path = Path(folder) / "bench.duckdb"
        with Store.open(path) as store:
            store.begin_sweep(SweepRow(id=SWEEP, started_at=BEGAN, scope=("10.0.0.0/8",)))

            def settle(day: int) -> None:
                seen_at = BEGAN + timedelta(days=day)
                store.settle(graph, sweep_id=SWEEP, seen_at=seen_at, covered=lambda _: True, gone_after=3)

            took = [
                _seconds(lambda: _store(store, look)),
                _seconds(lambda: settle(0)),
                _seconds(lambda: settle(1)),
                _seconds(store.publish),
            ]
        return dict(zip(STEPS, [*took, snapshot_path(path).stat().st_size / 1e6], strict=True))


def _store(store: Store, look: Look) -> None:
    for digest, body in look.bodies:
        store.add_content(digest, body)
    store.add_asks(look.asks)
    store.add(look.seen)
    store.flush()


def peer(count: int) -> float:
    """The seconds DuckDB's Appender takes for the same observations as ready rows in an equal table, nothing else."""
    import duckdb

    texts = [
        [msgspec.json.encode(part).decode() for part in (o.aliases, o.facts, o.edges, o.evidence)]
        for o in sweep(count).seen
    ]
    rows = [
        (
            SWEEP,
            BEGAN.replace(tzinfo=None),
            "runtime",
            "connect",
            None,
            "server",
            "10.0.0.1/ollama",
            *four,
            "declared",
            "ok",
        )
        for four in texts
    ]
    with tempfile.TemporaryDirectory(dir=ROOT, prefix=".bench-") as folder:
        connection = duckdb.connect(str(Path(folder) / "peer.duckdb"), config={"threads": 2})
        connection.execute(
            "CREATE TABLE ready (a VARCHAR, b TIMESTAMP, c VARCHAR, d VARCHAR, e UUID, f VARCHAR, g VARCHAR,"
            " h JSON, i JSON, j JSON, k JSON, l VARCHAR, m VARCHAR)"
        )

        def append() -> None:
            for start in range(0, len(rows), 1000):
                connection.begin()
                with connection.appender("ready") as appender:
                    appender.append_rows(rows[start : start + 1000])
                connection.commit()

        took = _seconds(append)
        connection.close()
    return took


def _seconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def sweep(count: int) -> Look:
    """So many observations of Ollama and vLLM servers with 3 to 10 models each; the same every time."""
    chance = random.Random(count)
    look = Look([], [], [])
    number = 0
    while len(look.seen) < count:
        number += 1
        host = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        _server(look, chance, host, chance.choice(("ollama", "vllm")), BEGAN + timedelta(milliseconds=number))
    del look.seen[count:]
    return look


def _server(look: Look, chance: random.Random, host: str, product: str, at: datetime) -> None:
    """A listener, its server, its models, the asks and their answers."""
    listener = Listener(host=host, port=11434 if product == "ollama" else 8000)
    server = server_key("default", host, product)
    models = [_model(chance) for _ in range(chance.randint(3, 10))]
    version = f"0.{chance.randint(5, 12)}.{chance.randint(0, 9)}"
    proof = _proof(look, listener, product, version, models, at)
    facts: dict[str, Value] = {"product": product, "version": version, "auth": "none", "scheme": "http", "score": 0.98}
    place: dict[str, Value] = {"zone": "default", "host": host}

    def observe(kind: PartKind, key: str, said: dict[str, Value], edges: tuple[EdgeTo, ...] = ()) -> None:
        look.seen.append(
            Observation(
                sweep=SWEEP, at=at, surface="runtime", source="connect", kind=kind, subject=key, facts=_facts(said),
                edges=edges, evidence=proof,
            )
        )  # fmt: skip

    edges = [
        EdgeTo(kind=EdgeKind.LISTENS_ON, to_kind=PartKind.LISTENER, to=listener.key),
        EdgeTo(kind=EdgeKind.RUNS_ON, to_kind=PartKind.HOST, to=host_key("default", host)),
    ]
    for model in models:
        key = served_key(server, str(model["name"]))
        edges.append(EdgeTo(kind=EdgeKind.SERVES, to_kind=PartKind.MODEL, to=key, facts=_facts(model)))
        observe(PartKind.MODEL, key, model)
    observe(PartKind.LISTENER, listener.key, {**facts, **place, "port": listener.port})
    observe(PartKind.SERVER, server, {**facts, **place}, tuple(edges))


def _model(chance: random.Random) -> dict[str, Value]:
    family = chance.choice(FAMILIES)
    size = f"{chance.choice((3, 7, 8, 14, 32, 70))}B"
    return {
        "name": f"{family}:{size.lower()}-instruct-q{chance.choice((4, 5, 8))}_K_M-{chance.randint(0, 999)}",
        "digest": f"{chance.getrandbits(256):064x}",
        "format": "gguf",
        "family": family,
        "parameters": size,
        "quantization": "Q4_K_M",
        "context_length": chance.choice((8192, 32768, 131072)),
        "loaded": chance.random() < 0.2,
    }


def _facts(values: dict[str, Value]) -> dict[str, Fact]:
    return {name: Fact(value, Confidence.VERIFIED) for name, value in values.items()}


def _proof(
    look: Look, listener: Listener, product: str, version: str, models: list[dict[str, Value]], at: datetime
) -> tuple[Evidence, ...]:
    """The ledger's rows, the bodies by digest, and what the observations say of them."""
    answers = {
        "/.livebom-9f2c": b"404 page not found",
        "/": b"Ollama is running" if product == "ollama" else b'{"detail":"Not Found"}',
        "/api/version" if product == "ollama" else "/version": msgspec.json.encode({"version": version}),
        "/api/tags" if product == "ollama" else "/v1/models": msgspec.json.encode({"models": models}),
        "/api/ps" if product == "ollama" else "/metrics": msgspec.json.encode({"models": models[:1]}),
    }
    proof = []
    for path, body in answers.items():
        digest = hashlib.sha256(body).hexdigest()
        look.bodies.append((digest, body))
        look.asks.append(
            AskRow(
                sweep=SWEEP, at=at, host=listener.host, port=listener.port, name=path.strip("/") or "root",
                request=f"GET {path}", outcome=Outcome.OK, status=200, elapsed=0.004, size=len(body), digest=digest,
            )
        )  # fmt: skip
        proof.append(Evidence(what=f"GET {path}", digest=digest, excerpt=body[:200].decode()))
    return tuple(proof)


def run() -> Result:
    """Measure it: until every row is committed, with its asks and bodies; the drift tables' share stands beside it."""
    mine, peers = by_turns(lambda: call("benches.store:ours", COUNT), lambda: call("benches.store:peer", COUNT))
    seconds = [cost.answer["stored"] for cost in mine]
    extra = {step: median(cost.answer[step] for cost in mine) for step in STEPS}
    extra["peak megabytes"] = median(cost.rss for cost in mine) / 1e6
    note = ", ".join(f"{name} {number:.3g}" for name, number in extra.items())
    return judged(FIGURE, TARGET, UNIT, seconds, [cost.answer for cost in peers], note=note, extra=extra)


if __name__ == "__main__":
    main(run)
