"""Hashes of files: as the bytes give them, remembered, and no faster than told."""

import hashlib
import os
import threading
import time
from pathlib import Path

from probes.local.weights import Memory, Place, Stock, hashed, look
from tests.probes.local.weights.files import gguf, hub, safetensors

LATE = "no time left; the next look goes on with them"
MODEL = gguf({"general.name": "x"}, {})


def stock_of(folder: Path) -> Stock:
    return look([Place(path=str(folder))])


def test_bytes_are_hashed_and_say_so(tmp_path: Path) -> None:
    (tmp_path / "a.gguf").write_bytes(MODEL)

    file = hashed(stock_of(tmp_path), Memory()).models[0].files[0]

    assert file.sha256 == hashlib.sha256(MODEL).hexdigest()
    assert (file.proof, file.claimed, file.changed) == ("read", "", False)


def test_a_blob_that_is_not_what_its_name_says_is_changed(tmp_path: Path) -> None:
    data = safetensors({"w": (2, 2)})
    snapshot = hub(tmp_path, "a/b", {"model.safetensors": data})
    stock = look([Place(path=str(tmp_path), kind="huggingface")])
    (snapshot / "model.safetensors").resolve().write_bytes(data[:-1] + b"\1")

    before, after = stock.models[0].files[0], hashed(stock, Memory()).models[0].files[0]

    assert not before.changed
    assert after.changed
    assert after.claimed == hashlib.sha256(data).hexdigest()


def test_what_has_not_changed_is_not_read_again(tmp_path: Path) -> None:
    (tmp_path / "a.gguf").write_bytes(MODEL)
    memory = Memory()
    hashed(stock_of(tmp_path), memory)
    kept = Memory(memory.kept())
    facts = (tmp_path / "a.gguf").stat()
    (tmp_path / "a.gguf").write_bytes(MODEL[:-1] + b"!")
    os.utime(tmp_path / "a.gguf", ns=(facts.st_atime_ns, facts.st_mtime_ns))

    again = hashed(stock_of(tmp_path), kept).models[0].files[0]
    os.utime(tmp_path / "a.gguf", ns=(0, 0))
    fresh = hashed(stock_of(tmp_path), kept).models[0].files[0]

    assert again.sha256 == hashlib.sha256(MODEL).hexdigest()
    assert fresh.sha256 == hashlib.sha256(MODEL[:-1] + b"!").hexdigest()


def test_a_memory_that_cannot_be_read_is_empty() -> None:
    assert Memory(b"\xff{").kept() == b"{}"
    assert Memory(b'["x"]').get("x") == ""
    assert Memory(b'{"1:2:3:4":"no hash","x":"' + b"a" * 64 + b'"}').kept() == b"{}"


def test_what_is_gone_stopped_or_late_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.gguf").write_bytes(MODEL)
    stock = stock_of(tmp_path)
    stop = threading.Event()
    stop.set()

    stopped = hashed(stock, Memory(), stop=stop)
    late = hashed(stock, Memory(), seconds=0.0)
    (tmp_path / "a.gguf").unlink()
    gone = hashed(stock, Memory())

    for one, why in ((stopped, LATE), (late, LATE), (gone, "not readable, or changed meanwhile")):
        assert one.models[0].files[0].sha256 == ""
        assert one.not_seen == (f"1 files of weights were not hashed: {why}",)
        assert not one.complete


def test_a_file_exchanged_for_a_link_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "a.gguf").write_bytes(MODEL)
    stock = stock_of(tmp_path / "m")
    (tmp_path / "m").rename(tmp_path / "other")
    (tmp_path / "m").symlink_to(tmp_path / "other")

    assert hashed(stock, Memory()).models[0].files[0].sha256 == ""


def test_the_brake_holds_all_threads_together(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.gguf").write_bytes(MODEL + bytes(50_000))
    began = time.monotonic()

    hashed(stock_of(tmp_path), Memory(), rate=1_000_000, threads=2)

    assert time.monotonic() - began > 0.09


def test_a_file_below_the_root_of_a_process_is_read_through_it(tmp_path: Path) -> None:
    (tmp_path / "a.gguf").write_bytes(MODEL)
    root = f"/proc/{os.getpid()}/root"

    stock = hashed(look([Place(path=str(tmp_path), root=root)]), Memory())

    assert stock.models[0].files[0].path == f"{root}{tmp_path}/a.gguf"
    assert stock.models[0].files[0].sha256 == hashlib.sha256(MODEL).hexdigest()
