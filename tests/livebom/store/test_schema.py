"""The schema: names anyone can write without quotes, a page that describes every column, no statement unused."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from livebom.store import Store
from livebom.store.opening import SCHEMA_VERSION
from tests.livebom.store.made import ROOT, observation, ollama, settle

STORE = ROOT / "livebom" / "store"
PAGE = ROOT / "docs" / "tables.md"
Columns = dict[str, list[tuple[str, str]]]


@pytest.fixture(scope="module")
def columns(tmp_path_factory: pytest.TempPathFactory) -> Columns:
    """Table to its columns and their types, as the file has them."""
    with Store.open(tmp_path_factory.mktemp("schema") / "x.duckdb") as store:
        found = store._database.connection.execute(
            "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal"
            " ORDER BY table_name, column_index"
        ).fetchall()
    tables: Columns = {}
    for table, column, kind in found:
        tables.setdefault(table, []).append((column, kind))
    return tables


def test_page_describes_exactly_these_columns(columns: Columns) -> None:
    described: Columns = {}
    for section in re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        name, _, body = section.partition("\n")
        table = re.findall(r"^\| `(\w+)` \| (\w+) \| (\S.*) \|$", body, flags=re.MULTILINE)
        if table:
            assert re.match(r"\s*\S[^|]+\.\n", body), f"{name} has no sentence of its own"
            described[name.strip("`")] = [(column, kind) for column, kind, _ in table]
    assert described == columns


def test_statements_of_the_page_run(tmp_path: Path) -> None:
    [block] = re.findall(r"^```sql\n(.*?)^```", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    with Store.open(tmp_path / "x.duckdb") as store:
        seen = datetime.now(UTC)
        settle(store, ollama(seen), seen)
        store.add([observation(5)])
        store.flush()
        run = store._database.connection.execute
        now, monday, changed, models, evidence = (run(one).fetchall() for one in block.split(";") if one.strip())
    assert [len(now), len(monday), len(changed), len(evidence)] == [4, 0, 4, 1]
    assert models == [("default/10.0.0.5/ollama", "served:default/10.0.0.5/ollama/llama3:8b", None)]


def test_every_name_can_be_written_without_quotes(columns: Columns, tmp_path: Path) -> None:
    with Store.open(tmp_path / "y.duckdb") as store:
        for table, its in columns.items():
            for column, _ in its:
                statement = (
                    f"SELECT {column}, {table}.{column} AS {column} FROM {table} AS {table}"  # noqa: S608 - our own names
                    f" WHERE {column} IS NOT NULL GROUP BY {column} ORDER BY {column}"
                )
                assert store._database.connection.execute(statement).fetchall() is not None


def test_every_table_says_what_it_is_and_who_writes_it(columns: Columns) -> None:
    schema = (STORE / "schema.sql").read_text(encoding="utf-8")
    told = re.findall(r"^-- (\w+): [^\n]+\. Written by livebom\.[^\n]+\.\nCREATE TABLE (\w+) \($", schema, re.MULTILINE)
    assert {first for first, _ in told} == {second for _, second in told} == columns.keys()


def test_file_can_be_read_by_duckdb_1_4(tmp_path: Path) -> None:
    """The number behind the magic bytes of the header: 65 is what 1.2 and later read."""
    path = tmp_path / "x.duckdb"
    Store.open(path).close()
    assert int.from_bytes(path.read_bytes()[12:20], "little") == 65


def test_every_statement_is_used_and_no_statement_stands_in_code() -> None:
    code = {path: path.read_text(encoding="utf-8") for path in STORE.glob("*.py")}
    used = set(re.findall(r'"(\w+)"', "".join(code.values()))) | {f"upgrade_{n}" for n in range(2, SCHEMA_VERSION + 1)}
    assert {path.stem for path in (STORE / "queries").glob("*.sql")} <= used
    for path, text in code.items():
        assert not re.search(r'"\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|COPY|ATTACH|SET) ', text), path
