"""What fuzzing once found, given to its door again; and that every target takes an honest input, and can fail."""

import json
from pathlib import Path

import pytest

from tests.fuzz.mutating import mutated
from tests.fuzz.targets import HERE, REGRESSIONS, SPLIT, joined, load, names, parts, regressions

FOUND = [(name, path) for name in names() for path in regressions(name)]


@pytest.mark.parametrize(("name", "path"), FOUND, ids=lambda one: one.name if isinstance(one, Path) else one)
def test_what_was_found_stays_mended(name: str, path: Path) -> None:
    load(name).one_input(path.read_bytes())


def test_every_regression_belongs_to_a_target() -> None:
    assert {path.name for path in REGRESSIONS.iterdir()} <= set(names())
    assert all(path.stat().st_size < 20_000 for _, path in FOUND)


@pytest.mark.parametrize("name", ["gguf", "http", "nmap", "register", "safetensors", "tls"])
def test_a_target_takes_nothing_and_its_first_seed(name: str) -> None:
    target = load(name)
    target.one_input(b"")
    target.one_input(next(target.seeds()))


def test_a_target_fails_where_its_door_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    target = load("http")
    good = b"\x02HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    target.one_input(good)
    monkeypatch.setattr(target, "CAPS", (-1, -1, -1, -1))
    with pytest.raises(AssertionError):
        target.one_input(good)


def test_mutations_are_json_and_the_same_for_the_same_seed() -> None:
    data = b'{"a": [1, {"b": "text"}], "c": null}'
    found = {mutated(data, seed) for seed in range(60)}
    assert len(found) > 30
    for text in found - {None}:
        assert text
        if len(text) < 2000:  # the others are nested without end, on purpose
            json.loads(text)
    assert mutated(data, 7) == mutated(data, 7)
    assert mutated(b"no json", 1) is None
    assert mutated(b"[]", 1) is None


def test_parts_go_together_and_apart() -> None:
    assert parts(joined([b"a", b"", b"c"]), 3) == [b"a", b"", b"c"]
    assert parts(b"a" + SPLIT + b"b", 1) == [b"a"]


def test_every_target_has_a_module_of_its_own_name() -> None:
    assert len(names()) >= 22
    assert all((HERE / f"target_{name}.py").read_text(encoding="utf-8").startswith('"""') for name in names())
