"""`livebom checks`: which misconfigurations are judged, how bad they are, and how they are mended."""

import click

from livebom.cli.errors import USAGE, complain, told
from livebom.cli.listing import print_rows
from livebom.cli.pages import check_lines, checks_page, confirmed
from livebom.cli.verb_catalog import nearest
from livebom.export.encoding import block
from livebom.recognise.describe import checks
from livebom.recognise.words import grading
from livebom.surfaces import load_catalog, load_workload_checks

_COLUMNS = ("id", "product", "severity", "confirm", "title")


@click.command(name="checks")
@click.argument("check", required=False, metavar="[ID]")
@click.option("--format", "-f", "form", type=click.Choice(["table", "json"]), default="table", help="table or json.")
@click.option("--markdown", is_flag=True, help="All checks as the page docs/checks.md.")
@told
def command(check: str | None, form: str, markdown: bool) -> int:
    """Say which misconfigurations are judged, or everything about the check ID: why, how it is seen, how it is mended.

    Read from the fingerprints themselves; nothing is contacted.
    """
    entries = checks(load_catalog(), load_workload_checks())
    if markdown:
        click.echo(checks_page(entries), nl=False)
        return 0
    chosen = entries if check is None else [entry for entry in entries if entry.id == check]
    if check is not None and not chosen:
        return complain(nearest("check", check, [entry.id for entry in entries]), USAGE)
    if form == "json":
        click.echo(block(chosen))
    elif check is not None:
        click.echo("\n\n".join("\n".join(check_lines(entry)) for entry in chosen))
    else:
        rows = ({**{name: getattr(e, name) for name in _COLUMNS}, "severity": grading(e.severity)} for e in chosen)
        print_rows(rows, form, _COLUMNS)
        click.echo(confirmed(chosen))
    return 0
