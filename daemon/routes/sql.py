"""SQL: one SELECT on the published snapshot, in the jail."""

from functools import partial

from anyio import CapacityLimiter, to_thread

from daemon.peers import Role
from daemon.route import Call, Refused, Route
from daemon.wire import SqlAnswer, SqlRequest
from livebom.bom.text import safe_text
from livebom.store import Limits, SqlError, StoreError

WAITING = 100
"""Queries that run or wait; the next one is turned away."""
_SIZE = 16 << 20

_threads = CapacityLimiter(WAITING)


async def sql(call: Call) -> SqlAnswer:
    """The rows of one SELECT; it waits for its turn, two run at a time."""
    query: SqlRequest = call.body
    if _threads.borrowed_tokens >= WAITING:
        raise Refused(429, "too many queries wait", remedy="ask again later")
    limits = Limits(rows=query.max_rows, seconds=query.timeout, size=_SIZE)
    work = partial(call.desk.jail.select, call.desk.reader.path, query.query, limits, query.parameters)
    try:
        found = await to_thread.run_sync(work, limiter=_threads)
    except SqlError as error:
        raise Refused(400, "the query has no answer", safe_text(str(error), 2000), "docs/sql.md has examples") from None
    except StoreError as error:
        raise Refused(503, "there is no snapshot", error.problem, error.remedy) from None
    return SqlAnswer(
        columns=found.columns,
        types=found.types,
        rows=found.rows,
        cut=found.cut,
        as_of=found.as_of,
        seconds=found.seconds,
    )


ROUTES = (
    Route(
        method="POST",
        path="/v1/sql",
        role=Role.READ,
        summary="One SELECT on the last snapshot.",
        takes=SqlRequest,
        gives=SqlAnswer,
        answer=sql,
    ),
)
