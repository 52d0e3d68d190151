"""The kept catalogue: the same as the YAML, void with every changed byte, and never trusted when it is strange."""

from pathlib import Path

import pytest
from msgspec import Struct

from livebom.recognise.rules import Fingerprint
from livebom.settings import DataErrors, cache_folder, data_path, read_folder


class Thing(Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of file."""

    size: int


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of two things."""
    made = tmp_path / "things"
    made.mkdir()
    (made / "a.yaml").write_text("size: 1\n")
    (made / "b.yaml").write_text("size: 2\n")
    return made


def kept(cache: Path) -> list[Path]:
    return sorted(cache.glob("*.msgpack"))


def test_what_is_kept_is_what_was_read(tmp_path: Path) -> None:
    servers = data_path("fingerprints", "servers")
    fresh = read_folder(servers, Fingerprint)
    assert read_folder(servers, Fingerprint, tmp_path) == fresh
    assert len(kept(tmp_path)) == 1
    assert read_folder(servers, Fingerprint, tmp_path) == fresh


def test_the_kept_file_is_really_used(folder: Path, tmp_path: Path) -> None:
    read_folder(folder, Thing, tmp_path)
    [file] = kept(tmp_path)
    file.write_bytes(file.read_bytes().replace(b"\x01", b"\x07"))
    assert read_folder(folder, Thing, tmp_path)["a"] == Thing(7)


def test_a_changed_byte_or_a_new_file_makes_it_void(folder: Path, tmp_path: Path) -> None:
    read_folder(folder, Thing, tmp_path)
    (folder / "a.yaml").write_text("size: 3\n")
    assert read_folder(folder, Thing, tmp_path)["a"] == Thing(3)
    (folder / "c.yaml").write_text("size: 4\n")
    assert set(read_folder(folder, Thing, tmp_path)) == {"a", "b", "c"}
    assert len(kept(tmp_path)) == 1


@pytest.mark.parametrize("rubbish", [b"", b"\xff" * 64, b"\x81\xa1a\x81\xa4size\xa1x"])
def test_a_strange_kept_file_is_read_anew(folder: Path, tmp_path: Path, rubbish: bytes) -> None:
    read_folder(folder, Thing, tmp_path)
    kept(tmp_path)[0].write_bytes(rubbish)
    assert read_folder(folder, Thing, tmp_path) == {"a": Thing(1), "b": Thing(2)}


def test_a_bad_file_is_told_even_where_an_older_state_is_kept(folder: Path, tmp_path: Path) -> None:
    read_folder(folder, Thing, tmp_path)
    (folder / "a.yaml").write_text("sise: 1\n")
    with pytest.raises(DataErrors, match="size"):
        read_folder(folder, Thing, tmp_path)


def test_without_a_place_to_write_it_works_all_the_same(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert len(read_folder(folder, Thing, tmp_path / "file" / "below")) == 2


def test_the_place_follows_the_environment() -> None:
    assert cache_folder({"XDG_CACHE_HOME": "/x"}) == Path("/x/livebom")
    assert cache_folder({"XDG_CACHE_HOME": "relative", "HOME": "/h"}) == Path("/h/.cache/livebom")
