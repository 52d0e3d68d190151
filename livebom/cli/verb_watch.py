"""`livebom watch`: what the daemon's sweeps find, as they find it."""

import click

from daemon.client import Denied, NoDaemon
from livebom.cli.asking import daemon_client
from livebom.cli.errors import INTERNAL, USAGE, complain, told
from livebom.cli.following import follow


@click.command(name="watch")
@click.argument("sweep", required=False)
@click.option("--format", "-f", "form", type=click.Choice(["table", "jsonl"]), default="table", help="lines, or jsonl.")
@told
def command(sweep: str | None, form: str) -> int:
    """Follow one SWEEP of the daemon until it ends, or all of them until you stop: progress, services, changes."""
    try:
        follow(daemon_client(), sweep, form)
    except Denied as error:
        return complain(str(error), USAGE)
    except NoDaemon as error:
        return complain(str(error), INTERNAL)
    except KeyboardInterrupt:
        return 0
    return 0
