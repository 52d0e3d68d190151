"""`livebom services`: what is known to run, now or at a time, from the store."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import click

from livebom.cli.asking import reachable, streamed
from livebom.cli.errors import told
from livebom.cli.listing import FORMATS, print_rows, read_store
from livebom.cli.when import When

_COLUMNS = ("zone", "host", "port", "name", "product", "version", "auth", "models", "first_seen", "last_seen")


@click.command(name="services")
@click.option("--at", "at", type=When(), help="As it was known then: 2026-11-21T08:00, yesterday, 2h, 3d.")
@click.option("--db", metavar="FILE", help="The store (default: ~/.local/state/livebom/livebom.duckdb).")
@click.option("--format", "-f", "form", type=FORMATS, default="table", help="table (default), json or jsonl.")
@click.option("--all", "everything", is_flag=True, help="Also open ports that are no AI service.")
@told
def command(at: datetime | None, db: str | None, form: str, everything: bool) -> int:
    """List the services that sweeps found, from the daemon or from the store; nothing is contacted."""
    print_rows(_rows(at, db, everything), form, _COLUMNS)
    return 0


def _rows(at: datetime | None, db: str | None, everything: bool) -> Iterable[dict[str, Any]]:
    """From the daemon that is there, else from the store's file."""
    client = reachable(db)
    if client is not None:
        when = at.isoformat() if at else None
        rows = streamed(client, "/v1/services", dict[str, Any], at=when, all=everything)
        if rows is not None:
            return map(_dated, rows)
    with read_store(db, said=True) as store:
        return [dict(row) for row in store.services(at) if everything or row["product"]]


def _dated(row: dict[str, Any]) -> dict[str, Any]:
    return row | {name: datetime.fromisoformat(row[name]) for name in ("first_seen", "last_seen")}
