"""`livebom discover`: sweep, recognise, judge, store and tell."""

import os
import secrets
import sys
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import click
from msgspec import Struct

from livebom.bom.report import Report
from livebom.bom.service import Severity, Verdict
from livebom.bom.text import safe_text
from livebom.cli.errors import FINDINGS, INCOMPLETE, complain, told
from livebom.cli.keys import key_options, own_keys
from livebom.cli.logs import configure
from livebom.cli.looking import asking, local_of, local_options
from livebom.cli.output import emit
from livebom.cli.progress import show
from livebom.cli.sharding import Shard, kept, restored, unfinished
from livebom.cli.states import policy_of
from livebom.export import formats
from livebom.net.credentials import Header
from livebom.net.own import own_addresses
from livebom.net.scope import Scope
from livebom.net.targets import read_targets
from livebom.settings import Settings, examine, load_settings
from livebom.store import Store
from livebom.surfaces import AUTO, Imported, Order, hashing, imported, load_catalog, orders_of, sources
from livebom.turn import Turn, crank, deliver

DELIVERING = 30.0
"""Seconds that alerts may take after a sweep; what did not arrive is tried again after the next one."""


class Options(Struct, frozen=True, kw_only=True):
    """The command line of one call; see the options' own help."""

    target: tuple[str, ...]
    targets: tuple[str, ...]
    local: bool
    containers: bool
    kubernetes: str | None
    hashed: bool
    servers: str | None
    ports: str | None
    exclude: tuple[str, ...]
    header: tuple[Header, ...]
    bearer_file: Path | None
    engine: str
    shard: tuple[int, int]
    resume: str | None
    import_nmap: Path | None
    rate: float | None
    timeout: float | None
    db: str | None
    policy: Path | None
    no_store: bool
    output: Path | None
    format: str | None
    everything: bool
    fail_on: str | None
    dry_run: bool
    i_mean_it: bool
    quiet: bool
    verbose: bool
    no_color: bool


@click.command(name="discover")
@click.argument("target", nargs=-1)
@click.option("--targets", multiple=True, metavar="FILE", help="Targets from a YAML file or a plain list; - is stdin.")
@local_options
@click.option("--servers", metavar="LIST", help="Only these products, comma-separated (default: all known).")
@click.option("--ports", metavar="LIST", help="80,443,8000-8100 or `ai`, the ports of all known servers (default).")
@click.option("--exclude", multiple=True, metavar="TARGET", help="Never contact this; may be given again.")
@key_options
@click.option(
    "--engine", type=click.Choice([AUTO, *sorted(sources())]), default=AUTO, help="How open ports are looked for."
)
@click.option("--shard", type=Shard(), default="1/1", metavar="K/N", help="Only the K-th of N parts of the targets.")
@click.option("--resume", metavar="SWEEP", help="Go on with a sweep whose process died.")
@click.option(
    "--import-nmap", type=click.Path(path_type=Path), help="Talk to the open ports of this nmap XML, look for none."
)
@click.option("--rate", type=float, metavar="N", help="Connection attempts and requests per second (default 1000).")
@click.option("--timeout", type=float, metavar="S", help="Seconds to wait for a connection (default 2).")
@click.option("--db", metavar="FILE", help="The store (default: ~/.local/state/livebom/livebom.duckdb).")
@click.option(
    "--policy", type=click.Path(path_type=Path), help="The rules that grade changes (default: the settings')."
)
@click.option("--no-store", is_flag=True, help="Keep nothing: only print.")
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Write there; the suffix chooses the format.")
@click.option(
    "--format", "-f", type=click.Choice(sorted(formats())), help="table (default), json, jsonl, or one of `export`."
)
@click.option("--all", "everything", is_flag=True, help="Also list open ports that are no AI service.")
@click.option(
    "--fail-on", type=click.Choice([s.value for s in Severity]), help="Exit 1 for findings this bad or worse."
)
@click.option("--dry-run", is_flag=True, help="Print the plan and send nothing.")
@click.option("--i-mean-it", is_flag=True, help="Allow more than 2^20 addresses.")
@click.option("--quiet", "-q", is_flag=True, help="No progress, no notes.")
@click.option("--verbose", "-v", is_flag=True, help="Log what is done, on stderr.")
@click.option("--no-color", is_flag=True, help="No colour; NO_COLOR in the environment does the same.")
@told
def command(**given: Any) -> int:
    """Find AI servers at the TARGETs and say which models they serve and how they are set up.

    A TARGET is an address, a CIDR, a range (10.0.0.5-40), a host name, host:port or a URL. Requests only read; nothing
    outside the targets is contacted. Without a TARGET it looks at this host and its container runtimes.

    \b
    livebom discover
    livebom discover 10.0.0.0/24
    livebom discover gpu1.example:8000 https://ai.example/ollama
    livebom discover --targets config/targets.yaml --format jsonl -o found.jsonl

    Exit code: 1 findings reach --fail-on, 2 usage, 3 the look was not complete, 4 internal, 130 interrupted, else 0.
    """
    configure(quiet=given["quiet"], verbose=given["verbose"])
    settings = load_settings({name: given[name] for name in ("rate", "timeout", "db")}, os.environ)
    with ExitStack() as stack:
        store = stack.enter_context(_open(settings)) if given["resume"] else None
        again = unfinished(store, given["resume"]) if store else None
        options = Options(**restored(given, again))
        turn = _planned(options, settings)
        if turn is None:
            return 0
        if store is None and not options.no_store:
            store = stack.enter_context(_open(settings))
        turn.store, turn.resume = store, again.id if again else None
        reports: list[Report] = []
        anyio.run(_watched, turn, options, reports.append)
        report = reports.pop()
        if store and turn.policy.alerts:
            anyio.run(deliver, store, turn.policy, os.environ, DELIVERING)
    for path in report.paths if not options.quiet else ():
        complain(f"note: open ports were looked for on {path}", 0)
    emit(report, options.format, options.output, everything=options.everything, color=_color(options))
    return _code(report, options.fail_on)


