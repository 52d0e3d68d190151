"""CycloneDX documents of anybody's, and of our own."""

from collections.abc import Iterator

from tests.fuzz.made import bill, encoded, files
from tests.fuzz.reading import one_document
from tests.sample import sample

JSON_AFTER = 0
one_input = one_document


def seeds() -> Iterator[bytes]:
    yield from files("foreign/cyclonedx", "*.json", 60_000)
    yield bill(sample(), "cyclonedx-1.6")
    yield bill(sample(), "cyclonedx-1.6", 20_000)
    part = {"type": "library", "name": "a", "purl": "pkg:pypi/a@1"}
    yield encoded({"bomFormat": "CycloneDX", "specVersion": "1.7", "components": [part]})
