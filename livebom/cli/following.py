"""A stream of the daemon's events as people read it, line by line."""

import click

from daemon.client import Client
from daemon.wire import Event
from livebom.bom.text import safe_text
from livebom.export.encoding import line


def follow(client: Client, sweep: str | None, form: str, *, err: bool = False) -> None:
    """Print what happens, in one sweep until it ends or in all. Raises NoDaemon, Denied."""
    path = f"/v1/sweeps/{sweep}/events" if sweep else "/v1/events"
    for event in client.lines(path, Event):
        if form == "jsonl":
            click.echo(line(event), err=err)
        elif words := told(event):
            click.echo(f"{event.at:%H:%M:%S} {words}", err=err)


def told(event: Event) -> str:
    """One event in a line; empty for one that says nothing to a person."""
    short = safe_text(event.sweep[:8])
    match event.event:
        case "state":
            said = f": {safe_text(event.said, 300)}" if event.said else ""
            whole = {True: ", complete", False: ", not complete", None: ""}[event.complete]
            return f"{short} {event.state}{whole}{said}"
        case "progress" if event.progress is not None:
            its = event.progress
            return f"{short} {its.tried} of {its.planned} tried, {its.open} open, {its.talked} talked to"
        case "service":
            what = safe_text(" ".join(filter(None, (event.product, event.version))) or "no AI service", 100)
            bad = "".join(f"; {one.severity}: {safe_text(one.title, 100)}" for one in event.findings)
            return f"{short} {safe_text(event.key, 200)} {what}{bad}"
        case "change" if event.change is not None:
            its_change = event.change
            return f"{short} {its_change.severity}: {safe_text(f'{its_change.event} {its_change.key}', 300)}"
        case "lost":
            return f"{event.count} lines were left out: this terminal reads too slowly"
    return ""
