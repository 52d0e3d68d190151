"""The content codings: gzip and deflate of any bytes, which may grow no further than they are allowed to."""

import gzip
import zlib
from collections.abc import Iterator

from probes.engine.body import RATIO_CAP, RATIO_FREE, decoded

CODINGS = ("gzip", "deflate", "x-gzip", "br", "gzip,gzip", "")


def one_input(data: bytes) -> None:
    flags, body = (data[0] if data else 0), data[1:]
    coding, cap = CODINGS[flags % len(CODINGS)], (100, 1 << 20)[flags >> 7]
    plain, cut = decoded(body, coding, cap)
    if plain != body:
        assert len(plain) <= min(cap, max(RATIO_FREE, RATIO_CAP * len(body)))
    assert (plain, cut) == decoded(body, coding, cap)


def seeds() -> Iterator[bytes]:
    for text in (b"", b"hello", bytes(100_000), b"abc" * 3000):
        yield b"\x80" + gzip.compress(text, mtime=0)
        yield b"\x81" + zlib.compress(text)
        yield b"\x81" + zlib.compress(text)[2:-4]
        yield b"\x00" + gzip.compress(text, mtime=0)[:-3]
