"""One turn: look, write, compare; the command line and the daemon both crank it."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec import Struct, field, structs

from livebom import __version__
from livebom.bom.coverage import covered
from livebom.bom.diff import Delta, Step
from livebom.bom.graph import fold
from livebom.bom.observation import Observation, Outcome
from livebom.bom.parts import Edge, Graph, Part
from livebom.bom.report import Report
from livebom.bom.service import Service
from livebom.recognise.catalog import Catalog
from livebom.store import AskRow, CoverageRow, Store, SweepRow
from livebom.surfaces import (
    SOURCE,
    Order,
    Progress,
    Runtime,
    Seen,
    Stretch,
    listener_observation,
    listener_of,
    placed,
    runtime,
    servers,
)

Known = tuple[dict[str, str], dict[str, tuple[str | None, frozenset[str] | None]]]


class Turn(Struct, kw_only=True):
    """What one turn is to do."""

    orders: Sequence[Order]
    catalog: Catalog
    scope: tuple[str, ...]
    """The targets and exclusions as they were asked for."""
    store: Store | None = None
    gone_after: int = 3
    """Complete looks that must miss a part before it counts as gone."""
    notes: tuple[str, ...] = ()
    """What planning already left out, in words."""
    progress: Progress = field(default_factory=Progress)


async def crank(turn: Turn) -> Report:
    """Look at everything the orders name, store it as it comes, and say what changed since the last turn.

    What was seen before a cancellation stays stored, and its sweep stays marked as not complete. Raises StoreError
    where the store cannot take what was seen.
    """
    sweep, started = uuid.uuid4().hex, datetime.now(UTC)
    gathered = _Gathered(sweep, turn)
    if turn.store:
        turn.store.begin_sweep(SweepRow(id=sweep, scope=turn.scope, started_at=started, version=__version__))
    look = await runtime(turn.orders, turn.catalog, gathered.take, turn.progress)
    services = tuple(
        sorted(gathered.services, key=lambda s: (s.zone, placed(s.host), s.port, s.name or "", s.base_path))
    )
    derived = servers(sweep, services, *_known(turn.store))
    observations = (*gathered.observations, *derived)
    graph = fold(observations)
    changes, since = None, None
    if turn.store:
        turn.store.add(derived)
        changes, since = _settle(turn, sweep, look, graph, services)
    ended = datetime.now(UTC)
    return Report(
        sweep=sweep,
        scope=turn.scope,
        started=started,
        ended=ended,
        complete=look.complete,
        services=services,
        graph=graph,
        observations=observations,
        changes=changes,
        since=since,
        counts=_counts(look),
        not_seen=_not_seen(turn, look, services),
        version=__version__,
        coverage=tuple(sorted(stretch.told for stretch in _stretches(turn, look))),
        mute=tuple(sorted(listener_of(service).key for service in services if _is_mute(service))),
    )


class _Gathered:
    """What a turn collects while it looks."""

    def __init__(self, sweep: str, turn: Turn) -> None:
        self.sweep, self.turn = sweep, turn
        self.services: list[Service] = []
        self.observations: list[Observation] = []

    def take(self, seen: Seen) -> None:
        """Keep one listener; of a product that was not looked for only the ledger, because it was not asked whole."""
        if self.turn.store:
            self.turn.store.add_asks(_ledger(self.sweep, seen))
        product = seen.service.product
        if product is not None and product not in self.turn.catalog.wanted:
            return
        observation = listener_observation(self.sweep, SOURCE, seen.service)
        self.services.append(seen.service)
        self.observations.append(observation)
        store = self.turn.store
        if store:
            for digest, body in seen.content.items():
                store.add_content(digest, body)
            store.add([observation])


def _ledger(sweep: str, seen: Seen) -> list[AskRow]:
    """The conversation as rows of the ledger: who was asked what, and when."""
    return [
        AskRow(
            sweep=sweep,
            at=exchange.at,
            zone=seen.listener.zone,
            host=seen.listener.host,
            port=seen.listener.port,
            name=exchange.ask.id,
            request=exchange.ask.line,
            status=exchange.reply.status,
            outcome=exchange.reply.outcome,
            size=len(exchange.reply.body),
            elapsed=exchange.reply.elapsed,
            digest=evidence.digest or None,
        )
        for exchange, evidence in zip(seen.said, seen.service.proof, strict=True)
    ]


def _known(store: Store | None) -> Known:
    """Which server each listener belonged to, and what those servers served, when last seen."""
    owners: dict[str, str] = {}
    serving: dict[str, tuple[str | None, frozenset[str] | None]] = {}
    for row in store.known_servers() if store else ():
        owners[row.listener] = row.server
        serving[row.server] = (row.version, row.models)
    return owners, serving


def _settle(
    turn: Turn, sweep: str, look: Runtime, graph: Graph, services: Sequence[Service]
) -> tuple[Delta | None, datetime | None]:
    """Write the look's end, move the intervals, publish, and tell the difference to the state before."""
    store = turn.store
    if store is None:
        return None, None
    before = store.graph()
    stretches = _stretches(turn, look)
    mute = {(s.zone, s.host, s.port) for s in services if _is_mute(s)}
    looked = covered(
        before, lambda zone, host, port: any(s.holds(zone, host, port) for s in stretches if s.complete), mute
    )
    seen_at = datetime.now(UTC)
    store.add_coverage([_coverage(sweep, stretch) for stretch in stretches])
    settled = store.settle(
        graph,
        sweep_id=sweep,
        seen_at=seen_at,
        covered=lambda one: one.id in looked,
        gone_after=turn.gone_after,
    )
    store.end_sweep(
        sweep, seen_at, complete=look.complete, tally=_counts(look), not_seen=_not_seen(turn, look, services)
    )
    store.publish()
    since = max((p.last_seen for p in before.parts.values()), default=None)
    if since is None:
        return None, None
    steps: list[Step[Part]] = [Step(*pair) for pair in settled.parts]
    arrows: list[Step[Edge]] = [Step(*pair) for pair in settled.edges]
    return Delta(parts=tuple(steps), edges=tuple(arrows)), since


