"""The keyed hash and the cookie made of it, against published vectors and against CPython's own SipHash."""

import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.engine.syn.cookie import SPAN, Cookies, Targets, free_ports
from probes.engine.syn.siphash import SipHash, Words, last_word

KEY = bytes(range(16))
PUBLISHED = {
    0: 0x726FDB47DD0E0E31,
    1: 0x74F839C593DC67FD,
    2: 0x0D6C8009D9A94F5A,
    3: 0x85676696D7FB7E2D,
    7: 0xAB0200F58B01D137,
    8: 0x93F5F5799A932462,
    15: 0xA129CA6149BE45E5,
}
"""Results of SipHash-2-4 for messages 00 01 02 …, by their length, from its authors' reference implementation."""


def words_of(message: bytes) -> list[Words]:
    whole = [message[at : at + 8] for at in range(0, len(message) - 7, 8)]
    tail = message[len(whole) * 8 :]
    words = [np.array([int.from_bytes(one, "little")], np.uint64) for one in whole]
    return [*words, last_word(np.array([int.from_bytes(tail, "little")], np.uint64), len(message))]


@pytest.mark.parametrize("length", PUBLISHED)
def test_siphash_2_4_gives_the_published_results(length: int) -> None:
    made = SipHash(KEY, compress=2, finish=4)(words_of(bytes(range(length))))
    assert made.tolist() == [PUBLISHED[length]]


@pytest.mark.skipif(sys.hash_info.algorithm != "siphash13", reason="this CPython hashes in another way")
def test_siphash_1_3_agrees_with_the_hash_of_cpython() -> None:
    code = "import json; print(json.dumps([hash(bytes(range(n))) for n in range(1, 40)]))"
    environment = {"PYTHONHASHSEED": "0"}  # the key is then sixteen zeros
    said = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True)
    made = [int(SipHash(bytes(16))(words_of(bytes(range(n))))[0]) for n in range(1, 40)]
    assert made == [one % (1 << 64) for one in json.loads(said.stdout)]


def test_a_key_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        SipHash(b"short")


def test_the_messages_are_left_as_they_are() -> None:
    words = [np.arange(5, dtype=np.uint64), np.arange(5, dtype=np.uint64)]
    SipHash(KEY)(words)
    assert [word.tolist() for word in words] == [[0, 1, 2, 3, 4]] * 2


def one(family: int, address: int, port: int) -> Targets:
    columns = (address >> 64, address & (1 << 64) - 1, port)
    return Targets(6 if family == 6 else 4, *(np.array([value], np.uint64) for value in columns))


def test_only_the_exact_answer_is_genuine() -> None:
    cookies = Cookies(KEY, 65280)
    sent = cookies.of(one(4, 0xC6120001, 443))
    sequence, source = int(cookies.sequences(sent)[0]), int(cookies.source_ports(sent)[0])
    assert 65280 <= source < 65280 + SPAN

    def judged(target: Targets, port: int, acknowledged: int) -> bool:
        columns = np.array([port], np.uint64), np.array([acknowledged % (1 << 32)], np.uint64)
        return bool(cookies.genuine(cookies.of(target), *columns)[0])

    assert judged(one(4, 0xC6120001, 443), source, sequence + 1)
    for bit in range(32):
        assert not judged(one(4, 0xC6120001, 443), source, (sequence + 1) ^ 1 << bit)
        assert not judged(one(4, 0xC6120001 ^ 1 << bit, 443), source, sequence + 1)
    assert not judged(one(4, 0xC6120001, 442), source, sequence + 1)
    assert not judged(one(6, 0xC6120001, 443), source, sequence + 1)
    assert not judged(one(4, 0xC6120001, 443), source ^ 1, sequence + 1)
    other = Cookies(bytes(16), 65280)
    assert other.of(one(4, 0xC6120001, 443)).tolist() != sent.tolist()


def test_an_acknowledgement_wraps_around() -> None:
    cookies = Cookies(KEY, 65280)
    last = np.array([0xFFFFFFFF], np.uint64)
    assert cookies.genuine(last, cookies.source_ports(last), np.array([0], np.uint64)).all()


@given(st.integers(0, (1 << 128) - 1), st.integers(1, 65535), st.integers(0, 127))
def test_an_ipv6_cookie_hangs_on_every_bit_of_the_address(address: int, port: int, bit: int) -> None:
    cookies = Cookies(KEY, 65280)
    assert cookies.of(one(6, address, port)).tolist() != cookies.of(one(6, address ^ 1 << bit, port)).tolist()


@pytest.mark.parametrize(
    ("low", "high", "first"),
    [(32768, 60999, 65280), (32768, 65535, None), (40000, 65535, 39680), (49152, 65300, 48896)],
)
def test_source_ports_lie_outside_the_kernels_range(low: int, high: int, first: int | None) -> None:
    if first is None:
        with pytest.raises(ValueError, match="ip_local_port_range"):
            free_ports(low, high)
    else:
        assert free_ports(low, high) == first
