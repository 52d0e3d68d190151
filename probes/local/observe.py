"""From workloads to observations: what this host tells the graph, joined with what the network saw of it."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from livebom.bom.identity import finding_key, served_key
from livebom.bom.observation import EdgeTo, Fact, Listener, Observation
from livebom.bom.parts import Confidence, EdgeKind, PartKind
from livebom.bom.service import Finding, Verdict
from livebom.recognise.rules import CheckRule, Fingerprint
from probes.local import adapters, telling
from probes.local.checks_servers import model_of
from probes.local.group import Instance, container_key, instances
from probes.local.here import Here
from probes.local.hints import Hints
from probes.local.judge import case_of, of_server, of_workload
from probes.local.judging import Case
from probes.local.reach import Heard, Way, grouped, matched
from probes.local.telling import Teller, to
from probes.local.workload import Workload

Pairs = Sequence[tuple[Heard, Way]]


class Known(Struct, frozen=True, kw_only=True):
    """What is looked with."""

    fingerprints: Mapping[str, Fingerprint]
    """By product."""
    checks: Sequence[CheckRule]
    """Those of fingerprints/workloads.yaml."""
    hints: Hints


class Load(Struct, frozen=True):
    """A model that a server was told to load."""

    key: str
    text: str
    """As named: an id of the Hub or a path."""
    revision: str = ""


class Found(Struct, frozen=True, kw_only=True):
    """One server of this host."""

    server: str
    """Its key by this host."""
    product: str
    listeners: tuple[str, ...]
    """Keys of the listeners that the network saw and that are its own."""
    places: tuple[Listener, ...]
    """Where it listens, as this host tells."""
    findings: tuple[Finding, ...]
    """Verdicts about the server, then about what it runs in."""
    loads: tuple[Load, ...] = ()
    """The models and adapters on its command line."""
    workloads: tuple[str, ...] = ()
    """The ids of what it runs in."""


class Told(Struct, frozen=True, kw_only=True):
    """What a look at this host came to."""

    observations: tuple[Observation, ...] = ()
    found: tuple[Found, ...] = ()
    others: int = 0
    """Workloads that no known AI product is in."""


def observations(
    workloads: Iterable[Workload],
    known: Known,
    here: Here,
    *,
    sweep: str,
    at: datetime,
    heard: Iterable[Heard] = (),
    open_findings: Collection[str] = (),
) -> Told:
    """Parts, edges and findings of what runs here; a server that the network saw as well becomes one part with it.

    `heard` are the network's listeners; `open_findings` the keys of findings that were open, so that it is said when
    they are mended.
    """
    roles = {name: one.role for name, one in known.fingerprints.items()}
    those = instances(workloads, known.hints, roles)
    by_place = matched(those, heard, here.owns)
    claims = Counter(key for pairs in by_place.values() for key in {one.server for one, _ in pairs})
    several = frozenset(key for key, count in claims.items() if count > 1)
    teller = Teller(sweep=sweep, at=at, here=here)
    told: list[Observation] = []
    found: list[Found] = []
    others = 0
    for number, one in enumerate(those):
        telling_ = _One(one, tuple(by_place.get(number, ())), known, teller, open_findings, several)
        if telling_.concerns:
            told += telling_.said()
            found += telling_.found
        else:
            others += 1
    host = teller.say("process", PartKind.HOST, here.key, {"name": Fact(here.name)})
    return Told(observations=(*([host] if told else ()), *told), found=tuple(found), others=others)


class _One:
    """One instance on its way into the graph."""

    def __init__(
        self,
        instance: Instance,
        pairs: Pairs,
        known: Known,
        teller: Teller,
        open_findings: Collection[str],
        several: Collection[str],
    ) -> None:
        """`several` are the network's servers that are more than one here: joined with each, all would become one."""
        self.instance, self.pairs, self.known, self.teller = instance, pairs, known, teller
        self._open, self._several = open_findings, several
        self.found: list[Found] = []
        self.home = _home(instance)

    @property
    def concerns(self) -> bool:
        """Whether an inventory of AI is about it."""
        return bool(self.instance.hints or any(heard.product for heard, _ in self.pairs)) or any(
            one.gpus for one in self.instance.containers
        )

    def said(self) -> Iterator[Observation]:
        """Everything that is said of it."""
        for number, (server, product, pairs) in enumerate(self._servers()):
            yield from self._server(server, product, pairs, first=number == 0)
        seen = [heard.listener for heard, _ in self.pairs]
        for one in self.instance.containers:
            yield from telling.container(self.teller, one, self.home, seen)
        for one in self.instance.processes:
            children = [other for other in self.instance.processes if other.parent == one.pid and other is not one]
            yield from telling.process(self.teller, one, self.home, children)

    def _servers(self) -> Sequence[tuple[str, str, Pairs]]:
        """Key, product and listeners of each server: one, unless the network heard several behind this instance."""
        groups = grouped(self.pairs)
        mine = [group for group in groups if group[0] == self.instance.product]
        main = mine[0] if len(mine) == 1 else groups[0] if len(groups) == 1 else None
        rest = [pair for pair in self.pairs if not pair[0].product]
        product = self.instance.product or (main[0] if main else "")
        first = [*main[1], *rest] if main else rest
        servers: list[tuple[str, str, Pairs]] = [(self._key(product), product, first)] if product else []
        for other, pairs in groups:
            if (other, pairs) != main:
                servers.append((self._key(other, pairs[0][1]), other, pairs))
        return servers

    def _key(self, product: str, way: Way | None = None) -> str:
        """By its container, else by where it listens; `way` tells servers of one workload apart."""
        if self.instance.container:
            key = f"container:{self.instance.container}/{product}"
            return f"{key}#{way.port}" if way else key
        place = (way.host, way.port) if way else min(_sockets(self.instance), default=None)
        here = self.teller.here.key
        return f"{here}/{place[0]}/{product}#{place[1]}" if place else f"{here}/localhost/{product}"

    def _server(self, server: str, product: str, pairs: Pairs, *, first: bool) -> Iterator[Observation]:
        fingerprint = self.known.fingerprints.get(product)
        case = case_of(self.instance, product, fingerprint, [heard.product for heard, _ in pairs])
        places = _places(self.instance, self.teller.here) if first else ()
        exposure = _exposure(self.teller.here, pairs, places)
        about = of_server(case, fingerprint, exposure, heard=any(one.product for one, _ in pairs)) if first else ()
        around = of_workload(case, self.known.checks, exposure) if first else ()
        aliases = [heard.server for heard, _ in pairs if heard.server not in {"", server, *self._several}]
        models = tuple(_models(case, server)) if first else ()
        for one in self.instance.workloads:
            yield self._word(one, server, product, pairs, places, case, models, aliases, fingerprint)
        source = self.instance.workloads[-1].source
        yield from (model for _, model in self._named(source, server, case, models))
        lent = adapters.adapters(case, server) if first else ()
        yield from adapters.observations(self.teller, source, server, lent, models)
        yield from self._listeners(places, source)
        yield from self._findings(source, PartKind.SERVER, server, about)
        subject = (PartKind.CONTAINER, self.home) if self.home else (PartKind.SERVER, server)
        yield from self._findings(source, *subject, around)
        self.found.append(
            Found(
                server=server,
                product=product,
                listeners=tuple(heard.listener for heard, _ in pairs),
                places=tuple(places),
                findings=(*about, *around),
                loads=(*_loads(case, models), *(Load(one.key, one.text) for one in lent)),
                workloads=tuple(dict.fromkeys(one.id for one in self.instance.workloads)),
            )
        )

    def _word(
        self,
        one: Workload,
        server: str,
        product: str,
        pairs: Pairs,
        places: Sequence[Listener],
        case: Case,
        models: Sequence[tuple[str, str]],
        aliases: Sequence[str],
        fingerprint: Fingerprint | None,
    ) -> Observation:
        """What one source says of the server."""
        its = [hint for hint in self.instance.hints if hint.source == one.source]
        said = next((hint for hint in its if hint.product == product), next(iter(its), None))
        facts = {
            "product": Fact(said.product, Confidence.INFERRED, f"{said.by}: {said.evidence}") if said else Fact(None),
            "role": Fact(fingerprint.role if fingerprint and said else None, Confidence.INFERRED),
            "owner": Fact(one.owner),
            "image_digest": Fact(one.image.digest if one.image else None),
            "conflict": Fact(list(case.contradictions), Confidence.INFERRED),
        }
        mine = [pair for pair in pairs if pair[1].source == one.source]
        edges = [self._under(one), to(EdgeKind.RUNS_ON, PartKind.HOST, self.teller.here.key)]
        edges += [to(EdgeKind.LISTENS_ON, PartKind.LISTENER, heard.listener) for heard, _ in mine or pairs]
        edges += [to(EdgeKind.LISTENS_ON, PartKind.LISTENER, place.key) for place in places]
        edges += [to(EdgeKind.SERVES, PartKind.MODEL, key, name=Fact(name)) for name, key in models]
        evidence = [hint.evidence for hint in its] + [way.why for _, way in mine]
        if one.source == "kubernetes":
            edges = [edge for edge in edges if edge.to_kind is not PartKind.HOST]
        return self.teller.say(
            one.source, PartKind.SERVER, server, facts, edges=edges, aliases=aliases, evidence=evidence
        )

    def _under(self, one: Workload) -> EdgeTo:
        if one.source == "process":
            return to(EdgeKind.RUNS_ON, PartKind.PROCESS, telling.process_key(self.teller.here, one))
        return to(EdgeKind.RUNS_ON, PartKind.CONTAINER, self.home)

    def _named(
        self, source: str, server: str, case: Case, models: Sequence[tuple[str, str]]
    ) -> Iterator[tuple[str, Observation]]:
        """The models that it was told to load."""
        loaded, revision = model_of(case), case.started.option("--revision", env=("REVISION",))
        for name, key in models:
            facts = {
                "name": Fact(name, evidence=loaded.evidence if loaded else ""),
                "revision": Fact(revision.value if revision else None),
                "pinned": Fact(bool(revision and len(revision.value) == 40) if key.startswith("hf:") else None),
            }
            yield name, self.teller.say(source, PartKind.MODEL, key, facts)

    def _listeners(self, places: Iterable[Listener], source: str) -> Iterator[Observation]:
        for place in places:
            facts = {
                "host": Fact(place.host, Confidence.VERIFIED),
                "port": Fact(place.port, Confidence.VERIFIED),
                "zone": Fact(place.zone),
                "exposure": Fact(self.teller.here.exposure(place.host), Confidence.INFERRED),
            }
            yield self.teller.say(source, PartKind.LISTENER, place.key, facts)

    def _findings(
        self, source: str, kind: PartKind, subject: str, findings: Iterable[Finding]
    ) -> Iterator[Observation]:
        """What fails; and of what failed before, what it has become."""
        for one in findings:
            key = finding_key(one.id, subject)
            if one.state is not Verdict.FAIL and (one.state is Verdict.UNKNOWN or key not in self._open):
                continue
            facts = {
                "rule": one.id,
                "title": one.title,
                "severity": one.severity.value,
                "state": one.state.value,
                "where": [subject],
                "remediation": one.remediation,
                "seen": list(one.evidence),
                "cwe": list(one.cwe),
                "owasp": list(one.owasp),
            }
            known = {name: Fact(said, Confidence.VERIFIED) for name, said in facts.items()}
            yield self.teller.say(source, PartKind.FINDING, key, known)
            yield self.teller.say(source, kind, subject, {}, edges=[to(EdgeKind.HAS_FINDING, PartKind.FINDING, key)])


