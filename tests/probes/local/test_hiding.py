"""Secrets in command lines and environments."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livebom.bom.redact import redact
from probes.local.hiding import clean

REDACT = partial(redact, key=b"key")


@pytest.mark.parametrize(
    ("argv", "place", "kind"),
    [
        (("vllm", "--api-key", "swordfish9"), "argv[2]", "named-secret"),
        (("vllm", "--api-key=swordfish9"), "argv[1]", "named-secret"),
        (("llama-server", "--api_key", "-swordfish9"), "argv[2]", "named-secret"),
        (("x", "--hf-token", "hf_swordfish9swordfish9"), "argv[2]", "huggingface-token"),
        (("x", "--password", "swordfish9"), "argv[2]", "named-secret"),
        (("x", "--litellm-master-key", "swordfish9"), "argv[2]", "named-secret"),
        (("curl", "-H", "Authorization: Bearer swordfish9swordfish9"), "argv[2]", "bearer-token"),
        (("x", "postgresql://me:swordfish9@db/x"), "argv[1]", "url-password"),
        (("x", '{"api_key": "swordfish9"}'), "argv[1]", "named-secret"),
    ],
)
def test_a_secret_in_the_command_line_goes(argv: tuple[str, ...], place: str, kind: str) -> None:
    found = clean(argv, (), frozenset(), REDACT)

    assert found.secrets == ((place, kind),)
    assert "swordfish9" not in repr(found)
    assert len(found.argv) == len(argv)


@pytest.mark.parametrize(
    "argv",
    [
        ("vllm", "serve", "Qwen/Qwen2.5-0.5B", "--tokenizer", "Qwen/Other", "--max-num-batched-tokens", "8192000"),
        ("llama-server", "--api-key-file", "/run/secrets/key", "--ssl-key", "/etc/ssl/key.pem"),
        ("x", "--no-auth", "--token=true", "--secret", "0"),
    ],
)
def test_what_is_no_secret_stays(argv: tuple[str, ...]) -> None:
    found = clean(argv, (), frozenset(), REDACT)

    assert found.argv == argv
    assert found.secrets == ()


def test_equal_secrets_look_equal_wherever_they_stand() -> None:
    found = clean(("x", "--api-key", "swordfish9"), ("OTHER=--api-key=1",), frozenset(), REDACT)
    again = clean(("y", "--password=swordfish9"), (), frozenset(), REDACT)

    assert found.argv[2] == again.argv[1].removeprefix("--password=")


def test_without_a_key_a_named_secret_still_goes() -> None:
    found = clean(("x", "--api-key", "swordfish9"), ("API_KEY=swordfish9",), frozenset({"API_KEY"}), lambda text: text)

    assert found.argv[2] == "[named-secret:10]"
    assert found.env == {}
    assert found.secrets == (("argv[2]", "named-secret"), ("env:API_KEY", "named-secret"))


@given(st.lists(st.text(max_size=40), max_size=6), st.text("abcdefghij", min_size=8, max_size=30))
def test_no_argument_beside_it_brings_a_secret_back(words: list[str], secret: str) -> None:
    secret = f"{secret}Zq7"
    found = clean((*words, "--api-key", secret), (f"SECRET_KEY={secret}",), frozenset({"SECRET_KEY"}), REDACT)

    assert secret not in repr(found)
