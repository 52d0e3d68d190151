"""`livebom schema`: the JSON Schemas of what livebom writes."""

import click

from livebom.export import document, lines
from livebom.export.encoding import block


@click.command(name="schema")
@click.argument("form", type=click.Choice([document.NAME, lines.NAME]), default=document.NAME)
def command(form: str) -> None:
    """Print the JSON Schema of the AIBOM document (json), or of one service line (jsonl)."""
    found = document.schema() if form == document.NAME else lines.schema()
    click.echo(block(found))
