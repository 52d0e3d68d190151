"""The jail: every attack that a SELECT can carry, what its child may still do, and the limits of one answer."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import duckdb
import pytest

from livebom.store import Jail, Limits, Selected, SqlError, StoreError, select
from livebom.store.jail import statement
from tests.lab import ROOT
from tests.livebom.store.published import published

SHORT = Limits(seconds=0.25)
LONG = Limits(seconds=20)
"""What is refused is refused at once; a busy machine may still take its time."""
FOREVER = "SELECT count(*) FROM range(1000000) a, range(1000000) b"


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published(tmp_path_factory.mktemp("jail"))


@pytest.fixture(scope="module")
def jail() -> Iterator[Jail]:
    with Jail(at_once=2) as its:
        yield its


def refused(jail: Jail, snapshot: Path, text: str, limits: Limits = LONG) -> str:
    """Why there is no answer; the file's own path is never told."""
    with pytest.raises(SqlError) as error:
        jail.select(snapshot, text, limits)
    assert str(snapshot.parent) not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        "FROM read_csv('/etc/passwd')",
        "FROM read_text('/etc/passwd')",
        "FROM read_blob('/etc/passwd')",
        "FROM read_json('/etc/passwd')",
        "FROM read_parquet('/etc/passwd')",
        "FROM parquet_metadata('/etc/passwd')",
        "FROM sniff_csv('/etc/passwd')",
        "FROM glob('/*')",
        "FROM duckdb_secrets()",
        "FROM which_secret('s3://x', 's3')",
        "FROM duckdb_databases()",
        "FROM duckdb_databases",
        "FROM pragma_database_list",
        "FROM pragma_database_size()",
        "FROM duckdb_settings()",
        "FROM duckdb_memory()",
        "FROM duckdb_extensions()",
        "FROM duckdb_logs",
        "FROM query('SELECT 1')",
        "FROM query_table(['server'])",
        "FROM (SELECT * FROM query('SELECT 1'))",
        "FROM enable_logging()",
        "FROM json_execute_serialized_sql('{}')",
        "FROM seq_scan('server')",
        "SELECT sleep_ms(20000)",
        "SELECT list_transform([20000], lambda n: sleep_ms(n))",
        "SELECT write_log('x')",
        "SELECT getenv('HOME')",
        "SELECT current_setting('home_directory')",
        "WITH a AS (SELECT * FROM read_text('/etc/passwd')) FROM a",
        "SELECT 1 WHERE EXISTS (FROM glob('/*'))",
    ],
)
def test_what_reaches_beyond_the_snapshot_is_not_let_through(jail: Jail, snapshot: Path, text: str) -> None:
    assert "is not let through" in refused(jail, snapshot, text)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("SELECT 1; DROP TABLE sweep", "2 statements"),
        ("SELECT 1; SELECT 2", "2 statements"),
        ("", "none"),
        ("-- nothing", "none"),
        ("COPY sweep TO '/tmp/x.csv'", "COPY"),
        ("COPY sweep FROM '/etc/passwd'", "COPY"),
        ("EXPORT DATABASE '/tmp/x'", "EXPORT"),
        ("ATTACH '/tmp/x.duckdb' AS x", "ATTACH"),
        ("INSTALL httpfs", "LOAD"),
        ("LOAD json", "LOAD"),
        ("CREATE SECRET (TYPE s3)", "CREATE"),
        ("CREATE TABLE x (i INTEGER)", "CREATE"),
        ("CREATE TEMP TABLE x AS SELECT 1", "CREATE"),
        ("CREATE TEMP MACRO f() AS 1", "CREATE"),
        ("SET memory_limit = '99GB'", "SET"),
        ("RESET memory_limit", ""),
        ("SET VARIABLE a = 1", "SET"),
        ("PRAGMA database_list", "PRAGMA"),
        ("PRAGMA add_parquet_key('a', '0123456789112345')", "PRAGMA"),
        ("USE memory", "SET"),
        ("PREPARE a AS SELECT 1", "PREPARE"),
        ("CHECKPOINT", ""),
        ("FORCE CHECKPOINT", ""),
        ("VACUUM", "VACUUM"),
        ("CALL pragma_version()", "CALL"),
        ("BEGIN", "TRANSACTION"),
        ("EXPLAIN ANALYZE SELECT 1", "EXPLAIN"),
        ("INSERT INTO sweep SELECT * FROM sweep", "INSERT"),
        ("UPDATE sweep SET surface = ''", "UPDATE"),
        ("DELETE FROM sweep", "DELETE"),
        ("ALTER TABLE sweep ADD COLUMN x INTEGER", "ALTER"),
        ("DROP TABLE sweep", "DROP"),
        ("COMMENT ON TABLE sweep IS 'x'", ""),
        ("WITH x AS (INSERT INTO sweep SELECT * FROM sweep RETURNING *) FROM x", "INSERT"),
        ("WITH x AS (DELETE FROM sweep RETURNING *) FROM x", "DELETE"),
        ("PIVOT sweep ON surface USING count(*)", "PIVOT"),
    ],
)
def test_only_one_select_is_one(jail: Jail, snapshot: Path, text: str, kind: str) -> None:
    before = snapshot.read_bytes()
    said = refused(jail, snapshot, text)
    assert said.startswith("write one SELECT")
    assert kind in said
    assert snapshot.read_bytes() == before


