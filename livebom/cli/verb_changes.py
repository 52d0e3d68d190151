"""`livebom changes`: what looks told in a period, from the daemon or from the store."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import groupby

import click
import msgspec

from daemon.client import Client, Denied, NoDaemon
from daemon.wire import ChangeList
from livebom.answers import NOW, newest, unlooked
from livebom.bom.change import Change, Comparison
from livebom.bom.document import NEVER
from livebom.bom.service import Severity
from livebom.bom.text import safe_text
from livebom.cli.asking import answered, fall_back, reachable
from livebom.cli.errors import told
from livebom.cli.listing import read_store
from livebom.cli.states import asked, daemon_state
from livebom.export.changes import markdown, table
from livebom.export.changes.words import counts, moment
from livebom.export.encoding import block, line
from livebom.store import Store, StoredChange

FORMS = click.Choice(["table", "json", "jsonl", "markdown"])
_MOST = 10_000
"""Changes that the daemon puts on a page."""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A page of changes, and what is to be known beside it."""

    since: datetime
    until: datetime
    changes: tuple[StoredChange, ...]
    total: int
    """On all pages."""
    next: str | None
    """The change to go on behind; None on the last page."""
    not_looked_at: tuple[str, ...]


@click.command(name="changes")
@click.option("--since", required=True, metavar="STATE", help="yesterday, 2h, a time, a sweep's id or last-good.")
@click.option("--until", default=NOW, metavar="STATE", help="Likewise (default: now).")
@click.option("--severity", type=click.Choice([s.value for s in Severity]), help="Only what is this bad or worse.")
@click.option("--event", metavar="PATTERN", help="Only such events: auth.removed, server.*.")
@click.option("--limit", type=click.IntRange(1), default=1000, metavar="N", help="At most so many (default 1000).")
@click.option("--after", metavar="ID", help="Go on behind this change.")
@click.option("--format", "-f", "form", type=FORMS, default="table", help="table (default), json, jsonl or markdown.")
@click.option("--db", metavar="FILE", help="The store (default: ~/.local/state/livebom/livebom.duckdb).")
@told
def command(
    since: str,
    until: str,
    severity: str | None,
    event: str | None,
    limit: int,
    after: str | None,
    form: str,
    db: str | None,
) -> int:
    """List what sweeps told since then, oldest first; nothing is contacted and nothing compared anew.

    \b
    livebom changes --since yesterday
    livebom changes --since last-good --severity high --format markdown
    """
    worst = Severity(severity) if severity else None
    client = reachable(db)
    page = _asked(client, (since, until), (worst, event), limit, after) if client is not None else None
    if page is None:
        with read_store(db, said=True) as store:
            page = _page(store, (since, until), (worst, event), limit, after)
    click.echo(_written(page, (since, until), form), nl=False)
    return 0


def _asked(
    client: Client, states: tuple[str, str], chosen: tuple[Severity | None, str | None], limit: int, after: str | None
) -> Page | None:
    """The same from the daemon, in as many of its pages as it takes; None where the file is to be read instead."""
    since, until = map(daemon_state, states)
    query = {"since": since, "until": until, "severity": chosen[0], "event": chosen[1]}
    its: list[StoredChange] = []
    try:
        while True:
            most = min(limit - len(its), _MOST)
            found = client.get("/v1/changes", ChangeList, **query, limit=most, cursor=after)
            its += (StoredChange(id=one.id, sweep=one.sweep, at=one.at, change=one.change) for one in found.changes)
            after = found.next
            if after is None or len(its) >= limit:
                break
    except (NoDaemon, Denied) as error:
        fall_back(error)
        return None
    answered(client)
    return Page(
        since=found.since,
        until=found.until,
        changes=tuple(its),
        total=found.total,
        next=after,
        not_looked_at=found.not_looked_at,
    )


def _page(
    store: Store, states: tuple[str, str], chosen: tuple[Severity | None, str | None], limit: int, after: str | None
) -> Page:
    since, until = (asked(store, one) for one in states)
    if since is None:
        raise click.UsageError("--since now leaves nothing; write yesterday, 2h, a time, a sweep's id or last-good")
    end = until or max(datetime.now(UTC), newest(store) or NEVER)
    worst, event = chosen
    found = store.changes(since, end, limit + 1, after, severity=worst, event=event)
    return Page(
        since=since,
        until=end,
        changes=tuple(found[:limit]),
        total=store.count_changes(since, end, severity=worst, event=event),
        next=found[limit - 1].id if len(found) > limit else None,
        not_looked_at=unlooked(store, since, end),
    )


def _written(page: Page, names: tuple[str, str], form: str) -> str:
    if form == "json":
        return block(page) + "\n"
    if form == "jsonl":
        return "".join(f"{line(one)}\n" for one in page.changes)
    if form == "markdown":
        return markdown.write(_comparison(page, names))
    return "\n".join(_lines(page, names)) + "\n"


def _lines(page: Page, names: tuple[str, str]) -> Iterable[str]:
    since, until = map(safe_text, names)
    yield f"{since} ({moment(page.since)}) -> {until} ({moment(page.until)}): {counts(_worst_first(page.changes))}"
    for (at, sweep), its in groupby(page.changes, key=lambda one: (one.at, one.sweep)):
        yield from ("", f"{moment(at)}, sweep {safe_text(sweep[:8])}", *table.told(_worst_first(list(its))))
    if page.next:
        yield from ("", f"{len(page.changes)} of {page.total}; the next ones: --after {page.next}")
    if page.not_looked_at:
        yield from ("", "Not looked at:", *(f"  - {safe_text(words)}" for words in page.not_looked_at))


def _worst_first(changes: Sequence[StoredChange]) -> tuple[Change, ...]:
    return tuple(one.change for one in sorted(changes, key=lambda one: (one.change.severity.rank, one.change.event)))


def _comparison(page: Page, names: tuple[str, str]) -> Comparison:
    return Comparison(
        old=names[0],
        new=names[1],
        old_at=page.since,
        new_at=page.until,
        changes=_worst_first(page.changes),
        not_seen=page.not_looked_at,
    )
