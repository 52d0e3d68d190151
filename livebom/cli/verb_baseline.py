"""`livebom baseline`: call a state good, so that later ones are compared with it."""

import os
from datetime import UTC, datetime

import click

from livebom.answers import LAST_GOOD, NOW, baseline_of, newest
from livebom.bom.text import safe_text
from livebom.cli.errors import told
from livebom.cli.listing import FORMATS, print_rows, read_store
from livebom.cli.states import asked
from livebom.settings import load_settings
from livebom.store import Baseline, Store

_COLUMNS = ("name", "as_of", "set_at", "reason")
_DB = click.option("--db", metavar="FILE", help="The store (default: ~/.local/state/livebom/livebom.duckdb).")
_FORM = click.option("--format", "-f", "form", type=FORMATS, default="table", help="table (default), json or jsonl.")


@click.group(name="baseline")
def command() -> None:
    """Call a state of the store good; `livebom diff last-good now` compares with it.

    \b
    livebom baseline set                              the state now is last-good
    livebom baseline set before-move --state 2h       under another name, as it was two hours ago
    livebom baseline list
    """


@command.command(name="set")
@click.argument("name", default=LAST_GOOD)
@click.option("--state", "reference", default=NOW, help="now (default), a sweep's id, a baseline or a time.")
@click.option("--reason", default="", help="Why it is good, for those who read it later.")
@_DB
@told
def set_(name: str, reference: str, reason: str, db: str | None) -> int:
    """Call a state good under NAME (default last-good)."""
    if name == NOW or not name.strip() or name != safe_text(name) or "/" in name:
        raise click.UsageError("a baseline's name is a word such as last-good, without `/`, and not `now`")
    path = load_settings({"db": db}, os.environ).database(os.environ)
    with Store.open(path, wait=lambda words: click.echo(f"livebom: {words}", err=True)) as store:
        as_of = asked(store, reference) or newest(store)
        if as_of is None:
            raise click.UsageError("the store holds no finished sweep: run `livebom discover` first")
        store.set_baseline(Baseline(name=name, as_of=as_of, set_at=datetime.now(UTC), reason=reason))
        store.publish()
    click.echo(f"livebom: {name} is the state of {as_of:%Y-%m-%d %H:%M:%S} UTC", err=True)
    return 0


@command.command()
@click.argument("name", default=LAST_GOOD)
@_DB
@_FORM
@told
def show(name: str, db: str | None, form: str) -> int:
    """Say which moment NAME (default last-good) stands for, and how big its state is."""
    with read_store(db) as store:
        baseline = baseline_of(store, name)
        if baseline is None:
            raise click.UsageError(f"there is no baseline {safe_text(name, 100)}; `livebom baseline list` names them")
        state = store.document(baseline.as_of)
    row = {**_row(baseline), "parts": len(state.parts), "edges": len(state.edges), "complete": state.complete}
    print_rows([row], form, (*_COLUMNS, "parts", "edges", "complete"))
    return 0


@command.command(name="list")
@_DB
@_FORM
@told
def list_(db: str | None, form: str) -> int:
    """List every baseline ever set; of those with one name the last counts."""
    with read_store(db) as store:
        rows = [_row(one) for one in store.baselines()]
    print_rows(rows, form, _COLUMNS)
    return 0


def _row(one: Baseline) -> dict[str, object]:
    return {"name": one.name, "as_of": one.as_of, "set_at": one.set_at, "reason": one.reason}
