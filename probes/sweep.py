"""The probe core's front door: walks a plan, talks to whatever is open, and hands over what it saw."""

import secrets
import threading
from collections import deque
from collections.abc import Callable, Generator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

import anyio
import structlog
from anyio import to_thread
from msgspec import Struct, field
from msgspec.structs import replace

from livebom.bom.observation import Listener
from livebom.bom.text import safe_text
from livebom.net.caps import Caps
from livebom.net.credentials import Credential, Header
from livebom.net.pace import Pace
from livebom.net.pointers import Pointers
from livebom.net.ranges import number_of
from livebom.net.reply import Ask, Reply
from livebom.net.seal import Seal
from livebom.recognise.catalog import Catalog
from livebom.recognise.plan import Budget
from probes.engine.http import Job, StoppedError, Talker
from probes.engine.permute import Permutation
from probes.engine.plan import Block, Plan, make_plan
from probes.engine.tally import Open, Tally
from probes.inspect import Seen, examine, unreadable
from probes.keyed import joined, wants_key
from probes.marks import Marks
from probes.sources import Hunt, Source, chosen
from probes.tarpits import Tarpits

QUEUED = 512
"""Conversations' results that may wait to be taken; beyond it the talking stops until there is room."""
WAITING = 2048
"""Open ports that may wait for their conversation; beyond it the connecting stops until there is room."""
ASK = 2.5
TALK = 15.0
_POLL = 0.03

_log = structlog.get_logger()


class Door(Struct, frozen=True):
    """How a listener at an open port is spoken to: under which name and path prefix, and in which scheme first."""

    name: str | None = None
    base_path: str = ""
    scheme: str = "http"


class Order(Struct, frozen=True, kw_only=True):
    """What one sweep is to look at, and how gently."""

    blocks: tuple[Block, ...]
    doors: Mapping[tuple[str, int], tuple[Door, ...]] = {}
    """Places spoken to under names of their own; everywhere else there is one door, the address itself."""
    zone: str = "default"
    exposure: Callable[[str], str]
    """From where an address can be reached: `loopback`, `private` or `public`."""
    allowed: Callable[[str, int], bool]
    """The scope's last word, asked again right before every connection of the HTTP stage."""
    owner: Callable[[str, str | None], str | None] = lambda _address, _name: None
    """Whom to call about an address and a name."""
    ptr: bool = False
    """Ask the system's resolver for the name of an address that was reached under none."""
    headers: tuple[Header, ...] = ()
    """Sent with every ask; none of them is a credential."""
    credential: Callable[[str, int, str | None, str | None], Credential | None] = lambda *_place: None
    """What is bound to an address, port, name and scheme; asked with scheme None before the scheme is known."""
    rate: float = 1000.0
    """Probes per second, connects and asks together; 0 for unlimited."""
    timeout: float = 2.0
    """Seconds a connect may take; an ask may take `ASK` times that, a conversation `TALK` times."""
    per_host_rate: float = 0.0
    """Of them to one address; 0 for no cap."""
    per_net_rate: float = 0.0
    """Of them to one /24 or IPv6 /64; 0 for no cap."""
    per_host: int = 4
    concurrency: int = 256
    user_agent: str
    key: bytes
    """Keys the hashes that stand for secrets."""
    budget: Budget = Budget()
    ports_never: tuple[int, ...] = ()
    engine: str = "connect"
    """The source of open ports, or `auto`; see `probes.sources`."""
    source: Source | None = None
    """One that is none of that folder, in place of them: open ports that somebody else has found."""
    order_key: bytes = field(default_factory=partial(secrets.token_bytes, 16))
    """Of the order in which targets are tried."""
    shard: tuple[int, int] = (1, 1)
    """Which of how many equal intervals of that order."""
    begin: int | None = None
    """The counter to go on from, where an earlier sweep ended early."""
    counted: Tally = field(default_factory=Tally)
    """What that sweep had counted by then."""

    @property
    def whole(self) -> bool:
        """Whether it is more than a shard."""
        return self.shard == (1, 1)

    @property
    def plan(self) -> Plan:
        """What it names, numbered."""
        return make_plan(self.blocks)

    def interval(self, plan: Plan) -> tuple[int, int]:
        """The counters to walk: from the first to before the last."""
        size, (which, of) = Permutation(len(plan), self.order_key).size, self.shard
        start, stop = size * (which - 1) // of, size * which // of
        return max(start, start if self.begin is None else min(self.begin, stop)), stop


class Progress(Struct):
    """How far a sweep is; written by its threads, read by anybody."""

    planned: int = 0
    tally: Tally = field(default_factory=Tally)
    asked: int = 0
    listeners: int = 0
    finished: int = 0
    failed: int = 0
    path: str = ""
    """In words: how open ports are looked for, and why so."""
    pace: Pace | None = None
    """That of the sweep that runs; whoever sends beside it takes from its tokens."""
    tarpits: dict[str, int] = field(default_factory=dict)
    """Of the sweep that ended last: hosts on which nearly everything is open, and how many ports were not asked."""


