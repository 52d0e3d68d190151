"""`livebom policy`: what the organisation's rules make of a state, and which rules count."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import groupby
from pathlib import Path

import click

from livebom.answers import NOW
from livebom.bom.document import Document
from livebom.bom.policy import Policy
from livebom.bom.service import Severity
from livebom.bom.text import safe_text
from livebom.bom.verdicts import Judged, check, with_verdicts
from livebom.cli.errors import FINDINGS, INCOMPLETE, told
from livebom.cli.output import deliver
from livebom.cli.states import policy_of, state_of
from livebom.cli.when import today
from livebom.export import exported
from livebom.export.changes.words import moment
from livebom.export.encoding import block
from livebom.export.gaps import gaps
from livebom.settings import load_settings

_POLICY = click.option(
    "--policy", "file", type=click.Path(path_type=Path), help="The rules (default: the settings' policy)."
)
_PLACES = 8
_SEEN = 3


@click.group(name="policy")
def command() -> None:
    """Ask what the rules of your organisation make of a state, and which rules count.

    \b
    livebom policy check                        the state now, by the policy of the settings
    livebom policy check merged.json --policy policy.yaml --fail-on high
    livebom policy show
    """


@command.command(name="check")
@click.argument("state", default=NOW)
@_POLICY
@click.option(
    "--fail-on", type=click.Choice([s.value for s in Severity]), help="Exit 1 for findings this bad or worse."
)
@click.option(
    "--format",
    "-f",
    "form",
    type=click.Choice(["table", "json", "sarif"]),
    default="table",
    help="table (default), json or sarif.",
)
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Write there instead of stdout.")
@click.option("--db", metavar="FILE", help="The store (default: ~/.local/state/livebom/livebom.duckdb).")
@told
def check_(state: str, file: Path | None, fail_on: str | None, form: str, output: Path | None, db: str | None) -> int:
    """Judge STATE (default now): its findings by the policy's severities, and what the policy's lists do not allow.

    STATE is a file, `now`, a baseline such as last-good, a sweep's id or a time. Nothing is stored.

    Exit code: 1 findings that nobody accepted reach --fail-on, 2 usage, 3 STATE was not complete, 4 internal, else 0.
    """
    policy, document, day = policy_of(file), state_of(state, db), today(os.environ)
    found = check(document, policy, day)
    deliver(_written(document, policy, found, day, form), output)
    open_ = [one for one in found if not one.accepted]
    if fail_on is not None and any(one.severity.rank <= Severity(fail_on).rank for one in open_):
        return FINDINGS
    return 0 if document.complete else INCOMPLETE


@command.command()
@_POLICY
@told
def show(file: Path | None) -> int:
    """Print the rules that count, as JSON, and on stderr which file they come from."""
    path = file or load_settings({}, os.environ).policy_file(os.environ)
    policy = policy_of(file)
    named = f"the policy is {safe_text(str(path))}" if path else "there is no policy: everything is allowed"
    click.echo(f"livebom: {named}", err=True)
    click.echo(block(policy))
    return 0


def _written(document: Document, policy: Policy, found: tuple[Judged, ...], day: date, form: str) -> str:
    if form == "sarif":
        return exported(with_verdicts(document, policy, day), "sarif")
    if form == "json":
        whole = {"at": document.at, "today": day, "findings": found, "not_seen": gaps(document)}
        return block(whole) + "\n"
    return "\n".join(_lines(document, found)) + "\n"


def _lines(document: Document, found: tuple[Judged, ...]) -> Iterator[str]:
    open_ = [one for one in found if not one.accepted]
    counts = Counter(one.severity for one in open_)
    told_ = ", ".join(f"{counts[one]} {one}" for one in Severity if one in counts)
    counted = f"{len(open_)} finding{'s' if len(open_) != 1 else ''}" + (f" ({told_})" if told_ else "")
    yield f"{counted}, {len(found) - len(open_)} accepted; the state of {moment(document.at)}"
    for heading, its in (("", open_), ("\nAccepted:", found[len(open_) :])):
        if heading and its:
            yield heading
        for _, group in groupby(its, key=lambda one: (one.severity, one.rule)):
            yield ""
            yield from _block(list(group))
    yield "\nNot looked at:"
    yield from (f"  - {safe_text(words)}" for words in gaps(document) or ["nothing that is known of"])


def _block(group: list[Judged]) -> Iterator[str]:
    """Findings of one rule and severity: what, where, what was seen, what to do, whom to ask."""
    first = group[0]
    regraded = f" (comes as {first.native})" if first.native is not first.severity else ""
    yield f"{first.severity:<9}{safe_text(first.rule)}: {safe_text(first.title)}{regraded}"
    for one in group[:_PLACES]:
        yield f"         {_about(one)}"
        if one.seen:
            yield f"           saw: {_some(one.seen, _SEEN)}"
        if one.accepted:
            row = one.accepted[0]
            by = f" by {safe_text(row.by)}" if row.by else ""
            yield f"           accepted until {row.expires}{by}: {safe_text(row.reason)}"
    if len(group) > _PLACES:
        yield f"         and {len(group) - _PLACES} more"
    if first.remediation:
        yield f"         fix: {safe_text(first.remediation)}"
    owners = sorted({one.owner for one in group if one.owner})
    if owners:
        yield f"         ask: {_some(owners, _PLACES)}"


def _about(one: Judged) -> str:
    thing = f"{one.kind.replace('_', ' ')} " if one.kind else ""
    other = f" -> {safe_text(one.other_key, 120)}" if one.other_key else ""
    places = f" at {_some(one.where, _SEEN)}" if one.where else ""
    return f"{thing}{safe_text(one.part_key, 120)}{other}{places}".strip()


def _some(words: Iterable[str], most: int) -> str:
    its = list(words)
    more = f" and {len(its) - most} more" if len(its) > most else ""
    return ", ".join(safe_text(one, 120) for one in its[:most]) + more
