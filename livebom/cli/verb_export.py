"""`livebom export`: a state in a format of other tools."""

import os
from pathlib import Path

import click

from livebom.answers import NOW
from livebom.bom.policy import Policy
from livebom.bom.verdicts import with_verdicts
from livebom.cli.errors import told
from livebom.cli.output import deliver
from livebom.cli.states import policy_of, state_of
from livebom.cli.when import today
from livebom.export import format_of, formats, pieces


@click.command(name="export")
@click.argument("state", default=NOW)
@click.option(
    "--format",
    "-f",
    "form",
    type=click.Choice(sorted(formats("export"))),
    help="By the output's suffix, else json.",
)
@click.option(
    "--policy", type=click.Path(path_type=Path), help="The rules that grade findings (default: the settings')."
)
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Write there; the suffix chooses the format.")
@click.option("--db", metavar="FILE", help="The store (default: ~/.local/state/livebom/livebom.duckdb).")
@told
def command(state: str, form: str | None, policy: Path | None, output: Path | None, db: str | None) -> int:
    """Write STATE (default now): a file, `now`, a baseline such as last-good, a sweep's id or a time.

    \b
    livebom export -o ai.cdx.json                          CycloneDX 1.6
    livebom export last-good --format spdx-3.0 -o ai.spdx.json
    livebom export merged.json -o report.html
    """
    form = form or (format_of(output) if output else None) or "json"
    if form not in formats("export"):
        raise click.UsageError(
            f"{form} tells a sweep, not a state; write one of {', '.join(sorted(formats('export')))}"
        )
    rules, document = policy_of(policy), state_of(state, db)
    if rules != Policy():
        document = with_verdicts(document, rules, today(os.environ))
    deliver(pieces(document, form), output)
    return 0
