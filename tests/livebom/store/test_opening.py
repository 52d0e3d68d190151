"""Opening a store: made, waited for, refused with a reason, and never shared by accident."""

import time
from pathlib import Path

import pytest

from livebom.store import Store, StoreBusy, StoreError, snapshot_path
from livebom.store.opening import SCHEMA_VERSION
from tests.livebom.store.made import MONDAY, SWEEP, child, observation, ollama, settle

HOLD = """
with Store.open(Path(sys.argv[1])) as store:
    store.begin_sweep(SweepRow(id="theirs", started_at=MONDAY))
    print("open", flush=True)
    sys.stdin.readline()
"""
TRY = """
try:
    Store.open(Path(sys.argv[1]), timeout=0).close()
    print("open")
except StoreBusy as busy:
    print(busy)
"""


def attempt(path: Path) -> str:
    """What another process gets that wants to write now."""
    with child(TRY, path) as other:
        assert other.stdout
        return other.stdout.readline().strip()


def test_two_writers_take_turns_and_lose_nothing(tmp_path: Path) -> None:
    path, said = tmp_path / "livebom.duckdb", []
    with child(HOLD, path, "a\x1b]0;b", "password:hf_abcdefghijklmnopqrstuvwx") as first:
        assert first.stdout
        assert first.stdin
        assert first.stdout.readline() == "open\n"

        def wait(words: str) -> None:
            said.append(words)
            print("go on", file=first.stdin, flush=True)

        with Store.open(path, wait=wait) as second:
            second.begin_sweep(SWEEP)
            assert {one.sweep.id for one in second.sweeps()} == {"theirs", "one"}
    [words] = said
    assert str(path) in words
    assert f"process {first.pid} (" in words
    assert "python" in words
    assert "\x1b" not in words
    assert "hf_abc" not in words


@pytest.mark.slow
def test_waiting_ends_at_the_timeout_and_names_who_is_in_the_way(tmp_path: Path) -> None:
    path = tmp_path / "livebom.duckdb"
    with child(HOLD, path) as first:
        assert first.stdout
        first.stdout.readline()
        began = time.monotonic()
        with pytest.raises(StoreBusy, match=rf"in use by process {first.pid} .*another file"):
            Store.open(path, timeout=0.3)
        assert 0.3 <= time.monotonic() - began < 5
        with pytest.raises(StoreBusy, match="snapshot"):
            Store.view(path)


def test_waiting_ends_when_the_holder_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "livebom.duckdb"
    with child(HOLD, path) as first:
        assert first.stdout
        first.stdout.readline()
        with Store.open(path, wait=lambda _: first.kill()) as store:
            assert [one.sweep.id for one in store.sweeps()] == ["theirs"]


@pytest.mark.slow
def test_live_file_stays_locked_whatever_this_process_does_with_it(tmp_path: Path) -> None:
    """Closing any descriptor of a file drops all locks of the process on it: publishing must not."""
    path = tmp_path / "livebom.duckdb"
    with Store.open(path) as store:
        settle(store, ollama(), MONDAY)
        store.publish()
        with pytest.raises(StoreError, match="already open in this process"):
            Store.open(path)
        with pytest.raises(StoreError, match="already open in this process"):
            Store.view(path)
        assert "in use by process" in attempt(path)
    assert attempt(path) == "open"


@pytest.mark.slow
def test_snapshot_is_whole_readable_by_many_and_replaced_at_once(tmp_path: Path) -> None:
    path = tmp_path / "livebom.duckdb"
    with Store.open(path) as store:
        settle(store, ollama(), MONDAY)
        store.add([observation(1)])
        copy = store.publish()
        assert copy == snapshot_path(path) == tmp_path / "livebom.snapshot.duckdb"
        assert copy.stat().st_mode & 0o777 == 0o640
        assert store.publish() is None
        with Store.view(copy) as one:
            assert one.graph() == ollama()
            with pytest.raises(StoreError, match="read-only"):
                one.begin_sweep(SWEEP)
            with child("print(len(Store.view(Path(sys.argv[1])).services()))", copy) as other:
                assert other.stdout
                assert other.stdout.readline() == "1\n"
            store.begin_sweep(SWEEP)
            assert store.publish() == copy
            assert one.sweeps() == []
        with Store.view(copy) as again:
            assert len(again.sweeps()) == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == ["livebom.duckdb", "livebom.snapshot.duckdb"]


def test_failed_snapshot_leaves_the_last_one(tmp_path: Path) -> None:
    path = tmp_path / "livebom.duckdb"
    with Store.open(path) as store:
        copy = store.publish()
        assert copy
        before = copy.read_bytes()
        store.begin_sweep(SWEEP)
        (tmp_path / "livebom.snapshot.duckdb.part").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(StoreError, match="snapshot"):
            store.publish()
        assert copy.read_bytes() == before
        assert not (tmp_path / "elsewhere").exists()
        assert store.publish() == copy


