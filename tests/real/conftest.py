"""The real servers of one test run: started together, ended whatever happens, their logs shown where a test fails."""

import os
from collections.abc import Generator, Iterator
from typing import Any

import pytest

from tests.real.install import environment, stands
from tests.real.recipe import Place, recipes
from tests.real.running import NotReadyError, Running, alone, listening, missing, start, stop, wait

RECIPES = recipes()
_STARTED = pytest.StashKey[dict[str, Running]]()


class Servers:
    """What came of starting every recipe."""

    def __init__(self) -> None:
        self.running: dict[str, Running] = {}
        self.failed: dict[str, str] = {}
        """Why a server is not ready that should be."""
        self.absent: dict[str, str] = {}
        """Why a server could not be tried at all."""

    def get(self, name: str) -> Running:
        """The server of that name, ready; the test fails where it is not, and is skipped where it is not installed."""
        if name in self.absent:
            if os.environ.get("CI") == "true":
                pytest.fail(self.absent[name])
            pytest.skip(self.absent[name])
        if name in self.failed:
            pytest.fail(self.failed[name])
        return self.running[name]


@pytest.fixture(scope="module")
def servers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Every server that can be started here."""
    every = Servers()
    request.config.stash[_STARTED] = every.running
    with alone():
        try:
            _start_all(every, tmp_path_factory)
            yield every
        finally:
            stop(every.running)
        left = {name: ports for name, running in every.running.items() if (ports := listening(running))}
    assert not left, f"still listening after their end: {left}"


def _start_all(every: Servers, folders: pytest.TempPathFactory) -> None:
    for name, recipe in RECIPES.items():
        reason = missing(recipe, stands=stands(name, recipe))
        if reason is not None:
            every.absent[name] = reason
            continue
        try:
            every.running[name] = start(name, recipe, Place(environment(name), folders.mktemp(name)))
        except NotReadyError as error:
            every.failed[name] = str(error)
    for name, running in every.running.items():
        try:
            wait(running)
        except NotReadyError as error:
            every.failed[name] = str(error)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Adds to a failed test's report the end of the log of the server it is about, or of all."""
    report = yield
    if report.failed:
        parameters: dict[str, Any] = (
            item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
        )
        about = parameters.get("name")
        for name, running in item.config.stash.get(_STARTED, {}).items():
            if about in {None, name}:
                report.sections.append((f"log of {name}", running.tail()))
    return report
