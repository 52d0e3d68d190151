"""Hashes across looks: read once, remembered in a file of our own, given up at once where the look is cancelled."""

import hashlib
import os
import threading
import time
from pathlib import Path

import anyio
from msgspec.structs import replace

from livebom.settings import Settings
from livebom.surfaces import hashing, load_catalog, local
from probes.local.weights import Hashing, Memory, Place, Stock, hashed, look, with_hashes
from probes.local.weights.memory import load, save
from tests.probes.local.weights.files import gguf, hub, safetensors

MODEL = gguf({"general.name": "x"}, {})


def run(stock: Stock, how: Hashing) -> Stock:
    return anyio.run(with_hashes, stock, how)


def digests(stock: Stock) -> list[str]:
    return [file.sha256 for model in stock.models for file in model.files]


def read_so_far() -> int:
    """Bytes that this process has read from files (proc(5))."""
    return int(Path("/proc/self/io").read_text().split()[1])


def test_what_was_read_once_counts_without_reading(tmp_path: Path) -> None:
    data = safetensors({"w": (2, 2)})
    snapshot = hub(tmp_path / "hub", "a/b", {"model.safetensors": data})
    place, file = Place(path=str(tmp_path / "hub"), kind="huggingface"), tmp_path / "hashes"
    blob = (snapshot / "model.safetensors").resolve()
    blob.write_bytes(data[:-1] + b"\1")

    before = run(look([place]), Hashing(file=file))
    read = run(look([place]), Hashing(file=file, read=True))
    after = run(look([place]), Hashing(file=file))
    os.utime(blob, ns=(0, 0))
    touched = run(look([place]), Hashing(file=file))

    assert [stock.models[0].files[0].changed for stock in (before, read, after, touched)] == [False, True, True, False]
    assert after.complete
    assert file.stat().st_mode & 0o777 == 0o600


def test_what_there_was_no_time_for_is_read_by_the_next_look(tmp_path: Path) -> None:
    for name, size in (("a", 3 << 20), ("b", 0)):
        (tmp_path / f"{name}.gguf").write_bytes(MODEL + bytes(size))
    file, place = tmp_path / "hashes", Place(path=str(tmp_path))

    first = run(look([place]), Hashing(file=file, read=True, rate=1 << 20, seconds=0.1, threads=1))
    second = run(look([place]), Hashing(file=file, read=True))

    assert [bool(digest) for digest in digests(first)] == [False, True]  # the small one comes first
    assert first.not_seen == ("1 files of weights were not hashed: no time left; the next look goes on with them",)
    assert digests(second)[0] == hashlib.sha256(MODEL + bytes(3 << 20)).hexdigest()
    assert second.complete


def test_a_cancelled_look_ends_at_once_and_keeps_what_it_had(tmp_path: Path) -> None:
    (tmp_path / "a.gguf").write_bytes(MODEL + bytes(2 << 20))
    (tmp_path / "b.gguf").write_bytes(MODEL)
    file, stock = tmp_path / "hashes", look([Place(path=str(tmp_path))])

    async def cut() -> None:
        with anyio.move_on_after(0.15):
            await with_hashes(stock, Hashing(file=file, read=True, rate=1 << 20, threads=1))

    began = time.monotonic()
    anyio.run(cut)

    assert time.monotonic() - began < 1.0
    assert not [one for one in threading.enumerate() if one.name == "hash" and one.is_alive()]
    assert len(load(file)) == 1


def test_a_file_that_two_ways_lead_to_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "a.gguf").write_bytes(MODEL + bytes(1 << 20))
    ways = [Place(path=str(tmp_path)), Place(path=str(tmp_path), root=f"/proc/{os.getpid()}/root")]
    stock, before = look(ways), read_so_far()

    found = hashed(stock, Memory())

    assert len(digests(found)) == 2
    assert len(set(digests(found))) == 1
    assert read_so_far() - before < 2 << 20


def test_a_memory_of_somebody_else_or_in_pieces_is_no_memory(tmp_path: Path) -> None:
    file, memory = tmp_path / "hashes", Memory()
    memory.put("1:2:3:4", "ab" * 32)
    save(file, memory)
    whole = file.read_bytes()
    other = Memory()
    other.put("5:6:7:8", "cd" * 32)
    save(file, other)

    assert len(load(file)) == 2  # two looks at the same time both count
    file.write_bytes(whole[:-3])
    assert len(load(file)) == 0
    file.write_bytes(whole)
    file.chmod(0o622)
    assert len(load(file)) == 0
    file.unlink()
    os.mkfifo(file)
    assert len(load(file)) == 0
    save(tmp_path / "none" / "hashes", memory)  # no folder: nothing is kept, and nothing breaks
    assert [one.name for one in tmp_path.iterdir()] == ["hashes"]


def test_a_look_at_this_host_hashes_as_the_settings_say(tmp_path: Path) -> None:
    folder = tmp_path / ".cache" / "llama.cpp"
    folder.mkdir(parents=True)
    (folder / "a.gguf").write_bytes(MODEL)
    settings = Settings(db=str(tmp_path / "s.duckdb"), hash_rate=1.0, hash_seconds=5.0)
    how = hashing(settings, {}, read=True)
    near = local(load_catalog(), ("none",), (), how)

    found = anyio.run(replace(near, homes=(str(tmp_path),)).look)

    assert (how.rate, how.seconds, how.file) == (1_000_000, 5.0, tmp_path / "s.duckdb.hashes")
    assert hashing(settings, {}, read=True, keep=False).file is None
    assert found.stock
    told = [file for model in found.stock.models for file in model.files if file.path.startswith(str(tmp_path))]
    assert [file.sha256 for file in told] == [hashlib.sha256(MODEL).hexdigest()]
