"""The real servers of one test run: started together, ended whatever happens, their logs shown where a test fails."""

import os
from collections.abc import Generator, Iterator
from typing import cast

import pytest

from tests.real.install import environment, stands
from tests.real.recipe import Place, Recipe, recipes
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
    """Of the servers that the chosen tests are about, every one that can be started here."""
    every = Servers()
    request.config.stash[_STARTED] = every.running
    with alone():
        try:
            _start_all(every, _wanted(request), tmp_path_factory)
            yield every
        finally:
            stop(every.running)
        left = {name: ports for name, running in every.running.items() if (ports := listening(running))}
    assert not left, f"still listening after their end: {left}"


def _about(item: pytest.Item) -> str | None:
    """The name of the server that a test is about."""
    if isinstance(item, pytest.Function) and hasattr(item, "callspec"):
        return cast("str | None", item.callspec.params.get("name"))
    return None


def _wanted(request: pytest.FixtureRequest) -> dict[str, Recipe]:
    """So `-m real` and `-m real_slow` start their own, and `-k` starts one."""
    chosen = {_about(item) for item in request.session.items if item.path == request.path}
    return {name: recipe for name, recipe in RECIPES.items() if name in chosen}


def _start_all(every: Servers, wanted: dict[str, Recipe], folders: pytest.TempPathFactory) -> None:
    for name, recipe in wanted.items():
        reason = missing(recipe, stands=stands(name, recipe))
        if reason is not None:
            every.absent[name] = reason
            continue
        try:
            every.running[name] = start(name, recipe, Place(environment(name, recipe), folders.mktemp(name)))
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
        about = _about(item)
        for name, running in item.config.stash.get(_STARTED, {}).items():
            if about in {None, name}:
                report.sections.append((f"log of {name}", running.tail()))
    return report
