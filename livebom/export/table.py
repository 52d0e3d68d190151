"""The report for people (`table`): services, findings with their fix, what changed, and what was not looked at."""

from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from itertools import groupby

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from livebom.bom.observation import Outcome
from livebom.bom.report import Report, is_ai
from livebom.bom.service import Auth, Finding, Service, Verdict
from livebom.bom.text import safe_text
from livebom.export.changes.table import told
from livebom.export.changes.words import moment

NAME = "table"
SUFFIXES = (".txt",)

WIDTH = 140
"""Columns where there is no terminal to ask."""

_LISTED = 3
_PLACES = 8
_EVIDENCE = 3
_STYLE = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan", "info": "dim"}
_AUTH = {Auth.NONE: "red", Auth.PARTIAL: "yellow", Auth.REQUIRED: "green", Auth.UNKNOWN: "dim"}


def write(report: Report, *, everything: bool) -> str:
    """The report as plain text."""
    out = StringIO()
    console = Console(file=out, width=WIDTH, no_color=True, highlight=False, markup=False, emoji=False)
    console.print(rendered(report, everything=everything))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def rendered(report: Report, *, everything: bool) -> RenderableType:
    """The report as rich draws it; every name from a target went through `safe_text`."""
    services = [s for s in report.services if everything or is_ai(s)]
    blocks = [_services(services), *_findings(services), *_changes(report), _footer(report, services)]
    return Group(*blocks)


def _services(services: Iterable[Service]) -> RenderableType:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column("LISTENER", overflow="fold", ratio=None, min_width=18)
    for title in ("PRODUCT", "VERSION", "AUTH", "MODELS", "FINDINGS"):
        table.add_column(title, overflow="fold")
    for service in services:
        table.add_row(
            Text(_place(service)),
            Text(safe_text(_product(service), 200)),
            Text(safe_text(service.version or "?", 32)),
            Text(service.auth.value, style=_AUTH[service.auth]),
            Text(_models(service)),
            _worst(service),
        )
    return table if table.row_count else Text("No AI service was found.\n")


def _place(service: Service) -> str:
    host = service.name or service.host
    host = f"[{host}]" if ":" in host else host
    secure = "https://" if service.scheme == "https" else ""
    return safe_text(f"{secure}{host}:{service.port}{service.base_path}{_inside(service.zone)}", 80)


def _inside(zone: str) -> str:
    """Of an address that means something within one container or network namespace only, whose it is."""
    kind, _, id_ = zone.partition(":")
    if kind == "container":
        return f" in {id_[:12]}"
    return f" in {zone.partition('/')[2]}" if kind == "machine" and "/" in zone else ""


def _product(service: Service) -> str:
    if service.conflict:
        return f"conflicting: {', '.join(service.conflict)}"
    behind = [layer.product for layer in service.stack if layer.product != service.product]
    if service.product is None:
        return ", ".join(behind) or ("?" if service.outcome is Outcome.OK else f"? ({service.outcome})")
    return service.product + (f" behind {', '.join(behind)}" if behind else "")


def _models(service: Service) -> str:
    if service.models is None:
        return "?"
    names = [
        safe_text(m.name, 60) + (f" ({safe_text(m.quantization, 20)})" if m.quantization else "")
        for m in service.models[:_LISTED]
    ]
    more = len(service.models) - _LISTED
    return ", ".join(names + ([f"and {more} more"] if more > 0 else [])) or "none"


def _failed(service: Service) -> list[Finding]:
    return [finding for finding in service.findings if finding.state is Verdict.FAIL and not finding.accepted]


def _worst(service: Service) -> Text:
    failed = _failed(service)
    if not failed:
        return Text("-", style="dim")
    worst = min(failed, key=lambda f: f.severity.rank).severity
    return Text(f"{len(failed)} ({worst})", style=_STYLE[worst])


def _findings(services: Sequence[Service]) -> Iterator[RenderableType]:
    found = [(f.severity.rank, f.id, _place(s), f, s.owner) for s in services for f in _failed(s)]
    found.sort(key=lambda row: row[:3])
    if found:
        yield Text("Findings", style="bold")
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for _, rows in groupby(found, key=lambda row: row[:2]):
        group = list(rows)
        finding = group[0][3]
        table.add_row(
            Text(f"  {finding.severity}", style=_STYLE[finding.severity]),
            Text(safe_text(f"{finding.id}: {finding.title}", 300)),
        )
        table.add_row("", Text(f"at {_places([row[2] for row in group])}"))
        if finding.evidence:
            table.add_row("", Text(f"saw: {_saw(finding.evidence)}", style="dim"))
        table.add_row("", Text(f"fix: {safe_text(finding.remediation, 4096)}", style="dim"))
        owners = sorted({row[4] for row in group if row[4]})
        if owners:
            table.add_row("", Text(f"ask: {safe_text(', '.join(owners), 200)}"))
        table.add_row()
    if found:
        yield table
    accepted = sorted({(f.id, _place(s), f.accepted) for s in services for f in s.findings if f.accepted})
    if accepted:
        yield Text("Accepted", style="bold")
        lines = (f"{safe_text(rule)} at {place}, {safe_text(reason, 300)}" for rule, place, reason in accepted)
        yield Padding(Text("\n".join(lines), style="dim"), (0, 0, 1, 2))


def _saw(evidence: tuple[str, ...]) -> str:
    """The evidence of one place, the others' being alike."""
    more = f" and {len(evidence) - _EVIDENCE} more" if len(evidence) > _EVIDENCE else ""
    return safe_text("; ".join(evidence[:_EVIDENCE]), 240) + more


def _places(places: list[str]) -> str:
    rest = f" and {len(places) - _PLACES} more" if len(places) > _PLACES else ""
    return ", ".join(places[:_PLACES]) + rest


def _changes(report: Report) -> Iterator[RenderableType]:
    if report.changes is None:
        return
    lines = told(report.changes.changes)
    yield Text(f"Since the last sweep (ended {moment(report.changes.old_at)})", style="bold")
    yield Padding(Text("\n".join(lines) if lines else "nothing changed"), (0, 0, 1, 2))


def _footer(report: Report, services: list[Service]) -> RenderableType:
    counts = report.counts
    seconds = (report.ended - report.started).total_seconds()
    text = Text(
        f"{len(services)} shown, {counts.get('open', 0)} open ports, {counts.get('planned', 0)} targets tried, "
        f"{counts.get('requests', 0)} requests, {seconds:.1f} s\n"
    )
    text.append("Not looked at:", style="bold")
    for sentence in report.not_seen:
        text.append(f"\n  - {safe_text(sentence)}")
    return text
