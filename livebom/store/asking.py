"""Asking a question: what it was given is understood, its statement run, and its rows told with times in UTC."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from msgspec import Struct

from livebom.bom.document import Document
from livebom.bom.text import safe_text
from livebom.store.database import Database, told
from livebom.store.encode import column_time, graph_time
from livebom.store.loading import loaded
from livebom.store.opening import view_database
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
    unknown = arguments.keys() - {one.name for one in question.parameters}
    if unknown:
        raise QuestionError(f"{question.name} takes no {', '.join(sorted(unknown))}; it takes: {_takes(question)}")
    values = {one.name: _understood(database, question, one, arguments.get(one.name)) for one in question.parameters}
    with told(database.path):
        found = (
            database.connection.execute(question.sql, values) if values else database.connection.execute(question.sql)
        )
        head = found.description or ()
        rows = _zoned(found.fetchall(), [place for place, column in enumerate(head) if str(column[1]) == "TIMESTAMP"])
        return Answer(tuple(column[0] for column in head), tuple(rows))


def _takes(question: Question) -> str:
    return ", ".join(question.usage.split()[1:]) or "nothing"


def _understood(database: Database, question: Question, parameter: Parameter, said: str | datetime | None) -> Any:
    given = parameter.default if said is None else said
    if given is None or given == "":
        if parameter.required:
            raise QuestionError(
                f"{question.name} needs {parameter.name}=… ({parameter.means}); it takes: {_takes(question)}"
            )
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
