"""`livebom sweep`: order a sweep of the daemon."""

import uuid

import click

from daemon.client import Denied, NoDaemon
from daemon.wire import Sweep, SweepRequest
from livebom.cli.asking import daemon_client
from livebom.cli.errors import INCOMPLETE, INTERNAL, USAGE, complain, told
from livebom.cli.following import follow


@click.command(name="sweep")
@click.argument("target", nargs=-1)
@click.option("--group", "groups", multiple=True, metavar="NAME", help="A group of the targets file; repeatable.")
@click.option("--ports", metavar="LIST", help="80,443,8000-8100 or `ai`, in place of the groups' own.")
@click.option("--servers", metavar="LIST", help="Only these products, comma-separated.")
@click.option("--exclude", multiple=True, metavar="TARGET", help="Never contact this; may be given again.")
@click.option("--pace", type=float, metavar="N", help="Connection attempts per second, where that is slower.")
@click.option("--priority", type=click.IntRange(-100, 100), default=0, help="The higher goes first (default 0).")
@click.option("--local", is_flag=True, help="Look at this host, its containers and its cluster instead.")
@click.option("--wait", is_flag=True, help="Wait until it has ended, and say how.")
@click.option("--cancel", metavar="SWEEP", help="Cancel this sweep instead.")
@told
def command(
    target: tuple[str, ...],
    groups: tuple[str, ...],
    ports: str | None,
    servers: str | None,
    exclude: tuple[str, ...],
    pace: float | None,
    priority: int,
    local: bool,
    wait: bool,
    cancel: str | None,
) -> int:
    """Order a sweep of the daemon: of TARGETs, of groups, or (with neither) of everything in its targets file.

    \b
    livebom sweep --group gpu-lab --wait
    livebom sweep 10.10.0.5:8000
    livebom sweep --cancel 3f2a

    Its id is printed; `livebom watch` follows it.
    With --wait the exit code is 3 where it was not complete, 4 where it failed.
    """
    if local and (target or groups or ports or servers or exclude or pace):
        raise click.UsageError("--local stands alone: what of this host is looked at is said by `daemon.local`")
    request = SweepRequest(
        local=local,
        groups=groups,
        targets=target,
        exclude=exclude,
        ports=ports,
        servers=tuple(servers.split(",")) if servers else (),
        pace=pace,
        priority=priority,
    )
    client = daemon_client()
    try:
        if cancel is not None:
            sweep = client.ask("DELETE", f"/v1/sweeps/{cancel}", Sweep)
            click.echo(sweep.id)
            return 0
        sweep = client.ask("POST", "/v1/sweeps", Sweep, body=request, key=uuid.uuid4().hex)
        click.echo(sweep.id)
        if not wait:
            return 0
        follow(client, sweep.id, "table", err=True)
        sweep = client.get(f"/v1/sweeps/{sweep.id}", Sweep)
    except Denied as error:
        return complain(str(error), USAGE)
    except NoDaemon as error:
        return complain(str(error), INTERNAL)
    if sweep.state == "done":
        return 0 if sweep.complete else INCOMPLETE
    return complain(f"{sweep.state}: {sweep.said}", INTERNAL)
