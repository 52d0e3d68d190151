"""From service records to observations: what a sweep says to the graph, and how well each word is known."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from livebom.bom.identity import Serving, assign, finding_key, host_key, model_alias, served_key
from livebom.bom.license import Family, license_of
from livebom.bom.observation import EdgeTo, Fact, Observation, Outcome
from livebom.bom.parts import Confidence, EdgeKind, PartKind
from livebom.bom.service import ServedModel, Service, Verdict
from probes.found import found, listener_of, shown

SURFACE = "runtime"

_OF_A_MODEL = ("family", "parameters", "license", "base")
"""Model fields that belong to the model wherever it runs; the others belong to how this server serves it."""

_OF_SERVING = ("digest", "format", "quantization", "context_length", "path", "loaded")


def listener_observation(sweep: str, source: str, service: Service) -> Observation:
    """What was seen at the listener itself, with its evidence; written as soon as it is seen."""
    facts = {
        "host": Fact(service.host, Confidence.VERIFIED),
        "port": Fact(service.port, Confidence.VERIFIED),
        "zone": Fact(service.zone),
        "name": Fact(service.name),
        "scheme": Fact(service.scheme, Confidence.VERIFIED),
        "product": Fact(service.product, Confidence.INFERRED),
        "exposure": Fact(service.exposure, Confidence.INFERRED),
        "stack": Fact([layer.product for layer in service.stack], Confidence.INFERRED),
        "auth": Fact(service.auth.value, Confidence.INFERRED),
        "certificate": Fact(service.tls.sha256 if service.tls else None, Confidence.VERIFIED),
        "owner": Fact(service.owner),
        "conflict": Fact(list(service.conflict), Confidence.INFERRED),
    }
    return Observation(
        sweep=sweep,
        at=service.at,
        surface=SURFACE,
        source=source,
        kind=PartKind.LISTENER,
        subject=listener_of(service).key,
        facts=_known(facts),
        evidence=service.proof,
        confidence=Confidence.VERIFIED,
        outcome=service.outcome,
    )


def server_observations(
    sweep: str,
    source: str,
    services: Iterable[Service],
    known: Mapping[str, str],
    known_serving: Mapping[str, Serving],
    known_findings: Collection[str] = (),
) -> list[Observation]:
    """Servers, hosts, models and findings behind the listeners of one sweep.

    `known` and `known_serving` are what earlier looks concluded (see `identity.assign`), so that a workload keeps its
    key when it moves to another port. `known_findings` are the keys of findings that were open: whether they still are
    is said; of the others only what fails.
    """
    named = {listener_of(s).key: s for s in services if s.product is not None and s.outcome is Outcome.OK}
    places = {key: (s.zone, s.host, s.product or "", s.port, _serving(s)) for key, s in named.items()}
    owners = assign(places, known, known_serving)
    observations: list[Observation] = []
    listening: defaultdict[str, list[Service]] = defaultdict(list)
    for key, service in sorted(named.items()):
        listening[owners[key]].append(service)
        observations.append(_server(sweep, source, owners[key], key, service))
        observations += [_model(sweep, source, owners[key], service, m) for m in service.models or ()]
    for server, its in sorted(listening.items()):
        observations += _findings(sweep, source, server, its, known_findings)
    return observations


def _findings(
    sweep: str, source: str, server: str, services: Iterable[Service], known: Collection[str]
) -> Iterable[Observation]:
    """Each finding once per server, however many of its listeners show it: it is open where any of them fails."""
    for rule, judged in found(services).items():
        key = finding_key(rule, server)
        if judged.state is Verdict.FAIL or (judged.state is not Verdict.UNKNOWN and key in known):
            service = judged.service
            has = EdgeTo(kind=EdgeKind.HAS_FINDING, to_kind=PartKind.FINDING, to=key)
            yield _about(sweep, source, service, PartKind.FINDING, key, judged.facts)
            yield _about(sweep, source, service, PartKind.SERVER, server, {}, (has,))


def _serving(service: Service) -> Serving:
    names = None if service.models is None else frozenset(m.name for m in service.models)
    return service.version, names


def _server(sweep: str, source: str, server: str, listener: str, service: Service) -> Observation:
    product = service.product or ""
    role = next((layer.role for layer in service.stack if layer.product == product), None)
    facts = {
        "product": Fact(product, Confidence.INFERRED),
        "role": Fact(role, Confidence.INFERRED),
        "version": Fact(service.version, evidence=shown(service, service.version_source)),
        "auth": Fact(service.auth.value, Confidence.INFERRED),
        "host": Fact(service.host, Confidence.VERIFIED),
        "zone": Fact(service.zone),
        "exposure": Fact(service.exposure, Confidence.INFERRED),
    }
    edges = [
        EdgeTo(kind=EdgeKind.LISTENS_ON, to_kind=PartKind.LISTENER, to=listener),
        EdgeTo(kind=EdgeKind.RUNS_ON, to_kind=PartKind.HOST, to=host_key(service.zone, service.host)),
    ]
    listed = shown(service, service.models_source)
    for model in service.models or ():
        served = {name: Fact(getattr(model, name), evidence=listed) for name in _OF_SERVING}
        edges.append(
            EdgeTo(
                kind=EdgeKind.SERVES,
                to_kind=PartKind.MODEL,
                to=served_key(server, model.name),
                facts=_known({"name": Fact(model.name), **served}),
            )
        )
    return _about(sweep, source, service, PartKind.SERVER, server, facts, tuple(edges))


def _model(sweep: str, source: str, server: str, service: Service, model: ServedModel) -> Observation:
    listed = shown(service, service.models_source)
    told = {name: Fact(getattr(model, name), evidence=listed) for name in ("name", *_OF_A_MODEL)}
    family = license_of(model.license).family if model.license else Family.UNKNOWN
    facts = {**told, "license_family": Fact(family.value, Confidence.INFERRED, listed)}
    alias = model_alias(service.product or "", model.name, model.path)
    key = served_key(server, model.name)
    return _about(sweep, source, service, PartKind.MODEL, key, facts, aliases=(alias,) if alias else ())


def _about(
    sweep: str,
    source: str,
    service: Service,
    kind: PartKind,
    subject: str,
    facts: Mapping[str, Fact],
    edges: tuple[EdgeTo, ...] = (),
    aliases: tuple[str, ...] = (),
) -> Observation:
    return Observation(
        sweep=sweep,
        at=service.at,
        surface=SURFACE,
        source=source,
        kind=kind,
        subject=subject,
        aliases=aliases,
        facts=_known(facts),
        edges=edges,
        evidence=tuple(one for one in service.proof if one.digest),
    )


def _known(facts: Mapping[str, Fact]) -> dict[str, Fact]:
    """Facts that say something: what is unknown is left out, never stored as a value."""
    return {name: fact for name, fact in facts.items() if fact.value is not None and fact.value != []}
