"""One turn: look, write, compare; the command line and the daemon both crank it."""

import platform
import random
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import anyio
from msgspec import Struct, field, structs

from livebom import __version__
from livebom.alerts import Courier, carriers, labels_of, letters, wanted
from livebom.bom.change import Comparison
from livebom.bom.coverage import covered, looked_at
from livebom.bom.document import Document
from livebom.bom.grading import graded
from livebom.bom.graph import fold, value
from livebom.bom.observation import Observation
from livebom.bom.parts import EdgeKind, Graph, PartKind
from livebom.bom.policy import Policy
from livebom.bom.report import Report
from livebom.bom.service import Service, Verdict
from livebom.recognise.catalog import Catalog
from livebom.store import AskRow, Bookmark, CoverageRow, Store, SweepRow, Told, Trail
from livebom.surfaces import (
    ASKED,
    SOURCE,
    Local,
    Nearby,
    Order,
    Progress,
    Runtime,
    Seen,
    Stretch,
    Tally,
    ToldHere,
    digest_of,
    listener_observation,
    listener_of,
    placed,
    planned,
    runtime,
    servers,
    surface,
)
from livebom.unseen import is_mute, not_seen

_COUNTS = ("sent", "open", "refused", "silent", "unreachable", "lost")

Known = tuple[dict[str, str], dict[str, tuple[str | None, frozenset[str] | None]]]


class Turn(Struct, kw_only=True):
    """What one turn is to do."""

    orders: Sequence[Order]
    catalog: Catalog
    local: Local | None = None
    """This host, looked at while the network is."""
    scope: tuple[str, ...]
    """The targets and exclusions as they were asked for."""
    store: Store | None = None
    policy: Policy = Policy()
    gone_after: int = 3
    """Complete looks that must miss a part before it counts as gone."""
    notes: tuple[str, ...] = ()
    """What planning already left out, in words."""
    progress: Progress = field(default_factory=Progress)
    resume: str | None = None
    """The sweep that goes on, whose process died."""
    arguments: dict[str, Any] = {}
    """How the turn was asked for, kept for whoever has to go on with it; no secrets."""
    id: str | None = None
    """The sweep's id (32 hex digits), where whoever asked for it has named it already."""
    heard: Callable[[Service], None] = lambda _: None
    """Is told each service as soon as it was talked to."""


class ResumeError(Exception):
    """The sweep cannot go on; the text says why and what to do."""


async def crank(turn: Turn) -> Report:
    """Look at everything the orders name, store it as it comes, and say what changed since the last turn.

    What was seen before a cancellation stays stored, and its sweep stays marked as not complete. Raises StoreError
    where the store cannot take what was seen, ResumeError where a sweep cannot go on.
    """
    sweep, started, orders = _begun(turn)
    gathered = _Gathered(sweep, turn, orders)
    look, near = await _both(turn, orders, gathered)
    services = tuple(
        sorted(gathered.services.values(), key=lambda s: (s.zone, placed(s.host), s.port, s.name or "", s.base_path))
    )
    before = turn.store.document() if turn.store else None
    derived = servers(sweep, services, *_known(turn.store), _open_findings(before), gathered.asked)
    told = _nearby(turn, near, sweep, services, derived, before, look, gathered.asked)
    derived = [*derived, *told.observations]
    observations = (*gathered.observations, *derived)
    graph = fold(observations)
    changes = None
    if turn.store and before:
        turn.store.add(derived)
        changes = _settle(turn, sweep, look, graph, services, before, near)
    ended = datetime.now(UTC)
    fingerprints = turn.local.known.fingerprints if turn.local else {}
    shown = surface.with_verdicts(services, told.found, fingerprints, ended)
    return Report(
        sweep=sweep,
        scope=turn.scope,
        started=started,
        ended=ended,
        complete=look.complete and near.complete,
        services=tuple(graded(one, listener_of(one).key, turn.policy, ended.date()) for one in shown),
        graph=graph,
        observations=observations,
        changes=changes,
        counts=_counts(look, near),
        not_seen=(*near.not_seen(told), *not_seen(turn.notes, look, services)),
        paths=tuple(dict.fromkeys(look.paths)),
        version=__version__,
        coverage=tuple(sorted(stretch.told for stretch in _stretches(turn, look))),
        mute=tuple(sorted(listener_of(service).key for service in services if is_mute(service))),
    )


