"""A completeness report for people: as text for a terminal, and as Markdown; every name in it is made harmless."""

from collections.abc import Callable, Iterator
from io import StringIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from livebom.bom.completeness import Answer, Completeness, Concerned, Known
from livebom.bom.text import safe_text
from livebom.export.changes.words import moment
from livebom.export.markup import bullets, code, prose
from livebom.export.markup import table as rows_of
from livebom.export.table import WIDTH

_LISTED = 3
_TITLES = ("ELEMENT", "STANDING", "OF", "KNOWN", "LACKING, OR WHY")
_SCORED = ("PART", "POINTS", "LEVEL", "LACKING")

Quote = Callable[[str], str]


def text(report: Completeness) -> str:
    """The report as plain text; it ends with what was not looked at."""
    out = StringIO()
    console = Console(file=out, width=WIDTH, no_color=True, highlight=False, markup=False, emoji=False)
    for line in _head(report, str):
        console.print(Text(line))
    for cluster, title in report.clusters.items():
        console.print(Text(f"\n{title}"))
        console.print(_table(_TITLES, _rows(report, cluster, _plain)))
    if report.scores:
        console.print(Text("\nPoints"))
        console.print(_table(_SCORED, _points(report, _plain)))
    for source in _sources(report):
        console.print(Text(f"Source: {source}"))
    console.print(Text("\nNot looked at:"))
    for words in report.not_seen or ("nothing that is known of",):
        console.print(Text(f"  - {safe_text(words)}"))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def markdown(report: Completeness) -> str:
    """The report as Markdown; in no foreign word anything takes effect."""
    title, *more = _head(report, prose)
    lines = [f"# {title}", "", *(line for one in more for line in (one, ""))]
    for cluster, named in report.clusters.items():
        lines += [f"## {prose(named)}", "", *rows_of([t.capitalize() for t in _TITLES], _rows(report, cluster, code))]
    if report.scores:
        lines += ["## Points", "", *rows_of([t.capitalize() for t in _SCORED], _points(report, code))]
    lines += ["## Sources", "", *bullets(_sources(report))]
    told = [prose(words) for words in report.not_seen] or ["nothing that is known of"]
    return "\n".join([*lines, "## Not looked at", "", *bullets(told)]).rstrip("\n") + "\n"


def _head(report: Completeness, quote: Quote) -> Iterator[str]:
    checked = f"compared with its sources on {report.checked}" if report.checked else "not compared with any source"
    yield quote(f"{report.title} ({report.status}; {checked})")
    counted = ", ".join(f"{count} {standing}" for standing, count in report.counts.items())
    yield f"{len(report.elements)} elements, asked of the state of {moment(report.at)}: {counted}."
    if report.note:
        yield quote(report.note)


def _rows(report: Completeness, cluster: str, quote: Quote) -> Iterator[list[str]]:
    for answer in report.elements:
        if answer.cluster == cluster:
            doubt = " (from memory)" if answer.grade == "memory" else ""
            yield [
                answer.name + doubt,
                answer.standing.value,
                _of(answer),
                _known(answer.known),
                _lacking(answer, quote),
            ]


def _of(answer: Answer) -> str:
    if not answer.of:
        return ""
    partly = f", {len(answer.partial)} in part" if answer.partial else ""
    return f"{len(answer.present)} of {answer.of}{partly}"


def _known(known: Known) -> str:
    counted = {name: getattr(known, name) for name in known.__struct_fields__}
    return ", ".join(f"{count} {name}" for name, count in counted.items() if count)


def _lacking(answer: Answer, quote: Quote) -> str:
    if answer.why:
        return answer.why
    if len(answer.missing) == answer.of > _LISTED:
        return "all of them"
    lacking = [_named(one, quote) for one in answer.missing]
    lacking += [f"{_named(one, quote)} in part" for one in answer.partial]
    more = len(lacking) - _LISTED
    return ", ".join(lacking[:_LISTED]) + (f" and {more} more" if more > 0 else "")


def _named(one: Concerned, quote: Quote) -> str:
    if one.kind == "document":
        return one.name
    return f"{one.kind.replace('_', ' ')} {quote(one.name if one.kind == 'look' else one.key)}"


def _points(report: Completeness, quote: Quote) -> Iterator[list[str]]:
    names = {answer.id: answer for answer in report.elements}
    for score in sorted(report.scores, key=lambda one: (-one.points, one.kind, one.key)):
        worst = [names[id_].name for id_ in score.missing if names[id_].tier == "critical"]
        lacking = f"{len(score.missing)}" + (f", critical: {', '.join(worst)}" if worst else "")
        yield [f"{score.kind} {quote(score.key)}", f"{score.points:.1f}", score.level or "none", lacking]


def _sources(report: Completeness) -> Iterator[str]:
    for source in report.sources:
        when = f"compared on {source.checked}" if source.checked else "not read"
        yield f"{source.url} ({source.what}; {when})"


def _table(titles: tuple[str, ...], rows: Iterator[list[str]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    for title in titles:
        table.add_column(title, overflow="fold", no_wrap=title == _TITLES[0])
    for row in rows:
        table.add_row(*(Text(cell or "-") for cell in row))
    return table


def _plain(name: str) -> str:
    return safe_text(name, 80)
