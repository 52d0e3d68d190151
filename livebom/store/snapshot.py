"""The published copy: the whole file as of the last commit, for anyone to read while the live file is held."""

import errno
import os
from pathlib import Path

from livebom.store.database import Database, told
from livebom.store.errors import StoreError
from livebom.store.views import lay

_CANNOT = {errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP}
"""What `copy_file_range` says where the two file systems cannot do it (copy_file_range(2))."""


def snapshot_path(path: Path) -> Path:
    """Where the copy of that store stands: `livebom.duckdb` is published as `livebom.snapshot.duckdb`."""
    return path.with_name(f"{path.stem}.snapshot.duckdb")


def publish(database: Database) -> Path:
    """Write everything into the file, copy it beside itself with views, and put the copy in the place of the last one.

    After a CHECKPOINT the file alone is the whole database (the log beside it is empty), and only this process writes
    to it. The copy (mode 0640) appears by rename: a reader has the old one or the new one, never half of one.
    Raises StoreError, with the last snapshot still in its place.
    """
    database.run("checkpoint")
    log = database.path.with_name(f"{database.path.name}.wal")
    with told(database.path):
        if log.exists() and log.stat().st_size:
            raise StoreError(database.path, "its log could not be written into it", "open the store again")
    target = snapshot_path(database.path)
    half = target.with_name(f"{target.name}.part")
    with told(target):
        try:
            copy_descriptor(database.descriptor, half)
            lay(half)
            half.replace(target)
            sync_folder(target.parent)
        finally:
            half.unlink(missing_ok=True)
            half.with_name(f"{half.name}.wal").unlink(missing_ok=True)
    return target


def copy_descriptor(source: int, target: Path) -> None:
    """Copy from the descriptor that is already open: closing another one would drop DuckDB's lock on the live file."""
    out = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o640)
    try:
        os.fchmod(out, 0o640)
        size, done = os.fstat(source).st_size, 0
        while done < size:
            sent = _copied(source, out, done, size - done)
            if not sent:
                break
            done += sent
        os.fsync(out)
    finally:
        os.close(out)


def _copied(source: int, out: int, done: int, left: int) -> int:
    """Bytes copied on; file systems that can (XFS, btrfs) share the blocks of both files and copy nothing."""
    try:
        return os.copy_file_range(source, out, left, done, done)
    except OSError as error:
        if error.errno not in _CANNOT:
            raise
    os.lseek(out, done, os.SEEK_SET)
    return os.sendfile(out, source, done, left)


def sync_folder(folder: Path) -> None:
    """Make the names in the folder survive a power cut. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
