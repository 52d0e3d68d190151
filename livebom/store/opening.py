"""Opening the file: made where it is missing, waited for where another process has it, refused where it is not ours."""

import os
import re
import select
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from msgspec import Struct

from livebom.bom.redact import redact
from livebom.bom.text import safe_text
from livebom.store.database import Database, told
from livebom.store.encode import column_time
from livebom.store.errors import StoreBusy, StoreError

if TYPE_CHECKING:
    import duckdb

SCHEMA_VERSION = 2
"""The shape that `schema.sql` describes."""
STORAGE_VERSION = "v1.2.0"
"""The storage format: the one DuckDB 1.4 writes by itself, which every later release reads (verified 1.4.5, 2.0.0)."""
MEMORY_LIMIT = "512MB"
THREADS = 1
"""The scanner beside it wants the other cores; a second thread saves nothing that can be felt."""
TELL_EVERY = 10.0
"""Seconds between two words to somebody who waits."""
RETRY_EVERY = 0.2
"""Seconds between two attempts, while the process that has the file goes on living."""

_HELD = "Could not set lock on file"
_MAGIC = b"DUCK"
"""Bytes 8 to 12 of every DuckDB file."""


class Holder(Struct, frozen=True):
    """Who has the file, as far as can be known."""

    pid: int | None = None
    command: str = ""
    """Fit for a terminal, secrets removed."""

    def __str__(self) -> str:
        if self.pid is None:
            return "another process"
        return f"process {self.pid} ({self.command})" if self.command else f"process {self.pid}"


class _HeldError(Exception):
    """The file is another process's at this moment."""

    def __init__(self, holder: Holder) -> None:
        super().__init__(str(holder))
        self.holder = holder


def open_database(path: Path, wait: Callable[[str], None] | None, timeout: float | None) -> Database:
    """Open the live file for writing; what it raises and when it calls `wait` is said at `Store.open`."""
    with told(path):
        path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    _refuse_foreign(path)
    deadline = None if timeout is None else time.monotonic() + timeout
    next_word = 0.0
    while True:
        try:
            return _ready(path, _connect(path, read_only=False), read_only=False)
        except _HeldError as held:
            now = time.monotonic()
            if deadline is not None and now >= deadline:
                raise StoreBusy(
                    path, f"in use by {held.holder}", "try again when it has ended, or use another file"
                ) from held
            if wait is not None and now >= next_word:
                wait(f"{path} is in use by {held.holder}; waiting until it is free")
                next_word = now + TELL_EVERY
            _pause(held.holder, RETRY_EVERY if deadline is None else min(RETRY_EVERY, deadline - now))


def view_database(path: Path) -> Database:
    """Open a snapshot, or a file nobody writes, for reading only. Raises StoreError, StoreBusy where it is written."""
    if not path.exists():
        raise StoreError(path, "there is no such file", "run a sweep first, or name another file")
    _refuse_foreign(path)
    try:
        return _ready(path, _connect(path, read_only=True), read_only=True)
    except _HeldError as held:
        raise StoreBusy(path, f"in use by {held.holder}", "read its snapshot, or try again later") from held


def _refuse_foreign(path: Path) -> None:
    """Look at the file before DuckDB does: for a foreign one it would want to fetch an extension from the network."""
    with told(path):
        if not path.exists():
            return
        if _open_here(path):
            raise StoreError(path, "already open in this process", "use the store that is open")
        if path.is_file():
            with path.open("rb") as file:
                head = file.read(12)
            if head[8:] != _MAGIC:
                raise StoreError(path, "not a DuckDB file", "move it away, or use another file")


def _open_here(path: Path) -> bool:
    """Whether this process has the file open; DuckDB would silently share it, and opening it would drop its lock."""
    wanted = path.stat()
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            if os.path.samestat(descriptor.stat(), wanted):
                return True
        except OSError:  # closed since it was listed
            continue
    return False


def _connect(path: Path, *, read_only: bool) -> "duckdb.DuckDBPyConnection":
    import duckdb

    fresh = not path.exists()
    settings: dict[str, str | bool | int | float | list[str]] = {
        "threads": THREADS,
        "memory_limit": MEMORY_LIMIT,
        "temp_directory": f"{path}.tmp",
        "storage_compatibility_version": STORAGE_VERSION,
        "autoload_known_extensions": "false",
        "autoinstall_known_extensions": "false",
        "allow_community_extensions": "false",
    }
    with told(path):
        try:
            connection = duckdb.connect(str(path), read_only=read_only, config=settings)
        except duckdb.IOException as error:
            if _HELD in str(error):
                raise _HeldError(_holder(str(error))) from error
            raise
        if fresh:
            path.chmod(0o640)
    return connection


def _ready(path: Path, connection: "duckdb.DuckDBPyConnection", *, read_only: bool) -> Database:
    """The open file with its schema in place and the doors behind it shut."""
    with told(path):
        database = Database(path, connection)
    try:
        tables = {name for (name,) in database.run("tables")}
        if not tables and not read_only:
            _found(database)
        elif "meta" not in tables or "part_interval" not in tables:
            raise StoreError(path, "not a livebom store", "move it away, or use another file")
        else:
            _check_version(database, read_only=read_only)
        database.run("lock")
    except BaseException:
        database.close()
        raise
    return database


def _found(database: Database) -> None:
    """Lay the schema in one transaction, so that a file has all of it or nothing."""
    schema = resources.files(__package__).joinpath("schema.sql").read_text(encoding="utf-8")
    with database.transaction():
        with told(database.path):
            database.connection.execute(schema)
        database.run("found", {"version": SCHEMA_VERSION, "created_at": column_time(datetime.now(UTC))})


def _check_version(database: Database, *, read_only: bool) -> None:
    """Refuse a file of a shape that is not known; bring an older one up to it, each step whole or not."""
    [(version,)] = database.run("schema_version")
    if version is None or version < 1:
        raise StoreError(database.path, f"made by an unreleased livebom (schema {version})", "move it away")
    if version < SCHEMA_VERSION and read_only:
        raise StoreError(database.path, f"made by an older livebom (schema {version})", "run a sweep to upgrade it")
    for step in range(version + 1, SCHEMA_VERSION + 1):
        with database.transaction():
            database.run(f"upgrade_{step}")
    if version > SCHEMA_VERSION:
        raise StoreError(
            database.path,
            f"made by a newer livebom (its schema is {version}, this one knows {SCHEMA_VERSION})",
            "upgrade livebom, or use another file",
        )


def _holder(message: str) -> Holder:
    """The process that DuckDB's refusal names: `… lock is held in PROGRAM (PID n)`."""
    found = re.search(r"\(PID (\d+)\)", message)
    if found is None:
        return Holder()
    pid = int(found[1])
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # ended since, or another user's under hidepid
        return Holder(pid)
    words = raw.replace(b"\0", b" ").strip().decode(errors="replace")
    return Holder(pid, safe_text(redact(words, os.urandom(16)), 200))


def _pause(holder: Holder, seconds: float) -> None:
    """Wait until the holder ends, at most so many seconds."""
    try:
        pidfd = os.pidfd_open(holder.pid or 0)
    except OSError:  # unknown, or ended already
        Event().wait(seconds)
        return
    try:
        select.select([pidfd], [], [], seconds)
    finally:
        os.close(pidfd)
