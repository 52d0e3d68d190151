"""`livebom enter`: what the unit `livebom-inside@.service` runs for each look that has to reach into namespaces."""

import click

from livebom.cli.caller import refusal
from livebom.cli.errors import USAGE, complain, told


@click.command(name="enter", hidden=True)
@click.option("--caller", required=True, metavar="USER", help="Beside root, the only account that may ask for sockets.")
@told
def command(caller: str) -> int:
    """Begin connections in network namespaces of this host, for who asks over the socket that is the standard input.

    The service manager starts it. It connects to a namespace's own addresses alone, and never says or reads a word.
    """
    from probes.engine import inside

    if why := refusal(caller, "livebom-inside.socket", "have namespaces entered"):
        return complain(why, USAGE)
    inside.serve(0)
    return 0
