"""CPU seconds to write a CycloneDX BOM of 5,000 parts and validate it, and against cyclonedx-python-lib's writer."""

import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import msgspec

from benches.harness import ROOT, Result, by_turns, call, judged, main
from livebom.bom.document import Document, Look, document
from livebom.bom.graph import fold, name_of, values
from livebom.bom.observation import EdgeTo, Fact, Observation
from livebom.bom.parts import EdgeKind, PartKind

FIGURE = "CycloneDX BOM of 5,000 parts"
TARGET = "ours <= 1"
UNIT = "CPU seconds, written and validated"
PARTS = 5000
SCHEMAS = ROOT / "tests" / "schemas" / "cyclonedx"
AT = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)

E = EdgeKind
K = PartKind


def estate(parts: int) -> Document:
    """Clusters of five parts: a server with its listener and host, a model it serves, and a package."""
    seen = [one for number in range(parts // 5) for one in _cluster(number)]
    look = Look(at=AT, id="one", surface="runtime", source="livebom 0.1.0", scope=("10.0.0.0/8",), complete=True)
    return document(fold(seen), [look])


def _cluster(number: int) -> list[Observation]:
    host = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
    model, package = f"hf:bench/model-{number}", f"pkg:pypi/bench-{number}@1.0.{number % 50}"
    ends = [
        (E.LISTENS_ON, K.LISTENER, f"lab/{host}:8000"),
        (E.RUNS_ON, K.HOST, f"lab/{host}"),
        (E.SERVES, K.MODEL, model),
        (E.CONTAINS, K.PACKAGE, package),
    ]
    server = {"product": "vllm", "role": "inference-server", "version": f"0.{number % 9}.1", "auth": "none"}
    return [
        _seen(K.SERVER, f"lab/{host}/vllm", {**server, "host": host, "zone": "lab", "exposure": "private"}, ends),
        _seen(K.LISTENER, f"lab/{host}:8000", {"host": host, "port": 8000, "zone": "lab", "scheme": "http"}),
        _seen(K.HOST, f"lab/{host}", {"host": host, "zone": "lab", "os": "Linux", "labels": ["team=bench"]}),
        _seen(
            K.MODEL, model, {"name": f"Model-{number}", "license": "apache-2.0", "family": "llama", "parameters": "8B"}
        ),
        _seen(K.PACKAGE, package, {"name": f"bench-{number}", "version": f"1.0.{number % 50}", "license": "MIT"}),
    ]


def _seen(
    kind: PartKind, key: str, facts: dict[str, Any], ends: list[tuple[EdgeKind, PartKind, str]] | None = None
) -> Observation:
    return Observation(
        sweep="one",
        at=AT,
        surface="runtime",
        source="connect",
        kind=kind,
        subject=key,
        facts={name: Fact(said, evidence="GET /version#1a2b3c4d5e6f") for name, said in facts.items()},
        edges=tuple(EdgeTo(kind=edge, to_kind=to_kind, to=to) for edge, to_kind, to in ends or ()),
    )


def ours(parts: int) -> list[float]:
    """CPU seconds of writing and of validating, and the bytes; a first small BOM pays for imports and the schema."""
    import jsonschema_rs

    from livebom.export import exported

    small, whole = estate(5), estate(parts)
    names = ("spdx", "jsf-0.82", "cryptography-defs")
    sides = [(f"http://cyclonedx.org/schema/{name}.schema.json", _schema(name)) for name in names]
    validator = jsonschema_rs.validator_for(_schema("bom-1.6"), registry=jsonschema_rs.Registry(sides))
    validator.validate(msgspec.json.decode(exported(small, "cyclonedx-1.6")))
    began = time.process_time()
    text = exported(whole, "cyclonedx-1.6")
    written = time.process_time()
    validator.validate(msgspec.json.decode(text))
    return [written - began, time.process_time() - written, len(text)]


def _schema(name: str) -> Any:
    return msgspec.json.decode(Path(SCHEMAS / f"{name}.schema.json").read_bytes())


def peer(parts: int) -> list[float]:
    """CPU seconds of cyclonedx-python-lib for the same parts as plain components, with their values and dependencies.

    It knows neither model cards nor data, compositions and annotations, and it validates nothing here.
    """
    from cyclonedx.model import Property
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.output.json import JsonV1Dot6

    whole = estate(parts)
    kinds = {K.MODEL: ComponentType.MACHINE_LEARNING_MODEL, K.HOST: ComponentType.DEVICE}
    began = time.process_time()
    bom = Bom()
    made = {}
    for part in whole.parts:
        its = [Property(name=f"livebom:{name}", value=str(said)) for name, said in values(part).items()]
        made[part.id] = Component(
            name=name_of(part),
            type=kinds.get(part.kind, ComponentType.LIBRARY),
            bom_ref=str(part.id),
            properties=its,
        )
        bom.components.add(made[part.id])
    needs: dict[Any, list[Any]] = {}
    for edge in whole.edges:
        needs.setdefault(edge.source, []).append(made[edge.destination])
    for source, destinations in needs.items():
        bom.register_dependency(made[source], destinations)
    text = JsonV1Dot6(bom).output_as_string(indent=2)
    return [time.process_time() - began, len(text)]


def run() -> Result:
    """Measure both; the gate is on our seconds, the ratio stands beside it."""
    mine, theirs = by_turns(lambda: call("benches.bom:ours", PARTS), lambda: call("benches.bom:peer", PARTS))
    both = [cost.answer[0] + cost.answer[1] for cost in mine]
    written = [cost.answer[0] for cost in mine]
    foreign = [cost.answer[0] for cost in theirs]
    extra = {
        "written": median(written),
        "validated": median(cost.answer[1] for cost in mine),
        "bytes": mine[0].answer[2],
        "peer's bytes": theirs[0].answer[1],
    }
    note = f"written alone {median(written) / median(foreign):.2f}x of what the peer takes to write less"
    return judged(FIGURE, TARGET, UNIT, both, foreign, note=note, extra=extra)


if __name__ == "__main__":
    main(run)