@pytest.mark.parametrize(
    "text",
    [
        "FROM read_text('/etc/passwd')",
        "COPY sweep TO '/tmp/x.csv'",
        "ATTACH '/tmp/x.duckdb' AS x",
        "INSTALL httpfs",
        "SET memory_limit = '99GB'",
        "SET enable_external_access = true",
        "RESET lock_configuration",
        "DELETE FROM sweep",
        "CREATE TABLE x (i INTEGER)",
    ],
)
def test_locked_database_refuses_what_the_reading_of_the_text_might_miss(snapshot: Path, text: str) -> None:
    connection = statement.founded()
    try:
        statement.lock(connection, str(snapshot), 1 << 28)
        with pytest.raises(duckdb.Error, match=r"disabled|locked|read-only"):
            connection.execute(text)
    finally:
        connection.close()


def test_a_file_is_no_table(jail: Jail, snapshot: Path) -> None:
    assert "does not exist" in refused(jail, snapshot, "FROM '/etc/passwd'")
    assert "no files" in refused(jail, snapshot, f"FROM '{snapshot}'")


UNSTOPPABLE = (
    FOREVER,
    "SELECT max(i) FROM range(100000000000) t(i)",
    "WITH RECURSIVE t(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM t) SELECT count(*) FROM t",
    "SELECT levenshtein(repeat('a', 100000), repeat('b', 100000))",
    "SELECT length(lpad('x', 2000000000, 'y'))",
    "SELECT repeat('x', 500000000)",
    "SELECT i FROM range(100000000000) t(i) ORDER BY random()",
)


@pytest.mark.slow
def test_what_cannot_be_interrupted_is_killed_at_the_deadline(snapshot: Path) -> None:
    with Jail(at_once=len(UNSTOPPABLE)) as jail, ThreadPoolExecutor(len(UNSTOPPABLE)) as callers:
        for said in callers.map(lambda text: refused(jail, snapshot, text, SHORT), UNSTOPPABLE):
            assert "longer than 0.25 s" in said or "memory" in said
        assert jail.select(snapshot, "SELECT 1").rows == ((1,),)


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "SELECT list(i) FROM range(1000000000) t(i)",
        "SELECT string_agg(i::VARCHAR, ',') FROM range(1000000000) t(i)",
        "SELECT printf('%1000000000d', 1)",
        "SELECT length(repeat('x', 2000000000))",
    ],
)
def test_memory_has_an_end(jail: Jail, snapshot: Path, text: str) -> None:
    assert "memory" in refused(jail, snapshot, text, Limits(seconds=20))


@pytest.mark.parametrize(
    "text", ["SELECT " + "(" * 2000 + "1" + ")" * 2000, "SELECT " + "+".join("1" * 20_000), "SELECT '" + "\0", "SELEC"]
)
def test_texts_made_to_break_the_parser_are_refused(jail: Jail, snapshot: Path, text: str) -> None:
    assert "Error" in refused(jail, snapshot, text, Limits(seconds=5))


def test_a_regular_expression_is_no_bomb(jail: Jail, snapshot: Path) -> None:
    assert jail.select(snapshot, "SELECT regexp_matches(repeat('a', 100000), '(a+)+$b')").rows == ((False,),)