async def sweep(
    order: Order,
    catalog: Catalog,
    take: Callable[[Seen], None],
    progress: Progress | None = None,
    mark: Callable[[int, Tally], None] | None = None,
) -> Tally:
    """Look at everything the order names; `take` is called in the caller's task for each open listener.

    Connecting and talking run in a thread each; cancelling ends both within a fraction of a second, and what was
    taken so far stays taken. One listener's misbehaviour ends its own conversation only. `mark` is called there too,
    about once a second, with the counter before which every target was tried and every open one taken, and with what
    was counted until there: `begin` and `counted` of an order that goes on. Raises EngineError where the order's
    engine cannot look.
    """
    run = _Run(order, catalog, progress or Progress())
    async with anyio.create_task_group() as group:
        group.start_soon(to_thread.run_sync, run.connect)
        group.start_soon(to_thread.run_sync, run.talk)
        try:
            while not run.over:
                run.drain(take, mark)
                await anyio.sleep(_POLL)
            run.drain(take, mark)
            run.progress.tarpits = run.tarpits.found()
        finally:
            run.stop()  # within the group, which would wait for the threads to walk the whole plan
            run.progress.pace = None
    return run.progress.tally


class _Run:
    """One sweep in flight: two threads, and the queue between them and the caller."""

    def __init__(self, order: Order, catalog: Catalog, progress: Progress) -> None:
        self.order, self.catalog, self.progress = order, catalog, progress
        self.nonce = secrets.token_hex(8)
        plan = order.plan
        pace = progress.pace = Pace(order.rate, caps=_caps(order))
        start, stop = order.interval(plan)
        self.hunt = Hunt(
            plan=plan,
            key=order.order_key,
            start=start,
            stop_at=stop,
            pace=pace,
            timeout=order.timeout,
            allowed=order.allowed,
            ports_never=order.ports_never,
            on_open=self._opened,
            stop=self._stopping,
            tally=progress.tally,
        )
        if order.source:
            self.source, progress.path = order.source, f"the {order.source.NAME} path"
        else:
            self.source, progress.path = chosen(order.engine, self.hunt)
        whole = Permutation(len(plan), order.order_key).size
        first, _ = replace(order, begin=None).interval(plan)  # where it goes on, what is done was planned too
        progress.planned = len(plan) * (stop - first) // whole if whole else 0
        self.marks = Marks()
        self.tarpits = Tarpits(catalog.ports, self._tried)
        self.pointers = Pointers() if order.ptr else None
        self._counted: dict[int, Tally] = {}
        self._stop = threading.Event()
        self._results: deque[tuple[int, Seen]] = deque()
        self._room = threading.Semaphore(QUEUED)
        self._waiting = threading.Semaphore(WAITING)
        self._over = threading.Event()
        self.talker = Talker(
            pace=pace,
            caps=pace.caps,
            allowed=order.allowed,
            concurrency=order.concurrency,
            per_host=order.per_host,
            timeout=ASK * order.timeout,
            connect_timeout=order.timeout,
            user_agent=order.user_agent,
            done=self._done,
        )

    @property
    def over(self) -> bool:
        """Whether both threads have said their last word."""
        return self._over.is_set()

    def connect(self) -> None:
        """Thread one: find open ports."""
        try:
            self.source.find(self.hunt)
        finally:
            self.talker.close()

    def talk(self) -> None:
        """Thread two: hold the conversations."""
        try:
            self.talker.run()
        finally:
            self._stop.set()
            self._over.set()

    def stop(self) -> None:
        """End both threads soon."""
        self._stop.set()
        self.talker.stop()

    def drain(self, take: Callable[[Seen], None], mark: Callable[[int, Tally], None] | None) -> None:
        """Hand over what has come, in the caller's thread, and say how far everything is settled."""
        self.progress.asked = self.talker.asked
        while self._results:
            number, seen = self._results.popleft()
            self._room.release()
            place, order = seen.listener, self.order
            service = replace(
                seen.service, owner=order.owner(place.host, self._name(place)), exposure=order.exposure(place.host)
            )
            take(replace(seen, service=service))
            self.marks.taken(number)
        tally = self.progress.tally
        cursor, counted = tally.settled or (tally.cursor, tally)
        if cursor is not None:
            self._counted[cursor] = counted
        settled = self.marks.settled(cursor)
        if settled is not None:
            counted = self._counted[settled]
            self._counted = {at: one for at, one in self._counted.items() if at > settled}
            if mark is not None:
                mark(settled, counted)

    def _name(self, place: Listener) -> str | None:
        """What it was reached under, else what the resolver calls its address, where that is wanted."""
        return place.name or (self.pointers.name(place.host) if self.pointers else None)

    def _stopping(self) -> bool:
        return self._stop.is_set()

    def _opened(self, found: list[Open]) -> None:
        for place in found:
            self.tarpits.opened(place.address)
            if self.pointers:
                self.pointers.ask(place.address)
            for door in self.order.doors.get((place.address, place.port), (Door(),)):
                number = self.marks.opened()  # also where it is dropped at the end: then nothing after it is settled
                if self._acquire(self._waiting):
                    self.progress.listeners += 1
                    self.talker.submit(self._job(place, door, number))

    def _job(self, place: Open, door: Door, number: int) -> Job:
        listener = Listener(
            host=place.address,
            port=place.port,
            zone=self.order.zone,
            name=door.name,
            base_path=door.base_path,
            hints={"scheme": door.scheme} if door.scheme != "http" else {},
        )
        looks = 2 if self._credential(listener, None) else 1
        return Job(
            address=place.address,
            port=place.port,
            name=door.name,
            talk=partial(self._examine, listener),
            number=number,
            deadline=looks * TALK * self.order.timeout,
        )

    def _credential(self, listener: Listener, scheme: str | None) -> Credential | None:
        return self.order.credential(listener.host, listener.port, listener.name, scheme)

    def _tried(self, address: str) -> float:
        """How many ports of an address were tried, or a little more: retries count too, and the order is random."""
        hunt, number = self.hunt, number_of(address)
        walked = (hunt.tally.sent - self.order.counted.sent) / max(1, len(hunt.plan))
        return min(1.0, walked) * len(hunt.plan.ports_of(*number)) if number else 0.0

    def _examine(self, listener: Listener) -> Generator[Ask, Reply, Seen | None]:
        """The conversation behind its wall: whatever a target makes of ours, it stays open and is said to be so.

        None where the listener is not worth one.
        """
        place = listener.host, listener.port
        if place not in self.order.doors and self.tarpits.skips(*place):
            return None
        seen = yield from self._talk(listener)
        self.tarpits.ended(listener.host, told=_told(seen))
        return seen

    def _talk(self, listener: Listener) -> Generator[Ask, Reply, Seen]:
        plain = self.order.headers
        try:
            seen = yield from self._look(listener, Seal(plain, self._credential(listener, None)))
        except Exception as error:  # noqa: BLE001 - the wall: one listener's bytes must not end the sweep
            self._failed(listener, error)
            return unreadable(listener, _now())
        scheme = seen.service.scheme
        credential = self._credential(listener, scheme) if scheme and wants_key(seen) else None
        if credential is None or scheme is None:
            return seen
        again = replace(listener, hints={"scheme": scheme})
        try:
            keyed = yield from self._look(again, Seal(plain, credential, scheme))
        except Exception as error:  # noqa: BLE001 - the wall: what a stranger saw stands
            self._failed(listener, error)
            return seen
        return joined(seen, keyed)

    def _look(self, listener: Listener, seal: Seal) -> Generator[Ask, Reply, Seen]:
        order = self.order
        return examine(
            self.catalog,
            listener,
            nonce=self.nonce,
            exposure=order.exposure(listener.host),
            key=order.key,
            now=_now,
            budget=order.budget,
            seal=seal,
        )

    def _failed(self, listener: Listener, error: Exception) -> None:
        self.progress.failed += 1
        _log.exception("conversation.failed", listener=safe_text(listener.key), error=safe_text(repr(error)))

    def _done(self, job: Job, result: Any, error: BaseException | None) -> None:
        self._waiting.release()
        self.progress.finished += 1
        if error is not None and not self._stop.is_set():
            _log.error("conversation.lost", error=safe_text(repr(error)))
            self.progress.failed += 1
        if not isinstance(result, Seen):
            if not isinstance(error, StoppedError):  # which was cut short, so that it is not settled
                self.marks.taken(job.number)
        elif self._acquire(self._room):
            self._results.append((job.number, result))

    def _acquire(self, semaphore: threading.Semaphore) -> bool:
        """Wait for room, but not beyond the sweep's end."""
        while not semaphore.acquire(timeout=0.2):
            if self._stop.is_set():
                return False
        return True


def _caps(order: Order) -> Caps | None:
    shares = order.per_host_rate, order.per_net_rate
    return Caps(*shares) if any(shares) else None


def _told(seen: Seen) -> bool:
    """Whether a listener said more than a port that answers anything: what it is, or that it has not what was asked."""
    service = seen.service
    named = service.product or service.stack or service.conflict
    return bool(named) or any((exchange.reply.status or 0) >= 400 for exchange in seen.said)


def _now() -> datetime:
    return datetime.now(UTC)
