"""Old evidence, asks and bodies, moved day by day into Parquet files beside the store; a kill loses none of them."""

import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

from msgspec import Struct

from livebom.store.database import Database, told
from livebom.store.encode import column_time
from livebom.store.errors import StoreError
from livebom.store.rows import Row
from livebom.store.snapshot import publish, sync_folder

TABLES = {
    "observation": {"table": "observation", "source": "copy.observation", "columns": "*", "column": "seen_at"},
    "ask": {"table": "ask", "source": "copy.ask", "columns": "*", "column": "asked_at"},
    "content": {
        "source": "copy.content JOIN last_named USING (digest)",
        "columns": "* EXCLUDE (last_at)",
        "column": "last_at",
    },
}
"""What moves, and by which time; a body moves with the last ask or evidence that names it."""

_HALF = ".part"


class Retained(Struct, frozen=True, kw_only=True):
    """What was moved."""

    files: tuple[str, ...] = ()
    """In the order they were written."""
    rows: int = 0


def history_path(path: Path) -> Path:
    """The folder of that store's Parquet files: `livebom.duckdb` has `livebom.duckdb.history`."""
    return path.with_name(f"{path.name}.history")


def retain(database: Database, before: datetime) -> Retained:
    """Move what is of days that ended before that time; see `Store.retain`.

    A file is written whole under another name, from the published copy, in which exactly the same rows stand. Then one
    transaction deletes the rows and notes the file, and then the file gets its name. `recover` ends what a kill left.
    """
    recover(database)
    until = column_time(before).replace(hour=0, minute=0, second=0, microsecond=0)
    days: list[date] = [day for (day,) in database.run("old_days", {"until": until})]
    if not days:
        return Retained()
    folder = history_path(database.path)
    with told(folder):
        folder.mkdir(mode=0o750, exist_ok=True)
    files: list[str] = []
    rows = 0
    with _published(database, until) as copy:
        for day in days:
            written = [one for table in TABLES if (one := _write(database, copy, folder, table, day))]
            _forget(database, copy, day, written)
            recover(database)
            files += [name for name, _, _ in written]
            rows += sum(count for _, _, count in written)
    return Retained(files=tuple(files), rows=rows)


def recover(database: Database) -> None:
    """Give files their names whose rows were deleted, and take away those whose rows are still in the store."""
    folder = history_path(database.path)
    with told(folder):
        halves = sorted(folder.glob(f"*{_HALF}")) if folder.is_dir() else []
    if not halves:
        return
    noted = {name for (name,) in database.run("history_files")}
    with told(folder):
        for half in halves:
            if half.stem in noted:
                half.replace(half.with_name(half.stem))
            else:
                half.unlink()
        sync_folder(folder)


Written = tuple[str, str, int]
"""A file's name, the table it is of, and how many rows it holds."""


@contextmanager
def _published(database: Database, until: datetime) -> Generator[Database]:
    """The store's copy in an engine of its own that may write files; the engine of the store must never."""
    import duckdb

    path = publish(database)
    settings: dict[str, str | bool | int | float | list[str]] = {
        "threads": 1,
        "memory_limit": "256MB",
        "temp_directory": f"{database.path}.tmp",
        "autoload_known_extensions": "false",
        "autoinstall_known_extensions": "false",
        "allow_community_extensions": "false",
    }
    with told(path):
        copy = Database(path, duckdb.connect(":memory:", config=settings))
    try:
        copy.run("attach_copy", tables={"path": _literal(path)})
        copy.run("last_named", {"until": until})
        yield copy
    finally:
        copy.close()


def _write(database: Database, copy: Database, folder: Path, table: str, day: date) -> Written | None:
    """The table's rows of that day as a file that has not its name yet; None where there is none."""
    [(count,)] = copy.run("archive_count", {"day": day}, TABLES[table])
    if not count:
        return None
    [(taken,)] = database.run("history_taken", {"table": table, "day": day})
    name = f"{table}-{day}.parquet" if not taken else f"{table}-{day}.{taken + 1}.parquet"
    half = folder / f"{name}{_HALF}"
    [(written,)] = copy.run("archive", tables={**TABLES[table], "path": _literal(half), "day": day.isoformat()})
    if written != count:
        raise StoreError(half, f"{count} rows were to be written and {written} were", "report this as a bug")
    with told(half):
        half.chmod(0o640)
        with half.open("rb") as file:
            os.fsync(file.fileno())
        sync_folder(folder)
    return name, table, count


def _forget(database: Database, copy: Database, day: date, written: Sequence[Written]) -> None:
    """Delete in the store what was written, in one transaction with the note of it."""
    with database.transaction():
        for name, table, count in written:
            if table == "content":
                database.run("stage_archived")
                database.fill("staged_archived", copy.run("archived_content", {"day": day}))
                [(deleted,)] = database.run("delete_content")
            else:
                [(deleted,)] = database.run("delete_archived", {"day": day}, TABLES[table])
            if deleted != count:
                reason = f"{count} rows of {table} were archived and {deleted} deleted"
                raise StoreError(database.path, reason, "report this as a bug")
            database.fill("history", _by_sweep(copy, name, table, day, count))


def _by_sweep(copy: Database, name: str, table: str, day: date, count: int) -> list[Row]:
    """The rows of `history` for a file: one per look, so that what looks counted stays known."""
    if table == "content":
        return [(name, table, day, "", count)]
    return [(name, table, day, sweep, rows) for sweep, rows in copy.run("archive_sweeps", {"day": day}, TABLES[table])]


def _literal(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
