"""`livebom diff`: what changed from one state to another, as typed events."""

import os
from contextlib import nullcontext
from pathlib import Path

import click

from livebom.answers import NOW, changes
from livebom.bom.change import Comparison, Status
from livebom.bom.service import Severity
from livebom.cli.errors import FINDINGS, INCOMPLETE, told
from livebom.cli.listing import read_store
from livebom.cli.output import deliver
from livebom.cli.states import policy_of, state_of
from livebom.cli.when import today
from livebom.export.changes import format_of, formats, written

_QUIET = {Status.ACCEPTED, Status.EXPECTED}
"""What somebody answers for never fails a build."""


@click.command(name="diff")
@click.argument("old", default="last-good")
@click.argument("new", default=NOW)
@click.option(
    "--policy", type=click.Path(path_type=Path), help="The rules that grade changes (default: the settings')."
)
@click.option("--fail-on", type=click.Choice([s.value for s in Severity]), help="Exit 1 for changes this bad or worse.")
@click.option("--assume-complete", is_flag=True, help="Take the newer state for all there is: what it lacks is gone.")
@click.option(
    "--format", "-f", "form", type=click.Choice(sorted(formats())), help="table (default), json, markdown, sarif."
)
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Write there; the suffix chooses the format.")
@click.option("--db", metavar="FILE", help="The store (default: ~/.local/state/livebom/livebom.duckdb).")
@told
def command(
    old: str,
    new: str,
    policy: Path | None,
    fail_on: str | None,
    assume_complete: bool,
    form: str | None,
    output: Path | None,
    db: str | None,
) -> int:
    """Say what changed from OLD (default last-good) to NEW (default now).

    Each is a file, `now`, a baseline such as last-good, a sweep's id or a time. What is missing from NEW is called gone
    only where NEW looked completely; the rest is counted at the end.

    \b
    livebom diff                                  since the state that was called good
    livebom diff yesterday now --fail-on high
    livebom diff main.cdx.json pull.cdx.json --format markdown

    Exit code: 1 changes reach --fail-on, 2 usage, 3 NEW was not complete, 4 internal, else 0.
    """
    comparison = compared(old, new, policy, db, assume_complete=assume_complete)
    form = form or (format_of(output) if output else None) or "table"
    deliver(written(comparison, form), output)
    return code(comparison, fail_on, complete=not comparison.unsaid)


def compared(old: str, new: str, policy: Path | None, db: str | None, *, assume_complete: bool) -> Comparison:
    """The two states that the references mean, compared by the policy that counts."""
    rules, before, after = policy_of(policy), state_of(old, db), state_of(new, db)
    both = before.settled and after.settled
    day = today(os.environ)
    with read_store(db) if both else nullcontext() as store:
        return changes(before, after, rules, day, names=(old, new), store=store, assume_complete=assume_complete)


def code(comparison: Comparison, fail_on: str | None, *, complete: bool) -> int:
    """The exit code: changes that reach the limit, else an incomplete look, else 0."""
    if fail_on is not None:
        limit = Severity(fail_on).rank
        if any(one.severity.rank <= limit for one in comparison.changes if one.status not in _QUIET):
            return FINDINGS
    return 0 if complete else INCOMPLETE
