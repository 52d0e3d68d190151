"""The path language: what a path leads to, and what cannot be read."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livebom.recognise.path import first, steps, walk

DOCUMENT: dict[str, Any] = {
    "a": {"b": 1, "b.c": 2, "*": 3},
    "list": [{"id": "x", "n": [1, 2]}, {"id": "y"}, 7],
    "info": {"llama.context_length": 2048, "general.license": "mit"},
}
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("", [DOCUMENT]),
        ("a.b", [1]),
        ('a."b.c"', [2]),
        ("list[].id", ["x", "y"]),
        ("list[1].id", ["y"]),
        ("list[9].id", []),
        ("list[].n[]", [1, 2]),
        ("a.*", [1, 2, 3]),
        ('info."*.context_length"', [2048]),
        ("info.nothing", []),
        ("list.id", []),
        ("a[]", []),
        ("a.b.c", []),
    ],
)
def test_what_a_path_leads_to(path: str, found: list[Any]) -> None:
    assert list(walk(DOCUMENT, path)) == found
    assert first(DOCUMENT, path) == (found[0] if found else None)


def test_only_so_many_items_are_looked_at() -> None:
    assert list(walk([1] * 50, "[]", 10)) == [1] * 10
    assert len(list(walk({"a": [0] * 20_000}, "a[]"))) == 10_000
    assert len(list(walk({str(n): n for n in range(50)}, "*", 10))) == 10


@pytest.mark.parametrize("path", ["a[b]", "a[-1]", 'a."b', "a..b", "a[", "[x]", "."])
def test_a_path_that_cannot_be_read_says_from_where(path: str) -> None:
    with pytest.raises(ValueError, match="cannot be read from"):
        steps(path)


@given(anything, st.sampled_from(["", "a", "a[].b", "*", "[0][]", '"*x"', "[].*.y", "a.b[3].c"]))
@settings(max_examples=100, deadline=None)
def test_any_document_can_be_walked(document: Any, path: str) -> None:
    found = list(walk(document, path))
    assert first(document, path) == (found[0] if found else None)
    if path == "":
        assert found == [document]
