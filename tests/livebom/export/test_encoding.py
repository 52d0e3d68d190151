"""JSON that any parser reads back and that no terminal obeys."""

import json

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from livebom.bom.document import Document
from livebom.export.encoding import encoded
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
