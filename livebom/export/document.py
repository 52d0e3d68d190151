"""The AIBOM document of the runtime surface (`json`): parts, edges and the observations they come from."""

from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Struct

from livebom.bom.observation import Observation
from livebom.bom.parts import Alias, Edge, Part
from livebom.bom.report import Report

NAME = "json"
SUFFIXES = (".json",)


class Document(Struct, frozen=True, kw_only=True):
    """A livebom document; `livebom` is the version of its form."""

    livebom: Literal[1] = 1
    surface: str
    scope: tuple[str, ...]
    at: datetime
    complete: bool
    not_seen: tuple[str, ...]
    parts: tuple[Part, ...]
    edges: tuple[Edge, ...]
    aliases: tuple[Alias, ...]
    observations: tuple[Observation, ...]


def document_of(report: Report) -> Document:
    """The report as a document, everything in a fixed order."""
    graph = report.graph
    return Document(
        surface=report.surface,
        scope=report.scope,
        at=report.started,
        complete=report.complete,
        not_seen=report.not_seen,
        parts=tuple(sorted(graph.parts.values(), key=lambda p: (p.kind, p.key))),
        edges=tuple(sorted(graph.edges.values(), key=lambda e: e.id)),
        aliases=tuple(sorted(graph.aliases)),
        observations=tuple(sorted(report.observations, key=lambda o: (o.kind, o.subject, o.at))),
    )


def write(report: Report, *, everything: bool) -> str:
    """The document, indented for people who open it."""
    return (
        msgspec.json.format(msgspec.json.encode(document_of(report), order="deterministic"), indent=2).decode() + "\n"
    )


def schema() -> dict[str, object]:
    """The JSON Schema of the document."""
    return msgspec.json.schema(Document)
