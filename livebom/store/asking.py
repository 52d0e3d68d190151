"""Asking a question: what it was given is understood, its statement run, and its rows told with times in UTC."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from msgspec import Struct

from livebom.bom.document import Document
from livebom.bom.text import safe_text
from livebom.store.database import Database, told
from livebom.store.encode import column_time, graph_time
from livebom.store.errors import StoreError
from livebom.store.loading import loaded
from livebom.store.opening import MEMORY_LIMIT, view_database
from livebom.store.question import Parameter, Question, QuestionError, find, script
from livebom.store.rows import Row

Given = Mapping[str, str | datetime]
"""Parameter to what it is given."""

_FLAGS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
_SHOWN = 12
"""How many of the parts that a word could mean are told."""


class Answer(Struct, frozen=True):
    """The rows of an answer, in the order in which the question sorts them; names are as they came, not escaped."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


class AmbiguousPart(QuestionError):  # noqa: N818 - not a fault: the word fits several parts
    """A word that several parts go by; `candidates` holds (id, kind, key) of each."""

    def __init__(self, parameter: str, word: str, candidates: Sequence[tuple[UUID, str, str]]) -> None:
        self.candidates = tuple(candidates)
        those = [f"  {str(id_)[:13]}  {kind}  {safe_text(key, 200)}" for id_, kind, key in self.candidates[:_SHOWN]]
        left = len(self.candidates) - len(those)
        more = [f"  and {left} more"] if left else []
        head = f"{parameter}={safe_text(word, 200)} could be any of these; give its key or the beginning of its id:"
        super().__init__("\n".join([head, *those, *more]))


def ask_document(document: Document, name: str, arguments: Given) -> Answer:
    """What the question of that name or number has for an answer in the document's state.

    Raises QuestionError for an unknown question, an unknown, missing or unreadable parameter, and a part that is not
    there; AmbiguousPart, which is one, for a word that fits several.
    """
    question = find(name, frozenset(arguments))
    if question.asks != "state":
        raise QuestionError(
            f"question {question.number} {question.name} is asked of a store and its history;"
            " two documents are compared by `livebom diff`"
        )
    _refuse(question, arguments)
    database = loaded(document)
    try:
        return ask(database, question, arguments)
    finally:
        database.close()


def ask_store(path: Path, name: str, arguments: Given) -> Answer:
    """The same of a question about history (`asks` is `intervals`), from the store's file or its snapshot.

    Raises StoreError and StoreBusy besides, as `Store.view` does.
    """
    question = find(name, frozenset(arguments))
    if question.asks != "intervals":
        raise QuestionError(f"question {question.number} {question.name} is asked of one state, not of a history")
    database = view_database(path)
    try:
        return ask(database, question, arguments)
    finally:
        database.close()


def ask(database: Database, question: Question, arguments: Given) -> Answer:
    """The answer from tables that are already there."""
    _refuse(question, arguments)
    values = {one.name: _understood(database, one, arguments.get(one.name)) for one in question.parameters}
    with _enough_memory(question), told(database.path):
        found = database.connection.execute(question.sql, values or None)
        head = found.description or ()
        times = [place for place, column in enumerate(head) if str(column[1]) == "TIMESTAMP"]
        rows = _zoned(found.fetchall(), times)
        return Answer(tuple(column[0] for column in head), tuple(rows))


@contextmanager
def _enough_memory(question: Question) -> Generator[None]:
    """Say of a walk that grew too large what can be done about it: where all lead to all, all at once is too much."""
    try:
        yield
    except StoreError as error:
        if "out of memory" not in error.problem.lower():
            raise
        narrower = " or ".join(
            f"{one.name}=…" for one in question.parameters if one.kind == "part" and not one.required
        )
        raise QuestionError(
            f"{question.name}: so many ways lead here that they do not fit into {MEMORY_LIMIT}"
            + (f"; ask of one part, with {narrower}" if narrower else "")
        ) from error


def _refuse(question: Question, arguments: Given) -> None:
    """Raise QuestionError for what the question does not take, and for what it needs and was not given."""
    unknown = arguments.keys() - {one.name for one in question.parameters}
    if unknown:
        raise QuestionError(f"{question.name} takes no {', '.join(sorted(unknown))}; it takes: {_takes(question)}")
    for one in question.parameters:
        if one.required and arguments.get(one.name, "") == "":
            needed = f"{question.name} needs {one.name}=… ({one.means})"
            raise QuestionError(f"{needed}; it takes: {_takes(question)}")


def _takes(question: Question) -> str:
    return ", ".join(question.usage.split()[1:]) or "nothing"


def _understood(database: Database, parameter: Parameter, said: str | datetime | None) -> Any:
    given = parameter.default if said is None else said
    if given is None or given == "":
        return None
    if parameter.kind == "time":
        return _time(parameter, given)
    if isinstance(given, datetime):
        raise QuestionError(f"{parameter.name} is no time")
    if parameter.kind == "flag":
        if given.lower() not in _FLAGS:
            raise QuestionError(f"{parameter.name}={safe_text(given, 100)}: write yes or no")
        return _FLAGS[given.lower()]
    return _part(database, parameter, given) if parameter.kind == "part" else given


def _time(parameter: Parameter, given: str | datetime) -> datetime:
    try:
        at = given if isinstance(given, datetime) else datetime.fromisoformat(given)
    except ValueError:
        raise QuestionError(
            f"{parameter.name}={safe_text(str(given), 100)}: write a time such as 2026-11-21T08:00Z"
        ) from None
    return column_time(at if at.tzinfo else at.replace(tzinfo=UTC))


def _part(database: Database, parameter: Parameter, word: str) -> UUID:
    """The part that the word names: by its key, else its name, else its name in any case, else an id's beginning."""
    with told(database.path):
        found = database.connection.execute(
            script("which"), {"word": word.strip(), "kinds": list(parameter.part_kinds)}
        ).fetchall()
    best = [(id_, kind, key) for id_, kind, key, how in found if how == found[0][3]]
    if not best:
        kinds = " or ".join(parameter.part_kinds) or "part"
        raise QuestionError(f"{parameter.name}={safe_text(word, 200)}: there is no {kinds} of that key, name or id")
    if len(best) > 1:
        raise AmbiguousPart(parameter.name, word, best)
    id_: UUID = best[0][0]
    return id_


def _zoned(rows: list[Row], places: list[int]) -> list[Row]:
    """The rows with the times at these places in UTC."""
    if not places:
        return rows
    told: list[Row] = []
    for row in rows:
        values = list(row)
        for place in places:
            values[place] = None if values[place] is None else graph_time(values[place])
        told.append(tuple(values))
    return told
