"""One set of real engines for all tests of the tier."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.containers.engines import Engines, engines, missing


@pytest.fixture(scope="session")
def real() -> Iterator[Engines]:
    reason = missing()
    if reason and os.environ.get("CI") == "true":
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)
    # Not among the folders of pytest, which it removes one day: nothing that an engine left mounted may be removed so.
    with engines(Path(tempfile.mkdtemp(prefix="livebom-engines-"))) as made:
        yield made
