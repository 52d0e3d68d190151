"""docs/sql.md: every view and column it describes is there, every query answers as it says, in anybody's DuckDB too."""

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from livebom.bom.graph import name_of, value
from livebom.bom.identity import alias
from livebom.bom.parts import PartKind
from livebom.cli.answer import print_answer
from livebom.store import Answer, Jail, Store, snapshot_path
from tests.lab import ROOT
from tests.livebom.store.made import MONDAY, graph, ollama, part, settle
from tests.livebom.store.published import published
from tests.sample import sample

PAGE = (ROOT / "docs" / "sql.md").read_text(encoding="utf-8")
WORKED = re.findall(r"^### \d+\. (.+)\n\n```sql\n((?:.*\n)*?)```\n\n```text\n((?:.*\n)*?)```$", PAGE, re.MULTILINE)
Columns = dict[str, list[tuple[str, str]]]


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published(tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="module")
def jail() -> Iterator[Jail]:
    with Jail(at_once=1) as its:
        yield its


@pytest.fixture(scope="module")
def anybody(snapshot: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(snapshot), read_only=True) as connection:
        yield connection


def test_twenty_queries_are_worked() -> None:
    assert len(WORKED) == 20
    assert len({title for title, _, _ in WORKED}) == 20


@pytest.mark.parametrize(("query", "output"), [one[1:] for one in WORKED], ids=[one[0] for one in WORKED])
def test_answer_is_the_pages(
    jail: Jail, snapshot: Path, query: str, output: str, capsys: pytest.CaptureFixture[str]
) -> None:
    found = jail.select(snapshot, query)
    print_answer(Answer(found.columns, found.rows), "table", found.columns)
    shown = "\n".join(row.rstrip() for row in capsys.readouterr().out.splitlines()).strip("\n")
    assert shown == output.rstrip("\n")


def test_page_describes_exactly_these_columns(anybody: duckdb.DuckDBPyConnection) -> None:
    described: Columns = {}
    for section in re.split(r"^### ", PAGE, flags=re.MULTILINE)[1:]:
        name, _, body = section.partition("\n")
        if table := re.findall(r"^\| `(\w+)` \| (\S.*?) \| (\S.*) \|$", body, flags=re.MULTILINE):
            assert re.match(r"\s*\S[^|]+\.\n", body), f"{name} has no sentence of its own"
            described[name] = [(column, kind) for column, kind, _ in table]
    there: Columns = {}
    found = anybody.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal AND (table_name IN"
        " (SELECT view_name FROM duckdb_views()) OR starts_with(table_name, 'joined'))"
        " ORDER BY table_name, column_index"
    )
    for table, column, kind in found.fetchall():
        there.setdefault(table, []).append((column, kind))
    assert described == there


@pytest.mark.slow
def test_every_name_can_be_written_without_quotes(anybody: duckdb.DuckDBPyConnection) -> None:
    columns = anybody.execute("SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal").fetchall()
    for table, column in columns:
        statement = f"SELECT {column}, {table}.{column} AS {column} FROM {table} AS {table} ORDER BY {column} LIMIT 0"  # noqa: S608 - our own names
        assert anybody.execute(statement).fetchall() is not None


def test_anybodys_duckdb_opens_the_file_as_the_page_says(
    snapshot: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    [code] = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    monkeypatch.chdir(snapshot.parent)
    exec(code.replace("livebom.snapshot.duckdb", snapshot.name))  # noqa: S102 - the page's own
    assert capsys.readouterr().out.startswith("[('10.0.0.5', 8000, 'vllm'), ")


def test_views_believe_what_the_graph_believes(anybody: duckdb.DuckDBPyConnection) -> None:
    said = {
        (id_, name): told
        for id_, name, told in anybody.execute(
            "SELECT part_id, name, list(value ORDER BY position) FROM attribute WHERE believed GROUP BY ALL"
        ).fetchall()
    }
    words = {
        key: dict(anybody.execute("SELECT id, said(attributes, $1) FROM part", [key]).fetchall())
        for key in ("version", "auth")
    }
    names = dict(anybody.execute("SELECT id, name FROM part").fetchall())
    parts = sample().parts
    assert names == {one.id: name_of(one) for one in parts}
    for one in parts:
        for name in one.attributes:
            believed = value(one, name)
            listed = believed if isinstance(believed, list) else [believed]
            assert said[one.id, name] == [str(x).lower() if isinstance(x, bool | int | float) else x for x in listed]
        for word, told in words.items():
            assert told[one.id] == value(one, word)


def test_what_several_keys_name_is_one_row(tmp_path: Path) -> None:
    seen = ollama()
    key, other = "served:default/10.0.0.5/ollama/llama3:8b", "ollama:registry.ollama.ai/library/llama3:8b"
    same = part(PartKind.MODEL, other, license="llama3")
    with Store.open(tmp_path / "x.duckdb") as store:
        whole = graph([*seen.parts.values(), same], seen.edges.values(), [alias(PartKind.MODEL, key, other, "connect")])
        settle(store, whole, MONDAY)
        store.publish()
    with duckdb.connect(str(snapshot_path(tmp_path / "x.duckdb")), read_only=True) as anybody:
        run = anybody.execute
        [(id_, family, license_)] = run("SELECT id, family, license FROM model").fetchall()
        assert (family, license_) == ("llama", "llama3")
        assert run("SELECT destination_id FROM edge WHERE kind = 'serves'").fetchall() == [(id_,)]
        assert run("SELECT part_key FROM part_name WHERE part_id = $1 ORDER BY ALL", [id_]).fetchall() == [
            (other,),
            (key,),
        ]
        assert run("SELECT models FROM service").fetchall() == [(["llama3:8b"],)]
        assert run("SELECT count(*) FROM part").fetchall() == [(4,)]


@pytest.mark.slow
def test_a_snapshot_can_be_the_store_that_is_published_again(tmp_path: Path) -> None:
    copy = published(tmp_path)
    path = copy.rename(tmp_path / "again.duckdb")
    with Store.open(path) as store:
        store.publish()
    with duckdb.connect(str(snapshot_path(path)), read_only=True) as anybody:
        assert anybody.execute("SELECT count(*) FROM server").fetchall() == [(4,)]
