"""How the time of a merge grows from 10,000 to 1,000,000 parts that four documents hold, and what the largest takes.

Each document holds half of the parts, so each part stands in two of them; a tenth of these contradict each other, and
a third of the models have two names that a rule joins. Nobody else merges such graphs: beside it stands the least that
any merge must do, which is to decode the same bytes.
"""

import math
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import msgspec

from benches.harness import ROOT, Cost, Result, call, judged, main
from livebom.bom.document import Document, Look
from livebom.bom.identity import edge_id, part_id
from livebom.bom.join import Node
from livebom.bom.merge import merged_documents
from livebom.bom.parts import Claim, Confidence, Edge, EdgeKind, Part, PartKind, Value
from livebom.cli.heap import uncollected

FIGURE = "growth of a merge, 10 k to 1 M"
TARGET = "ours <= 1.15"
UNIT = "exponent of the parts; 1 is linear"
COUNTS = (10_000, 100_000, 1_000_000)
RUNS = (3, 3, 1)
INPUTS = 4
BEGAN = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)

Said = dict[str, Value]


def write(count: int, folder: str) -> list[int]:
    """Write the four documents; returns their sizes in bytes."""
    quarters = [list(_estate(count // INPUTS, quarter)) for quarter in range(INPUTS)]
    sizes = []
    for number in range(INPUTS):
        chance = random.Random(number)
        path = Path(folder) / f"{number}.json"
        parts: list[Part] = []
        edges: list[Edge] = []
        for one in quarters[number] + quarters[(number + 1) % INPUTS]:
            if isinstance(one, Part):
                parts.append(_said(one, number, chance))
            else:
                edges.append(_said(one, number, chance))
        look = Look(at=BEGAN, id=str(number), surface="runtime", source=f"scanner {number}")
        path.write_bytes(
            msgspec.json.encode(
                Document(surface="runtime", scope=(), at=BEGAN, complete=True, not_seen=(), looks=(look,),
                         parts=tuple(parts), edges=tuple(edges))
            )
        )  # fmt: skip
        sizes.append(path.stat().st_size)
    return sizes


def _estate(count: int, quarter: int) -> Iterator[Part | Edge]:
    """So many parts: hosts with a listener and a server each, and their models under two names."""
    made = 0
    number = 0
    while made < count:
        number += 1
        host = f"10.{quarter * 64 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"
        its = list(_host(host, number))
        made += sum(isinstance(one, Part) for one in its)
        yield from its


def _host(host: str, number: int) -> Iterator[Part | Edge]:
    server = f"default/{host}/vllm"
    place: Said = {"zone": "default", "host": host}
    owner = _part(
        PartKind.SERVER, server, {**place, "product": "vllm", "version": f"0.{number % 30}.0", "auth": "none"}
    )
    listener = _part(PartKind.LISTENER, f"default/{host}:8000", {**place, "port": 8000, "scheme": "http"})
    machine = _part(PartKind.HOST, f"default/{host}", place)
    yield from (owner, listener, machine)
    yield _edge(owner, EdgeKind.LISTENS_ON, listener, {})
    yield _edge(owner, EdgeKind.RUNS_ON, machine, {})
    for which in range(3):
        name = f"acme{host.replace('.', '-')}/model-{number}-{which}b"
        model = _part(PartKind.MODEL, f"served:{server}/m{which}", {"name": f"m{which}", "family": "llama"})
        yield model
        yield _edge(owner, EdgeKind.SERVES, model, {"name": f"m{which}", "path": name if which == 0 else "/srv/m"})
        if which == 0:
            yield _part(PartKind.MODEL, f"hf:{name}", {"name": name, "license": "apache-2.0"})


def _part(kind: PartKind, key: str, facts: Said) -> Part:
    return Part(id=part_id(kind, key), kind=kind, key=key, attributes=_claims(facts), first_seen=BEGAN, last_seen=BEGAN)


def _edge(source: Part, kind: EdgeKind, destination: Part, facts: Said) -> Edge:
    id_ = edge_id(kind, source.id, destination.id)
    return Edge(
        id=id_, kind=kind, source=source.id, destination=destination.id, attributes=_claims(facts),
        first_seen=BEGAN, last_seen=BEGAN,
    )  # fmt: skip


def _claims(facts: Said) -> dict[str, tuple[Claim, ...]]:
    return {name: (_claim(value, 0),) for name, value in sorted(facts.items())}


def _claim(value: Value, hours: int) -> Claim:
    at = BEGAN + timedelta(hours=hours)
    return Claim(
        value=value, surface="runtime", source="connect", confidence=Confidence.DECLARED, first_seen=at, last_seen=at,
        evidence="GET /v1/models#1a2b3c4d5e6f",
    )  # fmt: skip


def _said(one: Node, number: int, chance: random.Random) -> Node:
    """What the document of that number says: half of it at another time, a tenth of it otherwise."""
    attributes = dict(one.attributes)
    if "version" in attributes and chance.random() < 0.1:
        attributes["version"] = (_claim(f"1.{number}.0", number),)
    elif "name" in attributes and chance.random() < 0.5:
        attributes["name"] = (_claim(attributes["name"][0].value, number),)
    return msgspec.structs.replace(one, attributes=attributes)


def ours(folder: str) -> dict[str, float]:
    """The seconds of merging without those of decoding, and what came of it; one input at a time, as the verb does."""
    decoding = 0.0

    def documents() -> Iterator[Document]:
        nonlocal decoding
        for data in _inputs(folder):
            began = time.perf_counter()
            one = msgspec.json.decode(data, type=Document)
            decoding += time.perf_counter() - began
            yield one

    with uncollected():
        both, one = _seconds(lambda: merged_documents(documents()))
    conflicts = sum(len(claims) > 1 for part in one.parts for claims in part.attributes.values())
    assert conflicts, "nothing contradicts anything"
    return {"merge": both - decoding, "decode": decoding, "parts": len(one.parts), "aliases": len(one.aliases)}


def peer(folder: str) -> float:
    """The seconds of decoding the inputs alone."""
    with uncollected():
        return _seconds(lambda: [msgspec.json.decode(data, type=Document) for data in _inputs(folder)])[0]


def _inputs(folder: str) -> Iterator[bytes]:
    return (Path(folder, f"{number}.json").read_bytes() for number in range(INPUTS))


def _seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


def _measured(count: int, runs: int) -> tuple[list[Cost], list[float]]:
    """The merges of so many parts, and the bare decodings of the same inputs, by turns."""
    with tempfile.TemporaryDirectory(dir=ROOT, prefix=".bench-") as folder:
        call("benches.merge:write", count, folder, timeout=900)
        mine, bound = [], []
        for _ in range(runs):
            mine.append(call("benches.merge:ours", folder, timeout=900))
            bound.append(call("benches.merge:peer", folder, timeout=900).answer)
    return mine, bound


def run() -> Result:
    """Measure it; the note tells seconds and megabytes (the whole process) for each size."""
    words: list[str] = []
    extra: dict[str, float] = {}
    for count, runs in zip(COUNTS, RUNS, strict=True):
        mine, bound = _measured(count, runs)
        assert mine[0].answer["parts"] >= count
        seconds, megabytes = median(one.answer["merge"] for one in mine), median(one.rss for one in mine) / 1e6
        ratio = seconds / median(bound)
        extra |= {f"seconds {count}": seconds, f"megabytes {count}": megabytes, f"to decoding {count}": ratio}
        words.append(f"{count:,}: {seconds:.3g} s, {megabytes:.0f} MB, {ratio:.2g} x decoding")
    low, high = COUNTS[0], COUNTS[-1]
    growth = math.log(extra[f"seconds {high}"] / extra[f"seconds {low}"]) / math.log(high / low)
    return judged(FIGURE, TARGET, UNIT, [growth], note="; ".join(words), extra=extra)


if __name__ == "__main__":
    main(run)
