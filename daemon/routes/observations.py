"""Observations of local collectors that may see more than the daemon does."""

from functools import partial

from daemon.collecting import collect
from daemon.peers import Role
from daemon.route import Call, Refused, Route
from daemon.wire import Batch, Taken
from livebom.store import StoreError

_MOST = 16 << 20


async def observations(call: Call) -> Taken:
    """Take a batch; when it is answered, it is stored."""
    batch: Batch = call.body
    configuration = call.desk.configuration
    work = partial(collect, batch=batch, policy=configuration.policy, gone_after=configuration.settings.gone_after)
    try:
        taken = await call.desk.room.write(work)
    except StoreError as error:
        raise Refused(503, "the batch is not stored", error.problem, f"{error.remedy}; hand it over again") from None
    call.desk.counts["batches"] += 1
    call.desk.policy_news.set()
    return taken


ROUTES = (
    Route(
        method="POST",
        path="/v1/observations",
        role=Role.COLLECTOR,
        summary="Hand over what a collector on this host saw.",
        takes=Batch,
        gives=Taken,
        answer=observations,
        most=_MOST,
        status=201,
    ),
)
