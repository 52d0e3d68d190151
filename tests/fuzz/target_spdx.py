"""SPDX 3 documents of anybody's, and of our own."""

from collections.abc import Iterator

from tests.fuzz.made import bill, files
from tests.fuzz.reading import one_document
from tests.sample import sample

JSON_AFTER = 0
one_input = one_document


def seeds() -> Iterator[bytes]:
    yield from files("foreign/spdx", "*.json", 60_000)
    yield bill(sample(), "spdx-3.0")
    yield bill(sample(), "spdx-3.0", 20_000)
