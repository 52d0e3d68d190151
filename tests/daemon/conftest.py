"""The process that daemons are forked from, started once for a worker."""

from collections.abc import Iterator

import pytest

from tests.daemon.running import Forks


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    """Starts daemons."""
    with Forks() as running:
        yield running