def _stretches(turn: Turn, look: Runtime) -> list[Stretch]:
    """What was looked at; a look for some products only is a statement about none of it."""
    partial = len(turn.catalog.wanted) < len(turn.catalog.products)
    return [structs.replace(stretch, complete=stretch.complete and not partial) for stretch in look.coverage]


def _is_mute(service: Service) -> bool:
    """Whether the listener was reached and did not tell its models: those it serves are not known to be gone."""
    return service.outcome is not Outcome.OK or service.models is None


def _coverage(sweep: str, stretch: Stretch) -> CoverageRow:
    return CoverageRow(
        sweep=sweep,
        zone=stretch.zone,
        place=stretch.place,
        ports=",".join(map(str, stretch.ports)),
        planned=stretch.size,
        tried=stretch.size if stretch.complete else 0,
        complete=stretch.complete,
        reason=""
        if stretch.complete
        else "it was ended early, lost targets for want of sockets, or looked for some servers only",
    )


def _counts(look: Runtime) -> dict[str, int]:
    names = ("sent", "open", "refused", "silent", "unreachable", "lost")
    sums = {name: sum(getattr(tally, name) for tally in look.tallies) for name in names}
    return {"planned": look.planned, **sums, "requests": look.requests}


def _not_seen(turn: Turn, look: Runtime, services: Sequence[Service]) -> tuple[str, ...]:
    """In words, what this look could not or did not look at."""
    words = list(turn.notes)
    lost, silent = (sum(getattr(t, name) for t in look.tallies) for name in ("lost", "silent"))
    if lost:
        words.append(f"{lost} targets that this host had no socket or port for; lower --rate, or raise its limits")
    if silent:
        words.append(f"{silent} targets answered nothing: a filter, or nobody there")
    if any(t.stopped or not t.finished for t in look.tallies):
        words.append("the rest of the range: the sweep was ended early")
    mute = [s for s in services if s.outcome is not Outcome.OK]
    if mute:
        words.append(f"{len(mute)} open ports that speak no HTTP or did not answer in time")
    unread = [s for s in services if s.product and s.models is None]
    if unread:
        words.append(f"the models of {len(unread)} servers that do not tell a stranger")
    words.append("what listens on loopback of other hosts or behind no published port: run livebom there")
    words.append("hosted AI services, code, weights and agents: other surfaces, not part of this look")
    return tuple(words)
