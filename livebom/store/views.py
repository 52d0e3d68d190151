"""The views of a published snapshot: laid into the copy, so that they are always those of the livebom that made it."""

import re
from functools import cache
from importlib import resources
from pathlib import Path

from livebom.bom.identity import canonical
from livebom.bom.merge import resolve
from livebom.bom.parts import Graph
from livebom.store.database import Database, told
from livebom.store.encode import FOREVER
from livebom.store.question import script
from livebom.store.shapes import EDGES, PARTS, alias_of

_MEMORY = "256MB"
_SHARED = frozenset({"believed", "call_step", "control_step", "retrieval_step", "rests_on"})
"""The views of the questions that read nothing but `attribute` and `edge`, and stand here as well."""
_VIEW = re.compile(r"^CREATE VIEW (\w+) AS\b.*?;$", re.MULTILINE | re.DOTALL)


def lay(path: Path) -> None:
    """Put the views into a copy that nobody else has open, and write all of it into the file itself.

    Raises StoreError, after which the copy is of no use.
    """
    import duckdb

    settings: dict[str, str | bool | int | float | list[str]] = {
        "threads": 1,
        "memory_limit": _MEMORY,
        "temp_directory": "",
        "autoload_known_extensions": "false",
        "autoinstall_known_extensions": "false",
        "allow_community_extensions": "false",
    }
    log = path.with_name(f"{path.name}.wal")
    with told(path):
        log.unlink(missing_ok=True)  # of one that was killed in here; it would be replayed
        database = Database(path, duckdb.connect(str(path), config=settings))
    try:
        with database.transaction():
            database.run("joined_tables")
            _join(database)
            with told(path):
                database.connection.execute(text())
        database.run("checkpoint")
    finally:
        database.close()


@cache
def text() -> str:
    """The statements: those of `views.sql`, and those that the questions have in common with it."""
    own = resources.files(__package__).joinpath("views.sql").read_text(encoding="utf-8")
    shared = [found[0] for found in _VIEW.finditer(script("views")) if found[1] in _SHARED]
    return "\n".join([own, *(one.replace("VIEW", "OR REPLACE VIEW", 1) for one in shared)])


def _join(database: Database) -> None:
    """Draw what several keys name as one, as every document does: few parts, so it is done once and not in a view."""
    aliases = frozenset(alias_of(row) for row in database.run("aliases", {"moment": FOREVER}))
    if not aliases:
        return
    roots = canonical(aliases)
    parts = {part.id: part for part in map(PARTS.of_row, database.run("joined_parts"))}
    edges = {edge.id: edge for edge in map(EDGES.of_row, database.run("joined_edges"))}
    one = resolve(Graph(parts=parts, edges=edges, aliases=aliases), roots)
    moved = {id_: resolve(Graph(parts={}, edges={id_: edge}), roots).edges for id_, edge in edges.items()}
    database.fill("joined", [(id_, roots[id_]) for id_ in parts])
    database.fill("joined", [(id_, next(iter(those), id_)) for id_, those in moved.items()])
    database.fill("joined_part", map(PARTS.to_row, one.parts.values()))
    database.fill("joined_edge", map(EDGES.to_row, one.edges.values()))
