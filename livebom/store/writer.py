"""The buffer in front of the file: rows gather until there are enough of them or the oldest has waited long enough."""

import time
from collections.abc import Callable, Iterable

from livebom.store.database import Database
from livebom.store.encode import text
from livebom.store.rows import Row

FLUSH_ROWS = 1000
FLUSH_SECONDS = 1.0
FLUSH_BYTES = 4 << 20
"""Bytes of bodies; what one transaction may hold in memory."""
CONTENT_CAP = 1 << 20
"""Most bytes of a body that are kept."""


class Writer:
    """Rows on their way to `observation`, `ask`, `coverage` and `content`.

    A row is acknowledged by the `flush` that returns after it was put, not before. Where a flush fails, its rows stay
    in `pending` and `bodies`, so they can be spooled, or flushed again into a database that was opened anew.
    """

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self.pending: dict[str, list[Row]] = {}
        """Table to rows."""
        self.bodies: dict[str, Row] = {}
        """Digest to a row of `content`."""
        self._rows = 0
        self._bytes = 0
        self._oldest: float | None = None

    def put(self, table: str, rows: Iterable[Row]) -> None:
        """Take rows for a table, and flush whenever there are enough."""
        for row in rows:
            self.pending.setdefault(table, []).append(row)
            self._rows += 1
            self._taken()
        if self._due():
            self.flush()

    def put_body(self, digest: str, body: bytes) -> None:
        """Take a body under its digest; the same digest is kept once."""
        if digest not in self.bodies:
            self.bodies[digest] = (text(digest), body[:CONTENT_CAP], len(body))
            self._bytes += min(len(body), CONTENT_CAP)
            self._rows += 1
            self._taken()

    def _taken(self) -> None:
        if self._oldest is None:
            self._oldest = self._clock()
        if self._rows >= FLUSH_ROWS or self._bytes >= FLUSH_BYTES:
            self.flush()

    def _due(self) -> bool:
        return self._oldest is not None and self._clock() - self._oldest >= FLUSH_SECONDS

    def flush(self) -> None:
        """Commit what was taken; when this returns, it survives a `kill -9`. Raises StoreError, losing nothing."""
        if not self._rows:
            return
        with self._database.transaction():
            for table, rows in self.pending.items():
                self._database.fill(table, rows)
            if self.bodies:
                self._database.run("stage_content")
                self._database.fill("staged_content", self.bodies.values())
                self._database.run("add_content")
        self.pending.clear()
        self.bodies.clear()
        self._rows = self._bytes = 0
        self._oldest = None
