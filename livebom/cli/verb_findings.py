"""`livebom findings`: what stands open, now or at a time, from the daemon or from the store."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
import msgspec

from daemon.client import Client
from daemon.wire import FindingLine
from livebom.bom.service import Severity
from livebom.cli.asking import reachable, streamed
from livebom.cli.errors import told
from livebom.cli.listing import FORMATS, print_rows, read_store
from livebom.cli.states import asked, daemon_state, policy_of
from livebom.cli.when import today
from livebom.store import OpenFinding

_COLUMNS = ("severity", "finding", "title", "where", "owner", "since", "accepted", "fix")


@click.command(name="findings")
@click.option("--at", "at", default="now", metavar="STATE", help="As it was then: yesterday, 2h, a time, a sweep's id.")
@click.option("--severity", type=click.Choice([s.value for s in Severity]), help="Only what is this bad or worse.")
@click.option("--all", "everything", is_flag=True, help="Also what the policy accepts.")
@click.option(
    "--policy", type=click.Path(path_type=Path), help="The rules that grade findings (default: the settings')."
)
@click.option("--db", metavar="FILE", help="The store (default: ~/.local/state/livebom/livebom.duckdb).")
@click.option("--format", "-f", "form", type=FORMATS, default="table", help="table (default), json or jsonl.")
@told
def command(at: str, severity: str | None, everything: bool, policy: Path | None, db: str | None, form: str) -> int:
    """List the findings that are open, worst first: where, since when, whom to call, and how they are mended."""
    client = reachable(db) if policy is None else None
    rows = _from_daemon(client, at, severity, everything=everything) if client is not None else None
    if rows is None:
        rows = _from_file(at, severity, policy, db, everything=everything)
    print_rows(rows, form, _COLUMNS)
    return 0


def _from_daemon(client: Client, at: str, severity: str | None, *, everything: bool) -> Iterable[dict[str, Any]] | None:
    """None where the file is to be read; the daemon grades by its own policy."""
    query = {"at": daemon_state(at), "severity": severity, "all": everything}
    rows = streamed(client, "/v1/findings", FindingLine, **query)
    return None if rows is None else (msgspec.structs.asdict(row) for row in rows)


def _from_file(
    at: str, severity: str | None, policy: Path | None, db: str | None, *, everything: bool
) -> Iterable[dict[str, Any]]:
    rules = policy_of(policy)
    with read_store(db, said=True) as store:
        moment = asked(store, at)
        day = moment.date() if moment else today(os.environ)
        found = store.findings(moment, policy=rules, today=day)
    worst = Severity(severity or Severity.INFO).rank
    chosen = [one for one in found if one.finding.severity.rank <= worst]
    shown = [one for one in chosen if everything or not one.finding.accepted]
    if len(shown) < len(chosen):
        click.echo(f"livebom: {len(chosen) - len(shown)} more are accepted by the policy; --all lists them", err=True)
    return [_row(one) for one in shown]


def _row(one: OpenFinding) -> dict[str, Any]:
    finding = one.finding
    accepted = finding.accepted[0] if finding.accepted else None
    return {
        "severity": finding.severity.value,
        "finding": finding.rule,
        "title": finding.title,
        "kind": finding.kind,
        "about": finding.part_key,
        "where": finding.where,
        "owner": finding.owner,
        "since": one.since,
        "last_seen": one.last_seen,
        "seen": finding.seen,
        "fix": finding.remediation,
        "accepted": f"{accepted.reason} (until {accepted.expires})" if accepted else None,
    }
