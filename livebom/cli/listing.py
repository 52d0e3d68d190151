"""Rows from the store as people and programs want them."""

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from livebom.bom.text import safe_text
from livebom.export.encoding import block, line
from livebom.export.table import WIDTH
from livebom.settings import load_settings
from livebom.store import Store, StoreBusy, snapshot_path

FORMATS = click.Choice(["table", "json", "jsonl"])


def read_store(db: str | None, *, said: bool = False) -> Store:
    """The store for reading: the file itself, or its published snapshot while another process writes to it.

    `said` tells on stderr that the file is read. Raises StoreError where there is neither.
    """
    path = load_settings({"db": db}, os.environ).database(os.environ)
    try:
        store = Store.view(path)
        if said:
            click.echo(f"livebom: from the file {safe_text(str(path))}", err=True)
        return store
    except StoreBusy:
        click.echo(f"livebom: {safe_text(str(path))} is being written to; this is its last snapshot", err=True)
        return Store.view(snapshot_path(path))


def print_rows(rows: Iterable[Mapping[str, Any]], form: str, columns: Sequence[str]) -> None:
    """The rows whole as JSON, or these columns of them as a table."""
    if form == "jsonl":
        for row in rows:
            click.echo(line(row))
    elif form == "json":
        click.echo(block(list(rows)))
    else:
        _table(rows, columns)


def _table(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    for column in columns:
        table.add_column(column.upper().replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(row[column])) for column in columns))
    width = None if sys.stdout.isatty() else WIDTH
    Console(width=width, highlight=False, markup=False, emoji=False, no_color="NO_COLOR" in os.environ).print(table)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, list | tuple):
        return ", ".join(safe_text(str(one), 60) for one in value) or "-"
    return safe_text(str(value), 120)