def test_store_is_made_with_its_folder_and_closed_to_others(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "livebom.duckdb"
    with Store.open(path):
        assert path.stat().st_mode & 0o777 == 0o640
        assert path.parent.stat().st_mode & 0o027 == 0


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0" + bytes(4080), b"hello\n" * 1000])
def test_foreign_file_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.duckdb"
    path.write_bytes(content)
    for way in (Store.open, Store.view):
        with pytest.raises(StoreError, match=r"x\.duckdb: not a DuckDB file; move it away"):
            way(path)
    assert path.read_bytes() == content


def test_damaged_file_is_refused_with_a_remedy(tmp_path: Path) -> None:
    path = tmp_path / "x.duckdb"
    with Store.open(path) as store:
        store.begin_sweep(SWEEP)
    whole = path.read_bytes()
    for damaged in (whole[:4096] + b"x" * 8192 + whole[12288:], whole[:9000]):
        path.write_bytes(damaged)
        with pytest.raises(StoreError, match="restore it from its snapshot"):
            Store.open(path)


def test_other_peoples_database_is_refused(tmp_path: Path) -> None:
    import duckdb

    path = tmp_path / "theirs.duckdb"
    with duckdb.connect(str(path)) as theirs:
        theirs.execute("CREATE TABLE sweep (x INTEGER)")
    with pytest.raises(StoreError, match="not a livebom store; move it away"):
        Store.open(path)
    with duckdb.connect(str(path)) as theirs:
        assert theirs.execute("SELECT table_name FROM duckdb_tables()").fetchall() == [("sweep",)]


@pytest.mark.parametrize(("version", "reason"), [(SCHEMA_VERSION + 1, "newer livebom.*upgrade"), (0, "unreleased")])
def test_store_of_another_schema_is_refused(tmp_path: Path, version: int, reason: str) -> None:
    import duckdb

    path = tmp_path / "x.duckdb"
    Store.open(path).close()
    with duckdb.connect(str(path)) as other:
        other.execute("UPDATE meta SET schema_version = ?", [version])
    with pytest.raises(StoreError, match=reason):
        Store.open(path)


def test_store_of_the_first_schema_is_brought_up_to_this_one(tmp_path: Path) -> None:
    import duckdb

    path, fresh = tmp_path / "x.duckdb", tmp_path / "fresh.duckdb"
    for one in (path, fresh):
        Store.open(one).close()
    with duckdb.connect(str(path)) as other:
        for statement in (
            "DROP TABLE baseline",
            "ALTER TABLE alias DROP COLUMN method",
            "ALTER TABLE alias DROP COLUMN confidence",
            "ALTER TABLE sweep DROP COLUMN not_seen",
            "ALTER TABLE sweep DROP COLUMN trail",
            "DROP TABLE unsettled",
            "DROP TABLE change",
            "DROP TABLE held",
            "DROP TABLE history",
            "DROP TABLE outbox",
            "INSERT INTO alias VALUES (uuid(), uuid(), 'model', 'hf:a/b', 'connect', now(), now())",
            "UPDATE meta SET schema_version = 1",
        ):
            other.execute(statement)
    with pytest.raises(StoreError, match=r"older livebom.*run a sweep to upgrade it"):
        Store.view(path)
    with Store.open(path) as store:
        [alias] = store.document().aliases
        assert (alias.method, alias.confidence) == ("declared", 1.0)
        assert store.baselines() == []
    columns = (
        "SELECT table_name, column_name, data_type, is_nullable FROM duckdb_columns() WHERE NOT internal ORDER BY ALL"
    )
    with duckdb.connect(str(path)) as upgraded, duckdb.connect(str(fresh)) as made:
        assert upgraded.execute(columns).fetchall() == made.execute(columns).fetchall()


def test_impossible_places_are_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="name a file in a folder"):
        Store.open(tmp_path / "file" / "x.duckdb")
    with pytest.raises(StoreError, match="not a folder"):
        Store.open(tmp_path)
    with pytest.raises(StoreError, match="no such file; run a sweep first"):
        Store.view(tmp_path / "none.duckdb")
    assert not (tmp_path / "none.duckdb").exists()


def test_closed_store_says_so(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "x.duckdb")
    store.close()
    store.close()
    with pytest.raises(StoreError, match="closed; open it again"):
        store.sweeps()


def test_statements_reach_no_other_file(tmp_path: Path) -> None:
    import duckdb

    with Store.open(tmp_path / "x.duckdb") as store:
        for statement in (
            "FROM read_text('/etc/hostname')",
            "ATTACH '/tmp/y.duckdb'",
            "SET enable_external_access = true",
        ):
            with pytest.raises(duckdb.Error):
                store._database.connection.execute(statement)
