"""This host as one surface of a turn: looked at beside the network, then told to the graph together with it."""

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from types import MappingProxyType
from uuid import UUID

from anyio import move_on_after, to_thread
from msgspec import Struct, structs

from livebom.bom.cleaning import cleaned
from livebom.bom.coverage import Place, covered, place_of
from livebom.bom.identity import Serving, server_key
from livebom.bom.observation import Observation
from livebom.bom.parts import Edge, EdgeKind, Graph, Part, PartKind
from livebom.bom.redact import redact
from livebom.bom.service import Finding, Layer, Service, Verdict
from livebom.net.pace import BesidePace
from livebom.recognise.catalog import Catalog
from livebom.recognise.rules import CheckRule, Fingerprint
from probes.found import listener_of
from probes.local import asking, stock, weights
from probes.local.asking import Asked, Take, ask
from probes.local.checks_servers import ENVIRONMENT
from probes.local.choosing import Chooser, Manner, Planned
from probes.local.choosing import Place as Asking
from probes.local.files import with_files
from probes.local.here import Here
from probes.local.hints import Hints
from probes.local.looking import look
from probes.local.observe import Found, Known, Told, observations
from probes.local.reach import Heard
from probes.local.telling import Teller
from probes.local.weights import Stock
from probes.local.workload import LocalSource, Looked, Window
from probes.sweep import Progress

CONTAINERS = ("docker", "podman", "containerd", "cri")
NAMES = frozenset({*CONTAINERS, "process", "kubernetes", stock.SOURCE, asking.SOURCE})
"""The sources of this surface."""


class Nearby(Struct, frozen=True, kw_only=True):
    """What there was to see on this host."""

    looked: tuple[Looked, ...] = ()
    stock: Stock | None = None
    """The models that lie here; None where they were not looked for."""
    asked: Asked | None = None
    """What the servers said that this host alone reaches; None where none was asked."""

    @property
    def complete(self) -> bool:
        """Whether everything that was looked at was looked at whole."""
        further = (self.stock, self.asked)
        return all(one.complete for one in self.looked) and all(one is None or one.complete for one in further)

    @property
    def whole(self) -> frozenset[str]:
        """The names of the sources that looked at everything there is."""
        told: dict[str, bool] = {} if self.stock is None else {stock.SOURCE: self.stock.complete}
        for one in self.looked:
            name = one.source.partition(" ")[0]
            told[name] = told.get(name, True) and one.complete and not one.absent
        if self.asked is not None:
            whole = self.asked.complete and not self.asked.partial
            told[asking.SOURCE] = whole and all(one.complete for one in self.looked)
        return frozenset(name for name, is_whole in told.items() if is_whole)

    def not_seen(self, told: Told) -> tuple[str, ...]:
        """What was not seen, in words: first what should have been, last what is not there at all."""
        said = [line for one in self.looked if not one.absent for line in one.not_seen]
        said += self.stock.not_seen if self.stock else ()
        said += self.asked.not_seen if self.asked else ()
        said += [one.absent for one in self.looked if one.absent]
        if told.others:
            said.append(f"{told.others} containers and processes of this host in which no known AI product runs")
        return tuple(dict.fromkeys(said))


