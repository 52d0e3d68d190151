"""`livebom question`: ask the graph one of the questions that come with livebom."""

import os
from collections.abc import Sequence
from datetime import datetime

import click

from livebom.answers import NOW
from livebom.bom.text import safe_text
from livebom.cli.answer import FORMATS, print_answer
from livebom.cli.errors import USAGE, complain, told
from livebom.cli.states import state_of
from livebom.cli.when import When
from livebom.settings import load_settings
from livebom.store import (
    Answer,
    Parameter,
    Question,
    QuestionError,
    StoreBusy,
    ask_document,
    ask_store,
    find_question,
    questions,
    snapshot_path,
)


@click.command(name="question")
@click.argument("name", metavar="[N|NAME]", required=False)
@click.argument("given", metavar="[KEY=VALUE…]", nargs=-1)
@click.option("--in", "state", default=NOW, metavar="STATE", help="now (default), a file, a baseline, a sweep, a time.")
@click.option("--db", metavar="FILE", help="The store (default: ~/.local/state/livebom/livebom.duckdb).")
@click.option("--format", "-f", "form", type=FORMATS, default="table", help="table (default), json, jsonl or csv.")
@told
def command(name: str | None, given: tuple[str, ...], state: str, db: str | None, form: str) -> int:
    """Ask question N of a state of the graph; without N, list the questions and what they take.

    \b
    livebom question callers tool=shell              who can call it, and by which way
    livebom question 2 model=llama3:8b               the worst it can do when it is jailbroken
    livebom question 3 --in merged.json              of a document instead of the store
    livebom question changes since=yesterday

    Parts are named by their key, their name, or the beginning of their id. Exit code: 2 for a question or a part that
    is not there, or a name that several parts go by, else 0.
    """
    if name is None:
        _list(form)
        return 0
    try:
        question = find_question(name, frozenset(given_names(given)))
        answer = _answer(question, _arguments(question, given), state, db)
    except QuestionError as error:
        return complain(str(error), USAGE)
    print_answer(answer, form, question.shown)
    return 0


def _list(form: str) -> None:
    columns = ("number", "name", "title", "parameters")
    rows = [
        (one.number, one.name, one.title, [_told(parameter) for parameter in one.parameters]) for one in questions()
    ]
    print_answer(Answer(columns, tuple(rows)), form, columns)


def _told(parameter: Parameter) -> str:
    need = "" if parameter.required else f" (default {parameter.default})" if parameter.default else " (optional)"
    return f"{parameter.name}: {parameter.means}{need}"


def given_names(given: Sequence[str]) -> list[str]:
    """The names before the `=`. Raises QuestionError where there is none."""
    wrong = [one for one in given if "=" not in one]
    if wrong:
        raise QuestionError(f"{safe_text(wrong[0], 100)}: write KEY=VALUE, such as tool=shell")
    return [one.partition("=")[0] for one in given]


def _arguments(question: Question, given: Sequence[str]) -> dict[str, str | datetime]:
    """What was given, times understood as everywhere on the command line."""
    times = {one.name for one in question.parameters if one.kind == "time"}
    said = dict(one.split("=", 1) for one in given)
    if len(said) < len(given):
        raise QuestionError("a parameter is given twice")
    return {key: When().convert(value, None, None) if key in times and value else value for key, value in said.items()}


def _answer(question: Question, arguments: dict[str, str | datetime], state: str, db: str | None) -> Answer:
    if question.asks == "state":
        return ask_document(state_of(state, db), question.name, arguments)
    if state != NOW:
        raise QuestionError(f"{question.name} is asked of a store: give times, and --db instead of --in")
    path = load_settings({"db": db}, os.environ).database(os.environ)
    try:
        return ask_store(path, question.name, arguments)
    except StoreBusy:
        click.echo(f"livebom: {safe_text(str(path))} is being written to; this is its last snapshot", err=True)
        return ask_store(snapshot_path(path), question.name, arguments)
