"""Headers of GGUF and safetensors files: what they say, and that no bytes do harm."""

import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.local.weights.gguf import read_gguf
from probes.local.weights.safetensors import HEADER_CAP, read_safetensors
from probes.local.weights.shapes import FormatError, Header
from tests.probes.local.weights.files import Value, cursor, gguf, safetensors

SAID: dict[str, Value] = {
    "general.architecture": "qwen2",
    "general.type": "model",
    "general.name": "Tiny",
    "general.license": "apache-2.0",
    "general.file_type": 15,
    "general.base_model.count": 2,
    "general.base_model.0.name": "Qwen2.5 0.5B",
    "general.base_model.0.organization": "Qwen",
    "general.base_model.0.repo_url": "https://huggingface.co/Qwen/Qwen2.5-0.5B",
    "general.base_model.1.name": "Other",
    "general.base_model.1.organization": "Some One",
    "general.source.huggingface.repository": "bartowski/Tiny-GGUF",
    "qwen2.context_length": 32768,
    "tokenizer.ggml.tokens": ["a", "b", "c"],
    "tokenizer.ggml.scores": [1, 2, 3],
    "general.flag": True,
    "general.share": 0.5,
}


@pytest.mark.parametrize(("order", "version"), [("<", 3), (">", 3), ("<", 2), ("<", 1)])
def test_a_gguf_header_is_read_in_every_version_and_byte_order(order: str, version: int) -> None:
    found = read_gguf(cursor(gguf(SAID, {"a": (3, 4), "b": (5,)}, order=order, version=version)))

    assert found == Header(
        kind="model",
        name="Tiny",
        architecture="qwen2",
        quantization="Q4_K_M",
        parameters=17,
        context_length=32768,
        license="apache-2.0",
        base=("Qwen/Qwen2.5-0.5B", "Some One/Other"),
        repository="bartowski/Tiny-GGUF",
        tensors=2,
    )


def test_a_safetensors_header_is_read() -> None:
    data = safetensors({"w": (4, 5), "b": (5,)}, {"format": "pt", "base_model": "a/b"})

    assert read_safetensors(cursor(data)) == Header(quantization="BF16", parameters=25, base=("a/b",), tensors=2)


def test_an_adapter_is_known_by_its_tensors() -> None:
    assert read_safetensors(cursor(safetensors({"q.lora_A.weight": (2, 2)}))).kind == "adapter"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "ends early"),
        (b"GGUX" + bytes(30), "is no GGUF"),
        (b"GGUF" + struct.pack("<IQQ", 9, 0, 0), "version 9"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1 << 60, 0), "tensors"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 1 << 60), "keys"),
        (b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 1 << 62), "ends early"),
        (b"GGUF" + struct.pack("<IQQQ1sI", 3, 0, 1, 1, b"k", 77), "kind 77"),
        (b"GGUF" + struct.pack("<IQQQ1sIIQ", 3, 0, 1, 1, b"k", 9, 8, 1 << 40), "elements"),
        (b"GGUF" + struct.pack("<IQQQ1sI", 3, 0, 1, 1, b"k", 9) + struct.pack("<IQ", 9, 1) * 9, "without end"),
        (b"GGUF" + struct.pack("<IQQQI", 3, 1, 0, 0, 99), "99 dimensions"),
    ],
)
def test_a_gguf_file_that_lies_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(FormatError, match=words):
        read_gguf(cursor(data))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "ends early"),
        (struct.pack("<Q", HEADER_CAP + 1) + b"{}", "has"),
        (struct.pack("<Q", 100) + b"{}", "ends early"),
        (struct.pack("<Q", 2) + b"[]", "is no safetensors"),
        (struct.pack("<Q", 2) + b"{x", "cannot be read"),
        (struct.pack("<Q", 9) + b'{"a":"b"}', "cannot be read"),
        (struct.pack("<Q", 100_000) + b'{"a":' + b"[" * 99_995, "cannot be read"),
        (safetensors({"w": (4, 4)})[:-1], "ends early"),
    ],
)
def test_a_safetensors_file_that_lies_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(FormatError, match=words):
        read_safetensors(cursor(data))


def test_a_header_longer_than_the_cap_and_one_that_takes_long_are_refused() -> None:
    data = gguf({"general.name": "x" * 5000}, {})

    with pytest.raises(FormatError, match="more than 1000 bytes"):
        read_gguf(cursor(data, cap=1000))
    with pytest.raises(FormatError, match="too long"):
        read_gguf(cursor(data, seconds=-1.0))


GOOD = (gguf(SAID, {"a": (3, 4)}), safetensors({"w": (4, 5)}, {"format": "pt"}))


@given(
    data=st.one_of(
        st.binary(max_size=300),
        st.binary(max_size=300).map(lambda tail: b"GGUF\x03\0\0\0" + tail),
        st.tuples(st.sampled_from(GOOD), st.integers(0, 600), st.binary(max_size=9)).map(
            lambda parts: parts[0][: parts[1]] + parts[2] + parts[0][parts[1] + len(parts[2]) :]
        ),
        st.tuples(st.sampled_from(GOOD), st.integers(0, 600)).map(lambda parts: parts[0][: parts[1]]),
    )
)
def test_any_bytes_give_a_header_or_a_refusal(data: bytes) -> None:
    for read in (read_gguf, read_safetensors):
        with suppress(FormatError):
            assert isinstance(read(cursor(data)), Header)
