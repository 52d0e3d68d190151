"""A state as a document: the graph at a time, the looks it rests on, what was missed, and what keeps coming back."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from ipaddress import ip_network
from uuid import UUID

import msgspec

from livebom.bom.document import Document, Look, Stretch, document
from livebom.bom.service import Service
from livebom.store import read
from livebom.store.database import Database
from livebom.store.encode import column_time, graph_time
from livebom.store.rows import PastSweep, Row, SweepRow, Trail


def document_at(database: Database, at: datetime | None) -> Document:
    """The state now, or as it was known at a time. What is not in it is gone: the intervals have seen to that."""
    past = [sweep for sweep in read.sweeps(database) if at is None or (sweep.ended_at or sweep.sweep.started_at) <= at]
    missed = {} if at else dict(_pairs(database.run("missed")))
    return document(read.graph(database, at), _looks(database, past), settled=True, missed=missed)


def returns(database: Database, since: datetime) -> dict[UUID, int]:
    """How often each part or edge came back since then."""
    return dict(_pairs(database.run("flaps", {"since": column_time(since)})))


def _pairs(rows: Iterable[Row]) -> Iterator[tuple[UUID, int]]:
    return ((row[0], row[1]) for row in rows)


def unfinished(database: Database) -> list[tuple[SweepRow, Trail]]:
    """Looks that never ended and can go on, oldest first."""
    found = []
    for id_, surface, scope, version, started_at, trail in database.run("trail"):
        row = SweepRow(
            id=id_,
            surface=surface,
            scope=msgspec.json.decode(scope, type=tuple[str, ...]),
            version=version,
            started_at=graph_time(started_at),
        )
        found.append((row, msgspec.json.decode(trail, type=Trail)))
    return found


def unsettled(database: Database, sweep_id: str) -> list[Service]:
    """The services that a look had found, each listener's last word, in the order they were found."""
    decode = msgspec.json.Decoder(Service).decode
    found = (decode(row[0]) for row in database.run("unsettled", {"sweep_id": sweep_id}))
    return list({(one.zone, one.host, one.port, one.name, one.base_path): one for one in found}.values())


def _looks(database: Database, past: Iterable[PastSweep]) -> Iterator[Look]:
    """The last look of every surface and scope; a later one of the same scope has taken an earlier one's place."""
    last = {(one.sweep.surface, one.sweep.scope): one for one in past if one.ended_at}
    wanted = {one.sweep.id for one in last.values()}
    stretches: dict[str, list[Stretch]] = {}
    for sweep, *row in database.run("coverage"):
        if sweep in wanted:
            stretches.setdefault(sweep, []).append(_stretch(tuple(row)))
    for one in last.values():
        yield Look(
            at=one.ended_at or one.sweep.started_at,
            id=one.sweep.id,
            surface=one.sweep.surface,
            source=f"livebom {one.sweep.version}".strip(),
            scope=one.sweep.scope,
            complete=bool(one.complete),
            coverage=tuple(sorted(stretches.get(one.sweep.id, ()))),
            not_seen=one.not_seen,
        )


def _stretch(row: Row) -> Stretch:
    """From a row of `coverage`; a place is an address, a CIDR or `first-last`, ports may be ranges."""
    zone, place, ports, complete = row
    if "/" in place:
        network = ip_network(place, strict=False)
        place = f"{network[0]}-{network[-1]}"
    first, _, last = place.partition("-")
    numbers: list[int] = []
    for run in filter(None, ports.split(",")):
        low, _, high = run.partition("-")
        numbers += range(int(low), int(high or low) + 1)
    return Stretch(zone=zone, first=first, last=last or first, ports=tuple(numbers), complete=complete)
