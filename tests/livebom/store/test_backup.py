"""A backup is the whole store, also of one in use, and comes back whole or not at all."""

import shutil
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from livebom.store import Store, StoreBusy, StoreError, backup, restore, snapshot_path
from livebom.store.opening import SCHEMA_VERSION
from tests.livebom.store.looks import events
from tests.livebom.store.made import WEDNESDAY, child
from tests.livebom.store.test_opening import HOLD
from tests.livebom.store.test_retention import fill, rows

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of three days, of which one has moved out, to be copied with its folder."""
    path = tmp_path_factory.mktemp("moved") / "livebom.duckdb"
    fill(path)
    with Store.open(path) as store:
        store.retain(WEDNESDAY - timedelta(days=1))
    return path


@pytest.fixture
def path(tmp_path: Path, moved: Path) -> Path:
    """A store of its own for each test."""
    shutil.copytree(moved.parent, tmp_path, dirs_exist_ok=True)
    return tmp_path / moved.name


def test_a_backup_comes_back_with_all_it_had(tmp_path: Path, path: Path) -> None:
    before, folder, other = rows(path), tmp_path / "saved", tmp_path / "other" / "livebom.duckdb"
    saved = backup(path, folder)
    assert (saved.at, saved.files, saved.live) == (WEDNESDAY, 3, False)
    with pytest.raises(StoreError, match="there already"):
        backup(path, folder)
    assert restore(folder, other).at == WEDNESDAY
    assert rows(other) == before
    with duckdb.connect(str(other)) as restored, duckdb.connect(str(path)) as ours:
        made = (
            "SELECT table_name FROM duckdb_tables() UNION ALL SELECT view_name FROM duckdb_views() WHERE NOT internal"
        )
        assert sorted(restored.execute(made).fetchall()) == sorted(ours.execute(made).fetchall())
    with pytest.raises(StoreError, match="--force"):
        restore(folder, other)
    with Store.open(path) as store:
        told = events(store)
        store.retain(WEDNESDAY + timedelta(days=1))
    path.write_bytes(path.read_bytes()[:9000])
    restore(folder, path, force=True)
    assert rows(path) == before, "what had moved since the backup stands in the store again, and only there"
    with Store.open(path) as store:
        assert events(store) == told
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "livebom.duckdb", "livebom.duckdb.history", "other", "saved"
    ]  # fmt: skip


def test_a_store_in_use_is_saved_as_published_and_not_replaced(tmp_path: Path, path: Path) -> None:
    folder = tmp_path / "saved"
    with child(HOLD, path) as holder:
        assert holder.stdout
        holder.stdout.readline()
        saved = backup(path, folder)
        assert (saved.at, saved.files, saved.live) == (WEDNESDAY, 3, True)
        with pytest.raises(StoreBusy, match=str(holder.pid)):
            restore(folder, path, force=True)
        snapshot_path(path).unlink()
        with pytest.raises(StoreBusy):
            backup(path, tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_a_backup_that_is_not_whole_changes_nothing(tmp_path: Path, path: Path) -> None:
    backup(path, tmp_path / "saved")
    before = rows(path)
    [file, *_] = sorted((tmp_path / "saved" / "livebom.duckdb.history").iterdir())
    whole = file.read_bytes()
    file.write_bytes(whole[:-1])
    with pytest.raises(StoreError, match="not whole"):
        restore(tmp_path / "saved", path, force=True)
    file.unlink()
    with pytest.raises(StoreError, match="No such file"):
        restore(tmp_path / "saved", path, force=True)
    file.write_bytes(whole)
    with duckdb.connect(str(tmp_path / "saved" / "livebom.duckdb")) as other:
        other.execute("UPDATE meta SET schema_version = ?", [SCHEMA_VERSION + 1])
    with pytest.raises(StoreError, match="newer livebom"):
        restore(tmp_path / "saved", path, force=True)
    with pytest.raises(StoreError, match=r"holds no livebom\.duckdb"):
        restore(tmp_path / "nothing", path, force=True)
    assert rows(path) == before
    assert not [file for file in tmp_path.iterdir() if "restored" in file.name]
