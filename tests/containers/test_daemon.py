"""A real daemon beside a real dockerd: a container that starts is a service within seconds, and its end is heard."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.wire import LocalStatus, ServiceList, Status
from tests.containers.engines import Engines, wait_for
from tests.daemon.running import Forks, Running

pytestmark = [pytest.mark.containers, pytest.mark.timeout(150)]
PORT = 11434
SECONDS = 10.0
"""Within which a container that was started has to be a service: the event, a look, and the asks."""


@pytest.fixture
def daemon(real: Engines, tmp_path: Path) -> Iterator[Running]:
    """One that looks at containers alone, and only because they come and go: every look but the first is an event's."""
    with Forks() as forks:
        one = Running(forks, tmp_path, groups={"none": "{include: [127.9.9.9], ports: '9'}"})
        one.configure("  local: {sources: [containers], every: 1d, jitter: 0s, stale_after: 2d}\n")
        try:
            one.start(DOCKER_HOST=f"unix://{real.docker_socket}")
            wait_for(lambda: "watched" in {each.state for each in local(one).watched}, "the events to be heard")
            wait_for(
                lambda: not one.client.get("/v1/status", Status).running and local(one).last is not None,
                "the first look",
            )
            yield one
        finally:
            one.close()


def local(one: Running) -> LocalStatus:
    return one.client.get("/v1/status", Status).local


def products(one: Running) -> dict[int, str]:
    """What the services are, by their ports."""
    return {row["port"]: row["product"] for row in one.client.get("/v1/services", ServiceList).services}


def test_a_container_that_starts_is_a_service_within_seconds(real: Engines, daemon: Running, tmp_path: Path) -> None:
    site = tmp_path / "site"
    (site / "api").mkdir(parents=True)
    (site / "index.html").write_text("Ollama is running")
    (site / "api" / "version").write_text('{"version":"0.12.6"}')
    (site / "api" / "tags").write_text('{"models":[]}')
    assert PORT not in products(daemon)
    heard = sum(each.heard for each in local(daemon).watched)

    began = time.monotonic()
    options = ("--name", "soon", "-v", f"{site}:/www:ro", "livebom/busy:1")
    real.docker("run", "-d", *options, "/bin/httpd", "-f", "-p", str(PORT), "-h", "/www")
    try:
        wait_for(lambda: products(daemon).get(PORT) == "ollama", "the service", SECONDS)
        assert time.monotonic() - began < SECONDS
        assert sum(each.heard for each in local(daemon).watched) > heard
    finally:
        real.docker("rm", "-f", "soon")
    wait_for(lambda: sum(each.heard for each in local(daemon).watched) > heard + 1, "its end to be heard", SECONDS)
