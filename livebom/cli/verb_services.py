"""`livebom services`: what is known to run, now or at a time, from the store."""

from datetime import datetime

import click

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
    """List the services that sweeps found, from the store; nothing is contacted."""
    with read_store(db) as store:
        rows = [dict(row) for row in store.services(at) if everything or row["product"]]
    print_rows(rows, form, _COLUMNS)
    return 0
