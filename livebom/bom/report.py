"""What one turn came to: the record behind every output of `livebom discover`."""

from datetime import datetime

from msgspec import Struct

from livebom.bom.change import Comparison
from livebom.bom.document import Document, Look, Stretch, document
from livebom.bom.observation import Observation
from livebom.bom.parts import Graph
from livebom.bom.service import Service


class Report(Struct, frozen=True, kw_only=True):
    """One turn: what was looked at, what was seen, what changed, and what could not be looked at."""

    sweep: str
    surface: str = "runtime"
    scope: tuple[str, ...]
    """The targets and exclusions as they were asked for."""
    started: datetime
    ended: datetime
    complete: bool
    """Every target was tried with its retries, and nothing was lost on our side."""
    services: tuple[Service, ...]
    """Every open listener, AI or not, by address and port."""
    graph: Graph
    observations: tuple[Observation, ...]
    changes: Comparison | None = None
    """Against the store's last state; None where nothing was stored or there was nothing before."""
    counts: dict[str, int] = {}
    """Targets planned, tried, open, refused, silent, unreachable and lost, and requests sent."""
    not_seen: tuple[str, ...] = ()
    """In words: what this look could not or did not look at."""
    paths: tuple[str, ...] = ()
    """In words, how open ports were looked for, and why so."""
    version: str = ""
    """livebom's own."""
    coverage: tuple[Stretch, ...] = ()
    mute: tuple[str, ...] = ()
    """Keys of listeners that were reached but did not tell their models."""


def look_of(report: Report) -> Look:
    """The turn as one look of a document."""
    return Look(
        at=report.ended,
        id=report.sweep,
        surface=report.surface,
        source=f"livebom {report.version}".strip(),
        scope=report.scope,
        complete=report.complete,
        coverage=report.coverage,
        mute=report.mute,
        not_seen=report.not_seen,
    )


def document_of(report: Report) -> Document:
    """The turn as a document of one look, with its observations."""
    return document(report.graph, [look_of(report)], report.observations)


def is_ai(service: Service) -> bool:
    """Whether an AI inventory is about it: a named product, or several that cannot all be there."""
    return service.product is not None or bool(service.conflict)