async def _both(turn: Turn, orders: Sequence[Order], gathered: "_Gathered") -> tuple[Runtime, Nearby]:
    """The network and, at the same time, this host, and what this host alone can ask."""
    near = Nearby()

    async def here(local: Local) -> None:
        nonlocal near
        near = await local.ask(await local.look(), turn.catalog, planned(orders), gathered.take, turn.progress)

    async with anyio.create_task_group() as group:
        if turn.local:
            group.start_soon(here, turn.local)
        look = await runtime(orders, turn.catalog, gathered.take, turn.progress, gathered.mark)
    return look, near


def _nearby(
    turn: Turn,
    near: Nearby,
    sweep: str,
    services: Sequence[Service],
    derived: Sequence[Observation],
    before: Document | None,
    look: Runtime,
    asked: Mapping[str, str],
) -> ToldHere:
    """What this host tells, joined with what the network heard of it."""
    if turn.local is None:
        return ToldHere()
    looked = looked_at(one.told for one in look.coverage)
    heard = surface.heard_of(services, derived, before.graph if before else Graph(), looked, asked)
    return turn.local.tell(near, sweep, datetime.now(UTC), heard, _open_findings(before))


def _begun(turn: Turn) -> tuple[str, datetime, list[Order]]:
    """The sweep's id and beginning, and its orders: new ones, or those of the sweep that goes on, where it stopped."""
    if turn.resume is None or turn.store is None:
        sweep, started = turn.id or uuid.uuid4().hex, datetime.now(UTC)
        if turn.store:
            with turn.store.together():  # from its first moment on it can go on
                turn.store.begin_sweep(SweepRow(id=sweep, scope=turn.scope, started_at=started, version=__version__))
                turn.store.mark(sweep, Trail(arguments=turn.arguments, bookmarks=tuple(map(_marked, turn.orders))))
        return sweep, started, list(turn.orders)
    found = next(((row, trail) for row, trail in turn.store.unfinished() if row.id == turn.resume), None)
    if found is None:
        raise ResumeError(f"the sweep {turn.resume} is not one that can go on; `livebom sweeps` lists those that ended")
    row, trail = found
    if [one.digest for one in trail.bookmarks] != [digest_of(order) for order in turn.orders]:
        raise ResumeError("the targets are not those of the sweep that is to go on; give the same ones, or begin anew")
    return row.id, row.started_at, [_resumed(*pair) for pair in zip(turn.orders, trail.bookmarks, strict=True)]


def _resumed(order: Order, mark: Bookmark) -> Order:
    counted = Tally()
    for name in _COUNTS:
        setattr(counted, name, mark.tally.get(name, 0))
    return structs.replace(order, order_key=bytes.fromhex(mark.order_key), begin=mark.cursor, counted=counted)


def _marked(order: Order) -> Bookmark:
    key, digest = order.order_key.hex(), digest_of(order)
    return Bookmark(order_key=key, digest=digest, cursor=order.begin, tally=_counted(order.counted))


def _counted(tally: Tally) -> dict[str, int]:
    return {name: getattr(tally, name) for name in _COUNTS}


async def deliver(store: Store, policy: Policy, environment: Mapping[str, str], seconds: float) -> int:
    """Send the alerts that are due, once, for at most so long; returns how many arrived. The others stay for later.

    `environment` holds the secrets that the policy names. Raises StoreError.
    """
    courier = Courier(store.outbox, carriers(policy, environment, platform.node()), chance=random.random)
    with anyio.move_on_after(seconds):
        return await courier.once()
    return 0


