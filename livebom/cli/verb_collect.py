"""`livebom collect`: look at this host with more rights than the daemon has, and hand over what was seen."""

import os

import click

from livebom.cli.errors import INCOMPLETE, INTERNAL, complain, told


@click.command(name="collect")
@click.argument("what", type=click.Choice(["host", "containers"]))
@click.option("--once", is_flag=True, help="Look once, hand over, and end.")
@click.option("--verbose", "-v", is_flag=True, help="Log everything.")
@told
def command(what: str, *, once: bool, verbose: bool) -> int:
    """Look at this host with rights that the daemon has not, and hand over to it what was seen, until told to end.

    WHAT is `host`, its processes and the models on its disks, or `containers`, what its runtimes tell. The daemon has
    no right of its own; this runs beside it with some, in a unit of its own (docs/systemd.md).
    How often it looks, and when it may hash models, is said by `daemon.local` in livebom.yaml.

    \b
    livebom collect containers
    livebom collect host --once

    With --once the exit code is 3 where not everything could be seen, 4 where no daemon took it.
    """
    import anyio

    from daemon.collector import Collector, HandingError
    from daemon.logs import configure
    from livebom.settings import load_settings
    from livebom.surfaces import CONTAINERS

    configure(verbose=verbose)
    sources = ("process",) if what == "host" else CONTAINERS
    collector = Collector(what, sources, load_settings({}, os.environ), os.environ)
    if not once:
        anyio.run(collector.run)
        return 0
    try:
        return 0 if anyio.run(collector.once) else INCOMPLETE
    except HandingError as error:
        return complain(str(error), INTERNAL)
