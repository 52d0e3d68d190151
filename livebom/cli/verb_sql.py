"""`livebom sql`: one SELECT of anybody's on the last snapshot of the store."""

import os
import sys
from base64 import b64decode
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import click

from daemon.client import Client, Denied, NoDaemon
from daemon.wire import SqlAnswer, SqlRequest
from livebom.bom.text import safe_text
from livebom.cli.answer import print_answer
from livebom.cli.asking import answered, fall_back, reachable
from livebom.cli.errors import USAGE, complain, told
from livebom.cli.output import write_whole_bytes
from livebom.settings import load_settings
from livebom.store import Answer, Limits, MissingArrow, Selected, SqlError, arrow, parquet, select, snapshot_path

_FORMATS = ("table", "json", "jsonl", "csv", "parquet", "arrow")
_SUFFIXES = {f".{form}": form for form in _FORMATS if form != "table"} | {".ndjson": "jsonl", ".feather": "arrow"}
_BINARY = {"parquet": parquet, "arrow": arrow}
_LIMITS = Limits()
_LONGEST = 60.0
"""Seconds that the daemon gives a query; a longer one asks the snapshot's file."""


@click.command(name="sql")
@click.argument("query", metavar="[QUERY|-]", required=False)
@click.option("--file", type=click.Path(path_type=Path), metavar="FILE", help="Read the query from there.")
@click.option("--param", "given", multiple=True, metavar="NAME=VALUE", help="What $NAME in it stands for; repeatable.")
@click.option("--max-rows", type=click.IntRange(1, 1_000_000), default=_LIMITS.rows, help="Cut off what is more.")
@click.option("--timeout", type=click.FloatRange(0.1, 3600), default=_LIMITS.seconds, help="Seconds it may take.")
@click.option("--db", metavar="FILE", help="The store (default: ~/.local/state/livebom/livebom.duckdb).")
@click.option(
    "--format", "-f", "form", type=click.Choice(_FORMATS), help="table (default), json, jsonl, csv, parquet …"
)
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Write there; the suffix chooses the format.")
@told
def command(
    query: str | None,
    file: Path | None,
    given: tuple[str, ...],
    max_rows: int,
    timeout: float,
    db: str | None,
    form: str | None,
    output: Path | None,
) -> int:
    """Ask the last snapshot in SQL; QUERY is one SELECT of DuckDB's, and - reads it from standard input.

    \b
    livebom sql "SELECT product, count(*) FROM server GROUP BY ALL"
    livebom sql 'SELECT * FROM service WHERE host = $host' --param host=10.0.0.5
    livebom sql "FROM finding WHERE state = 'fail'" -o findings.parquet

    The views, column by column, and worked queries: docs/sql.md. The query runs in a process of its own that can read
    the snapshot and nothing else. Exit code: 2 for a query that is none, fails, or takes more than it may, 4 where
    there is no snapshot, else 0.
    """
    form = form or _SUFFIXES.get(output.suffix if output else "", "table")
    text, parameters = _query(query, file), _parameters(given)
    limits = Limits(rows=max_rows, seconds=timeout, size=max(_LIMITS.size, max_rows * 1024))
    client = reachable(db) if timeout <= _LONGEST else None
    try:
        answer = _asked(client, text, limits, parameters) if client is not None else None
        if answer is None:
            path = snapshot_path(load_settings({"db": db}, os.environ).database(os.environ))
            answer = select(path, text, limits, parameters)
            click.echo(f"livebom: from the file {safe_text(str(path))}", err=True)
        _note(answer)
        _deliver(answer, form, output)
    except (SqlError, MissingArrow) as error:
        return complain(str(error), USAGE)
    return 0


def _asked(client: Client, text: str, limits: Limits, parameters: dict[str, str]) -> Selected | None:
    """The daemon's answer; None where the snapshot's file is to be read instead."""
    request = SqlRequest(query=text, max_rows=limits.rows, timeout=limits.seconds, parameters={**parameters})
    try:
        found = client.ask("POST", "/v1/sql", SqlAnswer, body=request)
    except (NoDaemon, Denied) as error:
        fall_back(error)
        return None
    answered(client)
    blobs = {place for place, kind in enumerate(found.types) if kind == "BLOB"}
    rows = tuple(tuple(_bytes(row, blobs)) for row in found.rows) if blobs else found.rows
    return Selected(
        columns=found.columns, types=found.types, rows=rows, cut=found.cut, as_of=found.as_of, seconds=found.seconds
    )


def _bytes(row: tuple[Any, ...], blobs: set[int]) -> Iterator[Any]:
    """JSON has no bytes: they come as base64."""
    for place, value in enumerate(row):
        yield b64decode(value) if place in blobs and value is not None else value


def _query(query: str | None, file: Path | None) -> str:
    """The text, from the one place that was named. Raises click.UsageError, OSError."""
    if (query is None) == (file is None):
        raise click.UsageError("give the query: as an argument, with --file, or as - on standard input")
    if file is not None:
        return file.read_text(encoding="utf-8-sig", errors="replace")
    return sys.stdin.read() if query == "-" else query or ""


def _parameters(given: tuple[str, ...]) -> dict[str, str]:
    """Name to value as it was typed: DuckDB makes of it what the query compares it with."""
    wrong = [one for one in given if not one.partition("=")[0].isidentifier() or "=" not in one]
    if wrong:
        raise click.UsageError(f"{safe_text(wrong[0], 100)}: write NAME=VALUE, such as host=10.0.0.5")
    said = dict(one.split("=", 1) for one in given)
    if len(said) < len(given):
        raise click.UsageError("a parameter is given twice")
    return said


def _distinct(columns: tuple[str, ...]) -> tuple[str, ...]:
    """Names that an object can have side by side and a terminal can show: a second `a` is `a_2`."""
    names: dict[str, None] = {}
    for column in columns:
        name, count = safe_text(column, 200), 1
        while (told := name if count == 1 else f"{name}_{count}") in names:
            count += 1
        names[told] = None
    return tuple(names)


def _note(answer: Selected) -> None:
    cut = "; there are more: see --max-rows, or ask for less" if answer.cut else ""
    rows = "1 row" if len(answer.rows) == 1 else f"{len(answer.rows)} rows"
    click.echo(f"livebom: {rows} of the snapshot of {answer.as_of:%Y-%m-%d %H:%M:%S} UTC{cut}", err=True)


def _deliver(answer: Selected, form: str, output: Path | None) -> None:
    """Write it to the file, whole, or to stdout. Raises click.UsageError for bytes on a terminal, MissingArrow."""
    columns = _distinct(answer.columns)
    if form in _BINARY:
        if output is None and sys.stdout.isatty():
            raise click.UsageError(f"{form} is no text: give --output FILE")
        _write(_BINARY[form](answer), output)
    elif output is None:
        print_answer(Answer(columns, answer.rows), form, columns)
    else:
        out = BytesIO()
        with redirect_stdout(TextIOWrapper(out, encoding="utf-8", errors="backslashreplace", newline="")) as text:
            print_answer(Answer(columns, answer.rows), form, columns)
            text.flush()
            _write(out.getvalue(), output)


def _write(body: bytes, output: Path | None) -> None:
    if output is not None:
        write_whole_bytes(output, (body,))
    else:
        sys.stdout.buffer.write(body)
        sys.stdout.buffer.flush()