class _Gathered:
    """What a turn collects while it looks, and how far that is settled."""

    def __init__(self, sweep: str, turn: Turn, orders: Sequence[Order]) -> None:
        self.sweep, self.turn = sweep, turn
        self.services: dict[str, Service] = {}
        """By the listener's key."""
        self.asked: dict[str, str] = {}
        """The listeners that this host alone reaches, by their key: the id of the workload behind it."""
        self.observations: list[Observation] = []
        self._marks = [_marked(order) for order in orders]
        if turn.store:
            for service in turn.store.unsettled(sweep) if turn.resume else ():
                self.services[listener_of(service).key] = service
                self.observations.append(listener_observation(sweep, SOURCE, service))
            turn.store.mark(sweep, self._trail)

    @property
    def _trail(self) -> Trail:
        return Trail(arguments=self.turn.arguments, bookmarks=tuple(self._marks))

    def mark(self, number: int, cursor: int, tally: Tally) -> None:
        """One order is settled up to there; what was taken is stored before that is."""
        self._marks[number] = structs.replace(self._marks[number], cursor=cursor, tally=_counted(tally))
        if self.turn.store:
            self.turn.store.mark(self.sweep, self._trail)

    def take(self, seen: Seen, workload: str | None = None) -> None:
        """Keep one listener; of a product that was not looked for only the ledger, because it was not asked whole.

        `workload` is the one of this host whose own socket was asked, beside the network's sweep.
        """
        if self.turn.store:
            self.turn.store.add_asks(_ledger(self.sweep, seen))
        product = seen.service.product
        if product is not None and product not in self.turn.catalog.wanted:
            return
        observation = listener_observation(self.sweep, SOURCE if workload is None else ASKED, seen.service)
        key = listener_of(seen.service).key
        if workload is not None:
            self.asked[key] = workload
        self.services[key] = seen.service
        self.observations.append(observation)
        self.turn.heard(seen.service)
        store = self.turn.store
        if store:
            for digest, body in seen.content.items():
                store.add_content(digest, body)
            store.add([observation])
            if workload is None:  # a sweep that goes on asks this host anew
                store.add_service(self.sweep, key, seen.service)


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
        if row.server.startswith(("container:", "machine:")):  # this host's word; the network names servers itself
            continue
        owners[row.listener] = row.server
        serving[row.server] = (row.version, row.models)
    return owners, serving


def _open_findings(before: Document | None) -> set[str]:
    """The keys of the findings that were open."""
    parts = before.parts if before else ()
    return {part.key for part in parts if part.kind is PartKind.FINDING and value(part, "state") == Verdict.FAIL}


def _settle(
    turn: Turn,
    sweep: str,
    look: Runtime,
    graph: Graph,
    services: Sequence[Service],
    before: Document,
    near: Nearby,
) -> Comparison | None:
    """Write the look's end, move the intervals, publish, and tell the difference to the state before."""
    store = turn.store
    if store is None:
        return None
    stretches = _stretches(turn, look)
    mute = {(s.zone, s.host, s.port) for s in services if is_mute(s)}
    known = before.graph
    looked = covered(known, looked_at(one.told for one in stretches if one.complete), mute) - surface.spoken_of(
        known, surface.NAMES
    )
    looked = (looked | surface.missed(known, near.whole, mute)) - _undecided(known, graph)
    seen_at = datetime.now(UTC)
    store.add_coverage([_coverage(sweep, stretch) for stretch in stretches])
    words = (*near.not_seen(ToldHere()), *not_seen(turn.notes, look, services))
    complete = look.complete and near.complete
    changes = None
    with store.together():  # so that a look that settled has told what it changed, and that once, whenever it is killed
        store.settle(
            graph,
            sweep_id=sweep,
            seen_at=seen_at,
            covered=lambda one: one.id in looked,
            gone_after=turn.gone_after,
        )
        store.end_sweep(sweep, seen_at, complete=complete, tally=_counts(look, near), not_seen=words)
        if before.looks:
            changes = store.tell(before, graph, Told(sweep_id=sweep, policy=turn.policy, today=seen_at.date()))
        if turn.policy.alerts:
            told, first = changes.changes if changes else (), None if changes else graph
            its = wanted(told, turn.policy, first, sweep=sweep, at=seen_at, labels=labels_of(graph))
            store.outbox.post(letters(its))
    store.publish()
    return changes


def _stretches(turn: Turn, look: Runtime) -> list[Stretch]:
    """What was looked at; a look for some products only is a statement about none of it."""
    partial = len(turn.catalog.wanted) < len(turn.catalog.products)
    return [structs.replace(stretch, complete=stretch.complete and not partial) for stretch in look.coverage]


def _undecided(known: Graph, seen: Graph) -> set[UUID]:
    """Findings, and the edges to them, of what was seen again: where a verdict is not said, it is not known."""
    edges = [one for one in known.edges.values() if one.kind is EdgeKind.HAS_FINDING and one.source in seen.parts]
    return {id_ for one in edges for id_ in (one.id, one.destination)}


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
        else "it was ended early, lost targets for want of sockets, met a tarpit, or looked for some servers only",
    )


def _counts(look: Runtime, near: Nearby) -> dict[str, int]:
    sums = {name: sum(getattr(tally, name) for tally in look.tallies) for name in _COUNTS}
    return {"planned": look.planned, **sums, "requests": look.requests + (near.asked.requests if near.asked else 0)}
