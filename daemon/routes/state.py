"""How the daemon is: status, metrics, and reading its configuration anew."""

from typing import Any

from daemon.metrics import metrics
from daemon.peers import Role
from daemon.route import Call, Given, Route, Text
from daemon.status import status
from daemon.wire import Reloaded, Status


async def told(call: Call) -> Status:
    """Whether all is well, and what was not looked at."""
    return await status(call.desk, call.desk.configuration.access.name(call.peer))


async def counted(call: Call) -> Text:
    """Everything that is counted, for Prometheus."""
    return Text(await metrics(call.desk))


async def reload(call: Call) -> Any:
    """Read the configuration anew; one that is refused changes nothing."""
    problems = await call.desk.reload()
    answer = Reloaded(loaded=not problems, problems=problems, notes=call.desk.configuration.notes)
    return Given(answer, 422) if problems else answer


ROUTES = (
    Route(method="GET", path="/v1/status", role=Role.READ, summary="Whether all is well.", gives=Status, answer=told),
    Route(method="GET", path="/v1/metrics", role=Role.READ, summary="For Prometheus.", gives=Text, answer=counted),
    Route(
        method="POST",
        path="/v1/config/reload",
        role=Role.ADMIN,
        summary="Read the configuration anew.",
        gives=Reloaded,
        answer=reload,
        also={422: "It is refused, and the last good one stays."},
    ),
)
