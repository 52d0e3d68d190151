"""`livebom backup`: the store with its history in a folder of its own."""

import os
from pathlib import Path

import click

from livebom.cli.errors import complain, told
from livebom.settings import load_settings
from livebom.store import Backup
from livebom.store import backup as save


@click.command(name="backup")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--db", metavar="FILE", help="The store (default: ~/.local/state/livebom/livebom.duckdb).")
@told
def command(folder: Path, db: str | None) -> int:
    """Save the store in a new FOLDER, also while it is in use; `livebom restore` puts it back.

    A store that another process writes to is saved as of its last published snapshot.
    """
    saved = save(load_settings({"db": db}, os.environ).database(os.environ), folder)
    whose = "the last snapshot of a store in use" if saved.live else "the store"
    return complain(f"{folder} holds {whose}, {summary(saved)}", 0)


def summary(saved: Backup) -> str:
    """As of when, and with how much history."""
    at = f"as of {saved.at:%Y-%m-%d %H:%M:%S} UTC" if saved.at else "without a look"
    return f"{at}, with {saved.files} files of old evidence"
