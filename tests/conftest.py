"""What all tests share: the lab of replayed servers."""

import gc
import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.lab import Lab, own_prefix

# Enough to find a wrong rule in every run, and few enough for a suite under a minute; no deadline, machines are shared.
# A gate judges a change and not its luck: with CI=true the examples are the same in every run of the same test.
settings.register_profile("default-tier", max_examples=20, deadline=None, derandomize=os.environ.get("CI") == "true")
settings.load_profile("default-tier")


def pytest_collection_finish() -> None:
    """What was collected stays to the end; to look through it for garbage again and again takes a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 50)


def pytest_unconfigure() -> None:
    """What is garbage by now goes before the interpreter ends; DuckDB's binding complains of what is left then."""
    gc.unfreeze()
    gc.collect()


@pytest.fixture(scope="session")
def one_lab() -> Iterator[Lab]:
    """The lab's process, started once for a worker."""
    with Lab(own_prefix()) as running:
        yield running


@pytest.fixture
def lab(one_lab: Lab) -> Iterator[Lab]:
    """An empty lab on addresses no other worker or test run uses."""
    yield one_lab
    one_lab.clear()
