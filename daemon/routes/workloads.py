"""What collectors on this host saw with rights of their own: their sources' words, joined here with the network's."""

from anyio import to_thread

from daemon.handed import SIZE, HandedOver, TakenOver, wrong
from daemon.peers import Role
from daemon.route import Call, Refused, Route
from livebom.settings import seconds


async def workloads(call: Call) -> TakenOver:
    """Take the newest look of a collector; it is kept until the next one, or until it is too old to count."""
    handed: HandedOver = call.body
    if said := await to_thread.run_sync(wrong, handed):
        raise Refused(422, "this cannot be believed", said, "hand over what the sources of livebom tell, unchanged")
    try:
        call.desk.near.take(handed, call.desk.moment)
    except ValueError as error:
        raise Refused(429, "too many collectors", str(error), "hand over under a name that was used before") from None
    call.desk.counts["handed over"] += 1
    return TakenOver(
        collector=handed.collector,
        workloads=sum(len(one.workloads) for one in handed.looked),
        models=len(handed.stock.models) if handed.stock else 0,
        counts_for=seconds(call.desk.local.stale_after),
    )


ROUTES = (
    Route(
        method="POST",
        path="/v1/workloads",
        role=Role.COLLECTOR,
        summary="Hand over what a collector's sources told of this host.",
        takes=HandedOver,
        gives=TakenOver,
        answer=workloads,
        most=SIZE,
        status=202,
    ),
)
