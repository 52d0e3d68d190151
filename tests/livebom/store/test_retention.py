"""Old evidence moves into Parquet by day: none is lost or doubled wherever it is killed, and what it told stays."""

import shutil
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from msgspec import structs

from livebom.bom.observation import Evidence, Outcome
from livebom.store import AskRow, Store, SweepRow, snapshot_path
from tests.livebom.store.looks import events, look
from tests.livebom.store.made import MONDAY, TUESDAY, WEDNESDAY, child, observation, ollama

pytestmark = pytest.mark.slow

DAYS = {"mon": MONDAY, "tue": TUESDAY, "wed": WEDNESDAY}
SHARED, OWN = "ab" * 32, "cd" * 32
TABLES = ("observation", "ask", "content")
KILLED = """
import os, signal
from livebom.store import retention
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
step = sys.argv[2]
store = Store.open(Path(sys.argv[1]))
if step == "written":
    retention._forget = die
elif step == "forgotten":
    forget = retention._forget
    def then_die(*given):
        forget(*given)
        die()
    retention._forget = then_die
store.retain(WEDNESDAY)
"""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of three days, to be copied."""
    path = tmp_path_factory.mktemp("filled") / "livebom.duckdb"
    fill(path)
    return path


def fill(path: Path) -> None:
    """Three days with two observations and an ask each; Monday's own body, and one that every day names."""
    with Store.open(path) as store:
        for number, (sweep, at) in enumerate(DAYS.items()):
            store.begin_sweep(SweepRow(id=sweep, started_at=at))
            proof = (Evidence(what="GET /", digest=OWN if sweep == "mon" else SHARED, excerpt=""),)
            store.add(structs.replace(observation(n, sweep), at=at, evidence=proof) for n in (1, 2))
            store.add_asks([asked(sweep, at)])
            store.add_content(OWN, b"own")
            store.add_content(SHARED, b"shared")
            look(store, sweep, ollama(at, version=f"0.9.{number}"), at)


def asked(sweep: str, at: datetime) -> AskRow:
    return AskRow(
        sweep=sweep, at=at, host="10.0.0.5", port=11434, name="root", request="GET /", outcome=Outcome.OK, digest=SHARED
    )


def rows(path: Path) -> Counter[tuple[str, str]]:
    """Every raw row by table and look or digest, wherever it stands, as somebody's own DuckDB finds it."""
    found: Counter[tuple[str, str]] = Counter()
    with duckdb.connect(str(path), read_only=True) as store:
        for table in TABLES:
            column = "digest" if table == "content" else "sweep_id"
            found.update((table, row[0]) for row in store.execute(f"SELECT {column} FROM {table}").fetchall())  # noqa: S608
            for file in sorted(path.with_name(f"{path.name}.history").glob(f"{table}-*.parquet")):
                read = store.execute(f"SELECT {column} FROM read_parquet(?)", [str(file)])  # noqa: S608
                found.update((table, row[0]) for row in read.fetchall())
    return found


def test_whole_days_before_a_time_move_and_what_they_told_stays(tmp_path: Path, filled: Path) -> None:
    path = Path(shutil.copy(filled, tmp_path / "it's.duckdb"))
    before = rows(path)
    with Store.open(path) as store:
        told, sweeps = events(store), store.sweeps()
        moved = store.retain(WEDNESDAY + timedelta(hours=3))
        assert moved.files == (
            "observation-2026-11-16.parquet", "ask-2026-11-16.parquet", "content-2026-11-16.parquet",
            "observation-2026-11-17.parquet", "ask-2026-11-17.parquet",
        )  # fmt: skip
        assert moved.rows == 7
        assert store.retain(WEDNESDAY).rows == 0
        assert (events(store), store.sweeps()) == (told, sweeps)
        assert store.graph(MONDAY) == ollama(MONDAY, version="0.9.0")
        with Store.view(snapshot_path(path)) as copy:
            assert copy._database.connection.execute("SELECT DISTINCT sweep_id FROM observation").fetchall() == [
                ("wed",)
            ]
        store.add([structs.replace(observation(3, "mon"), at=MONDAY)])
        assert store.retain(WEDNESDAY).files == ("observation-2026-11-16.2.parquet",)
    assert rows(path) == before + Counter({("observation", "mon"): 1})
    folder = tmp_path / "it's.duckdb.history"
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o640}


@pytest.mark.parametrize("step", ["written", "forgotten"])
def test_a_kill_neither_loses_nor_doubles_a_row(tmp_path: Path, filled: Path, step: str) -> None:
    path = Path(shutil.copy(filled, tmp_path))
    before = rows(path)
    with child(KILLED, path, step) as mover:
        assert mover.wait() == -9
    folder = tmp_path / "livebom.duckdb.history"
    assert [file.suffix for file in folder.iterdir()].count(".part") == 3
    with Store.open(path) as store:
        assert [file.suffix for file in folder.iterdir()] == ([] if step == "written" else [".parquet"] * 3)
    assert rows(path) == before
    with Store.open(path) as store:
        store.retain(WEDNESDAY)
    assert rows(path) == before
