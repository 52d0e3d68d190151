"""Our own documents, which somebody may have changed."""

from collections.abc import Iterator

from tests.fuzz.made import bill
from tests.fuzz.reading import one_document
from tests.sample import older, sample

JSON_AFTER = 0
one_input = one_document


def seeds() -> Iterator[bytes]:
    yield bill(sample(), "json")
    yield bill(older(), "json", 20_000)