class Local(Struct, frozen=True, kw_only=True):
    """What of this host is looked at, and with what."""

    sources: tuple[LocalSource, ...]
    known: Known
    here: Here
    homes: tuple[str, ...] | None = None
    """Below which the caches of models are looked for; None looks for no models."""
    hashing: weights.Hashing = weights.Hashing()
    """Whether their files are read whole, and where the hashes are remembered."""
    deadline: float = 20.0
    manner: Manner | None = None
    """How servers are asked that only this host reaches; None asks none."""
    through: Path | None = None
    """The socket of a unit that enters network namespaces where we may not."""
    given: Nearby = Nearby()
    """What collectors, who may see more, have looked at; it counts as seen by this look."""

    async def look(self) -> Nearby:
        """Every source at once, then the models that they name; raises nothing for what they do."""
        near = await self._looked()
        stock = self.given.stock if near.stock is None else near.stock
        return Nearby(looked=(*near.looked, *self.given.looked), stock=stock)

    async def _looked(self) -> Nearby:
        redacted = partial(redact, key=os.urandom(32))
        window = Window(deadline=self.deadline, keep_env=ENVIRONMENT | weights.ENVIRONMENT, redact=redacted)
        looked = await look(self.sources, window)
        with move_on_after(self.deadline):  # a file system that hangs costs what its files would tell, no more
            looked = await to_thread.run_sync(with_files, looked, self.known.hints, abandon_on_cancel=True)
        if self.homes is None:
            return Nearby(looked=looked)
        servers = [one for source in looked for one in source.workloads if self.known.hints.of(one)]
        where = weights.places(servers, self.homes)
        limits = weights.Limits(seconds=self.deadline)
        found = await to_thread.run_sync(weights.look, where, limits, abandon_on_cancel=True)
        return Nearby(looked=looked, stock=await weights.with_hashes(found, self.hashing))

    async def ask(
        self, near: Nearby, catalog: Catalog, planned: Planned, take: Take, progress: Progress | None = None
    ) -> Nearby:
        """Talk to the servers that it told of and that the network's own sweep, by `planned`, does not get to.

        While that sweep runs, by `progress`, both keep one pace.
        """
        if self.manner is None:
            return near
        choose = partial(_places, near.looked, self.known, self.here, self.manner, catalog.ports, planned)
        places = await to_thread.run_sync(choose, abandon_on_cancel=True)
        pace = BesidePace(self.manner.rate, lambda: progress.pace if progress else None)
        return structs.replace(near, asked=await ask(places, catalog, self.manner, take, pace, self.through))

    def tell(
        self, near: Nearby, sweep: str, at: datetime, heard: Iterable[Heard], open_findings: Collection[str]
    ) -> Told:
        """What they told, as observations, joined with what the network heard."""
        workloads = [one for source in near.looked for one in source.workloads]
        told = observations(
            workloads, self.known, self.here, sweep=sweep, at=at, heard=heard, open_findings=open_findings
        )
        if near.stock is None:
            return told
        teller = Teller(sweep=sweep, at=at, here=self.here)
        lying = cleaned(tuple(stock.observations(teller, near.stock, _served(told.found))))
        return structs.replace(told, observations=(*told.observations, *lying))


def _served(found: Iterable[Found]) -> dict[str, list[stock.Served]]:
    """The models that servers name, by the ids of what they run in."""
    served: dict[str, list[stock.Served]] = {}
    for one in found:
        for load in one.loads:
            its = stock.Served(server=one.server, model=load.key, text=load.text, revision=load.revision)
            for id_ in one.workloads:
                served.setdefault(id_, []).append(its)
    return served


def _places(
    looked: Sequence[Looked],
    known: Known,
    here: Here,
    manner: Manner,
    ports: Collection[int],
    planned: Planned,
) -> list[Asking]:
    return Chooser(looked, known, here, manner, ports, planned).places()


def known(fingerprints: Mapping[str, Fingerprint], checks: Sequence[CheckRule]) -> Known:
    """The fingerprints and checks, made for looking."""
    return Known(fingerprints=fingerprints, checks=checks, hints=Hints(fingerprints.values()))


def keys_of(services: Iterable[Service], asked: Mapping[str, str]) -> tuple[dict[str, str], dict[str, Serving]]:
    """The servers of listeners that this host asked, by the listener's key; each workload's own, as it is known whose.

    `asked` are the ids of the workloads by the listener's key.
    """
    groups: dict[tuple[str, str, str, str], list[Service]] = {}
    for one in services:
        key = listener_of(one).key
        groups.setdefault((asked[key] or key, one.zone, one.host, one.product or ""), []).append(one)
    known = {
        listener_of(one).key: server_key(zone, host, product, min(each.port for each in its))
        for (_, zone, host, product), its in groups.items()
        for one in its
    }
    return known, dict.fromkeys(known.values(), (None, None))


