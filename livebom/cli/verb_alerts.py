"""`livebom alerts`: what waits to be told, what was given up, and whether alerts arrive."""

import os
import platform
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import click
import msgspec

from livebom.bom.alerting import Letter, LetterState
from livebom.bom.policy import Policy
from livebom.bom.text import safe_text
from livebom.cli.errors import FINDINGS, told
from livebom.cli.listing import FORMATS, print_rows, read_store
from livebom.cli.states import policy_of
from livebom.settings import load_settings
from livebom.store import Store

_COLUMNS = ("id", "sink", "state", "severity", "text", "created", "due", "attempts", "told")
_RESULTS = ("sink", "kind", "arrived", "told")
_WAIT = 10.0
"""Seconds to wait for the store; a sweep that has it gives it back when it ends."""

_DB = click.option("--db", metavar="FILE", help="The store (default: ~/.local/state/livebom/livebom.duckdb).")
_FORM = click.option("--format", "-f", "form", type=FORMATS, default="table", help="table (default), json or jsonl.")
_SINK = click.option("--sink", metavar="NAME", help="Only those to this sink.")


@click.group(name="alerts")
def command() -> None:
    """Look after the alerts that the policy asks for (`alerts` and `sinks`); docs/alerts.md tells how they are made.

    \b
    livebom alerts test soc              send a test alert now, and say whether it arrived
    livebom alerts list --dead           what was given up, and why
    livebom alerts retry                 let everything that was given up be sent again
    """


@command.command(name="list")
@click.option("--dead", "state", flag_value="dead", help="Only what was given up.")
@click.option("--waiting", "state", flag_value="waiting", help="Only what is on its way.")
@_SINK
@click.option("--limit", type=click.IntRange(1), default=1000, metavar="N", help="At most so many (default 1000).")
@_FORM
@_DB
@told
def list_(state: str | None, sink: str | None, limit: int, form: str, db: str | None) -> int:
    """List alerts, newest first: where they go, what became of them, and why one did not arrive."""
    with read_store(db) as store:
        found = store.outbox.letters(LetterState(state) if state else None, sink, limit + 1)
    print_rows([_row(one, whole=form != "table") for one in found[:limit]], form, _COLUMNS)
    if len(found) > limit:
        click.echo(f"livebom: there are more than {limit}; --limit shows them", err=True)
    return 0


@command.command()
@click.argument("sinks", nargs=-1, metavar="[SINK]...")
@click.option(
    "--policy", "file", type=click.Path(path_type=Path), help="The rules with the sinks (default: the settings')."
)
@_FORM
@told
def test(sinks: tuple[str, ...], file: Path | None, form: str) -> int:
    """Send a test alert to each SINK of the policy (default: all) now, past the outbox, and say whether it arrived.

    Exit code: 1 where one did not arrive, else 0.
    """
    policy = policy_of(file)
    if unknown := sorted(set(sinks) - set(policy.sinks)):
        known = ", ".join(sorted(policy.sinks)) or "none"
        raise click.UsageError(f"the policy names no sink {safe_text(unknown[0], 100)}; its sinks are: {known}")
    if not policy.sinks:
        raise click.UsageError("the policy names no sinks; docs/alerts.md tells how to write them")
    results = anyio.run(_try_all, policy, sinks or tuple(sorted(policy.sinks)))
    print_rows(results, form, _RESULTS)
    return 0 if all(one["arrived"] for one in results) else FINDINGS


@command.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@_SINK
@_DB
@told
def retry(ids: tuple[str, ...], sink: str | None, db: str | None) -> int:
    """Let dead alerts wait again, those whose ID begins so, else all; they are tried after the next sweep."""
    if any(len(one) < 4 for one in ids):
        raise click.UsageError(
            "an ID is at least the first four characters of one; `livebom alerts list --dead` has them"
        )
    path = load_settings({"db": db}, os.environ).database(os.environ)
    with Store.open(path, wait=lambda words: click.echo(f"livebom: {words}", err=True), timeout=_WAIT) as store:
        count = store.outbox.retry(datetime.now(UTC), ids, sink)
        store.publish()
    click.echo(f"livebom: {count} alert{'s wait' if count != 1 else ' waits'} again", err=True)
    return 0


async def _try_all(policy: Policy, names: tuple[str, ...]) -> list[dict[str, Any]]:
    """Each sink's result, in the order of the names; all are tried at once."""
    from livebom.alerts import Undelivered, carriers, trial

    ways = carriers(policy, os.environ, platform.node())
    at = datetime.now(UTC)
    results: dict[str, str] = {}

    async def one(name: str) -> None:
        try:
            await ways[name][1].carry(trial(name, f"{random.getrandbits(64):016x}", at), at)
            results[name] = ""
        except Undelivered as failure:
            results[name] = str(failure)

    async with anyio.create_task_group() as group:
        for name in names:
            group.start_soon(one, name)
    return [{"sink": n, "kind": _kind(policy, n), "arrived": not results[n], "told": results[n]} for n in names]


def _kind(policy: Policy, name: str) -> str:
    return str(policy.sinks[name].__struct_config__.tag)


def _row(letter: Letter, *, whole: bool) -> dict[str, Any]:
    alert = msgspec.json.decode(letter.body)
    said = alert if isinstance(alert, dict) else {}
    return {
        "id": letter.id if whole else letter.id[:8],
        "sink": letter.sink,
        "state": letter.state.value,
        "severity": said.get("severity"),
        "event": said.get("event"),
        "text": said.get("text"),
        "created": letter.created,
        "due": letter.due if letter.state is LetterState.WAITING else None,
        "attempts": letter.attempts,
        "told": letter.told,
        **({"alert": alert} if whole else {}),
    }
