"""Servers that the network does not show, asked by this host in the words of a sweep."""

import secrets
from collections import deque
from collections.abc import Callable, Generator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import anyio
import structlog
from anyio import to_thread
from msgspec import Struct, structs

from livebom.bom.observation import Listener, Outcome
from livebom.bom.text import safe_text
from livebom.net.reply import Ask, Reply
from livebom.recognise.catalog import Catalog
from probes.engine.http import Pace
from probes.inspect import Seen, examine, unreadable
from probes.local.choosing import Manner, Place
from probes.local.inside import Reach, Reached

SOURCE = "local"
"""Who says what these conversations came to."""
TALK = 15.0
"""Seconds of a conversation for each second of the timeout, as in a sweep."""
_POLL = 0.05
_NOBODY = frozenset({Outcome.REFUSED, Outcome.GAVE_UP})
"""Nothing was said to anybody: no such address, or nobody at it."""

_log = structlog.get_logger()

Take = Callable[[Seen, str], None]
"""Takes what was seen and the id of the workload that listens there; empty where nobody knows whose socket it is."""


class Asked(Struct, frozen=True, kw_only=True):
    """What the conversations came to, beside what was taken."""

    not_seen: tuple[str, ...] = ()
    complete: bool = True
    partial: bool = False
    """Whether it was a look for some servers or ports only, which says of no other that it is gone."""
    requests: int = 0


async def ask(
    places: Sequence[Place],
    catalog: Catalog,
    manner: Manner,
    take: Take,
    pace: Pace,
    through: Path | None = None,
) -> Asked:
    """Have the whole conversation with each; `take` is called in the caller's task.

    `through` is the socket of a unit that enters namespaces for us. Where nobody is at its first address, its other
    one is tried. Cancelling ends them within a fraction of a second.
    """
    refused: list[Place] = []

    def taken(place: Place, seen: Seen, *, last: bool) -> None:
        if last or not place.also or seen.service.outcome not in _NOBODY:
            take(seen, place.entrance.workload)
        else:
            refused.append(place)

    some = manner.ports is not None or len(catalog.wanted) < len(catalog.products)
    first = await _round(places, catalog, manner, partial(taken, last=False), pace, through)
    first = structs.replace(first, partial=some)
    if not refused:
        return first
    again = [
        structs.replace(place, entrance=structs.replace(place.entrance, host=place.also), shown=_shown(place))
        for place in refused
    ]
    second = await _round(again, catalog, manner, partial(taken, last=True), pace, through)
    return Asked(
        not_seen=tuple(dict.fromkeys((*first.not_seen, *second.not_seen))),
        complete=first.complete and second.complete,
        partial=some,
        requests=first.requests + second.requests,
    )


def _shown(place: Place) -> str:
    """A listener is told at the address that answered, unless it is told as all of them."""
    return place.also if place.shown == place.entrance.host else place.shown


async def _round(
    places: Sequence[Place],
    catalog: Catalog,
    manner: Manner,
    take: Callable[[Place, Seen], None],
    pace: Pace,
    through: Path | None,
) -> Asked:
    if not places:
        return Asked()
    results: deque[tuple[Place, Seen]] = deque()
    by_entrance = {place.entrance: place for place in places}
    nonce = secrets.token_hex(8)
    reach = Reach(
        by_entrance,
        lambda one: _conversation(by_entrance[one], catalog, manner, nonce),
        pace=pace,
        user_agent=manner.user_agent,
        timeout=manner.timeout,
        deadline=TALK * manner.timeout,
        seconds=manner.seconds,
        through=through,
        took=lambda one, seen: results.append((by_entrance[one], seen)),
    )
    told: list[Reached] = []

    async def run() -> None:
        told.append(await to_thread.run_sync(reach.run))

    def drain() -> None:
        while results:
            take(*results.popleft())

    async with anyio.create_task_group() as group:
        group.start_soon(run)
        try:
            while not told:
                drain()
                await anyio.sleep(_POLL)
        finally:
            reach.stop()  # within the group, which would wait for the thread to have every conversation
    drain()
    return Asked(not_seen=told[0].not_seen, complete=told[0].complete, requests=told[0].requests)


def _conversation(place: Place, catalog: Catalog, manner: Manner, nonce: str) -> Generator[Ask, Reply, Seen]:
    """The conversation behind its wall, and told as the listener that it is."""
    one = place.entrance
    listener = Listener(host=one.host, port=one.port, zone=place.zone, source=SOURCE)
    try:
        seen = yield from examine(
            catalog,
            listener,
            nonce=nonce,
            exposure=place.exposure,
            key=manner.key,
            now=_now,
            budget=manner.budget,
        )
    except Exception as error:  # noqa: BLE001 - the wall: one listener's bytes must not end the look
        _log.exception("conversation.failed", listener=safe_text(listener.key), error=safe_text(repr(error)))
        seen = unreadable(listener, _now())
    return structs.replace(seen, service=structs.replace(seen.service, host=place.shown, exposure=place.exposure))


def _now() -> datetime:
    return datetime.now(UTC)
