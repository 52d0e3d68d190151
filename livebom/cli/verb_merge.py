"""`livebom merge`: several documents made into one graph."""

import os
from collections.abc import Iterator
from pathlib import Path

import click

from livebom.answers import changes
from livebom.bom.change import Comparison
from livebom.bom.document import Document
from livebom.bom.merge import merged_documents
from livebom.bom.policy import Policy
from livebom.bom.service import Severity
from livebom.bom.verdicts import judged
from livebom.cli.errors import FINDINGS, INCOMPLETE, USAGE, complain, told
from livebom.cli.heap import uncollected
from livebom.cli.output import deliver
from livebom.cli.states import policy_of, state_of
from livebom.cli.verb_diff import code
from livebom.cli.when import today
from livebom.export import changes as changes_formats
from livebom.export import format_of, formats, pieces
from livebom.readers import ReadProblem
from livebom.store import StoreError


@click.command(name="merge")
@click.argument("files", nargs=-1)
@click.option("--inputs", multiple=True, metavar="FILE[,FILE…]", help="What to merge; repeatable. As FILES.")
@click.option("--diff-against", metavar="STATE", help="Also say what changed since this state: a file, last-good, …")
@click.option("--policy", type=click.Path(path_type=Path), help="The rules that count (default: the settings').")
@click.option(
    "--fail-on",
    type=click.Choice([s.value for s in Severity]),
    help="Exit 1 for changes (with --diff-against) or else findings this bad or worse.",
)
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Write there; the suffix chooses the format.")
@click.option("--format", "-f", "form", type=click.Choice(sorted(formats("export"))), help="Of the merged document.")
@click.option("--db", metavar="FILE", help="The store (default: ~/.local/state/livebom/livebom.duckdb).")
@told
def command(
    files: tuple[str, ...],
    inputs: tuple[str, ...],
    diff_against: str | None,
    policy: Path | None,
    fail_on: str | None,
    output: Path | None,
    form: str | None,
    db: str | None,
) -> int:
    """Merge FILES into one graph: documents of livebom, CycloneDX and SPDX; their order does not matter.

    What one thing is called in several documents is joined by alias rows, each with its reason; the documents' own
    words stay, and where they differ they stand side by side. An input that cannot be read is told, and the others are
    merged all the same.

    \b
    livebom merge code.cdx.json weights.json --output current.json
    livebom merge --inputs a.json,b.json --diff-against last-good --fail-on high -o current.json

    Exit code: 1 changes or findings reach --fail-on, 2 usage, 3 an input could not be read, 4 internal, else 0.
    """
    names = [*files, *(name.strip() for given in inputs for name in given.split(",") if name.strip())]
    if not names:
        raise click.UsageError("name what is to be merged: livebom merge a.json b.json --output merged.json")
    form = form or (format_of(output) if output else None) or "json"
    if form not in formats("export"):
        raise click.UsageError(f"{form} tells a sweep, not a state")
    rules = policy_of(policy)
    before = state_of(diff_against, db) if diff_against is not None else None
    with uncollected():
        bad: list[str] = []
        merged = merged_documents(_read(names, db, bad), rules.distinct)
    if len(bad) == len(names):
        return complain("no input could be read: nothing was merged, and nothing written", USAGE)
    comparison = None
    if before is not None:
        day = today(os.environ)
        comparison = changes(before, merged, rules, day, names=(str(diff_against), str(output or "merged")))
    deliver(pieces(merged, form), output)
    if comparison is not None:
        # On stdout, unless the document itself goes there.
        click.echo(changes_formats.written(comparison, "table"), nl=False, err=output is None)
    return _code(merged, rules, comparison, fail_on, complete=not bad)


def _read(names: list[str], db: str | None, bad: list[str]) -> Iterator[Document]:
    """The documents that can be read, one by one; what is wrong with the others is told, and their names are added."""
    for name in names:
        try:
            yield state_of(name, db)
            continue
        except ReadProblem as problem:
            why = str(problem)
        except StoreError as problem:
            why = f"{name}: {problem}"
        except click.UsageError as problem:
            why = problem.format_message()
        bad.append(name)
        complain(f"not merged: {why}", INCOMPLETE)


def _code(
    merged: Document, rules: Policy, comparison: Comparison | None, fail_on: str | None, *, complete: bool
) -> int:
    if comparison is not None:
        return code(comparison, fail_on, complete=complete)
    if fail_on is not None:
        limit = Severity(fail_on).rank
        if any(one.severity.rank <= limit for one in judged(merged, rules, today(os.environ)) if not one.accepted):
            return FINDINGS
    return 0 if complete else INCOMPLETE
