"""What a target can put into a name never reaches a terminal, and two long names stay two."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livebom.bom.redact import redact
from livebom.bom.text import LONGEST, safe_text


@given(st.text(st.characters(), max_size=60))
def test_nothing_hidden_survives(text: str) -> None:
    shown = safe_text(text)
    assert not any(unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} for c in shown)


@given(st.text(max_size=40), st.text(max_size=40))
def test_two_names_never_look_the_same(one: str, other: str) -> None:
    assert (safe_text(one) == safe_text(other)) == (one == other)


@pytest.mark.parametrize(
    "hostile", ["\x1b[31mred", "a\u202egnp.exe", "x\u200by", "\x9b2J", "\ud800", "a\x00b", "\u2028"]
)
def test_escapes_bidi_and_surrogates_are_written_out(hostile: str) -> None:
    assert "\\u{" in safe_text(hostile)


def test_a_long_name_is_cut_but_stays_distinct() -> None:
    one, other = safe_text("a" * 2_000_000 + "1"), safe_text("a" * 2_000_000 + "2")
    assert len(one) <= LONGEST
    assert one != other


@pytest.mark.parametrize(
    "secret",
    [
        '{"api_key": "supersecret1"}',
        "Authorization: Bearer supersecret1",
        'window.__INSPECTOR_API_TOKEN__ = "supersecret1";',
        "session_token='supersecret1'",
        '{"ApiKeys": ["supersecret1", "supersecret12"]}',
        "sk-supersecret1",
        "hf_supersecret1abcdefgh",
        "postgres://user:supersecret1@db/x",
        "-----BEGIN RSA PRIVATE KEY-----\nsupersecret1\n-----END RSA PRIVATE KEY-----",
    ],
)
def test_secrets_are_replaced_by_kind_length_and_hash(secret: str) -> None:
    hidden = redact(secret, b"key")
    assert "supersecret1" not in hidden
    assert "[" in hidden
    assert redact(secret, b"key") == hidden != redact(secret, b"other")


def test_ordinary_text_is_left_alone() -> None:
    text = '{"object":"list","data":[{"id":"qwen3:8b","digest":"a1b2","max_tokens":"12","tokenizer":"llama"}]}'
    assert redact(text, b"key") == text
