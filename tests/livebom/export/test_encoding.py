"""JSON that any parser reads back and that no terminal obeys."""

import json

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from livebom.bom.document import Document
from livebom.export.encoding import block, encoded, pieces
from tests.livebom.export.hostile import hidden
from tests.sample import sample


@given(st.text())
def test_it_is_read_back_the_same_and_hides_nothing(text: str) -> None:
    written = encoded({"it": [text], text: 1})
    assert json.loads(written) == {"it": [text], text: 1} | ({"it": 1} if text == "it" else {})
    assert hidden(written) == set()
    assert written.endswith("}\n")


def test_a_lone_surrogate_is_written_out() -> None:
    assert json.loads(encoded({"\ud800": ["a\udfffb", 1, None]})) == {"\\u{d800}": ["a\\u{dfff}b", 1, None]}


def test_characters_beyond_the_first_plane_keep_their_value() -> None:
    assert json.loads(encoded(["\U000e0041", "\U0001f600", "é"])) == ["\U000e0041", "\U0001f600", "é"]
    assert "\U000e0041" not in encoded(["\U000e0041"])


def test_what_was_missed_is_told_by_id() -> None:
    document = sample()
    part = document.parts[0].id
    told = encoded(msgspec.structs.replace(document, settled=True, missed={part: 2}))
    assert json.loads(told)["missed"] == {str(part): 2}
    assert msgspec.json.decode(told, type=Document).missed == {part: 2}


class _Item(Struct):
    name: str
    values: list[int]
    more: dict[str, str]


class _Whole(Struct, rename="camel"):
    some_items: tuple[_Item, ...]
    an_item: _Item
    texts: list[str]
    nothing: None = None
    none: tuple[()] = ()


class _Tagged(Struct, tag="t"):
    texts: list[str]


class _Sparse(Struct, omit_defaults=True):
    texts: list[str] = []


class _Row(Struct, array_like=True):
    texts: list[str]


_TEXTS = st.lists(st.text(), max_size=4)
_ITEMS = st.builds(
    _Item, st.text(), st.lists(st.integers(-9, 9), max_size=2), st.dictionaries(st.text(), st.text(), max_size=2)
)


@given(
    st.one_of(
        st.builds(_Whole, st.lists(_ITEMS, max_size=3).map(tuple), _ITEMS, _TEXTS),
        st.builds(_Tagged, _TEXTS),
        st.builds(_Sparse, _TEXTS),
        st.builds(_Row, _TEXTS),
        _TEXTS,
    )
)
def test_the_pieces_are_the_text_as_it_would_be_written_at_once(value: object) -> None:
    assert "".join(pieces(value)) == block(value, order="deterministic") + "\n"
    assert encoded(value) == "".join(pieces(value))


def test_a_large_document_comes_in_small_pieces() -> None:
    items = tuple(_Item(str(n), [n], {}) for n in range(1000))
    assert max(map(len, pieces(_Whole(items, items[0], [])))) < 200
