"""The adapters that a server was told to load, and the model that they are put on."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from livebom.bom.identity import served_key
from livebom.bom.observation import Fact, Observation
from livebom.bom.parts import Confidence, EdgeKind, PartKind
from probes.local.judging import Case
from probes.local.telling import Teller, to
from probes.local.weights import named


class Adapter(Struct, frozen=True, kw_only=True, order=True):
    """One of them."""

    key: str
    """`hf:…` by an id of the Hub, else `served:…` by the name it is served by."""
    name: str
    text: str
    """As named: an id of the Hub, or a path as the workload sees it."""
    where: str


def adapters(case: Case, server: str) -> tuple[Adapter, ...]:
    """Those on the command line of the workload that says most, each once."""
    for one in case.started.workloads:
        found = [its for its in named(one) if its.role == "adapter" and (its.repository or its.path)]
        if found:
            told = {}
            for its in found:
                name = its.name or its.repository or its.path.rstrip("/").rpartition("/")[2]
                key = f"hf:{its.repository.lower()}" if its.repository else served_key(server, name)
                told[key] = Adapter(key=key, name=name, text=its.repository or its.path, where=its.where)
            return tuple(sorted(told.values()))
    return ()


def observations(
    teller: Teller, source: str, server: str, those: Sequence[Adapter], models: Sequence[tuple[str, str]]
) -> Iterator[Observation]:
    """That the server serves them, on top of the models of these names and keys."""
    for one in those:
        edges = [
            to(EdgeKind.ADAPTER_OF, PartKind.MODEL, key, base=Fact(name, Confidence.INFERRED)) for name, key in models
        ]
        yield teller.say(source, PartKind.ADAPTER, one.key, {"name": Fact(one.name, evidence=one.where)}, edges=edges)
        served = to(EdgeKind.SERVES, PartKind.ADAPTER, one.key, name=Fact(one.name))
        yield teller.say(source, PartKind.SERVER, server, {}, edges=(served,), evidence=(f"{one.where}: {one.text}",))
