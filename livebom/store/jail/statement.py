"""One SELECT on one snapshot: the database locked, the text looked at as DuckDB itself reads it, its errors told."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import _duckdb

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TOO_LARGE = "it takes more memory than a query may have; ask for less at once"
_ONE = "write one SELECT: this is "
_LOCKED = "a query reads the snapshot and nothing else: no files, no network, no settings, no extensions"
_LONGEST = 2000

_Settings = dict[str, str | bool | int | float | list[str]]

_SETTINGS: _Settings = {
    "threads": 1,
    "temp_directory": "",
    "autoload_known_extensions": "false",
    "autoinstall_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_unsigned_extensions": "false",
    "python_enable_replacements": "false",
    "preserve_insertion_order": "true",
}
_NEWER: _Settings = {"async_threads": 0, "allow_extension_repositories": "forbidden"}
"""What DuckDB 2 has besides."""
_LOCK = (
    "USE livebom",
    "SET TimeZone = 'UTC'",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)

_NODES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})
"""What a query may be made of; a CTE can also hold an INSERT."""
_TABLES = frozenset({
    "range", "generate_series", "unnest", "json_each", "json_tree", "histogram", "histogram_values", "repeat",
    "duckdb_tables", "duckdb_views", "duckdb_columns", "duckdb_functions", "duckdb_types", "duckdb_keywords",
    "pragma_table_info", "pragma_version",
})  # fmt: skip
"""Functions that give tables and tell nothing of this machine."""
_REFUSED = frozenset({"sleep_ms", "pg_sleep", "write_log", "query", "query_table", "current_setting", "getenv"})
"""Functions that only cost time, write, hide a statement in a text, or tell of this machine."""
_INTERNAL = re.compile(r"(duckdb|pragma)_\w+", re.IGNORECASE)


class Refusal(Exception):  # noqa: N818 - not a fault of ours: the query is none that is run here
    """Why the query is not run; fit to be shown."""


def founded() -> "DuckDBPyConnection":
    """A database in memory with nothing in it, and no way to load anything more of DuckDB."""
    try:
        return _duckdb.connect(":memory:", config={**_SETTINGS, **_NEWER})
    except _duckdb.Error:
        return _duckdb.connect(":memory:", config=_SETTINGS)


def lock(connection: "DuckDBPyConnection", path: str, memory: int) -> None:
    """Take the snapshot in as `livebom`, to be read only, and lock the settings; `memory` is what DuckDB may use."""
    quoted = path.replace("'", "''")
    for step in (f"SET memory_limit = '{memory}B'", f"ATTACH '{quoted}' AS livebom (READ_ONLY)", *_LOCK):
        connection.execute(step)


def run(connection: "DuckDBPyConnection", text: str, parameters: Mapping[str, Any]) -> "DuckDBPyConnection":
    """Run the text, which must be one SELECT. Raises Refusal where it is not, DuckDB's errors where it fails."""
    found = connection.extract_statements(text)
    if len(found) != 1:
        raise Refusal(_ONE + (f"{len(found)} statements" if found else "none"))
    kind = str(found[0].type).rpartition(".")[2]
    if kind != "SELECT":
        raise Refusal(_ONE + ("a PIVOT without IN (…)" if kind == "MULTI" else kind))
    tree = json.loads(connection.execute("SELECT json_serialize_sql($1::VARCHAR)", [text]).fetchall()[0][0])
    if tree["error"]:
        raise Refusal(f"{_ONE}something else ({tree['error_message']})")
    for why in _wrong(tree["statements"]):
        raise Refusal(why)
    _bound(set(found[0].named_parameters), set(parameters))
    return connection.execute(text, dict(parameters)) if parameters else connection.execute(text)


def _bound(needed: set[str], given: set[str]) -> None:
    """Raise Refusal where values and parameters are not the same."""
    if numbered := sorted(one for one in needed if one.isdigit()):
        raise Refusal(f"name its parameters ($name): it has {len(numbered)} without a name")
    if missing := sorted(needed - given):
        raise Refusal("it needs a value for " + ", ".join(f"${one}" for one in missing))
    if left := sorted(given - needed):
        raise Refusal("there is no " + ", ".join(f"${one}" for one in left) + " in it")


def _wrong(tree: Any) -> Iterator[str]:
    """What in the parsed query is not let through, in words."""
    todo = [tree]
    while todo:
        one = todo.pop()
        if isinstance(one, list):
            todo += one
        elif isinstance(one, dict):
            todo += one.values()
            yield from _node(one)


def _node(one: dict[str, Any]) -> Iterator[str]:
    kind = one.get("type")
    if isinstance(kind, str) and kind.endswith("_NODE") and kind not in _NODES:
        yield f"{_ONE}a query with {kind.removesuffix('_NODE').removesuffix('_QUERY')} in it"
    name = str(one.get("function_name", "")).lower()
    if name in _REFUSED:
        yield f"{name}() is not let through: {_LOCKED}"
    if kind == "TABLE_FUNCTION":
        function = one.get("function")
        called = str(function.get("function_name", "")).lower() if isinstance(function, dict) else "?"
        if called not in _TABLES:
            yield f"{called}() is not let through: {_LOCKED}"
    table = str(one.get("table_name", ""))
    if kind == "BASE_TABLE" and _INTERNAL.fullmatch(table) and table.lower() not in _TABLES:
        yield f"{table} is not let through: {_LOCKED}"


def said(error: Exception, path: str) -> str:
    """An error in words for the one who asked, without the path of the file."""
    words = str(error).replace(path, "the snapshot").replace(Path(path).name, "the snapshot").strip()
    if isinstance(error, _duckdb.OutOfMemoryException):
        return TOO_LARGE
    if isinstance(error, _duckdb.PermissionException):
        return _LOCKED
    return words[:_LONGEST] or type(error).__name__
