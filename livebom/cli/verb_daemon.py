"""`livebom daemon`: sweep by schedule and on demand, and answer at the control socket, until told to end."""

import os

import click

from livebom.cli.errors import INTERNAL, complain, told


@click.command(name="daemon")
@click.option("--db", metavar="FILE", help="The store (default: the settings').")
@click.option("--verbose", "-v", is_flag=True, help="Log everything.")
@told
def command(db: str | None, verbose: bool) -> int:
    """Run as a service: sweep by the schedules of livebom.yaml and on demand, and answer at a local socket.

    It ends on SIGTERM, and a sweep goes on at the next start; on SIGHUP it reads its configuration anew.
    What may be set: docs/daemon.md. `livebom config check` tells beforehand what is wrong.
    """
    import anyio

    from daemon.logs import configure
    from daemon.service import Service
    from daemon.sockets import SocketError

    configure(verbose=verbose)
    try:
        service = Service({"db": db}, os.environ)
        anyio.run(service.run)
    except SocketError as error:
        return complain(str(error), INTERNAL)
    return 0
