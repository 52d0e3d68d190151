"""Nothing acknowledged is lost: not by kill -9, not by a full disk."""

from pathlib import Path

import pytest

from livebom.store import Store
from tests.livebom.store.made import SWEEP, child, observation

WRITE = """
import itertools
with Store.open(Path(sys.argv[1])) as store:
    store.begin_sweep(SWEEP)
    for batch in itertools.count(1):
        store.add(observation(number) for number in range(100))
        store.add_content(f"{batch:064x}", b"body")
        store.flush()
        print(batch, flush=True)
"""
FULL = """
import resource, signal
path = Path(sys.argv[1])
store = Store.open(path)
store.begin_sweep(SWEEP)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 400_000,) * 2)
stored = 0
try:
    while True:
        store.add(observation(number, note="x" * 200) for number in range(100))
        store.flush()
        stored += 100
except StoreError as error:
    print(stored, len(store.writer.pending["observation"]), error, sep="|", flush=True)
try:
    store.close()
except StoreError as error:
    print(error, flush=True)
"""


@pytest.mark.slow
def test_kill_loses_nothing_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "livebom.duckdb"
    with child(WRITE, path) as writer:
        assert writer.stdout
        acknowledged = [int(writer.stdout.readline()) for _ in range(12)][-1]
        writer.kill()
        acknowledged = int((writer.stdout.read().split() or [str(acknowledged)])[-1])
        writer.wait()
    with Store.open(path) as store:
        [sweep] = store.sweeps()
        assert sweep.observations % 100 == 0, "a batch is there whole or not at all"
        assert acknowledged * 100 <= sweep.observations <= (acknowledged + 1) * 100
        store.add([observation()])
        store.flush()
        assert store.sweeps()[0].observations == sweep.observations + 1


def test_full_disk_is_told_and_loses_nothing_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "livebom.duckdb"
    with child(FULL, path) as writer:
        assert writer.stdout
        stored, pending, told = writer.stdout.readline().split("|")
        assert writer.wait() == 0
    assert str(path) in told
    assert "nothing that was stored is lost" in told
    assert int(stored) > 0
    assert int(pending) == 100, "what could not be written is kept for another try"
    with Store.open(path) as store:
        assert store.sweeps()[0].observations == int(stored)


def test_rows_of_a_failed_flush_can_be_flushed_again(tmp_path: Path) -> None:
    with Store.open(tmp_path / "x.duckdb") as store:
        store.begin_sweep(SWEEP)
        store.add([observation(1)])
        store.writer.pending["ask"] = [("too", "few")]
        with pytest.raises(Exception, match=r"column|append"):
            store.flush()
        assert store.sweeps()[0].observations == 0
        del store.writer.pending["ask"]
        store.flush()
        assert store.sweeps()[0].observations == 1


def test_what_was_seen_before_an_error_is_stored(tmp_path: Path) -> None:
    path = tmp_path / "x.duckdb"

    def look() -> None:
        with Store.open(path) as store:
            store.begin_sweep(SWEEP)
            store.add([observation(1)])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        look()
    with Store.open(path) as store:
        assert store.sweeps()[0].observations == 1
