"""`livebom register`: the official inventory, taken into the graph beside what was seen."""

import os
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import click

from livebom import __version__
from livebom.bom.graph import fold, name_of, value
from livebom.bom.observation import Observation
from livebom.bom.parts import Edge, Graph, Part
from livebom.bom.register import STATUS, SURFACE, Origin, Register, read_document, read_list, read_table
from livebom.bom.text import safe_text
from livebom.cli.errors import INCOMPLETE, USAGE, complain, told
from livebom.cli.listing import FORMATS, print_rows, read_store
from livebom.cli.states import policy_of
from livebom.settings import load_settings
from livebom.store import Store, SweepRow, Told

_COLUMNS = ("kind", "name", "key", "status", "source", "seen_by", "first_seen", "last_seen")
_KINDS = ("csv", "cyclonedx", "list")
_CAP = 64 << 20
"""Most bytes of a register that are read."""
_TOLD = 20
"""How many bad rows are told one by one."""
_DB = click.option("--db", metavar="FILE", help="The store (default: ~/.local/state/livebom/livebom.duckdb).")


@click.group(name="register")
def command() -> None:
    """Take in the official inventory, so that `livebom question unregistered` can hold it against what was seen.

    \b
    livebom register import cmdb.csv --mapping kind=server,host=IP,product=Software,status=State
    livebom register import approved-models.txt
    livebom register import official.cdx.json --source architecture-office
    livebom register list
    """


@command.command(name="import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--mapping", metavar="NAME=COLUMN,…", help="Which column holds what; kind=model for all rows alike.")
@click.option("--format", "form", type=click.Choice(_KINDS), help="Default: as it looks.")
@click.option("--source", metavar="NAME", help="What the register is called (default: the file's name).")
@click.option("--dry-run", is_flag=True, help="Print what would be taken, and store nothing.")
@_DB
@told
def import_(
    file: Path, mapping: str | None, form: str | None, source: str | None, dry_run: bool, db: str | None
) -> int:
    """Take FILE in: a table with headings (CSV), a CycloneDX or other document, or a list of models, one per line.

    It replaces what was taken in under the same name before; what it no longer lists is no longer registered. Rows
    that cannot be taken are told, and the others are taken. Exit code: 2 if nothing could be taken, 3 for bad rows.
    """
    origin = Origin(uuid.uuid4().hex, datetime.now(UTC), source or file.name)
    try:
        register = _read(file, form, _pairs(mapping), origin)
    except (OSError, UnicodeDecodeError, ValueError) as error:
        return complain(f"{safe_text(str(file), 200)}: {_why(error)}", USAGE)
    for bad in register.bad[:_TOLD]:
        complain(f"{safe_text(str(file), 200)}:{bad.line}: {bad.reason}", 0)
    if len(register.bad) > _TOLD:
        complain(f"{safe_text(str(file), 200)}: and {len(register.bad) - _TOLD} more bad rows", 0)
    if not register.observations:
        return complain(f"{safe_text(str(file), 200)}: no row of it could be taken; nothing was stored", USAGE)
    graph = fold(register.observations)
    if dry_run:
        print_rows([_row(part, origin.source) for part in graph.parts.values()], "table", _COLUMNS[:5])
    else:
        path = load_settings({"db": db}, os.environ).database(os.environ)
        with Store.open(path, wait=lambda words: click.echo(f"livebom: {words}", err=True)) as store:
            _take(store, graph, register.observations, origin)
    counted = f"{len(graph.parts)} parts of {safe_text(origin.source, 100)}"
    complain(f"{counted} {'would be registered' if dry_run else 'are registered'}", 0)
    return INCOMPLETE if register.bad else 0


@command.command(name="list")
@_DB
@click.option("--format", "-f", "form", type=FORMATS, default="table", help="table (default), json or jsonl.")
@told
def list_(db: str | None, form: str) -> int:
    """List what stands in a register, with its status and which surfaces have seen it."""
    with read_store(db) as store:
        graph = store.graph()
    rows = [
        _row(part, source)
        for part in sorted(graph.parts.values(), key=lambda part: (part.kind, part.key))
        for source in sorted(_speakers(part, register=True))
    ]
    print_rows(rows, form, _COLUMNS)
    return 0


def _row(part: Part, source: str) -> dict[str, object]:
    return {
        "kind": part.kind,
        "name": name_of(part),
        "key": part.key,
        "status": value(part, STATUS),
        "source": source,
        "seen_by": sorted(_speakers(part, register=False)),
        "first_seen": part.first_seen,
        "last_seen": part.last_seen,
    }


def _speakers(part: Part, *, register: bool) -> set[str]:
    """The registers that list it, or the other surfaces that speak of it."""
    claims = [claim for those in part.attributes.values() for claim in those]
    if register:
        return {claim.source for claim in claims if claim.surface == SURFACE}
    return {claim.surface for claim in claims} - {SURFACE}


def _take(store: Store, graph: Graph, observations: tuple[Observation, ...], origin: Origin) -> None:
    """Store it as a look at that register: what it listed before and no longer does is looked for in vain.

    What it changes is told as that of a sweep is, unless it is the first look.
    """

    def listed(one: Part | Edge) -> bool:
        claims = (claim for those in one.attributes.values() for claim in those)
        return any(claim.surface == SURFACE and claim.source == origin.source for claim in claims)

    before = store.document()
    store.begin_sweep(
        SweepRow(id=origin.sweep, surface=SURFACE, scope=(origin.source,), started_at=origin.at, version=__version__)
    )
    store.add(observations)
    ended = datetime.now(UTC)
    store.settle(graph, sweep_id=origin.sweep, seen_at=ended, covered=listed, gone_after=1)
    store.end_sweep(origin.sweep, ended, complete=True, tally={"parts": len(graph.parts)})
    if before.looks:
        store.tell(before, graph, Told(sweep_id=origin.sweep, policy=policy_of(None), today=ended.date()))
    store.publish()


def _read(file: Path, form: str | None, mapping: Mapping[str, str], origin: Origin) -> Register:
    """Raises OSError, UnicodeDecodeError, ValueError, and ReadProblem for a document that is none."""
    with file.open("rb") as opened:
        data = opened.read(_CAP + 1)
    if len(data) > _CAP:
        raise ValueError(f"it is larger than {_CAP >> 20} MiB")
    form = form or _looks_like(data, file, mapping)
    if mapping and form != "csv":
        raise ValueError("--mapping is for a table")
    if form == "cyclonedx":
        from livebom.readers import read

        return read_document(read(data, str(file)), origin)
    text = data.decode("utf-8-sig")
    return read_table(text, mapping, origin) if form == "csv" else read_list(text, origin)


def _looks_like(data: bytes, file: Path, mapping: Mapping[str, str]) -> str:
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        return "cyclonedx"
    return "csv" if mapping or file.suffix.lower() in {".csv", ".tsv"} else "list"


def _pairs(mapping: str | None) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in (mapping or "").split(",") if pair.strip()]
    wrong = [name for name, mark, column in pairs if not mark or not column.strip()]
    if wrong:
        raise click.UsageError(f"--mapping: {safe_text(wrong[0], 100)}: write NAME=COLUMN, such as name=Model")
    return {name.strip().lower(): column.strip() for name, _, column in pairs}


def _why(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"it is not UTF-8 (byte {error.start}); save it as “CSV UTF-8”"
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
