"""A store in a folder of its own, whole: made from the live file or its snapshot, and put back in its place."""

import os
import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from livebom.store.database import Database, told
from livebom.store.encode import graph_time
from livebom.store.errors import StoreBusy, StoreError
from livebom.store.opening import open_database, view_database
from livebom.store.retention import history_path
from livebom.store.snapshot import copy_descriptor, publish, snapshot_path, sync_folder

NAME = "livebom.duckdb"
"""The store's file within a backup; its history lies beside it."""
_MAGIC = b"PAR1"
"""The first and last bytes of every Parquet file."""


class Backup(Struct, frozen=True, kw_only=True):
    """What was saved or put back."""

    at: datetime | None
    """When the last look in it ended; None where it holds none."""
    files: int
    """How many Parquet files of old evidence came with it."""
    live: bool = False
    """Another process writes to the store: this is its last snapshot."""


def backup(path: Path, folder: Path) -> Backup:
    """Save the store and its history in a new folder, which appears whole or not at all.

    A store that nobody writes is published first; of one that another process has, the last snapshot is taken. Raises
    StoreError where the folder is there already, StoreBusy where there is no snapshot yet.
    """
    if folder.exists():
        raise StoreError(folder, "it is there already", "name a folder that is not")
    live = not _published(path)
    half = folder.with_name(f".{folder.name}.part")
    with told(folder):
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(mode=0o750, parents=True)
        try:
            _copy(snapshot_path(path), half / NAME)
            saved = _examined(half / NAME)
            _copy_history(history_path(path), history_path(half / NAME), saved)
            at = _last(half / NAME)
            sync_folder(half)
            half.rename(folder)
            sync_folder(folder.parent)
        finally:
            shutil.rmtree(half, ignore_errors=True)
    return Backup(at=at, files=len(saved), live=live)


def restore(folder: Path, path: Path, *, force: bool = False) -> Backup:
    """Put a backup in the place of the store. Its file changes in one step, after all of it was examined.

    Raises StoreError where a store is there and not `force`, or the backup is not whole or of a newer livebom (then
    nothing was changed); StoreBusy where another process writes to the store.
    """
    source, half = folder / NAME, path.with_name(f"{path.name}.restored")
    if not source.is_file():
        raise StoreError(folder, f"it holds no {NAME}", "name a folder that `livebom backup` made")
    if path.exists():
        _refuse_busy(path)
        if not force:
            raise StoreError(path, "there is a store already", "use --force to put the backup in its place")
    with told(path):
        path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        shutil.rmtree(history_path(half), ignore_errors=True)
        _copy(source, half)
        try:
            _strip(half)
            saved = _examined(half)
            _copy_history(history_path(source), history_path(half), saved)
            at = _last(half)
            _swap(half, path)
        finally:
            half.unlink(missing_ok=True)
            shutil.rmtree(history_path(half), ignore_errors=True)
    return Backup(at=at, files=len(saved))


def _published(path: Path) -> bool:
    """Whether the snapshot is now what the store holds; not so where another process writes to it."""
    if not path.exists():
        raise StoreError(path, "there is no such file", "run a sweep first, or name another file")
    try:
        database = open_database(path, None, 0)
    except StoreBusy:
        if not snapshot_path(path).exists():
            raise
        return False
    try:
        publish(database)
    finally:
        database.close()
    return True


def _refuse_busy(path: Path) -> None:
    """Raises StoreBusy; a file that cannot be opened for another reason is what a backup is for."""
    try:
        open_database(path, None, 0).close()
    except StoreBusy:
        raise
    except StoreError:
        return


def _strip(path: Path) -> None:
    """Bring the file up to our schema, and take out what only a snapshot holds. Raises StoreError as opening does."""
    database = open_database(path, None, 0)
    try:
        with database.transaction():
            for kind, name in database.run("laid"):
                quoted = '"' + name.replace('"', '""') + '"'
                database.run("drop_laid", tables={"kind": kind, "name": quoted})
    finally:
        database.close()


def _examined(path: Path) -> list[str]:
    """The names of the files of history that belong to that store. Raises StoreError where it is none we know."""
    database = view_database(path)
    try:
        return [name for (name,) in database.run("history_files")]
    finally:
        database.close()


def _last(path: Path) -> datetime | None:
    database: Database = view_database(path)
    try:
        [(at,)] = database.run("last_look")
    finally:
        database.close()
    return None if at is None else graph_time(at)


def _copy_history(source: Path, target: Path, names: Sequence[str]) -> None:
    """Just the files that the store knows: rows of all others still stand in it."""
    if names:
        target.mkdir(mode=0o750, exist_ok=True)
    for name in names:
        file = source / name
        half = source / f"{name}.part"
        _copy(file if file.exists() else half, target / name)
        if not _is_parquet(target / name):
            raise StoreError(file, "it is not whole", "use another backup")
    if names:
        sync_folder(target)


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(4)
        file.seek(-4, os.SEEK_END)
        return head == file.read(4) == _MAGIC


def _copy(source: Path, target: Path) -> None:
    """The file as it is now, even if another takes its name meanwhile."""
    descriptor = os.open(source, os.O_RDONLY | os.O_CLOEXEC)
    try:
        copy_descriptor(descriptor, target)
    finally:
        os.close(descriptor)


def _swap(half: Path, path: Path) -> None:
    """History first, then the file: killed between, the old store stands and the restore can be run again."""
    history, new = history_path(path), history_path(half)
    old = path.with_name(f"{path.name}.history.old")
    shutil.rmtree(old, ignore_errors=True)
    if history.exists():
        history.rename(old)
    if new.exists():
        new.rename(history)
    path.with_name(f"{path.name}.wal").unlink(missing_ok=True)
    snapshot_path(path).unlink(missing_ok=True)
    half.replace(path)
    sync_folder(path.parent)
    shutil.rmtree(old, ignore_errors=True)