def _home(instance: Instance) -> str:
    if instance.containers:
        return container_key(instance.containers)
    return f"container:{instance.container}" if instance.container else ""


def _sockets(instance: Instance) -> list[tuple[str, int]]:
    """Where it listens; for a process of the host those of its head, where that has any."""
    head = [(socket.host, socket.port) for one in instance.processes[:1] for socket in one.sockets or ()]
    return sorted(head or {(s.host, s.port) for one in instance.workloads for s in one.sockets or ()})


def _places(instance: Instance, here: Here) -> tuple[Listener, ...]:
    """Its sockets as listeners of this host's own zone; in a container at the container's own address."""
    hosts = {address for one in instance.containers for address in one.addresses.values() if address}
    found = set()
    for host, port in _sockets(instance):
        if instance.host_network:
            found.add((host or "0.0.0.0", port))  # noqa: S104 - as the kernel tells it
        elif not host.startswith("127.") and host != "::1":
            found |= {(address, port) for address in hosts}
    return tuple(Listener(host=host, port=port, zone=here.key, source="process") for host, port in sorted(found))


def _exposure(here: Here, pairs: Pairs, places: Iterable[Listener]) -> str:
    """From where it can be reached, the most open of its places."""
    order = ("public", "private", "loopback")
    told = {here.exposure(heard.host) for heard, _ in pairs} | {here.exposure(place.host) for place in places}
    return next((one for one in order if one in told), "private")


def _models(case: Case, server: str) -> Iterator[tuple[str, str]]:
    """Name and key of each model on its command line: an id of the Hub, else the name it is served by."""
    loaded = model_of(case)
    if loaded is None:
        return
    named = case.started.option("--served-model-name", "--served_model_name", "-a", "--alias", "--model_alias")
    name = named.value if named and named.value else loaded.value
    hub = loaded.value.count("/") == 1 and not loaded.value.startswith(("/", ".", "~"))
    gguf = loaded.value.lower().endswith((".gguf", ".safetensors"))
    yield name, f"hf:{loaded.value.lower().partition(':')[0]}" if hub and not gguf else served_key(server, name)


def _loads(case: Case, models: Iterable[tuple[str, str]]) -> Iterator[Load]:
    loaded, revision = model_of(case), case.started.option("--revision", env=("REVISION",))
    for _, key in models if loaded else ():
        yield Load(key, loaded.value if loaded else "", revision.value if revision else "")
