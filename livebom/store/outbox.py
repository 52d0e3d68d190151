"""Alerts on their way: put there with the changes they tell, taken by a courier, and marked when they arrived."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from livebom.bom.alerting import Letter, LetterState
from livebom.store.database import Database
from livebom.store.encode import column_time, graph_time, text
from livebom.store.rows import Row

_STEP = timedelta(microseconds=1)


class Outbox:
    """The letters of one store, which belongs to one thread at a time; every method may raise StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def post(self, letters: Iterable[Letter]) -> int:
        """Put letters there, in this order; one whose id is there already stays as it is. Returns how many are new.

        Within `Store.together` they are there with what else is written in it, or not at all.
        """
        asked = {one.id: one for one in letters}
        if not asked:
            return 0
        with self._database.transaction():
            known = {row[0] for row in self._database.run("outbox_known", {"ids": list(asked)})}
            new = [one for id_, one in asked.items() if id_ not in known]
            [(last,)] = self._database.run("outbox_last")
            self._database.fill("outbox", _rows(new, last))
        return len(new)

    def head(self, sink: str) -> Letter | None:
        """The oldest letter that waits for the sink, due or not."""
        return next((_letter(row) for row in self._database.run("outbox_head", {"sink": sink})), None)

    def sent(self, id_: str, at: datetime) -> None:
        """It was delivered."""
        told = f"delivered at {at:%Y-%m-%dT%H:%M:%SZ}"
        with self._database.transaction():
            self._database.run("outbox_mark", {"id": id_, "state": LetterState.SENT, "due": None, "told": told})

    def failed(self, id_: str, due: datetime | None, told: str) -> None:
        """It was not, and is due again then; None gives it up."""
        state = LetterState.DEAD if due is None else LetterState.WAITING
        when = column_time(due) if due else None
        with self._database.transaction():
            self._database.run("outbox_mark", {"id": id_, "state": state, "due": when, "told": text(told)})

    def bury(self, sinks: Collection[str], told: str) -> int:
        """Give up what waits for a sink that is none of these; returns how many."""
        with self._database.transaction():
            return len(self._database.run("outbox_bury", {"sinks": list(sinks), "told": text(told)}))

    def forget(self, sent_before: datetime, dead_before: datetime) -> int:
        """Remove letters that are sent or dead and were created before; returns how many."""
        times = {"sent": column_time(sent_before), "dead": column_time(dead_before)}
        with self._database.transaction():
            return len(self._database.run("outbox_forget", times))

    def retry(self, at: datetime, ids: Sequence[str] = (), sink: str | None = None) -> int:
        """Let dead letters wait again, with no attempt counted: those of these ids (beginnings do), else all of a sink.

        Without either it is every dead letter. Returns how many.
        """
        words = {"due": column_time(at), "ids": list(ids), "any": not ids, "sink": sink}
        with self._database.transaction():
            return len(self._database.run("outbox_retry", words))

    def letters(self, state: LetterState | None = None, sink: str | None = None, limit: int = 1000) -> list[Letter]:
        """Letters, newest first."""
        words = {"state": state, "sink": sink, "limit": limit}
        return [_letter(row) for row in self._database.run("outbox_letters", words)]

    def counts(self) -> dict[tuple[str, LetterState], int]:
        """How many letters there are, by sink and state."""
        rows = self._database.run("outbox_counts")
        return {(sink, LetterState(state)): count for sink, state, count in rows}


def _rows(letters: Iterable[Letter], last: datetime | None) -> Iterable[Row]:
    """Each letter later than the one before it and than all that are there, so that time alone tells their order."""
    for one in letters:
        at = column_time(one.created)
        last = at if last is None or at > last else last + _STEP
        due = column_time(one.due)
        body = one.body.decode()
        yield (one.id, text(one.sink), body, last, due, one.attempts, one.state.value, text(one.told))


def _letter(row: Row) -> Letter:
    id_, sink, body, created, due, attempts, state, told = row
    return Letter(
        id=id_,
        sink=sink,
        body=body.encode(),
        created=graph_time(created),
        due=graph_time(due),
        attempts=attempts,
        state=LetterState(state),
        told=told,
    )
