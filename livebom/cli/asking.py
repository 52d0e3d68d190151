"""How verbs reach the daemon, and say whom they asked."""

import os
from collections.abc import Iterator
from itertools import chain, islice
from typing import TypeVar

import click

from daemon.client import Client, Denied, NoDaemon, client_of
from livebom.bom.text import safe_text
from livebom.cli.errors import INTERNAL
from livebom.settings import load_settings

_ASKED_WRONG = frozenset({400, 404, 410, 422})
"""Statuses that say that the question is at fault: the file would answer no better."""

T = TypeVar("T")


class Unanswered(click.ClickException):
    """There is no daemon, or no more of its answer."""

    exit_code = INTERNAL


def daemon_client() -> Client:
    """The daemon of this user or of the system. Raises Unanswered where none has a socket."""
    found = client_of(load_settings({}, os.environ), os.environ)
    if found is None:
        raise Unanswered("no daemon runs here; start it with `livebom daemon`, or see docs/daemon.md")
    return found


def reachable(db: str | None) -> Client | None:
    """The daemon to ask, where one has a socket and no store was named."""
    named = db is not None or "LIVEBOM_DB" in os.environ
    return None if named else client_of(load_settings({}, os.environ), os.environ)


def answered(client: Client) -> None:
    """Say on stderr whom was asked."""
    click.echo(f"livebom: from the daemon at {safe_text(str(client.path), 200)}", err=True)


def fall_back(error: NoDaemon | Denied) -> None:
    """Say that the store's file is read instead. Raises click.UsageError where that would answer no better."""
    if isinstance(error, Denied) and error.problem.status in _ASKED_WRONG:
        raise click.UsageError(safe_text(str(error), 2000)) from None
    click.echo(f"livebom: {safe_text(str(error), 500)}; reading the store's file instead", err=True)


def streamed(client: Client, path: str, kind: type[T], **query: object) -> Iterator[T] | None:
    """The rows as they come; None, said on stderr, where the store's file is to be read instead."""
    rows = client.lines(path, kind, **query)
    try:
        first = list(islice(rows, 1))
    except (NoDaemon, Denied) as error:
        fall_back(error)
        return None
    answered(client)
    return chain(first, _rest(rows))


def _rest(rows: Iterator[T]) -> Iterator[T]:
    try:
        yield from rows
    except NoDaemon as error:
        raise Unanswered(f"{safe_text(str(error), 500)}; what was printed is not all") from None
