"""What is written into a store is read back from it."""

import hashlib
import math
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from livebom.bom.observation import Outcome
from livebom.bom.parts import PartKind, Value
from livebom.store import AskRow, CoverageRow, Store, StoreError, snapshot_path
from livebom.store.database import Database
from livebom.store.opening import open_database
from livebom.store.rows import observation_columns
from livebom.store.writer import CONTENT_CAP, FLUSH_BYTES, FLUSH_ROWS, FLUSH_SECONDS, Writer
from tests.livebom.store.made import MONDAY, ROOT, SWEEP, TUESDAY, WEDNESDAY, graph, observation, ollama, part, settle


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "state" / "livebom.duckdb") as opened:
        opened.begin_sweep(SWEEP)
        yield opened


def rows(store: Store, sql: str) -> list[tuple[object, ...]]:
    """What a user's own statement finds in the published copy."""
    import duckdb

    copy = store.publish() or snapshot_path(store._database.path)
    with duckdb.connect(str(copy), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_sweep_is_told_as_it_was_begun_and_ended(store: Store) -> None:
    [going_on] = store.sweeps()
    assert (going_on.sweep, going_on.ended_at, going_on.complete, going_on.tally) == (SWEEP, None, None, {})
    store.add([observation(1), observation(2)])
    store.add_asks(
        [AskRow(sweep="one", at=MONDAY, host="::1", port=80, name="root", request="GET /", outcome=Outcome.OK)]
    )
    store.end_sweep("one", TUESDAY, complete=True, tally={"open": 3})
    [ended] = store.sweeps()
    assert (ended.ended_at, ended.complete, ended.tally) == (TUESDAY, True, {"open": 3})
    assert (ended.observations, ended.asks) == (2, 1)


def test_sweep_cannot_be_begun_twice_nor_ended_unbegun(store: Store) -> None:
    with pytest.raises(StoreError, match=r"[Dd]uplicate key"):
        store.begin_sweep(SWEEP)
    with pytest.raises(StoreError, match="no sweep two"):
        store.end_sweep("two", TUESDAY, complete=True, tally={})
    assert len(store.sweeps()) == 1


def test_time_without_zone_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="time zone"):
        store.settle(ollama(), sweep_id="one", seen_at=datetime(2026, 1, 1), covered=bool, gone_after=1)  # noqa: DTZ001


def test_ledger_and_coverage_keep_every_column(store: Store) -> None:
    ask = AskRow(
        sweep="one", at=TUESDAY, zone="lab", host="10.0.0.5", port=11434, name="ollama.tags", request="GET /api/tags",
        outcome=Outcome.TIMEOUT, status=200, elapsed=0.25, size=4138, digest="cd" * 32,
    )  # fmt: skip
    place = CoverageRow(
        sweep="one", zone="lab", place="10.0.0.0/24", ports="80,443", planned=512, tried=500, reason="ran out of time"
    )
    store.add_asks([ask])
    store.add_coverage([place])
    naive = TUESDAY.replace(tzinfo=None)
    assert rows(store, "SELECT * FROM ask") == [
        ("one", naive, "lab", "10.0.0.5", 11434, "ollama.tags", "GET /api/tags", "timeout", 200, 0.25, 4138, "cd" * 32)
    ]
    assert rows(store, "SELECT * FROM coverage") == [
        ("one", "lab", "10.0.0.0/24", "80,443", 512, 500, False, "ran out of time")
    ]


def test_evidence_can_be_queried_as_json(store: Store) -> None:
    store.add([observation(5, product="ollama", score=0.98)])
    found = rows(
        store,
        "SELECT part_key, facts->'product'->>'value', (facts->'score'->>'value')::DOUBLE,"
        " evidence->0->>'digest', edges->0->>'to' FROM observation",
    )
    assert found == [("default/10.0.0.5/ollama", "ollama", 0.98, "ab" * 32, "default/10.0.0.5:11434")]


def test_body_is_kept_once_and_capped(store: Store) -> None:
    body, long = b"Ollama is running\x00\xff", b"x" * (CONTENT_CAP + 5)
    first, second = (hashlib.sha256(one).hexdigest() for one in (body, long))
    for _ in range(2):
        store.add_content(first, body)
        store.add_content(first, body)
        store.flush()
    store.add_content(second, long)
    assert sorted(rows(store, "SELECT digest, body, byte_count FROM content")) == sorted(
        [(first, body, len(body)), (second, long[:CONTENT_CAP], len(long))]
    )


def test_rows_wait_for_a_thousand_others(store: Store) -> None:
    store.add(observation(n) for n in range(FLUSH_ROWS - 1))
    assert store.sweeps()[0].observations == 0
    store.add([observation(FLUSH_ROWS)])
    assert store.sweeps()[0].observations == FLUSH_ROWS


