"""How verbs reach the daemon, and say whom they asked."""

import os

import click

from daemon.client import Client, Denied, NoDaemon, client_of
from livebom.bom.text import safe_text
from livebom.settings import load_settings


def daemon_client() -> Client:
    """The daemon of this user or of the system. Raises click.ClickException where none has a socket."""
    found = client_of(load_settings({}, os.environ), os.environ)
    if found is None:
        raise click.ClickException("no daemon runs here; start it with `livebom daemon`, or see docs/daemon.md")
    return found


def reachable(db: str | None) -> Client | None:
    """The daemon to ask, where one has a socket and no store was named; whom is asked is said on stderr."""
    found = None if db is not None else client_of(load_settings({}, os.environ), os.environ)
    if found is not None:
        click.echo(f"livebom: from the daemon at {safe_text(str(found.path), 200)}", err=True)
    return found


def fall_back(error: NoDaemon | Denied) -> None:
    """Say that the store's file is read instead."""
    click.echo(f"livebom: {safe_text(str(error), 500)}; reading the store's file instead", err=True)
