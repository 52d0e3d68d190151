"""The front door: a store that is open, what is written into it and what it tells."""

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import UUID

from livebom.bom.change import Comparison
from livebom.bom.document import Document
from livebom.bom.observation import Observation
from livebom.bom.parts import Edge, Graph, Part
from livebom.bom.policy import Policy
from livebom.bom.service import Service, Severity
from livebom.store import changes, read, state
from livebom.store.changes import StoredChange, Told
from livebom.store.database import Database
from livebom.store.encode import column_time, json_text, text
from livebom.store.errors import StoreError
from livebom.store.findings import OpenFinding, findings
from livebom.store.intervals import Look, Settled, settle
from livebom.store.opening import open_database, view_database
from livebom.store.outbox import Outbox
from livebom.store.retention import Retained, recover, retain
from livebom.store.rows import (
    AskRow,
    Baseline,
    CoverageRow,
    KnownServer,
    PastSweep,
    ServiceRow,
    SweepRow,
    Trail,
    ask_columns,
    baseline_columns,
    baseline_of,
    coverage_columns,
    observation_columns,
)
from livebom.store.snapshot import publish
from livebom.store.writer import Writer

_EVERYTHING = Policy()


class Store:
    """An open store. It belongs to one thread at a time; every method may raise StoreError.

    After a StoreError from a write, what was acknowledged is safe in the file and what was not is still in
    `writer`; the store itself may be dead (a full disk kills DuckDB's database object): close it and open it again.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._published = -1
        self.writer = Writer(database)
        self.outbox = Outbox(database)
        """Alerts on their way."""

    @classmethod
    def open(cls, path: Path, *, wait: Callable[[str], None] | None = None, timeout: float | None = None) -> Self:
        """Open the live file for writing; its folder and schema are made where they are missing.

        Where another process has the file, `wait` is called at once, and again every 10 s, with a line that names
        that process, until the file is free. Raises StoreBusy after `timeout` seconds (None: never), StoreError where
        the file cannot be used: corrupt, foreign, of a newer livebom, no right to it, no room, already open here.
        """
        database = open_database(path, wait, timeout)
        try:
            recover(database)
        except BaseException:
            database.close()
            raise
        return cls(database)

    @classmethod
    def view(cls, path: Path) -> Self:
        """Open a snapshot (or a file that nobody has open) for reading only; any number may do so at once.

        Raises StoreError where there is none, StoreBusy where another process writes to it.
        """
        return cls(view_database(path))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Flush and close; again does nothing."""
        try:
            self.writer.flush()
        finally:
            self._database.close()

    def begin_sweep(self, sweep: SweepRow) -> None:
        """Open a look; acknowledged when it returns. Raises StoreError where its id is taken."""
        row = {
            "sweep_id": sweep.id,
            "surface": sweep.surface,
            "scope": json_text(sweep.scope),
            "version": sweep.version,
            "started_at": column_time(sweep.started_at),
        }
        with self._database.transaction():
            self._database.run("begin_sweep", row)

    def end_sweep(
        self, sweep_id: str, ended_at: datetime, complete: bool, tally: dict[str, int], not_seen: Sequence[str] = ()
    ) -> None:
        """Flush, and complete the look's row. Raises StoreError where no such look was begun."""
        self.writer.flush()
        row = {
            "sweep_id": sweep_id,
            "ended_at": column_time(ended_at),
            "complete": complete,
            "tally": json_text(tally),
            "not_seen": json_text(not_seen),
        }
        with self._database.transaction():
            if not self._database.run("end_sweep", row):
                raise StoreError(self._database.path, f"there is no sweep {sweep_id}", "begin it first")
            self._database.run("forget_unsettled", {"sweep_id": sweep_id})

    def add(self, observations: Iterable[Observation]) -> None:
        """Take evidence; it is flushed by 1000 rows, or when the oldest has waited 1 s as the next one comes."""
        self.writer.put("observation", map(observation_columns, observations))

    def add_service(self, sweep_id: str, key: str, service: Service) -> None:
        """Take a service of a look that goes on, buffered like `add`; forgotten when the look ends."""
        self.writer.put("unsettled", [(sweep_id, text(key), json_text(service))])

    def mark(self, sweep_id: str, trail: Trail) -> None:
        """Flush, and say how far the look is settled; acknowledged when it returns."""
        self.writer.flush()
        with self._database.transaction():
            self._database.run("mark", {"sweep_id": sweep_id, "trail": json_text(trail)})

    def unfinished(self) -> list[tuple[SweepRow, Trail]]:
        """Looks that never ended and can go on, oldest first."""
        return state.unfinished(self._database)

    def unsettled(self, sweep_id: str) -> list[Service]:
        """The services that a look had found when its process died, each listener's last word."""
        return state.unsettled(self._database, sweep_id)

    def add_asks(self, rows: Iterable[AskRow]) -> None:
        """Take rows of the ledger, buffered like `add`."""
        self.writer.put("ask", map(ask_columns, rows))

    def add_coverage(self, rows: Iterable[CoverageRow]) -> None:
        """Take rows of coverage, buffered like `add`."""
        self.writer.put("coverage", map(coverage_columns, rows))

    def add_content(self, digest: str, body: bytes) -> None:
        """Take a reply's body, buffered like `add`, kept once per digest and at most 1 MiB of it.

        The digest is the caller's word: of the bytes that answered, of which `body` may be the redacted form.
        """
        self.writer.put_body(digest, body)

    def flush(self) -> None:
        """Commit what was taken; when it returns, that is acknowledged and survives a `kill -9`."""
        self.writer.flush()

    def settle(
        self,
        graph: Graph,
        *,
        sweep_id: str,
        seen_at: datetime,
        covered: Callable[[Part | Edge], bool],
        gone_after: int,
    ) -> Settled:
        """Bring the drift tables to what a look saw, in one transaction, and tell what that changed.

        What is new, or claims other values than before, opens an interval (and closes its old one) at `seen_at`; what
        is unchanged has its last sight moved. What is known and not in `graph` counts as missed where `covered` says
        that it was looked for, and is closed as gone when it was missed `gone_after` times in a row. An edge is gone
        with either of its ends. `covered` may not use the store. Raises ValueError for `gone_after` below 1.
        """
        if gone_after < 1:
            raise ValueError(f"gone_after is {gone_after}: it takes at least one look to miss something")
        self.writer.flush()
        return settle(self._database, graph, Look(sweep_id, column_time(seen_at), covered, gone_after))

    @contextmanager
    def together(self) -> Generator[None]:
        """Flush, and make what is written within one transaction: all of it is there after a `kill -9`, or nothing.

        A look's end (`settle`, `end_sweep`, `tell`) belongs together: a look that settled has told what it changed.
        """
        self.writer.flush()
        with self._database.transaction():
            yield

    def tell(self, before: Document, seen: Graph, told: Told) -> Comparison:
        """Compare the state now with the one before a look that has settled, and write the changes under its id.

        `seen` is what the look itself saw. What is new, known only by inference, and was not seen by enough looks in a
        row yet (`damping.sightings`) is held back, and told by the look that sees it often enough.
        """
        return changes.tell(self._database, before, seen, told)

    def changes(
        self,
        since: datetime,
        until: datetime | None = None,
        limit: int | None = None,
        after: str | None = None,
        *,
        severity: Severity | None = None,
        event: str | None = None,
    ) -> list[StoredChange]:
        """What looks told that ended after `since` and not after `until` (None: now), oldest first.

        A page of `limit` goes on behind the change whose id is `after`. `severity` leaves out what is less bad, `event`
        (a name, perhaps with `*`, `?` or `[…]`) all others.
        """
        return changes.changes(self._database, (since, until), limit, after, (severity, event))

    def count_changes(
        self,
        since: datetime,
        until: datetime | None = None,
        *,
        severity: Severity | None = None,
        event: str | None = None,
    ) -> int:
        """How many `changes` has in all."""
        return changes.count(self._database, (since, until), (severity, event))

    def findings(
        self, at: datetime | None = None, *, policy: Policy = _EVERYTHING, today: date | None = None
    ) -> list[OpenFinding]:
        """The findings open now or at a time, worst first and the accepted ones last, by the policy.

        `today` decides which accept rows hold; without one it is the day of the last look.
        """
        return findings(self._database, at, policy, today)

    def sightings(self) -> dict[UUID, int]:
        """How many looks in a row saw what is there now and was not told yet, by the ids of parts and edges."""
        return changes.sightings(self._database)

    def retain(self, before: datetime) -> Retained:
        """Move evidence, asks and bodies of whole days before that time into Parquet files beside the store.

        Intervals and changes stay. Killed at any moment, neither loses a row nor has it twice. Publishes.
        """
        self.writer.flush()
        done = retain(self._database, before)
        self._published = -1
        self.publish()
        return done

    def graph(self, at: datetime | None = None) -> Graph:
        """The graph now, or as it was known at a time; a claim's own times are of the look that last changed it."""
        return read.graph(self._database, at)

    def known_servers(self) -> list[KnownServer]:
        """Which server stands behind each open listener and what it serves, so that its key can stay."""
        return read.known_servers(self._database)

    def sweeps(self) -> list[PastSweep]:
        """Every look with what it counted, oldest first."""
        return read.sweeps(self._database)

    def services(self, at: datetime | None = None) -> list[ServiceRow]:
        """One row per open listener, now or at a time, in order of its key."""
        return read.services(self._database, at)

    def document(self, at: datetime | None = None) -> Document:
        """The state now, or as it was known at a time, with the last look of every scope it rests on."""
        return state.document_at(self._database, at)

    def history(self, since: datetime) -> dict[UUID, int]:
        """How often each part or edge came back since then, for those that went and came."""
        return state.returns(self._database, since)

    def set_baseline(self, baseline: Baseline) -> None:
        """Call a moment good; acknowledged when it returns. An earlier one of that name stays in the table."""
        with self._database.transaction():
            self._database.run("set_baseline", baseline_columns(baseline))

    def baselines(self) -> list[Baseline]:
        """Every row ever set, by name and then by when it was set; the last of a name counts."""
        return [baseline_of(row) for row in self._database.run("baselines")]

    @property
    def held_in_memory(self) -> int:
        """Bytes that DuckDB holds in memory for the store: mostly pages that it keeps, up to `opening.MEMORY_LIMIT`."""
        [(size,)] = self._database.run("held_in_memory")
        return int(size)

    def publish(self) -> Path | None:
        """Flush, and copy the file to `<name>.snapshot.duckdb`; None where nothing was written since the last copy."""
        self.writer.flush()
        if self._published == self._database.commits:
            return None
        copy = publish(self._database)
        self._published = self._database.commits
        return copy
