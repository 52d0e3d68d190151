"""`livebom config`: whether the configuration can be used, and what is in force."""

import os

import click

from livebom.cli.errors import USAGE, complain, told
from livebom.export.encoding import block
from livebom.settings import DataError, load_settings


@click.group(name="config")
def command() -> None:
    """Check the configuration of the daemon, or show the settings in force.

    \b
    livebom config check
    livebom config show
    """


@command.command(name="check")
@told
def check() -> int:
    """Check settings, policy, targets and schedules: every error with its place and its remedy. Nothing is contacted.

    Names in the targets file are resolved. Exit code: 2 where something is wrong, else 0.
    """
    from daemon.configuration import read_configuration

    try:
        found = read_configuration({}, os.environ)
    except DataError as error:
        count = len(error.problems)
        return complain(f"{error}\n{count} problem{'' if count == 1 else 's'}", USAGE)
    for note in found.notes:
        complain(f"note: {note}", 0)
    schedules = len(found.schedules)
    groups = len(found.targets.groups) if found.targets else 0
    click.echo(f"{found.file or 'no settings file'}: fine; {schedules} schedules, {groups} groups of targets")
    return 0


@command.command(name="show")
@told
def show() -> int:
    """Print every setting in force, as JSON."""
    click.echo(block(load_settings({}, os.environ)))
    return 0