def test_rows_and_bytes_are_cut(jail: Jail, snapshot: Path) -> None:
    few = jail.select(snapshot, "FROM range(1000000000)", Limits(rows=100))
    assert (len(few.rows), few.rows[-1], few.cut) == (100, (99,), True)
    assert not jail.select(snapshot, "FROM range(100)", Limits(rows=100)).cut
    small = jail.select(snapshot, "SELECT repeat('x', 1000) FROM range(1000)", Limits(size=10_500))
    assert (len(small.rows), small.cut) == (10, True)


def test_parameters_are_values_and_never_text_of_the_query(jail: Jail, snapshot: Path) -> None:
    ask = "SELECT port FROM service WHERE port = $port AND host <> $host"
    found = jail.select(snapshot, ask, parameters={"port": "8000", "host": "' OR 1=1 --"})
    assert found.rows == ((8000,),)
    for text, given, words in (
        ("SELECT $a", {}, "needs a value for $a"),
        ("SELECT 1", {"a": 1}, "there is no $a"),
        ("SELECT ?", {}, "name its parameters"),
    ):
        with pytest.raises(SqlError, match=words.replace("$", r"\$")):
            jail.select(snapshot, text, parameters=given)


def test_values_of_every_type_come_through(jail: Jail, snapshot: Path) -> None:
    found = jail.select(
        snapshot,
        "SELECT NULL, true, 1.5::DOUBLE, 9223372036854775807, 170141183460469231731687303715884105727,"
        " 1.50::DECIMAL(4,2), 'é\x1b',"
        " '\\xFF'::BLOB, DATE '2026-11-21', TIMESTAMP '2026-11-21 08:00', TIMESTAMPTZ '2026-11-21 08:00:00+02',"
        " INTERVAL 3 DAY, UUID '6f3f6d0e-3c0b-5b7e-9a5d-1d2f0c6e8b41', [1, NULL], {'a': [1]}, 'infinity'::DOUBLE",
    )
    assert found.rows[0] == (
        None, True, 1.5, 9223372036854775807, "170141183460469231731687303715884105727", "1.50", "é\x1b", b"\xff",
        "2026-11-21", "2026-11-21 08:00:00", "2026-11-21 06:00:00+00:00", "3 days 0 seconds 0 microseconds",
        "6f3f6d0e-3c0b-5b7e-9a5d-1d2f0c6e8b41", [1, None], {"a": [1]}, float("inf"),
    )  # fmt: skip
    assert found.types[8:10] == ("DATE", "TIMESTAMP")


def test_a_misspelt_name_is_told_with_its_neighbour(jail: Jail, snapshot: Path) -> None:
    assert 'Did you mean "server"?' in refused(jail, snapshot, "FROM servr")
    assert '"product"' in refused(jail, snapshot, "SELECT produkt FROM server")


def test_where_there_is_no_snapshot_that_is_said(jail: Jail, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"no snapshot.*run a sweep first"):
        jail.select(tmp_path / "none.duckdb", "SELECT 1")
    (tmp_path / "foreign.duckdb").write_bytes(b"SQLite format 3\0" + bytes(4096))
    with pytest.raises(SqlError):
        jail.select(tmp_path / "foreign.duckdb", "SELECT 1")


@pytest.mark.slow
def test_many_ask_and_some_are_answered_at_a_time(snapshot: Path) -> None:
    before = set(_children(os.getpid()))
    with Jail(at_once=2) as jail, ThreadPoolExecutor(12) as callers:
        asked = [
            callers.submit(jail.select, snapshot, "SELECT $n::INTEGER, count(*) FROM server", parameters={"n": n})
            for n in range(12)
        ]
        running = 0
        while not all(one.done() for one in asked):
            running = max(running, len(set(_children(os.getpid())) - before))
        assert [one.result().rows for one in asked] == [((n, 4),) for n in range(12)]
    assert 1 <= running <= 2 + 1  # and perhaps one that is being closed
    assert set(_children(os.getpid())) <= before


def test_function_alone_needs_nothing_that_waits(snapshot: Path) -> None:
    found = select(snapshot, "SELECT count(*) AS n FROM server")
    assert isinstance(found, Selected)
    assert (found.columns, found.rows, found.cut) == (("n",), ((4,),), False)
    assert 0 < found.seconds < 5


