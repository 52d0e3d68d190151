"""Taking secrets out of a text, and making a name fit for people."""

from collections.abc import Iterator

from livebom.bom.redact import redact
from livebom.bom.text import LONGEST, safe_text
from tests.fuzz.made import files

SECRET = "sk-proj-" + "Ab1cD2" * 8
OURS = "sk-proj-" + "Zy9xW8" * 8
"""One that stands in no seed: what surrounds it does not save it."""


def one_input(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    clean = redact(text, b"k")
    assert clean == redact(text, b"k")
    assert len(clean) <= 4 * len(text) + 64
    behind = redact(f'{text[:1000]}\n{{"Authorization": "Bearer {OURS}"}} ', b"k")
    assert OURS in text or OURS not in behind
    shown = safe_text(text)
    assert shown.isprintable()
    assert len(shown) <= 11 * LONGEST
    assert safe_text(text) == shown


def seeds() -> Iterator[bytes]:
    keys = f"hf_{'a' * 34} ghp_{'b' * 36} AKIAIOSFODNN7EXAMPLE eyJhbGciOiJI.eyJzdWIi.abc"
    yield f"OPENAI_API_KEY={SECRET} {keys}".encode()
    yield b'{"api_key": "a long word", "password":["x","y"], "token": 5, "secret": "[named-secret:3:0123456789ab]"}'
    yield "a\u202eb\\u{1b}\x1b[31m\x00".encode()
    yield b"-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----"
    yield from files("recordings", "litellm*.json", 30_000)
