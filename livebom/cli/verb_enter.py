"""`livebom enter`: what the unit `livebom-inside@.service` runs for each look that has to reach into namespaces."""

import pwd

import click

from livebom.cli.errors import USAGE, complain, told


@click.command(name="enter", hidden=True)
@click.option("--caller", required=True, metavar="USER", help="Beside root, the only account that may ask for sockets.")
@told
def command(caller: str) -> int:
    """Begin connections in network namespaces of this host, for who asks over the socket that is the standard input.

    The service manager starts it. It connects to a namespace's own addresses alone, and never says or reads a word.
    """
    from probes.engine import inside
    from probes.engine.syn import reaching

    try:
        uid = reaching.caller(0)
    except OSError:
        return complain("the standard input is no socket; the unit livebom-inside.socket starts this", USAGE)
    try:
        allowed = {0, pwd.getpwnam(caller).pw_uid}
    except KeyError:
        return complain(f"there is no user {caller} on this host", USAGE)
    if uid not in allowed:
        return complain(f"uid {uid} may not have namespaces entered", USAGE)
    inside.serve(0)
    return 0
