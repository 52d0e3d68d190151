"""`livebom report`: how far a state answers a list of minimum elements."""

from pathlib import Path

import click

from livebom.answers import NOW
from livebom.bom.completeness import evaluate
from livebom.bom.profile import Profile, narrowed
from livebom.cli import answered
from livebom.cli.errors import USAGE, complain, told
from livebom.cli.listing import print_rows
from livebom.cli.output import deliver
from livebom.cli.states import state_of
from livebom.cli.verb_catalog import nearest
from livebom.export.encoding import block
from livebom.export.gaps import gaps
from livebom.settings import data_path, read, read_folder

_COLUMNS = ("id", "status", "elements", "checked", "title")
_FORMS = click.Choice(["table", "json", "markdown"])
_MARKDOWN = {".md", ".markdown"}


@click.command(name="report")
@click.argument("state", default=NOW)
@click.option("--profile", metavar="NAME|FILE", help="Which list; without one, the lists are named.")
@click.option("--cluster", multiple=True, metavar="ID", help="Only this part of the list; repeatable.")
@click.option("--format", "-f", "form", type=_FORMS, help="table (default), json or markdown.")
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Write there; .json and .md choose the format.")
@click.option("--db", metavar="FILE", help="The store (default: ~/.local/state/livebom/livebom.duckdb).")
@told
def command(
    state: str, profile: str | None, cluster: tuple[str, ...], form: str | None, output: Path | None, db: str | None
) -> int:
    """Say which elements of a list STATE (default now) answers: present, partial or missing, and by which parts.

    \b
    livebom report                              the lists
    livebom report --profile g7                 of what is known now
    livebom report merged.json --profile owasp --format markdown

    STATE is a file, `now`, a baseline such as last-good, a sweep's id or a time.
    """
    form = form or _form_of(output)
    if profile is None:
        if cluster or output:
            raise click.UsageError("--cluster and --output go with --profile")
        return _list(form)
    try:
        asked = _profile(profile)
        asked = narrowed(asked, cluster) if cluster else asked
    except (LookupError, ValueError) as unknown:
        return complain(str(unknown.args[0]), USAGE)
    document = state_of(state, db)
    report = evaluate(document, asked, gaps(document))
    if form == "json":
        deliver(block(report) + "\n", output)
    else:
        deliver(answered.markdown(report) if form == "markdown" else answered.text(report), output)
    return 0


def _profile(named: str) -> Profile:
    """The shipped profile of that id, or the one in that file. Raises LookupError, DataError."""
    if named.endswith((".yaml", ".yml")):
        return read(Path(named), Profile)
    ids = sorted(path.stem for path in data_path("config", "profiles").glob("*.yaml"))
    if named not in ids:
        raise LookupError(nearest("profile", named, ids))
    return read(data_path("config", "profiles", f"{named}.yaml"), Profile)


def _list(form: str) -> int:
    profiles = read_folder(data_path("config", "profiles"), Profile).values()
    rows = [
        {
            "id": one.id,
            "title": one.title,
            "status": one.status,
            "elements": len(one.elements),
            "clusters": one.clusters,
            "checked": max((str(source.checked) for source in one.sources if source.checked), default=None),
            "sources": [source.url for source in one.sources],
        }
        for one in profiles
    ]
    print_rows(rows, "json" if form == "json" else "table", _COLUMNS)
    return 0


def _form_of(output: Path | None) -> str:
    suffix = output.suffix.lower() if output else ""
    return "json" if suffix == ".json" else "markdown" if suffix in _MARKDOWN else "table"
