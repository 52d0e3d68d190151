"""`livebom explain`: look at one place and show why it is named so."""

import os
import secrets
from pathlib import Path

import anyio
import click

from livebom.bom.text import safe_text
from livebom.cli.errors import INCOMPLETE, USAGE, complain, told
from livebom.cli.explained import explanation, lines
from livebom.cli.keys import key_options, own_keys
from livebom.cli.logs import configure
from livebom.export.encoding import block
from livebom.net.credentials import Header
from livebom.net.targets import read_targets
from livebom.recognise.catalog import Catalog
from livebom.settings import examine, load_settings
from livebom.surfaces import Order, Progress, Seen, load_catalog, orders_of, runtime


@click.command(name="explain")
@click.argument("place", metavar="HOST:PORT|URL")
@key_options
@click.option("--timeout", type=float, metavar="S", help="Seconds to wait for a connection (default 2).")
@click.option("--format", "-f", "form", type=click.Choice(["table", "json"]), default="table", help="table or json.")
@told
def command(place: str, header: tuple[Header, ...], bearer_file: Path | None, timeout: float | None, form: str) -> int:
    """Look at one place and show why it is named so: each ask, each piece of evidence with its weight, each verdict.

    It is asked what a sweep asks it, and nothing is stored. Exit code: 2 usage, 3 nothing answers there, else 0.
    """
    configure()
    settings = load_settings({"timeout": timeout}, os.environ)
    catalog = load_catalog()
    keys = own_keys(header, bearer_file, quiet=False)
    targets = read_targets((place,), ai=catalog.ports, read_yaml=examine, key=keys.credential)
    if targets.groups[0].include[0].port is None:
        return complain("explain takes one port of one host: HOST:PORT or a URL", USAGE)
    orders, _ = orders_of(targets, settings, key=secrets.token_bytes(32), headers=keys.plain)
    seen = anyio.run(_look, orders, catalog)
    if not seen:
        return complain(f"nothing answers at {safe_text(place)}", INCOMPLETE)
    for other in seen[1:]:
        complain(f"note: {other.listener.host} answers too; this is {seen[0].listener.host}", 0)
    why = explanation(seen[0], catalog)
    if form == "json":
        click.echo(block(why))
    else:
        click.echo("\n".join(lines(why)))
    return 0


async def _look(orders: list[Order], catalog: Catalog) -> list[Seen]:
    """What was seen at each address of the place, an address with a product first."""
    found: list[Seen] = []
    await runtime(orders, catalog, found.append, Progress())
    return sorted(found, key=lambda seen: (seen.service.product is None, ":" in seen.listener.host))
