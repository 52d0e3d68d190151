"""A real server in a real container is one part, whatever network it is on, with all that each source tells of it."""

import os
from collections.abc import Iterator

import pytest
from msgspec import structs

from livebom.bom.identity import canonical
from livebom.bom.merge import resolve
from livebom.bom.parts import EdgeKind, Graph, Part, PartKind
from livebom.bom.same import joins
from livebom.readers import read
from tests.containers.engines import Engines
from tests.containers.servers import INSTALLED, NETWORKS, Served, absent, discover, end, start
from tests.real.recipe import recipes

pytestmark = [pytest.mark.containers, pytest.mark.timeout(300)]
_NAMES = [f"{recipes()[name].product}-{network}" for name in INSTALLED for network in NETWORKS]
_HEARD = {"bridge": "connect", "host": "connect", "user": "local", "none": "local"}
"""Who had the conversation with it: the sweep of the targets, or this host where no target leads."""


@pytest.fixture(scope="module")
def served(real: Engines) -> Iterator[dict[str, Served]]:
    if reason := absent():
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    try:
        yield start(real)
    finally:
        end(real)


@pytest.fixture(scope="module")
def graph(real: Engines, served: dict[str, Served], tmp_path_factory: pytest.TempPathFactory) -> Graph:
    """What one look at this host, its Docker and its loopback came to, everything that is one thing as one part."""
    ports = {one.port for one in served.values()} | {one.outside[1] for one in served.values() if one.outside}
    words = ("127.0.77.0/28", "--local", "--containers", "--ports", ",".join(map(str, sorted(ports))))
    done = discover(real, *words, "--format", "json", "--no-store", "-q", home=tmp_path_factory.mktemp("home"))
    assert done.returncode in {0, 3}, done.stderr
    whole = read(done.stdout.encode(), "discovered.json").graph
    rows, _ = joins(whole)
    aliases = whole.aliases | set(rows)
    return resolve(structs.replace(whole, aliases=aliases), canonical(aliases))


def _to(graph: Graph, part: Part, kind: EdgeKind, what: PartKind) -> list[Part]:
    """The parts of a kind that these edges lead to."""
    ends = (graph.parts[e.destination] for e in graph.edges.values() if e.source == part.id and e.kind is kind)
    return [one for one in ends if one.kind is what]


def _of(graph: Graph, one: Served) -> list[Part]:
    """The servers that run in its container."""
    servers = [part for part in graph.parts.values() if part.kind is PartKind.SERVER]
    key = f"docker:{one.id}"
    return [p for p in servers if key in {c.key for c in _to(graph, p, EdgeKind.RUNS_ON, PartKind.CONTAINER)}]


@pytest.mark.parametrize("name", _NAMES)
def test_it_is_one_part_with_its_container_image_process_and_model(
    graph: Graph, served: dict[str, Served], name: str
) -> None:
    one = served[name]
    (server,) = _of(graph, one)

    claims = server.attributes["product"]
    assert {claim.value for claim in claims} == {one.product}
    assert {claim.source for claim in claims} >= {"docker", "process", _HEARD[one.network]}
    assert "conflict" not in server.attributes
    (container,) = _to(graph, server, EdgeKind.RUNS_ON, PartKind.CONTAINER)
    (process,) = _to(graph, server, EdgeKind.RUNS_ON, PartKind.PROCESS)
    assert process.key.rpartition("/")[2].partition("@")[0] == str(one.pid)
    images = [edge for edge in graph.edges.values() if edge.kind is EdgeKind.DEPLOYED_AS]
    (image,) = (graph.parts[edge.source] for edge in images if edge.destination == container.id)
    assert {claim.value for claim in image.attributes["reference"]} == {"livebom/busy:1"}
    models = _to(graph, server, EdgeKind.SERVES, PartKind.MODEL)
    assert [model.key.rpartition("/")[2] for model in models] == list(one.models)


@pytest.mark.parametrize("name", _NAMES)
def test_each_of_its_listeners_is_its_own(graph: Graph, served: dict[str, Served], name: str) -> None:
    one = served[name]
    (server,) = _of(graph, one)

    keys = {part.key for part in _to(graph, server, EdgeKind.LISTENS_ON, PartKind.LISTENER)}
    assert {int(key.rpartition(":")[2]) for key in keys} <= {one.port, one.outside[1] if one.outside else one.port}
    if one.outside:
        assert f"default/{one.outside[0]}:{one.outside[1]}" in keys
    if one.network == "none":
        assert keys == {f"container:{one.id}/127.0.0.1:{one.port}"}


def test_there_are_no_other_servers_and_every_edge_has_its_ends(graph: Graph, served: dict[str, Served]) -> None:
    products = {one.product for one in served.values()}
    told = [p for p in graph.parts.values() if p.kind is PartKind.SERVER]
    theirs = [p for p in told if {claim.value for claim in p.attributes.get("product", ())} & products]

    assert len(theirs) == len(served)
    assert all({edge.source, edge.destination} <= graph.parts.keys() for edge in graph.edges.values())


def test_what_it_loads_is_found_on_this_host(real: Engines, graph: Graph, served: dict[str, Served]) -> None:
    (server,) = _of(graph, served["llama-cpp-python-bridge"])
    (model,) = _to(graph, server, EdgeKind.SERVES, PartKind.MODEL)

    files = _to(graph, model, EdgeKind.HAS_WEIGHTS, PartKind.WEIGHTS)
    assert {part.attributes["format"][0].value for part in files} == {"gguf"}
