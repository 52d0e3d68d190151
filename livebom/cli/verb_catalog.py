"""`livebom catalog`: which products are recognised, by which evidence, and how well that is known."""

from difflib import get_close_matches

import click

from livebom.bom.text import safe_text
from livebom.cli.errors import USAGE, complain, told
from livebom.cli.listing import print_rows
from livebom.cli.pages import catalog_page, counted, product_lines
from livebom.export.encoding import block
from livebom.recognise.describe import ProductEntry, products
from livebom.surfaces import load_catalog

_COLUMNS = ("product", "role", "grade", "ports", "marks", "checks")


@click.command(name="catalog")
@click.argument("product", required=False)
@click.option("--format", "-f", "form", type=click.Choice(["table", "json"]), default="table", help="table or json.")
@click.option("--markdown", is_flag=True, help="All products as the page docs/catalog.md.")
@told
def command(product: str | None, form: str, markdown: bool) -> int:
    """Say which products are recognised, or everything about one PRODUCT: its asks, evidence, versions and checks.

    Read from the fingerprints themselves; nothing is contacted.
    """
    entries = products(load_catalog())
    if markdown:
        click.echo(catalog_page(entries), nl=False)
        return 0
    known = {entry.product: entry for entry in entries}
    if product is not None and product not in known:
        return complain(nearest("product", product, list(known)), USAGE)
    chosen = entries if product is None else [known[product]]
    if form == "json":
        click.echo(block(chosen))
    elif product is not None:
        click.echo("\n".join(product_lines(chosen[0])))
    else:
        print_rows([_row(entry) for entry in chosen], form, _COLUMNS)
        click.echo(counted(chosen))
    return 0


def nearest(kind: str, given: str, known: list[str]) -> str:
    """That the name is unknown, and which ones were probably meant."""
    close = get_close_matches(given.lower(), known, n=4, cutoff=0.5) or sorted(n for n in known if given.lower() in n)
    meant = f"; did you mean {', '.join(close[:4])}?" if close else ""
    return f"there is no {kind} {safe_text(given, 80)}{meant}"


def _row(entry: ProductEntry) -> dict[str, object]:
    counts = {"marks": len(entry.marks), "checks": len(entry.checks)}
    return {"product": entry.product, "role": entry.role, "grade": entry.grade, "ports": entry.ports, **counts}
