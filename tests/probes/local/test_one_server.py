"""The same server seen by the network, by a container runtime and by the kernel is one part."""

import secrets

import anyio
import pytest
from msgspec import structs

from livebom.bom.graph import fold
from livebom.bom.identity import canonical
from livebom.bom.merge import resolve
from livebom.bom.observation import EdgeTo, Fact, Observation
from livebom.bom.parts import EdgeKind, Graph, Part, PartKind, encoded
from livebom.bom.report import Report, document_of
from livebom.bom.same import joins
from livebom.net.targets import read_targets
from livebom.settings import Settings, examine
from livebom.surfaces import Local, load_catalog, orders_of
from livebom.turn import Turn, crank
from probes.local.here import here
from probes.local.process import Processes
from probes.local.reach import Heard
from probes.local.workload import Image, Published, Socket, Window, Workload
from tests.lab import Lab
from tests.lab_process import Place
from tests.probes.local.shapes import AT, HERE, ID, Tells, docker, edges, failing, graph_of, known, only, process, told

NETWORK = Heard(
    host="127.0.0.1",
    port=8000,
    zone="default",
    listener="default/127.0.0.1:8000",
    server="default/127.0.0.1/vllm",
    product="vllm",
)


def servers(graph: Graph) -> list[Part]:
    """The servers, each once."""
    whole = resolve(graph, canonical(graph.aliases))
    return [part for part in whole.parts.values() if part.kind is PartKind.SERVER]


def joined(*workloads: Workload, heard: Heard = NETWORK) -> Graph:
    """The graph of a look whose network saw one server."""
    return graph_of(told(*workloads, heard=[heard]))


def swept(place: Place, *sources: Tells | Processes) -> Report:
    """One turn over one place, with these sources beside the network."""
    target = f"{place.host}:{place.port}"
    targets = read_targets([target], ai=[place.port], read_yaml=examine)
    orders, _ = orders_of(targets, Settings(rate=20_000), key=secrets.token_bytes(8))
    local = Local(sources=sources, known=known(), here=here())
    return anyio.run(crank, Turn(orders=orders, catalog=load_catalog(), scope=(target,), local=local))


def test_a_real_server_seen_three_ways_is_one_part_with_three_evidences(lab: Lab) -> None:
    place = lab.add("vllm-0.32.0-default")
    listens = Socket(host=place.host, port=place.port)
    processes = Processes(lambda _: False)
    seen = next(one for one in processes.look(Window()).workloads if listens in (one.sockets or ()))
    image = Image(reference="vllm/vllm-openai:latest")
    published = Published(host=place.host, port=place.port, inner=8000)
    container = docker("vllm", "serve", "acme/Bot", pid=seen.pid, image=image, published=(published,))
    report = swept(place, Tells("docker", (container,)), processes)
    document = document_of(report)
    server = only(part for part in servers(document.graph) if f"container:{ID}/vllm" in _names(document.graph, part))
    its = _names(document.graph, server)
    assert {one.source for one in document.observations if one.kind is PartKind.SERVER and one.subject in its} == {
        "connect", "docker", "process",
    }  # fmt: skip
    spoken = {claim.source for claim in server.attributes["product"]}
    assert {"connect", "docker"} <= spoken
    assert {claim.value for claim in server.attributes["product"]} == {"vllm"}
    [service] = [one for one in report.services if (one.host, one.port) == (place.host, place.port)]
    failed = {one.id for one in service.findings if one.state == "fail"}
    assert {"vllm-unauthenticated-api", "vllm-unpinned-revision", "container-image-latest"} <= failed


def _names(graph: Graph, part: Part) -> set[str]:
    """Every key of the thing."""
    whole = canonical(graph.aliases)
    return {one.key for one in graph.parts.values() if whole.get(one.id, one.id) == whole.get(part.id, part.id)}


def test_a_container_on_its_own_address_is_what_answers_there() -> None:
    place = Heard(
        host="172.17.0.2", port=8000, zone="lab", listener="lab/172.17.0.2:8000",
        server="lab/172.17.0.2/vllm", product="vllm",
    )  # fmt: skip
    own = docker(sockets=(Socket(host="0.0.0.0", port=8000),), published=())
    assert len(servers(joined(own, heard=place))) == 1
    elsewhere = docker(sockets=(Socket(host="127.0.0.1", port=8000),), published=())
    assert len(graph_of(told(elsewhere, heard=[place])).aliases) == 0


