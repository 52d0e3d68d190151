"""What is known: services, changes and findings, from the published snapshot."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, TypeVar

from msgspec import Meta

from daemon.paging import Page, lines, paged
from daemon.peers import Role
from daemon.route import Call, Refused, Route
from daemon.wire import ChangeLine, ChangeList, FindingLine, FindingList, ServiceList
from livebom.answers import UnknownState, moment, newest, unlooked
from livebom.bom.document import NEVER
from livebom.bom.policy import Policy
from livebom.bom.service import Severity
from livebom.store import OpenFinding, Store, StoreError

State = Annotated[str, Meta(min_length=1, max_length=100)]
"""`now`, a sweep's id, a baseline's name, or a time with its offset (RFC 3339)."""

T = TypeVar("T")


class ServiceQuery(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which services."""

    at: State = "now"
    all: bool = False
    """Also open ports that are no AI service."""


class ChangeQuery(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which changes."""

    since: State
    until: State = "now"
    severity: Severity | None = None
    """This bad or worse."""
    event: Annotated[str, Meta(max_length=100)] | None = None
    """A name, perhaps with `*`."""


class FindingQuery(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which findings."""

    at: State = "now"
    severity: Severity | None = None
    all: bool = False
    """Also those that the policy accepts."""


async def services(call: Call) -> Any:
    """What runs, in order of its keys."""
    query: ServiceQuery = call.query
    rows, as_of = await ask(call, partial(_services, query=query), ("services", query.at, query.all))
    if call.lines:
        return lines(rows)
    its, following = paged(rows, query, _place)
    return ServiceList(services=its, total=len(rows), as_of=as_of, next=following)


async def changes(call: Call) -> Any:
    """What sweeps told, oldest first."""
    query: ChangeQuery = call.query
    if call.lines:
        return lines(await ask(call, partial(_all_changes, query=query)))
    return await ask(call, partial(_changes, query=query))


async def findings(call: Call) -> Any:
    """What stands open, worst first."""
    query: FindingQuery = call.query
    policy = call.desk.configuration.policy
    name = ("findings", query.at, query.severity, query.all, call.desk.configuration.loaded_at)
    rows = await ask(call, partial(_findings, query=query, policy=policy), name)
    if call.lines:
        return lines(rows)
    its, following = paged(rows, query, lambda one: f"{one.finding} {one.about}")
    return FindingList(findings=its, total=len(rows), next=following)


async def ask(call: Call, work: Callable[[Store], T], name: Any = None) -> T:
    """What the snapshot says. Raises Refused where it cannot be read, or has no such state."""
    try:
        return await call.desk.reader.ask(work, name)
    except UnknownState as error:
        raise Refused(400, "no such state", str(error)) from None
    except StoreError as error:
        raise Refused(503, "the snapshot cannot be read", error.problem, error.remedy) from None


def at(store: Store, reference: str) -> datetime | None:
    """The moment that the reference means; None is now. Raises UnknownState."""
    try:
        return moment(store, reference)
    except UnknownState:
        try:
            found = datetime.fromisoformat(reference)
        except ValueError:
            found = None
        if found is None or found.tzinfo is None:
            raise
        return found.astimezone(UTC)


def _services(store: Store, query: ServiceQuery) -> tuple[list[dict[str, Any]], datetime | None]:
    rows = [dict(row) for row in store.services(at(store, query.at)) if query.all or row["product"]]
    return rows, newest(store)


def _place(row: dict[str, Any]) -> str:
    return "{zone} {host} {port} {name} {base_path}".format_map(row)


def _period(store: Store, query: ChangeQuery) -> tuple[datetime, datetime]:
    since = at(store, query.since)
    if since is None:
        raise UnknownState("`since` now leaves nothing; write a time, a sweep's id or a baseline")
    return since, at(store, query.until) or max(datetime.now(UTC), newest(store) or NEVER)


def _all_changes(store: Store, query: ChangeQuery) -> list[ChangeLine]:
    since, until = _period(store, query)
    found = store.changes(since, until, severity=query.severity, event=query.event)
    return [ChangeLine(id=one.id, sweep=one.sweep, at=one.at, change=one.change) for one in found]


def _changes(store: Store, query: ChangeQuery) -> ChangeList:
    since, until = _period(store, query)
    chosen: dict[str, Any] = {"severity": query.severity, "event": query.event}
    found = store.changes(since, until, query.limit + 1, query.cursor, **chosen)
    its = found[: query.limit]
    return ChangeList(
        since=since,
        until=until,
        changes=tuple(ChangeLine(id=one.id, sweep=one.sweep, at=one.at, change=one.change) for one in its),
        total=store.count_changes(since, until, **chosen),
        next=its[-1].id if len(found) > query.limit else None,
        not_looked_at=unlooked(store, since, until),
    )


def _findings(store: Store, query: FindingQuery, policy: Policy) -> list[FindingLine]:
    when = at(store, query.at)
    found = store.findings(when, policy=policy, today=(when or datetime.now(UTC)).date())
    worst = (query.severity or Severity.INFO).rank
    return [
        _finding(one) for one in found if one.finding.severity.rank <= worst and (query.all or not one.finding.accepted)
    ]


def _finding(one: OpenFinding) -> FindingLine:
    its = one.finding
    accepted = its.accepted[0] if its.accepted else None
    return FindingLine(
        severity=its.severity,
        finding=its.rule,
        title=its.title,
        kind=str(its.kind),
        about=its.part_key,
        where=its.where,
        owner=its.owner,
        since=one.since,
        last_seen=one.last_seen,
        seen=its.seen,
        fix=its.remediation,
        accepted=f"{accepted.reason} (until {accepted.expires})" if accepted else None,
    )


ROUTES = (
    Route(
        method="GET",
        path="/v1/services",
        role=Role.READ,
        summary="What runs, now or at a time.",
        query=ServiceQuery,
        gives=ServiceList,
        answer=services,
        lines=True,
    ),
    Route(
        method="GET",
        path="/v1/changes",
        role=Role.READ,
        summary="What sweeps told in a period.",
        query=ChangeQuery,
        gives=ChangeList,
        answer=changes,
        lines=True,
    ),
    Route(
        method="GET",
        path="/v1/findings",
        role=Role.READ,
        summary="What stands open, now or at a time.",
        query=FindingQuery,
        gives=FindingList,
        answer=findings,
        lines=True,
    ),
)