def heard_of(
    services: Iterable[Service],
    derived: Iterable[Observation],
    before: Graph,
    looked: Callable[[str, str, int], bool],
    asked: Mapping[str, str] = MappingProxyType({}),
) -> list[Heard]:
    """The network's listeners with their servers: of this look, and of earlier ones where this one did not look.

    `asked` are the keys of those that this host itself asked, each with the id of the workload that listens there.
    """
    owners = {
        edge.to: one.subject
        for one in derived
        if one.kind is PartKind.SERVER
        for edge in one.edges
        if edge.kind is EdgeKind.LISTENS_ON
    }
    found = {}
    for service in services:
        key = listener_of(service).key
        found[key] = Heard(
            host=service.host,
            port=service.port,
            zone=service.zone,
            listener=key,
            server=owners.get(key, ""),
            product=service.product or "",
            workload=asked.get(key, ""),
        )
    for one in _earlier(before):
        if not looked(one.zone, one.host, one.port):
            found.setdefault(one.listener, one)
    return sorted(found.values())


def _earlier(graph: Graph) -> Iterable[Heard]:
    for edge in graph.edges.values():
        server, listener = graph.parts.get(edge.source), graph.parts.get(edge.destination)
        if edge.kind is not EdgeKind.LISTENS_ON or server is None or listener is None:
            continue
        place = place_of(listener)
        if place is None or server.kind is not PartKind.SERVER or is_local(server) or is_local(listener):
            continue
        product = max((str(claim.value) for claim in server.attributes.get("product", ())), default="")
        yield Heard(
            host=place[1], port=place[2], zone=place[0], listener=listener.key, server=server.key, product=product
        )


def is_local(one: Part | Edge, sources: Collection[str] = NAMES) -> bool:
    """Whether these sources alone speak of it."""
    told = {claim.source for claims in one.attributes.values() for claim in claims}
    return bool(told) and told <= set(sources)


def spoken_of(graph: Graph, sources: Collection[str]) -> frozenset[UUID]:
    """The parts that these sources alone speak of, and the edges that lead from them."""
    parts = {part.id for part in graph.parts.values() if is_local(part, sources)}
    return frozenset(parts | {edge.id for edge in graph.edges.values() if edge.source in parts})


def missed(graph: Graph, whole: Collection[str], mute: Collection[Place]) -> frozenset[UUID]:
    """What these sources would have seen, had it been there: of what is mute, neither models nor findings."""
    untold = covered(graph, lambda *_: True, ()) - covered(graph, lambda *_: True, mute)
    return spoken_of(graph, whole) - untold


def with_verdicts(
    services: Sequence[Service], found: Iterable[Found], fingerprints: Mapping[str, Fingerprint], at: datetime
) -> tuple[Service, ...]:
    """The services with what this host says of them, and one more for each server that the network did not see."""
    told = {listener: one for one in found for listener in one.listeners}
    answer = []
    for service in services:
        one = told.get(listener_of(service).key)
        answer.append(_with(service, one, fingerprints) if one else service)
    unheard = (one for one in found if one.places and not one.listeners)
    answer += [_service(one, fingerprints.get(one.product), at) for one in unheard]
    return tuple(answer)


def _with(service: Service, one: Found, fingerprints: Mapping[str, Fingerprint]) -> Service:
    """What was heard with what this host says of it: the product too, where it did not say that itself."""
    service = structs.replace(service, findings=_merged(service.findings, one.findings))
    if service.product or not one.product:
        return service
    return structs.replace(service, product=one.product, stack=_stack(one.product, fingerprints.get(one.product)))


def _stack(product: str, fingerprint: Fingerprint | None) -> tuple[Layer, ...]:
    role = fingerprint.role if fingerprint else "inference"
    return (Layer(product=product, role=role, score=0.0, evidence=("as this host tells",)),)


def _merged(network: Sequence[Finding], local: Sequence[Finding]) -> tuple[Finding, ...]:
    """The network's verdicts, this host's where they are unknown, and what else it found wrong."""
    mine = {one.id: one for one in local}
    kept = [mine.pop(one.id, one) if one.state is Verdict.UNKNOWN else one for one in network]
    kept += [one for one in mine.values() if one.state is Verdict.FAIL and one.id not in {k.id for k in kept}]
    return tuple(sorted(kept, key=lambda f: (f.state != Verdict.FAIL, f.severity.rank, f.id)))


def _service(one: Found, fingerprint: Fingerprint | None, at: datetime) -> Service:
    """A server that only this host knows of; what it would answer is not known."""
    place = one.places[0]
    return Service(
        host=place.host,
        port=place.port,
        zone=place.zone,
        product=one.product,
        stack=_stack(one.product, fingerprint),
        findings=_merged((), one.findings),
        exposure=None,
        at=at,
    )