def _read(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError:
        return b""


def _children(pid: int) -> list[int]:
    return [int(one) for task in Path(f"/proc/{pid}/task").iterdir() for one in _read(f"{task}/children").split()]


def _caught(keeper: int) -> int:
    """The child that the keeper runs, once it stands behind the last wall."""
    while True:
        for pid in _children(keeper):
            status = _read(f"/proc/{pid}/status")
            if b"Seccomp:\t2" in status or (b"NoNewPrivs:\t1" in status and os.uname().machine not in KNOWN):
                return pid


KNOWN = ("x86_64", "aarch64")


@pytest.fixture
def running(snapshot: Path) -> Iterator[tuple[int, int]]:
    """A keeper and a child of it that would go on for long."""
    before = set(_children(os.getpid()))
    with Jail(at_once=1) as jail, ThreadPoolExecutor(1) as caller:
        answer = caller.submit(jail.select, snapshot, FOREVER, Limits(seconds=10))
        while not (fresh := [pid for pid in _children(os.getpid()) if pid not in before]):
            pass
        yield fresh[0], _caught(fresh[0])
        with suppress(ProcessLookupError):
            os.kill(fresh[0], signal.SIGKILL)
        with pytest.raises(SqlError, match="was lost"):
            answer.result()


def test_child_stands_behind_its_walls(running: tuple[int, int]) -> None:
    keeper, child = running
    status = _read(f"/proc/{child}/status").decode()
    told = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert told["NoNewPrivs"] == "1"
    assert int(told["CapEff"], 16) == 0
    assert told["Threads"] == "1"
    assert os.getsid(child) == child
    limits = {line[:26].strip(): line[26:].split() for line in _read(f"/proc/{child}/limits").decode().splitlines()}
    assert limits["Max file size"][:2] == limits["Max processes"][:2] == limits["Max open files"][:2] == ["0", "0"]
    assert limits["Max core file size"][:2] == ["0", "0"]
    assert limits["Max address space"][0] == str(1 << 30)
    assert limits["Max cpu time"][0] == "11"
    assert _read(f"/proc/{keeper}/environ") == b""
    assert Path(f"/proc/{keeper}/cwd").readlink() == Path("/")


def test_child_is_gone_with_its_keeper(running: tuple[int, int]) -> None:
    keeper, child = running
    os.kill(keeper, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while _read(f"/proc/{child}/status") and b"State:\tZ" not in _read(f"/proc/{child}/status"):
        assert time.monotonic() < deadline


TRY = """
import os, sys, json, socket, signal, threading
from livebom.store.jail import walls
out, source = os.pipe(), os.pipe()
if os.fork():
    os.close(out[1])
    print(os.fdopen(out[0]).read())
    sys.exit()
parent = os.getppid()
walls.leave(out[1], parent)
walls.enter(5, 1 << 30)
walls.shut()
def attempt(do):
    try:
        do()
        return "done"
    except (OSError, RuntimeError) as error:
        return type(error).__name__
tried = {
    "open": attempt(lambda: os.open("/etc/passwd", os.O_RDONLY)),
    "write": attempt(lambda: os.open("/tmp/jail-was-here", os.O_WRONLY | os.O_CREAT)),
    "list": attempt(lambda: os.listdir("/")),
    "socket": attempt(lambda: socket.socket()),
    "fork": attempt(os.fork),
    "execute": attempt(lambda: os.execv("/bin/true", ["true"])),
    "thread": attempt(lambda: threading.Thread(target=int).start()),
    "kill": attempt(lambda: os.kill(parent, signal.SIGKILL)),
    "unlink": attempt(lambda: os.unlink("/tmp/jail-was-here")),
    "limit": attempt(lambda: walls._limit(walls.resource.RLIMIT_NOFILE, 1)),
    "read": attempt(lambda: os.read(0, 1)),
}
os.write(3, json.dumps(tried).encode())
os._exit(0)
"""


@pytest.mark.skipif(os.uname().machine not in KNOWN, reason="no filter of system calls is known for this machine")
def test_even_code_of_its_own_gets_nowhere() -> None:
    """What a child could do if the query had taken it over."""
    done = subprocess.run([sys.executable, "-c", TRY], cwd=ROOT, capture_output=True, text=True, check=True, timeout=20)
    tried = json.loads(done.stdout)
    assert tried.pop("read") == "done"
    assert set(tried.values()) <= {"PermissionError", "OSError", "RuntimeError"}, tried
