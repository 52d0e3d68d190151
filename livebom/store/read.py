"""What the store tells: the graph now or at a time, past sweeps, services, and which server stands where."""

import re
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from livebom.bom.graph import winner
from livebom.bom.parts import Graph, Value
from livebom.store.database import Database
from livebom.store.encode import FOREVER, attributes_of, column_time, graph_time
from livebom.store.rows import KnownServer, PastSweep, Row, ServiceRow, SweepRow
from livebom.store.shapes import EDGES, PARTS, alias_of

_LISTENER_KEY = re.compile(
    r"(?P<zone>[^/]*)/(?:\[(?P<v6>[^]]+)\]|(?P<v4>[^/:]+)):(?P<port>\d{1,5})(?:/(?P<name>[^/]+))?(?P<base_path>/.*)?"
)
"""As `livebom.bom.observation.Listener.key` writes it; what the attributes say goes before it."""


class Serving(Struct):
    """One server behind a listener."""

    listener: str
    server: str
    said: dict[str, Value]
    """The server's believed attributes."""
    models: list[str]
    """Served names, in order."""


def graph(database: Database, at: datetime | None) -> Graph:
    """The state now, or as it was known at a time."""
    moment = {"moment": _moment(at)}
    parts = (PARTS.of_row(row) for row in database.walk("graph", moment, PARTS.tables))
    nodes = {part.id: part for part in parts}
    edges = (EDGES.of_row(row) for row in database.walk("graph", moment, EDGES.tables))
    arrows = {edge.id: edge for edge in edges}
    aliases = frozenset(alias_of(row) for row in database.run("aliases", moment))
    return Graph(parts=nodes, edges=arrows, aliases=aliases)


def sweeps(database: Database) -> list[PastSweep]:
    """Every look, oldest first."""
    return [_past_sweep(row) for row in database.run("sweeps")]


def _past_sweep(row: Row) -> PastSweep:
    id_, surface, scope, version, started_at, ended_at, complete, tally, not_seen, observations, asks = row
    return PastSweep(
        sweep=SweepRow(
            id=id_,
            surface=surface,
            scope=msgspec.json.decode(scope, type=tuple[str, ...]),
            version=version,
            started_at=graph_time(started_at),
        ),
        ended_at=None if ended_at is None else graph_time(ended_at),
        complete=complete,
        tally={} if tally is None else msgspec.json.decode(tally, type=dict[str, int]),
        not_seen=() if not_seen is None else msgspec.json.decode(not_seen, type=tuple[str, ...]),
        observations=observations,
        asks=asks,
    )


def services(database: Database, at: datetime | None) -> list[ServiceRow]:
    """One row per open listener, in order of its key."""
    moment = _moment(at)
    behind = _servings(database, moment)
    return [_service(row, behind.get(row[0], [])) for row in database.run("listeners", {"moment": moment})]


def _service(row: Row, behind: list[Serving]) -> ServiceRow:
    _, key, attributes, first_seen, last_seen = row
    said = _believed(attributes)
    read = _LISTENER_KEY.fullmatch(key)
    place = read.groupdict() if read else {}
    port = said.get("port", place.get("port"))

    def first(name: str) -> Value:
        """The listener's own word, else the first of its servers' that has one."""
        return next((one[name] for one in (said, *(serving.said for serving in behind)) if one.get(name)), None)

    return ServiceRow(
        zone=_text(said.get("zone", place.get("zone"))),
        host=_text(said.get("host", place.get("v6") or place.get("v4"))),
        port=int(port) if isinstance(port, int | str) else None,
        name=_text(said.get("name", place.get("name"))),
        base_path=_text(said.get("base_path", place.get("base_path"))),
        product=first("product"),
        version=first("version"),
        auth=first("auth"),
        models=sorted({name for serving in behind for name in serving.models}),
        first_seen=graph_time(first_seen),
        last_seen=graph_time(last_seen),
    )


def known_servers(database: Database) -> list[KnownServer]:
    """Which server stands behind each open listener, in order of their keys."""
    return [
        KnownServer(
            listener=one.listener,
            server=one.server,
            product=_text(one.said.get("product")),
            version=_text(one.said.get("version")),
            models=frozenset(one.models) if one.models else None,
        )
        for behind in _servings(database, FOREVER).values()
        for one in behind
    ]


def _servings(database: Database, moment: datetime) -> dict[UUID, list[Serving]]:
    """The servers behind each listener, by the listener's id."""
    behind: dict[UUID, list[Serving]] = {}
    for listener_id, listener, server, attributes, model, served in database.walk("servers", {"moment": moment}):
        those = behind.setdefault(listener_id, [])
        if not those or those[-1].server != server:
            those.append(Serving(listener, server, _believed(attributes), []))
        if model is not None:
            those[-1].models.append(_served_name(server, model, served))
    return behind


def _served_name(server: str, model: str, attributes: str) -> str:
    """The name the server gives the model: the edge says it, else the model's key `served:<server key>/<name>`."""
    return _text(_believed(attributes).get("name")) or model.removeprefix(f"served:{server}/")


def _believed(attributes: str) -> dict[str, Value]:
    return {name: winner(claims).value for name, claims in attributes_of(attributes).items()}


def _text(said: Value) -> str | None:
    return said if isinstance(said, str) and said else None


def _moment(at: datetime | None) -> datetime:
    return FOREVER if at is None else column_time(at)
