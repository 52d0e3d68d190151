"""`livebom discover` against real servers on loopback: product, version and models of each, and no mistaken decoy."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from _pytest.mark.structures import ParameterSet

from tests.real.conftest import RECIPES, Servers
from tests.real.recipe import Further
from tests.real.running import listening

_CHECKOUT = Path(__file__).resolve().parents[2]
_MOST_REQUESTS = 24
_MOST_REQUESTS_OF_A_STRANGER = 6
"""To a web server that is none of the known products."""

_FAST = (pytest.mark.real, pytest.mark.timeout(300))
_SLOW = (pytest.mark.real_slow, pytest.mark.timeout(1200))


def _marked(names: Iterable[str]) -> list[ParameterSet]:
    return [pytest.param(name, marks=_SLOW if RECIPES[name].slow else _FAST) for name in names]


_ALL = _marked(RECIPES)
_PRODUCTS = _marked(name for name, recipe in RECIPES.items() if recipe.product is not None)
_OTHERS = _marked(name for name, recipe in RECIPES.items() if recipe.product is None)
_FURTHER = [
    pytest.param(name, further, id=f"{name}-{further.port}", marks=_SLOW if recipe.slow else _FAST)
    for name, recipe in RECIPES.items()
    for further in recipe.further
]

Services = dict[tuple[str, int], dict[str, Any]]


@pytest.fixture(scope="module")
def services(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Services:
    """What one sweep over the servers' whole network printed, by host and port."""
    assert servers.running, "nothing to sweep: python -m tests.real.install"
    ports = ",".join(map(str, sorted({port for each in servers.running.values() for port in each.recipe.ports})))
    options = ("--ports", ports, "--format", "jsonl", "--all", "--no-store", "--rate", "20000")
    home = str(tmp_path_factory.mktemp("home"))
    # Nobody's own settings count, and `REAL_SERVERS_CACHE` of the installation is none of the command's.
    plain = {key: value for key, value in os.environ.items() if not key.startswith(("LIVEBOM_", "XDG_"))}
    done = subprocess.run(
        [sys.executable, "-m", "livebom", "discover", "127.0.0.0/24", *options],
        cwd=_CHECKOUT,
        env={**plain, "HOME": home},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"exit code {done.returncode}\n{done.stderr}"
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == len({(each["host"], each["port"]) for each in found}), "a service was told of twice"
    return {(each["host"], each["port"]): each for each in found}


def recognised(services: Services, servers: Servers, name: str, port: int | None = None) -> dict[str, Any]:
    """The record of one server, at its first port or the given one, which must be named rightly."""
    recipe = servers.get(name).recipe
    where = (recipe.host, port or recipe.port)
    assert where in services, f"{name} was not found; found: {sorted(services)}"
    found = services[where]
    assert found["product"] == recipe.product, json.dumps(found, indent=1)
    return found


@pytest.mark.parametrize("name", _ALL)
def test_the_server_serves(servers: Servers, name: str) -> None:
    running = servers.get(name)
    assert running.process.poll() is None
    assert listening(running) == list(running.recipe.ports)


@pytest.mark.parametrize("name", _PRODUCTS)
def test_its_product_is_named(services: Services, servers: Servers, name: str) -> None:
    found = recognised(services, servers, name)
    assert found["outcome"] == "ok"
    assert found["stack"][0]["product"] == found["product"]
    assert found["stack"][0]["evidence"]


@pytest.mark.parametrize("name", _PRODUCTS)
def test_its_version_is_told(services: Services, servers: Servers, name: str) -> None:
    found = recognised(services, servers, name)
    assert found["version"] == RECIPES[name].version(servers.get(name).place), found["version_source"]


@pytest.mark.parametrize("name", _PRODUCTS)
def test_its_models_are_named(services: Services, servers: Servers, name: str) -> None:
    found = recognised(services, servers, name)
    assert [model["name"] for model in found["models"] or []] == list(RECIPES[name].models)


@pytest.mark.parametrize("name", _PRODUCTS)
def test_whether_it_is_guarded_is_not_mistaken(services: Services, servers: Servers, name: str) -> None:
    assert recognised(services, servers, name)["auth"] in RECIPES[name].auth


@pytest.mark.parametrize(("name", "further"), _FURTHER)
def test_a_further_port_is_named_too(services: Services, servers: Servers, name: str, further: Further) -> None:
    found = recognised(services, servers, name, further.port)
    version = RECIPES[name].version(servers.get(name).place) if further.versioned else None
    assert found["version"] == version, found["version_source"]
    assert [model["name"] for model in found["models"] or []] == list(further.models)


@pytest.mark.parametrize("name", _OTHERS)
def test_what_is_no_ai_product_is_named_in_the_stack_alone(services: Services, servers: Servers, name: str) -> None:
    recipe = servers.get(name).recipe
    for port in recipe.ports:
        assert recognised(services, servers, name, port)["stack"][0]["product"] == recipe.layer


@pytest.mark.real
@pytest.mark.real_slow
def test_nothing_is_found_that_nobody_started(services: Services, servers: Servers) -> None:
    started = {(each.recipe.host, port) for each in servers.running.values() for port in each.recipe.ports}
    assert set(services) <= started


@pytest.mark.real
@pytest.mark.real_slow
def test_no_service_is_asked_too_often(services: Services) -> None:
    assert {where: found["requests"] for where, found in services.items() if found["requests"] > _MOST_REQUESTS} == {}


@pytest.mark.parametrize("name", _marked(["nginx"]))
def test_a_stranger_counts_few_requests(services: Services, servers: Servers, name: str) -> None:
    running = servers.get(name)
    lines = (running.place.folder / "access.log").read_text().splitlines()
    asked = [line for line in lines if "livebom" in line]
    told = [found["requests"] for (host, _), found in services.items() if host == running.recipe.host]
    assert len(asked) == sum(told)
    assert max(told) <= _MOST_REQUESTS_OF_A_STRANGER
