"""What all tests share: the lab of replayed servers."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.lab import Lab, own_prefix

# Enough to find a wrong rule in every run, and few enough for a suite under a minute; no deadline, machines are shared.
settings.register_profile("default-tier", max_examples=40, deadline=None)
settings.load_profile("default-tier")


@pytest.fixture
def lab() -> Iterator[Lab]:
    """An empty lab on addresses no other worker or test run uses."""
    with Lab(own_prefix()) as running:
        yield running
