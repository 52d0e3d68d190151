"""What all tests share: the lab of replayed servers."""

from collections.abc import Iterator

import pytest

from tests.lab import Lab, own_prefix


@pytest.fixture
def lab() -> Iterator[Lab]:
    """An empty lab on addresses no other worker or test run uses."""
    with Lab(own_prefix()) as running:
        yield running