def test_a_process_of_the_host_is_what_answers_on_its_socket() -> None:
    wide = process("vllm", "serve", "acme/Bot", host="0.0.0.0")
    graph = joined(wide)
    assert len(servers(graph)) == 1
    assert (f"{HERE.key}/0.0.0.0/vllm#8000", "runs_on", f"{HERE.key}/4000@4000") in edges(graph)
    remote = Heard(host="10.9.9.9", port=8000, zone="default", listener="x", server="y", product="vllm")
    assert graph_of(told(wide, heard=[remote])).aliases == frozenset()


def test_the_exact_address_counts_before_every_address() -> None:
    wide = process("vllm", "serve", "a/b", pid=1, host="0.0.0.0")
    exact = process("vllm", "serve", "c/d", pid=2)
    graph = joined(wide, exact)
    [row] = graph.aliases
    assert graph.parts[row.id].key == f"{HERE.key}/127.0.0.1/vllm#8000"


def test_an_address_that_is_in_two_zones_joins_nothing() -> None:
    other = Heard(host="127.0.0.1", port=8000, zone="z", listener="z/127.0.0.1:8000", server="z/s", product="vllm")
    assert graph_of(told(docker(), heard=[NETWORK, other])).aliases == frozenset()


def test_a_process_below_a_containers_first_one_is_the_containers() -> None:
    first, child = process("sh", pid=10, sockets=()), process("vllm", "serve", "acme/Bot", pid=11, parent=10)
    graph = joined(docker(pid=10), first, child)
    assert len(servers(graph)) == 1
    assert (f"{HERE.key}/11@11", "runs_on", f"docker:{ID}") in edges(graph)
    assert (f"{HERE.key}/10@10", "contains", f"{HERE.key}/11@11") in edges(graph)


@pytest.mark.parametrize(
    ("parent", "child"),
    [
        (("ollama", "serve"), ("/usr/lib/ollama/llama-server", "--port", "40001")),
        (("vllm", "serve", "a/b"), ("VLLM::EngineCore",)),
        (("/opt/tritonserver/bin/tritonserver",), ("triton_python_backend_stub",)),
    ],
)
def test_children_belong_to_their_parent(parent: tuple[str, ...], child: tuple[str, ...]) -> None:
    engine = process(*child, pid=2, parent=1, port=40001)
    [found] = told(process(*parent, pid=1), engine).found
    assert found.server.count("#8000") == 1


def test_a_server_that_a_notebook_started_stands_for_itself() -> None:
    book = process("jupyter-lab", "--port", "8888", pid=1, port=8888)
    mine = process("vllm", "serve", "a/b", pid=2, parent=1)
    assert "vllm" in {one.product for one in told(book, mine).found}


def test_one_container_told_by_two_runtimes_is_one_part() -> None:
    also = docker(source="containerd", runtime="containerd", namespace="moby", image=None)
    graph = graph_of(told(docker(), also))
    assert only(part for part in graph.parts.values() if part.kind is PartKind.CONTAINER).key == f"docker:{ID}"


def test_what_the_image_says_and_what_answers_stand_side_by_side_as_a_conflict() -> None:
    answers = Heard(
        host="127.0.0.1", port=8000, zone="default", listener="default/127.0.0.1:8000",
        server="default/127.0.0.1/sglang", product="sglang",
    )  # fmt: skip
    graph = joined(docker(argv=()), heard=answers)
    [server] = servers(graph)
    [conflict] = {claim.value[0] for claim in server.attributes["conflict"] if isinstance(claim.value, list)}
    assert "vllm by image (docker)" in conflict
    assert "sglang by its answers" in conflict
    assert "workload-contradicts-itself" in failing(docker(), heard=[answers])


def test_a_port_that_argv_names_and_nobody_listens_on_is_a_conflict() -> None:
    odd = process("vllm", "serve", "a/b", "--port", "8001")
    assert failing(odd)["workload-contradicts-itself"] == ("port: 8001 by argv; listens on 8000",)
    assert "workload-contradicts-itself" not in failing(process("vllm", "serve", "a/b", "--port=8000"))


def test_programs_that_speak_of_a_server_are_none() -> None:
    shown = process("vim", "vllm serve.txt", sockets=()), process("grep", "-r", "ollama serve", pid=2, sockets=())
    assert told(*shown).observations == ()


