"""A state of the graph as the tables that the questions are asked of: a database in memory, filled in bulk."""

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import msgspec

from livebom.bom.document import Document
from livebom.bom.graph import name_of, winner
from livebom.bom.identity import canonical, part_id
from livebom.bom.license import license_of
from livebom.bom.merge import resolve
from livebom.bom.parts import Claim, Confidence, Graph, Part, Value
from livebom.store.database import Database, told
from livebom.store.encode import text
from livebom.store.opening import MEMORY_LIMIT, THREADS
from livebom.store.question import script
from livebom.store.rows import Row

_PLACE = Path(os.devnull)
"""What stands for the file of a database that has none."""


def loaded(document: Document) -> Database:
    """The document's state, every alias set as one part, in the tables of `questions/schema.sql` with their views.

    The caller closes it. It can reach no file and no network.
    """
    import duckdb

    settings: dict[str, str | bool | int | float | list[str]] = {
        "threads": THREADS,
        "memory_limit": MEMORY_LIMIT,
        "autoload_known_extensions": "false",
        "autoinstall_known_extensions": "false",
        "allow_community_extensions": "false",
        "temp_directory": "",
    }
    with told(_PLACE):
        database = Database(_PLACE, duckdb.connect(":memory:", config=settings))
    try:
        _lay(database, document)
    except BaseException:
        database.close()
        raise
    return database


def _lay(database: Database, document: Document) -> None:
    roots = canonical(document.aliases)
    graph = resolve(document.graph, roots) if roots else document.graph
    with told(_PLACE):
        database.connection.execute(script("schema"))
        database.connection.execute(script("views"))
    with database.transaction():
        database.fill("part", (_part(part) for part in graph.parts.values()))
        database.fill("part_name", _names(document, roots))
        database.fill("edge", _edges(graph))
        database.fill("attribute", (row for part in graph.parts.values() for row in _attributes(part)))
        database.fill("sighting", _sightings(document, graph, roots))
    database.run("lock")


def _part(part: Part) -> Row:
    return (part.id, part.kind.value, text(part.key), text(name_of(part)), _utc(part.first_seen), _utc(part.last_seen))


def _names(document: Document, roots: dict[UUID, UUID]) -> Iterator[Row]:
    for part in document.parts:
        yield roots.get(part.id, part.id), part.kind.value, text(part.key)
    known = {part.id for part in document.parts}
    for row in document.aliases:
        if row.same_as not in known:
            yield roots[row.same_as], row.kind.value, text(row.key)


def _edges(graph: Graph) -> Iterator[Row]:
    """Edges whose both ends are known."""
    for edge in graph.edges.values():
        source, destination = graph.parts.get(edge.source), graph.parts.get(edge.destination)
        if source is not None and destination is not None:
            yield (
                edge.id,
                edge.kind.value,
                edge.source,
                source.kind.value,
                edge.destination,
                destination.kind.value,
                _utc(edge.first_seen),
                _utc(edge.last_seen),
            )


def _attributes(part: Part) -> Iterator[Row]:
    id_ = str(part.id)  # once, because the Appender would make it for every row
    for name, claims in part.attributes.items():
        best = claims[0] if len(claims) == 1 else winner(claims)
        for claim in claims:
            yield from _claim(id_, name, claim, believed=claim is best)
    if "license" in part.attributes and "license_family" not in part.attributes:
        yield from _family(id_, winner(part.attributes["license"]))


def _family(part: str, license_: Claim) -> Iterator[Row]:
    """How far the license goes, where nobody said so: concluded from its tag."""
    if isinstance(license_.value, str):
        family = license_of(license_.value).family.value
        said = msgspec.structs.replace(license_, value=family, confidence=Confidence.INFERRED)
        yield from _claim(part, "license_family", said, believed=True)


def _claim(part: str, name: str, claim: Claim, *, believed: bool) -> Iterator[Row]:
    rest = (
        claim.confidence.value,
        claim.surface,
        text(claim.source),
        _utc(claim.first_seen),
        _utc(claim.last_seen),
        believed,
    )
    values: Sequence[Value] = (claim.value or (None,)) if isinstance(claim.value, list) else (claim.value,)
    for position, value in enumerate(values):
        yield part, text(name), position, _word(value), *rest


def _word(value: Value) -> str | None:
    """A value as the column holds it: text as it is, yes and no as `true` and `false`, numbers as written."""
    if value is None:
        return None
    if isinstance(value, str):
        return text(value)
    return str(value).lower() if isinstance(value, bool | int | float) else None


def _sightings(document: Document, graph: Graph, roots: dict[UUID, UUID]) -> list[Row]:
    """Who speaks of which part: every source of a claim, and of an observation of it."""
    seen = {
        (part.id, claim.surface, text(claim.source))
        for part in graph.parts.values()
        for claims in part.attributes.values()
        for claim in claims
    }
    for one in document.observations:
        id_ = part_id(one.kind, one.subject)
        seen.add((roots.get(id_, id_), one.surface, text(one.source)))
    return list(seen)


def _utc(at: datetime) -> datetime:
    return (at if at.tzinfo is UTC else at.astimezone(UTC)).replace(tzinfo=None)
