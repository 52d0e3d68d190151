"""`livebom status`: in ten lines, whether all is well and what was not looked at."""

from collections.abc import Iterator
from datetime import datetime

import click

from daemon.client import Denied, NoDaemon
from daemon.clock import span
from daemon.wire import Status, Sweep
from livebom.bom.service import Severity
from livebom.bom.text import safe_text
from livebom.cli.asking import daemon_client
from livebom.cli.errors import FINDINGS, INTERNAL, USAGE, complain, told
from livebom.export.encoding import block


@click.command(name="status")
@click.option("--format", "-f", "form", type=click.Choice(["table", "json"]), default="table", help="lines, or json.")
@told
def command(form: str) -> int:
    """Tell whether the daemon is well, what was not looked at, and when it sweeps next.

    Exit code: 1 where something is not well, 4 where no daemon answers, else 0.
    """
    try:
        found = daemon_client().get("/v1/status", Status)
    except Denied as error:
        return complain(str(error), USAGE)
    except NoDaemon as error:
        return complain(str(error), INTERNAL)
    if form == "json":
        click.echo(block(found))
    else:
        for name, words in _lines(found):
            click.echo(f"{name:<15}{safe_text(words, 400)}")
    return 0 if found.well else FINDINGS


def _lines(found: Status) -> Iterator[tuple[str, str]]:
    yield "livebom", f"{found.version}: " + ("all is well" if found.well else f"NOT WELL: {'; '.join(found.trouble)}")
    yield "running", _running(found)
    yield "last sweep", _last(found)
    yield "next", _next(found)
    if here := _here(found):
        yield "this host", here
    yield "not looked at", "; ".join(found.not_looked_at) or "nothing was left out"
    open_ = ", ".join(f"{found.findings[one]} {one}" for one in Severity if found.findings.get(one))
    yield "findings", open_ or "none open"
    yield "alerts", ", ".join(f"{count} {state}" for state, count in found.alerts.items()) or "none"
    yield "store", _store(found)
    config = found.config
    refused = f"; that of {_time(config.refused_at)} was refused: {config.problems[0]}" if config.refused_at else ""
    yield "configuration", f"{config.file or 'defaults'}, read {_time(config.loaded_at)}{refused}"
    quiet = f"nothing out of the ordinary since {_time(found.started_at)}"
    yield "lately", found.happened[-1] if found.happened else quiet


def _store(found: Status) -> str:
    store = found.store
    state = "open" if store.open else store.trouble or "not open"
    return f"{store.path}: {state}, {store.free_bytes >> 20} MiB free; snapshot {_age(store.snapshot_at, found.at)}"


def _here(found: Status) -> str:
    """Of the look at this host; empty where nothing of it is looked at."""
    its, last = found.local, found.local.last
    said = [f"looked at {_age(last.ended_at, found.at)}: {last.said or 'complete'}"] if last else []
    for one in its.watched:
        said += [f"{one.place} {one.state}{f' ({one.said})' if one.said else ''}"] if one.state != "absent" else []
    for each in its.collectors:
        said.append(f"collector {each.name} {'MISSED, ' if each.missed else ''}{_age(each.at, found.at)}")
    return "; ".join(said)


def _running(found: Status) -> str:
    if found.paused:
        return f"paused; {found.waiting} waiting"
    its = [one.id[:8] + f" ({one.by})" + _far(one) for one in found.running]
    held = f"; blackout until {_time(found.held_until)}" if found.held_until else ""
    return f"{', '.join(its) or 'no sweep'}; {found.waiting} waiting{held}"


def _far(sweep: Sweep) -> str:
    return f" {sweep.progress.tried} of {sweep.progress.planned} tried" if sweep.progress else ""


def _last(found: Status) -> str:
    last = found.last
    if last is None:
        return "none yet"
    whole = {True: "complete", False: "NOT complete", None: last.said}[last.complete]
    changes = sum(last.changes.values())
    return f"{last.id[:8]} ({last.by}) {last.state} {_age(last.ended_at, found.at)}: {whole}, {changes} changes"


def _next(found: Status) -> str:
    its = sorted((one.next, one.name) for one in found.schedules if one.next is not None)
    return ", ".join(f"{name} {_time(at)}" for at, name in its[:4]) or "no schedule: sweeps are ordered by hand"


def _time(at: datetime | None) -> str:
    return "never" if at is None else f"{at:%Y-%m-%d %H:%M} UTC"


def _age(at: datetime | None, now: datetime) -> str:
    return "never" if at is None else f"{span(max(0.0, (now - at).total_seconds()))} ago"