def test_rows_wait_for_a_second_and_bodies_for_four_megabytes(tmp_path: Path) -> None:
    now = 0.0
    database = open_database(tmp_path / "x.duckdb", None, None)
    writer = Writer(database, lambda: now)
    writer.put("observation", [observation_columns(observation(1))])
    now = FLUSH_SECONDS - 0.01
    writer.put("observation", [observation_columns(observation(2))])
    assert database.commits == 1, "only the schema"
    now = FLUSH_SECONDS
    writer.put("observation", [observation_columns(observation(3))])
    assert database.commits == 2
    for number in range(FLUSH_BYTES // CONTENT_CAP):
        assert database.commits == 2
        writer.put_body(f"{number:064x}", bytes(CONTENT_CAP))
    assert database.commits == 3
    assert not writer.pending
    assert not writer.bodies
    database.close()


def test_rows_without_an_appender_are_the_same(tmp_path: Path) -> None:
    """DuckDB below 2.0 has no Appender in Python; there the rows travel as JSON."""
    database = open_database(tmp_path / "x.duckdb", None, None)
    some = [observation_columns(observation(n, name="\0\\x41'\"é\U0001f980")) for n in range(3)]
    bodies = [("a", bytes(range(256)), 256), ("b", b"", 0), ("c", b"\\xAB plain", 10)]
    with database.transaction():
        database.fill("observation", some)
        database.fill_as_json("observation", some)
        database.run("stage_content")
        database.fill("staged_content", bodies)
        database.fill_as_json("staged_content", bodies)
        database.fill_as_json(
            "ask", [("s", MONDAY.replace(tzinfo=None), "z", "h", 1, "n", "r", "ok", None, 0.5, None, "")]
        )
    told = database.connection.execute("FROM observation ORDER BY part_key").fetchall()
    assert told[0::2] == told[1::2]
    assert sorted(database.connection.execute("FROM staged_content").fetchall()) == sorted(bodies * 2)
    asked = database.connection.execute("SELECT asked_at, status, elapsed, digest FROM ask").fetchall()
    assert asked == [(MONDAY.replace(tzinfo=None), None, 0.5, "")]
    database.close()


texts = st.text(st.characters(exclude_categories=()), max_size=12)
hostile = texts | st.integers() | st.floats() | st.none() | st.booleans() | st.lists(texts, max_size=3)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    opened = open_database(tmp_path_factory.mktemp("hostile") / "livebom.duckdb", None, None)
    yield opened
    opened.close()


@settings(max_examples=60, deadline=None)
@given(subject=texts, value=hostile)
@example(subject="\udc80/\ud800", value=10**5000)
@example(subject="\0", value=-(1 << 63) - 1)
def test_whatever_a_target_says_can_be_stored(database: Database, subject: str, value: Value) -> None:
    """Half surrogates, NUL and numbers without end are in reach of any JSON answer."""
    seen = msgspec.structs.replace(observation(model=value), subject=subject)
    with database.transaction():
        database.connection.execute("DELETE FROM observation")
        database.fill("observation", [observation_columns(seen)])
    [(key, facts)] = database.connection.execute("SELECT part_key, facts FROM observation").fetchall()
    assert key == whole(subject)
    assert msgspec.json.decode(facts)["model"]["value"] == whole(value)


def whole(value: Value) -> Value:
    """What can be kept of a value."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [one.encode("utf-8", "replace").decode() for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return hex(value) if isinstance(value, int) and value > 10**4000 else value


def test_services_are_told_now_and_as_they_were(store: Store) -> None:
    settle(store, ollama(MONDAY, models=("llama3:8b", "qwen3:4b")), MONDAY)
    settle(store, ollama(WEDNESDAY, version="0.9.1", models=("qwen3:4b",)), WEDNESDAY)
    [was] = store.services(TUESDAY)
    [now] = store.services()
    assert was == {
        "zone": "default", "host": "10.0.0.5", "port": 11434, "name": None, "base_path": None, "product": "ollama",
        "version": "0.9.0", "auth": "none", "models": ["llama3:8b", "qwen3:4b"],
        "first_seen": MONDAY, "last_seen": TUESDAY,
    }  # fmt: skip
    assert now == {**was, "version": "0.9.1", "models": ["qwen3:4b"], "last_seen": WEDNESDAY}
    assert store.services(MONDAY.replace(year=2025)) == []


@pytest.mark.parametrize(
    ("key", "place"),
    [
        ("dmz/[fd00::5]:8000", ("dmz", "fd00::5", 8000, None, None)),
        ("default/10.0.0.5:443/ai.example", ("default", "10.0.0.5", 443, "ai.example", None)),
        ("default/10.0.0.5:443/ai.example/v1/x", ("default", "10.0.0.5", 443, "ai.example", "/v1/x")),
        ("nonsense", (None, None, None, None, None)),
    ],
)
def test_place_of_a_service_is_read_from_its_key(store: Store, key: str, place: tuple[object, ...]) -> None:
    settle(store, graph([part(PartKind.LISTENER, key)]), MONDAY)
    [row] = store.services()
    assert (row["zone"], row["host"], row["port"], row["name"], row["base_path"]) == place
    assert (row["product"], row["models"]) == (None, [])


def test_known_servers_tell_what_keeps_a_key(store: Store) -> None:
    assert store.known_servers() == []
    settle(store, ollama(models=("a", "b")), MONDAY)
    [known] = store.known_servers()
    assert (known.listener, known.server) == ("default/10.0.0.5:11434", "default/10.0.0.5/ollama")
    assert (known.product, known.version, known.models) == ("ollama", "0.9.0", frozenset({"a", "b"}))
    settle(store, ollama(TUESDAY, models=()), TUESDAY)
    assert store.known_servers()[0].models is None


def test_duckdb_is_loaded_only_by_opening() -> None:
    code = "import livebom.store, sys; sys.exit('duckdb' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
