"""The one door to DuckDB: statements by name, rows in bulk, transactions, and every error told as a StoreError."""

import os
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from livebom.store.errors import StoreError
from livebom.store.rows import Row

if TYPE_CHECKING:
    import duckdb

BATCH = 4096
"""Rows fetched, or sent as one JSON text, at a time."""


@cache
def sql(name: str) -> str:
    """The text of `queries/NAME.sql`."""
    return resources.files(__package__).joinpath("queries", f"{name}.sql").read_text(encoding="utf-8")


class Database:
    """An open connection to the live file; it belongs to one thread at a time.

    It keeps a descriptor of its own on the file until the very end. Closing any descriptor of a file drops all the
    locks that the process holds on it (fcntl(2), "advisory record locking"), so nothing else in this process may open
    and close the live file: a second process could then write to it as well. Measured with DuckDB 1.4 and 2.0.
    """

    def __init__(self, path: Path, connection: "duckdb.DuckDBPyConnection") -> None:
        self.path = path
        self.commits = 0
        """How many transactions were committed here."""
        self._within = False
        self._connection: duckdb.DuckDBPyConnection | None = connection
        self.descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    @property
    def connection(self) -> "duckdb.DuckDBPyConnection":
        """DuckDB's own. Raises StoreError after `close`."""
        if self._connection is None:
            raise StoreError(self.path, "the store is closed", "open it again")
        return self._connection

    def run(
        self, name: str, parameters: Mapping[str, Any] | None = None, tables: Mapping[str, str] | None = None
    ) -> list[Row]:
        """Run a statement of `queries/` and return its rows; `tables` fills in names of our own schema."""
        with told(self.path):
            return self._execute(name, parameters, tables).fetchall()

    def walk(
        self, name: str, parameters: Mapping[str, Any] | None = None, tables: Mapping[str, str] | None = None
    ) -> Iterator[Row]:
        """The same, a batch at a time; no other statement may run until the last row was taken."""
        with told(self.path):
            found = self._execute(name, parameters, tables)
        while batch := self._batch(found):
            yield from batch

    def _batch(self, found: "duckdb.DuckDBPyConnection") -> list[Row]:
        with told(self.path):
            return found.fetchmany(BATCH)

    def _execute(
        self, name: str, parameters: Mapping[str, Any] | None, tables: Mapping[str, str] | None
    ) -> "duckdb.DuckDBPyConnection":
        text = sql(name).format_map(tables) if tables else sql(name)
        return self.connection.execute(text, parameters) if parameters else self.connection.execute(text)

    def fill(self, table: str, rows: Iterable[Row]) -> None:
        """Append rows, each in the order of the table's columns, within the transaction that is open."""
        with told(self.path):
            if hasattr(self.connection, "appender"):
                with self.connection.appender(table) as appender:
                    appender.append_rows(rows)
            else:
                self.fill_as_json(table, rows)

    def fill_as_json(self, table: str, rows: Iterable[Row]) -> None:
        """The same without DuckDB's Appender, which came to Python with 2.0."""
        left = iter(rows)
        while batch := list(islice(left, BATCH)):
            values = ", ".join(f"r->>{column}" for column in range(len(batch[0])))
            self.run("fill", {"rows": _json_rows(batch)}, {"table": table, "values": values})

    @contextmanager
    def transaction(self) -> Generator[None]:
        """All or nothing; when it is left without an error, what was done in it survives a `kill -9`.

        Within another one it is a part of that one: whoever catches its error must let the outer one fail too.
        """
        if self._within:
            yield
            return
        with told(self.path):
            self.connection.begin()
        self._within = True
        try:
            yield
            with told(self.path):
                self.connection.commit()
        except BaseException:
            self._roll_back()
            raise
        finally:
            self._within = False
        self.commits += 1

    def _roll_back(self) -> None:
        """Undo what is open; a commit that failed, or a database that died, has undone it already."""
        import duckdb

        with suppress(duckdb.Error):
            self.connection.rollback()

    def close(self) -> None:
        """Close the file and give up the lock; again does nothing. Raises StoreError where the last write fails."""
        if self._connection is None:
            return
        connection, self._connection = self._connection, None
        try:
            with told(self.path):
                connection.close()
        finally:
            os.close(self.descriptor)


def _json_rows(batch: Sequence[Row]) -> str:
    """The rows as one JSON text, every value in the form that DuckDB casts back from text; bytes are `\\xAB` each."""
    plain = [[_blob_text(value) if isinstance(value, bytes) else value for value in row] for row in batch]
    return msgspec.json.encode(plain).decode()


def _blob_text(body: bytes) -> str:
    return ("\\" + body.hex("\\")).replace("\\", "\\x") if body else ""


@contextmanager
def told(path: Path) -> Generator[None]:
    """Say DuckDB's and the system's errors as a StoreError with a remedy."""
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        raise StoreError(path, _first_line(error), _remedy(error)) from error
    except OSError as error:
        raise StoreError(path, error.strerror or str(error), _remedy(error)) from error


_REMEDIES = (
    ("No space left", "make room on its disk, or use another file; nothing that was stored is lost"),
    ("File too large", "raise the limit on file sizes, or use another file; nothing that was stored is lost"),
    ("Permission denied", "give this user the right to write there, or use another file"),
    ("Read-only file system", "use a file on a disk that can be written"),
    ("not a valid DuckDB database", "move it away, or use another file"),
    ("Corrupt", "restore it from its snapshot or a backup, or move it away"),
    ("Could not read enough bytes", "it was cut short: restore it from its snapshot or a backup, or move it away"),
    ("Is a directory", "name a file, not a folder"),
    ("Not a directory", "name a file in a folder"),
    ("File exists", "name a file in a folder: what stands for one in its path is a file"),
    ("invalidated", "open the store again; nothing that was stored is lost"),
    ("out of memory", "free some memory, or look at fewer targets at once"),
)


def _remedy(error: Exception) -> str:
    words = str(error)
    return next((cure for sign, cure in _REMEDIES if sign.lower() in words.lower()), "use another file if it persists")


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
