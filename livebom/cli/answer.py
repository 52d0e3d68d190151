"""The answer to a question as people and programs want it: a table, JSON, lines of JSON, or a sheet."""

import csv
import os
import sys
from collections.abc import Sequence
from datetime import datetime
from io import StringIO
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from livebom.bom.text import safe_text
from livebom.export.encoding import block, line
from livebom.export.table import WIDTH
from livebom.store import Answer

FORMATS = click.Choice(["table", "json", "jsonl", "csv"])
_LONGEST = 2000
"""Characters of a cell: a way of eight steps with long names."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What starts a formula in some spreadsheet (OWASP, "CSV Injection")."""


def print_answer(answer: Answer, form: str, shown: Sequence[str]) -> None:
    """Print it whole as JSON or CSV, or these columns of it as a table; every name is made safe on its way out."""
    if form == "csv":
        sys.stdout.write(_sheet(answer))
        sys.stdout.flush()
    elif form == "table":
        _table(answer, shown)
    else:
        rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
        if form == "jsonl":
            for row in rows:
                click.echo(line(row))
        else:
            click.echo(block(rows))


def _table(answer: Answer, shown: Sequence[str]) -> None:
    if not answer.rows:
        click.echo("nothing")
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    for column in shown:
        table.add_column(column.upper().replace("_", " "), overflow="fold")
    places = [answer.columns.index(column) for column in shown]
    for row in answer.rows:
        table.add_row(*(Text(_words(row[place]) or "-") for place in places))
    width = None if sys.stdout.isatty() else WIDTH
    Console(width=width, highlight=False, markup=False, emoji=False, no_color="NO_COLOR" in os.environ).print(table)


def _sheet(answer: Answer) -> str:
    out = StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(answer.columns)
    writer.writerows([_cell(value) for value in row] for row in answer.rows)
    return out.getvalue()


def _cell(value: Any) -> str:
    """A cell that no spreadsheet runs: numbers as they are, a text like a formula behind an apostrophe."""
    words = _words(value)
    return words if isinstance(value, int) or not words.lstrip(" \"'").startswith(_FORMULA) else f"'{words}"


def _words(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, list):
        return ", ".join(safe_text(str(one), _LONGEST) for one in value)
    return safe_text(str(value), _LONGEST)
