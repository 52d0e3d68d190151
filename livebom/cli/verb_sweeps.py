"""`livebom sweeps`: the looks that were taken, from the store."""

import click

from livebom.cli.errors import told
from livebom.cli.listing import FORMATS, print_rows, read_store

_COLUMNS = ("started_at", "seconds", "complete", "scope", "open", "requests", "observations", "id")


@click.command(name="sweeps")
@click.option("--db", metavar="FILE", help="The store (default: ~/.local/state/livebom/livebom.duckdb).")
@click.option("--format", "-f", "form", type=FORMATS, default="table", help="table (default), json or jsonl.")
@told
def command(db: str | None, form: str) -> int:
    """List past sweeps: when, of what, whether they were complete, and what they counted."""
    with read_store(db) as store:
        past = store.sweeps()
    rows = [
        {
            "id": one.sweep.id,
            "surface": one.sweep.surface,
            "scope": one.sweep.scope,
            "version": one.sweep.version,
            "started_at": one.sweep.started_at,
            "ended_at": one.ended_at,
            "seconds": round((one.ended_at - one.sweep.started_at).total_seconds(), 1) if one.ended_at else None,
            "complete": one.complete,
            "open": one.tally.get("open"),
            "requests": one.asks,
            "observations": one.observations,
            "tally": one.tally,
        }
        for one in past
    ]
    print_rows(rows, form, _COLUMNS)
    return 0