def test_order_and_repetition_of_what_is_told_do_not_matter() -> None:
    those = [
        docker(pid=10),
        process("vllm", "serve", "acme/Bot", pid=10),
        process("ollama", "serve", pid=3, port=11434),
    ]
    assert fold(told(*those).observations) == fold(told(*reversed(those), *those).observations)


def test_a_url_in_code_still_finds_the_server_that_two_sources_tell_of() -> None:
    at = Heard(host="10.0.0.5", port=8000, zone="default", listener="default/10.0.0.5:8000", server="n", product="vllm")
    listener = Observation(
        sweep="s", at=AT, surface="runtime", source="connect", kind=PartKind.LISTENER, subject=at.listener,
        facts={"host": Fact(at.host), "port": Fact(at.port), "zone": Fact(at.zone)},
    )  # fmt: skip
    on = EdgeTo(kind=EdgeKind.LISTENS_ON, to_kind=PartKind.LISTENER, to=at.listener)
    network = structs.replace(listener, kind=PartKind.SERVER, subject="n", facts={}, edges=(on,))
    url = structs.replace(listener, kind=PartKind.SERVER, subject="http://10.0.0.5:8000/v1", facts={}, surface="code")
    mine = told(process("vllm", "serve", "a/b", host="10.0.0.5"), heard=[at]).observations
    rows, _ = joins(fold([listener, network, url, *mine]))
    assert [row.method for row in rows] == ["url"]


def test_hostile_names_are_told_in_bearable_length_and_as_utf_8() -> None:
    odd = docker(name="\x1b[31m\ud800" + "x" * 10_000, labels={"\ud800": "y" * 100_000})
    name = only(part for part in joined(odd).parts.values() if part.kind is PartKind.CONTAINER).attributes["name"][0]
    assert str(name.value).startswith("\x1b[31m?xxx")
    assert len(str(name.value)) == 4096
    assert b"\\ud800" not in encoded(name.value)


def test_two_processes_that_the_network_took_for_one_server_stay_two() -> None:
    heard = [
        Heard(host="127.0.0.1", port=port, zone="default", listener=f"l{port}", server="s", product="vllm")
        for port in (8000, 8001)
    ]
    two = [process("vllm", "serve", "a/b", pid=port, port=port) for port in (8000, 8001)]
    looked = told(*two, heard=heard)
    assert [one.listeners for one in looked.found] == [("l8000",), ("l8001",)]
    assert graph_of(looked).aliases == frozenset()


def test_one_process_behind_several_servers_is_each_of_them() -> None:
    vllm, ollama = Place("127.0.0.1", 8000), Place("127.0.0.2", 11434)
    heard = [
        Heard(host=one.host, port=one.port, zone="default", listener=f"l{n}", server=f"s{n}", product=name)
        for n, (one, name) in enumerate([(vllm, "vllm"), (ollama, "ollama")])
    ]
    both = tuple(Socket(host=one.host, port=one.port) for one in (vllm, ollama))
    looked = told(process("python", "both.py", sockets=both), heard=heard)
    assert {one.server for one in looked.found} == {
        f"{HERE.key}/{vllm.host}/vllm#{vllm.port}", f"{HERE.key}/{ollama.host}/ollama#{ollama.port}",
    }  # fmt: skip
    assert {row.key for row in graph_of(looked).aliases} == {"s0", "s1"}


def test_a_published_port_and_the_own_address_of_a_container_lead_to_one_server() -> None:
    published = (Published(host="127.0.0.1", port=18400, inner=8000),)
    own = docker(sockets=(Socket(host="0.0.0.0", port=8000), Socket(host="0.0.0.0", port=9000)), published=published)
    outside, inside, other = (
        Heard(host=host, port=port, zone="default", listener=f"default/{host}:{port}",
              server=f"default/{host}/vllm#{port}", product="vllm")
        for host, port in (("127.0.0.1", 18400), ("172.17.0.2", 8000), ("172.17.0.2", 9000))
    )  # fmt: skip
    assert len(servers(graph_of(told(own, heard=[outside, inside])))) == 1
    two = told(own, heard=[outside, inside, other]).found
    assert sorted(len(one.listeners) for one in two if one.listeners) == [1, 2]
