"""`livebom restore`: a backup in the place of the store."""

import os
from pathlib import Path

import click

from livebom.cli.errors import complain, told
from livebom.cli.verb_backup import summary
from livebom.settings import load_settings
from livebom.store import restore as put_back


@click.command(name="restore")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Put it in the place of a store that is there.")
@click.option("--db", metavar="FILE", help="The store (default: ~/.local/state/livebom/livebom.duckdb).")
@told
def command(folder: Path, force: bool, db: str | None) -> int:
    """Put the backup in FOLDER in the place of the store, after examining all of it.

    A store that another process writes to is refused: end that process first.
    """
    path = load_settings({"db": db}, os.environ).database(os.environ)
    restored = put_back(folder, path, force=force)
    return complain(f"{path} is the store of {folder}, {summary(restored)}", 0)
