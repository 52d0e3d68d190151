"""Sweeps: ordered, listed, followed, cancelled, paused."""

from collections.abc import AsyncIterator
from typing import Any

from daemon.events import MOST, TooMany
from daemon.paging import Page, paged
from daemon.peers import Role
from daemon.queue import Ask, KeyReused, NoSweep, NotKept, QueueFull
from daemon.route import Call, Given, Refused, Route
from daemon.wire import Event, Paused, Sweep, SweepList, SweepRequest
from livebom.bom.text import safe_text


async def order(call: Call) -> Any:
    """Order a sweep; with an Idempotency-Key, ordering again is the same sweep."""
    request: SweepRequest = call.body
    _refuse_unknown(call, request)
    anywhere = Role.ADMIN in call.roles
    try:
        sweep, new = call.desk.order(Ask(request=request, by=call.by, anywhere=anywhere, key=call.key))
    except KeyReused:
        raise Refused(
            422, "the Idempotency-Key was given with another order", remedy="use a new key for a new order"
        ) from None
    except QueueFull:
        raise Refused(429, "too many sweeps wait", remedy="wait for some to end, or cancel some") from None
    except NotKept:
        raise Refused(
            503, "the order could not be written down", call.desk.unkept, "make room on the store's disk; then again"
        ) from None
    return Given(sweep, 202 if new else 200)


def _refuse_unknown(call: Call, request: SweepRequest) -> None:
    """Say at once what planning would say later; the rest (names, scope) needs it."""
    targets = call.desk.configuration.targets
    known = {group.name for group in targets.groups} if targets else set()
    for name in request.groups:
        if name not in known:
            has = ", ".join(sorted(known)) or "none"
            raise Refused(400, f"there is no group {safe_text(name, 100)}", remedy=f"the targets file has {has}")


async def listed(call: Call) -> SweepList:
    """Sweeps, newest first."""
    page: Page = call.query
    rows = sorted(call.desk.queue.sweeps.values(), key=lambda one: (one.asked_at, one.id), reverse=True)
    its, following = paged(rows, page, lambda one: one.id)
    return SweepList(sweeps=its, next=following)


async def one(call: Call) -> Sweep:
    """One sweep."""
    return _found(call)


async def cancel(call: Call) -> Given:
    """End a sweep for good; what it saw stays."""
    sweep = _found(call)
    if sweep.state.over:
        return Given(sweep, 200)
    call.worker.cancel(sweep, call.by)
    return Given(call.desk.queue.find(sweep.id), 202)


async def events(call: Call) -> AsyncIterator[Event]:
    """How the sweep stands, and then what happens in it, until it has ended."""
    sweep = _found(call)
    return _follow(call, sweep.id)


async def all_events(call: Call) -> AsyncIterator[Event]:
    """What happens in all sweeps, for as long as you listen."""
    return _follow(call, "")


async def paused(call: Call) -> Paused:
    """Pause all sweeps: those that run are held where they are."""
    return _pause(call, paused=True)


async def resumed(call: Call) -> Paused:
    """Let sweeps go on."""
    return _pause(call, paused=False)


def _pause(call: Call, *, paused: bool) -> Paused:
    call.desk.pause(paused=paused, by=call.by)
    return Paused(paused=call.desk.paused, by=call.desk.paused_by)


def _found(call: Call) -> Sweep:
    try:
        return call.desk.queue.find(call.path["id"])
    except NoSweep as error:
        raise Refused(404, str(error), remedy="GET /v1/sweeps lists those known here") from None


async def _follow(call: Call, sweep: str) -> AsyncIterator[Event]:
    desk = call.desk
    try:
        with desk.events.listen(sweep) as following:
            known = [desk.queue.sweeps[sweep]] if sweep else desk.running()
            for its in known:
                yield _standing(call, its)
            over = bool(sweep) and known[0].state.over
            while not over:
                event = await following()
                yield event
                over = bool(sweep) and event.event == "state" and event.state is not None and event.state.over
    except TooMany:
        raise Refused(429, f"more than {MOST} listen already", remedy="listen once") from None


def _standing(call: Call, its: Sweep) -> Event:
    return Event(
        event="state",
        at=call.desk.now,
        sweep=its.id,
        state=its.state,
        said=its.said,
        complete=its.complete,
        progress=its.progress,
    )


ROUTES = (
    Route(
        method="POST",
        path="/v1/sweeps",
        role=Role.SWEEP,
        summary="Order a sweep.",
        takes=SweepRequest,
        gives=Sweep,
        answer=order,
        keyed=True,
        status=202,
        also={200: "It was ordered with that key before."},
    ),
    Route(
        method="GET",
        path="/v1/sweeps",
        role=Role.READ,
        summary="List sweeps, newest first.",
        query=Page,
        gives=SweepList,
        answer=listed,
    ),
    Route(
        method="GET", path="/v1/sweeps/{id}", role=Role.READ, summary="How one sweep stands.", gives=Sweep, answer=one
    ),
    Route(
        method="DELETE",
        path="/v1/sweeps/{id}",
        role=Role.SWEEP,
        summary="Cancel a sweep.",
        gives=Sweep,
        answer=cancel,
        status=202,
        also={200: "It had ended before."},
    ),
    Route(
        method="GET",
        path="/v1/sweeps/{id}/events",
        role=Role.READ,
        summary="Follow one sweep until it ends.",
        gives=Event,
        answer=events,
        lines=True,
    ),
    Route(
        method="GET",
        path="/v1/events",
        role=Role.READ,
        summary="Follow all sweeps.",
        gives=Event,
        answer=all_events,
        lines=True,
    ),
    Route(
        method="PUT",
        path="/v1/pause",
        role=Role.SWEEP,
        summary="Hold all sweeps where they are.",
        gives=Paused,
        answer=paused,
    ),
    Route(
        method="DELETE",
        path="/v1/pause",
        role=Role.SWEEP,
        summary="Let sweeps go on.",
        gives=Paused,
        answer=resumed,
    ),
)
