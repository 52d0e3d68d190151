"""Secrets of many forms, in whatever way a text holds them, and whole records without them."""

import time

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livebom.bom.cleaning import cleaned
from livebom.bom.redact import redact
from livebom.bom.service import Layer, ServedModel

SECRET = "Sup3rSecretW0rd"  # noqa: S105 - planted, to be searched for
SHAPES = (
    f"sk-proj-{SECRET}", f"hf_{SECRET}abcdefgh", f"glpat-{SECRET}a", f"gsk_{SECRET}abcdefgh", f"r8_{SECRET}abcdefgh",
    f"nvapi-{SECRET}abcdefgh", f"dckr_pat_{SECRET}ab", f"xoxe-{SECRET}", f"ya29.{SECRET}abcdefgh",
    f"ghp_{SECRET}abcdefgh",
    f"redis://:{SECRET}@db/0", f"https://x.example/?a=b&sig={SECRET}", f"password={SECRET}", f"DB_PASSWORD: {SECRET}",
    f'"api_key": "{SECRET}"', f"'secret': 'it\"s {SECRET}'", f'"passphrase": "a\\"{SECRET}',
    f'"tokens": 1, "token": "{SECRET}"',
    f'{{"config": "{{\\"api_key\\": \\"{SECRET}\\"}}"}}', f'"api_keys": ["a", "{SECRET}"',
)  # fmt: skip


@pytest.mark.parametrize("before", ["", " ", "x ", "a%20", '"line\\n', "\\u0022", "/", "=", "[", "é"])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_secret_goes_whatever_stands_before_it(shape: str, before: str) -> None:
    hidden = redact(before + shape, b"key")
    assert SECRET not in hidden
    assert redact(hidden, b"key") == hidden
    assert SECRET not in redact(before + shape, None)


@pytest.mark.parametrize(
    "text",
    [
        "max_tokens=4096, tokenizer: llama-3-tokenizer, password: required, api_key=none, secret = true",
        '{"password": "", "api_key": null, "tokens": [1, 2, 3], "token_ids": ["12", "13"]}',
        "the key to it: a secret, says the token of esteem",
        "disk-usage-monitor, task-runner-12345678, https://hub.example:8080/path@v1",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact(text, b"key") == text


@given(st.text(max_size=60), st.sampled_from(SHAPES), st.text(max_size=20))
def test_twice_is_once(before: str, shape: str, after: str) -> None:
    once = redact(f"{before} {shape} {after}", b"key")
    assert redact(once, b"key") == once


@pytest.mark.parametrize(
    "unit", ["password=", 'secret="', "api_key=[", "sk-", "eyJaaaaaaaa.", "://", "&a_a", "-----BEGIN PRIVATE KEY-----",
     "_" * 99],
)  # fmt: skip
def test_a_hostile_text_costs_no_more_than_its_length(unit: str) -> None:
    text = (unit * (1 << 17))[: 1 << 17] + "token=key"
    began = time.process_time()
    redact(text, b"key")
    assert time.process_time() - began < 3.0


class Record(msgspec.Struct, frozen=True):
    """One of every shape that records have."""

    layer: Layer
    models: tuple[ServedModel, ...]
    labels: dict[str, str]
    words: list[str]
    number: int = 1


def test_a_record_is_cleaned_in_every_text_and_kept_where_there_is_none() -> None:
    layer = Layer(product="x", role="y", score=1.0, evidence=(f"it said password={SECRET}",))
    held = ServedModel(name=f"hf_{SECRET}abcdefgh"), ServedModel(name="a-key-model\ud800")
    record = Record(layer, held, {f"sk-proj-{SECRET}": f"ghp_{SECRET}abcdefgh", "a": "b"}, ["x", f"sk-{SECRET}"])
    told = cleaned(record)
    assert SECRET not in repr(told)
    assert told.layer.evidence == ("it said password=[named-secret:15]",)
    assert told.models[1] is held[1]
    assert told.labels["a"] == "b"
    clean = Record(Layer(product="x", role="y", score=1.0), held[1:], {}, [])
    assert cleaned(clean) is clean
    assert cleaned(told) is told