def _planned(options: Options, settings: Settings) -> Turn | None:
    """What the options ask for, still without a store; None where the plan was only to be printed."""
    found = imported(_bytes(options.import_nmap), str(options.import_nmap)) if options.import_nmap else ()
    written = options.target
    if options.import_nmap and not options.target and not options.targets:
        written = tuple(
            f"[{one.address}]:{one.port}" if ":" in one.address else f"{one.address}:{one.port}" for one in found
        )
    catalog = load_catalog(options.servers.split(",") if options.servers else None)
    near = local_of(
        catalog,
        here=options.local,
        containers=options.containers,
        kubernetes=options.kubernetes,
        alone=not (written or options.targets),
        hashing=hashing(settings, os.environ, read=options.hashed, keep=not options.no_store),
    )
    keys = own_keys(options.header, options.bearer_file, quiet=options.quiet)
    targets = read_targets(
        written,
        options.targets,
        ai=catalog.ports,
        read_yaml=examine,
        exclude=options.exclude,
        ports=options.ports,
        stdin=sys.stdin.buffer,
        key=keys.credential,
        environment=os.environ,
    )
    key = secrets.token_bytes(32)
    orders, scope = orders_of(
        targets,
        settings,
        key=key,
        i_mean_it=options.i_mean_it,
        headers=keys.plain,
        engine=options.engine,
        shard=options.shard,
        own=own_addresses(),
        source=Imported(found) if options.import_nmap else None,
    )
    if not options.quiet:
        for note in (*targets.notes, *scope.notes):
            complain(f"note: {note}", 0)
    if options.dry_run:
        _print_plan(orders, scope, settings, len(catalog.wanted))
        return None
    return Turn(
        orders=orders,
        catalog=catalog,
        local=asking(near, targets, settings, key=key, ports=options.ports, ai=catalog.ports),
        scope=(*(("this host",) if near else ()), *_scope(options)),
        policy=policy_of(options.policy),
        gone_after=settings.gone_after,
        notes=scope.notes,
        arguments=kept(options),
    )


def _scope(options: Options) -> tuple[str, ...]:
    """The targets and exclusions as they were written."""
    return (*options.target, *options.targets, *(f"not {one}" for one in options.exclude))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise click.UsageError(f"{safe_text(str(path), 200)} cannot be read: {error.strerror}") from None


def _open(settings: Settings) -> Store:
    return Store.open(settings.database(os.environ), wait=lambda words: click.echo(f"livebom: {words}", err=True))


async def _watched(turn: Turn, options: Options, done: Callable[[Report], object]) -> None:
    """Crank the turn, and hand the report over: what the main task returns asyncio makes a text of, however large."""
    async with anyio.create_task_group() as group:
        if not options.quiet:
            group.start_soon(lambda: show(turn.progress, color=_color(options)))
        done(await crank(turn))
        group.cancel_scope.cancel()


def _color(options: Options) -> bool:
    return not options.no_color and "NO_COLOR" not in os.environ


def _print_plan(orders: list[Order], scope: Scope, settings: Settings, products: int) -> None:
    probes = sum(block.count for block in scope.blocks)
    ports = sorted({port for block in scope.blocks for port in block.ports})
    names = sum(len(doors) for order in orders for doors in order.doors.values())
    click.echo(f"addresses  {scope.addresses}")
    click.echo(f"ports      {', '.join(map(str, ports))}")
    click.echo(f"probes     {probes} connection attempts, silent ones twice; {names} named places")
    most = orders[0].budget.total if orders else 0
    click.echo(f"servers    {products} products are looked for")
    click.echo(f"asks       at most {most} requests per open port, GET and HEAD but for declared reads")
    slowest = max(1.0, 2 * probes / settings.rate)
    click.echo(
        f"time       {probes / settings.rate:.0f} to {slowest:.0f} s at {settings.rate:g} per second, and the asks"
    )
    click.echo(f"begins     not: --dry-run sends nothing ({datetime.now(UTC):%Y-%m-%d %H:%M} UTC)")


def _code(report: Report, fail_on: str | None) -> int:
    if fail_on is not None:
        limit = Severity(fail_on).rank
        failed = (f for s in report.services for f in s.findings if f.state is Verdict.FAIL and not f.accepted)
        if any(finding.severity.rank <= limit for finding in failed):
            return FINDINGS
    return 0 if report.complete else INCOMPLETE
