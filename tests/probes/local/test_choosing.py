"""Which servers this host asks itself: what is recognised or on a known port, nowhere that somebody left out."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from livebom.net.links import Links
from livebom.net.ranges import Range
from probes.local.choosing import Chooser, Manner, Place
from probes.local.reach import Heard
from probes.local.workload import Image, Looked, Published, Socket, Workload
from tests.livebom.net.test_links import ROUTES, drives
from tests.probes.local.fakeproc import listening, process, word
from tests.probes.local.shapes import HERE, ID, docker, graph_of, known, told
from tests.probes.local.shapes import process as serving
from tests.probes.local.test_namespaces import TRIE

EVERYWHERE = "0.0.0.0"


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """This host, in the namespace 1, and the first process 10 of a container at 172.17.0.2."""
    process(tmp_path, 1, "init")
    own = process(tmp_path, 99, "livebom")
    (own / "net/route").write_text(ROUTES)
    (tmp_path / "self").symlink_to("99")
    its = process(tmp_path, 10, "serve", net="net:[7]", start=10)
    (its / "net/fib_trie").write_text(TRIE.format("172.17.0.2"))
    return tmp_path


def chosen(
    proc: Path,
    *workloads: Workload,
    source: str = "process /proc",
    planned: Callable[[str, int], bool] = lambda *_: False,
    named: Sequence[int] = (8000, 11434),
    **manner: Any,
) -> list[tuple[str, str, int, str]]:
    """The host asked, the host told, the port and how it is reached: `-` by connect(2), else the namespace."""
    how = Manner(user_agent="test", key=b"k", **manner)
    looked = [Looked(source=source, workloads=workloads)]
    places: list[Place] = Chooser(looked, known(), HERE, how, named, planned, proc, Links(proc, drives)).places()
    return sorted(
        (one.entrance.host, one.shown, one.entrance.port, one.entrance.namespace if one.entrance.pid else "-")
        for one in places
    )


def container(**given: Any) -> Workload:
    usual: dict[str, Any] = {"pid": 10, "netns": "7", "ticks": 10, "sockets": (Socket(host=EVERYWHERE, port=8000),)}
    return docker(**{**usual, **given})


def test_a_server_of_this_host_is_asked_at_loopback_and_told_where_it_listens(proc: Path) -> None:
    wide = serving("vllm", "serve", "a/b", netns="1", host=EVERYWHERE, port=9999)
    assert chosen(proc, wide) == [("127.0.0.1", EVERYWHERE, 9999, "-")]


def test_what_the_networks_own_sweep_gets_to_is_not_asked_twice(proc: Path) -> None:
    wide = serving("vllm", "serve", "a/b", host=EVERYWHERE)
    assert chosen(proc, wide, planned=lambda host, port: (host, port) == ("10.0.0.5", 8000)) == []
    assert chosen(proc, wide, planned=lambda host, port: (host, port) == ("10.0.0.6", 8000)) != []


def test_what_is_not_recognised_is_asked_at_known_ports_alone(proc: Path) -> None:
    other = serving("postgres", port=5432, pid=1), serving("python", "app.py", port=8000, pid=2)
    assert [port for _, _, port, _ in chosen(proc, *other)] == [8000]


def test_an_engine_that_only_its_parent_reaches_is_left_to_it(proc: Path) -> None:
    parent = serving("ollama", "serve", pid=1, port=11434)
    engine = serving("/usr/lib/ollama/llama-server", "--port", "40001", pid=2, parent=1, port=40001)
    assert [port for _, _, port, _ in chosen(proc, parent, engine)] == [11434]


def test_a_socket_whose_holder_may_not_be_seen_is_asked_at_a_known_port(
    proc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.getpid", lambda: 99)
    listening(proc / "99", (word("127.0.0.1"), 11434, 1), (word("127.0.0.1"), 5432, 2))
    assert chosen(proc) == [("127.0.0.1", "127.0.0.1", 11434, "-")]
    assert chosen(proc, source="docker unix:///run/docker.sock") == []


def test_a_container_is_asked_at_its_own_address_where_that_is_a_bridges(proc: Path) -> None:
    assert chosen(proc, container()) == [("172.17.0.2", "172.17.0.2", 8000, "-")]
    elsewhere = container(addresses={"net": "10.0.0.9"})  # on the wire: somebody else's, as far as we can tell
    assert chosen(proc, elsewhere) == [("127.0.0.1", "127.0.0.1", 8000, "netns:7")]
    claimed = container(addresses={"bridge": "172.17.0.3"})  # the kernel says that its namespace has no such address
    assert chosen(proc, claimed) == [("127.0.0.1", "127.0.0.1", 8000, "netns:7")]


def test_a_runtime_without_root_has_networks_of_its_own(proc: Path) -> None:
    source = "docker unix:///run/user/1000/docker.sock"
    assert chosen(proc, container(), source=source) == [("127.0.0.1", "127.0.0.1", 8000, "netns:7")]


def test_loopback_inside_is_entered_though_the_container_has_an_address(proc: Path) -> None:
    both = container(sockets=(Socket(host="127.0.0.1", port=8000), Socket(host=EVERYWHERE, port=11434)))
    assert chosen(proc, both) == [
        ("127.0.0.1", "127.0.0.1", 8000, "netns:7"),
        ("172.17.0.2", "172.17.0.2", 11434, "-"),
    ]


@pytest.mark.parametrize(
    "manner",
    [
        {"excluded": (Range(0xAC110002, 0xAC110002, 4),)},
        {"ports_never": (8000,)},
        {"ports": (9000,)},
    ],
)
def test_what_is_left_out_is_asked_nowhere(proc: Path, manner: dict[str, Any]) -> None:
    loopback = container(id="b" * 64, sockets=(Socket(host="127.0.0.1", port=8000),))
    assert chosen(proc, container(), loopback, **manner) == []


def test_a_look_of_other_rights_tells_the_namespace(proc: Path) -> None:
    """The runtime's collector sees no namespaces, that of the processes does: it is one server all the same."""
    (proc / "10/ns/net").unlink()
    blind = container(netns="", network="none", addresses={}, sockets=(Socket(host="127.0.0.1", port=8000),))
    seen = serving("python", pid=10, netns="7", network="netns:7", container=ID)
    assert chosen(proc, blind, seen) == [("127.0.0.1", "127.0.0.1", 8000, "netns:7")]
    assert chosen(proc, blind) == [("127.0.0.1", "127.0.0.1", 8000, "netns:of 10")]


def test_without_proc_a_container_is_asked_where_its_processes_tell(proc: Path) -> None:
    """The daemon sees no process: what collectors told is all it has."""
    for file in ("stat", "net/fib_trie", "ns/net"):
        (proc / "10" / file).unlink()
    blind = container(netns="", ticks=0, sockets=None)
    seen = serving(
        "python", pid=12, netns="7", network="netns:7", container=ID, host=EVERYWHERE, ticks=12,
        addresses={"netns 0": "172.17.0.2"},
    )  # fmt: skip
    assert chosen(proc, blind, seen) == [("172.17.0.2", "172.17.0.2", 8000, "-")]
    other = structs.replace(seen, addresses={"netns 0": "172.17.0.3"})
    assert chosen(proc, blind, other) == [("127.0.0.1", "127.0.0.1", 8000, "netns:7")]


def test_a_published_port_that_a_program_of_the_runtime_holds_is_the_containers(proc: Path) -> None:
    proxy = serving("/usr/bin/docker-proxy", pid=3, host=EVERYWHERE, exe="/usr/bin/docker-proxy")
    assert chosen(proc, proxy) == [("127.0.0.1", EVERYWHERE, 8000, "-")]
    at = f"{HERE.key}/{EVERYWHERE}"
    heard = Heard(
        host=EVERYWHERE, port=8000, zone=HERE.key, listener=f"{at}:8000", server=f"{at}/vllm#8000", product="vllm"
    )
    published = docker(published=(Published(host=EVERYWHERE, port=8000, inner=8000),))
    [row] = graph_of(told(published, proxy, heard=[heard])).aliases
    assert row.key == f"{at}/vllm#8000"


def test_what_was_asked_is_the_workloads_whose_socket_it_was() -> None:
    ids = ID, "b" * 64
    heard = [
        Heard(
            host="127.0.0.1", port=8000, zone=f"container:{id_}", listener=f"container:{id_}/127.0.0.1:8000",
            server=f"container:{id_}/127.0.0.1/vllm", product="vllm", workload=id_,
        )
        for id_ in ids
    ]  # fmt: skip
    nameless = docker(id=ids[1], image=Image(reference="acme/internal"), argv=("run",), published=())
    graph = graph_of(told(docker(published=()), nameless, heard=heard))
    pairs = {(graph.parts[row.id].key, row.key) for row in graph.aliases}
    assert pairs == {(f"container:{id_}/vllm", f"container:{id_}/127.0.0.1/vllm") for id_ in ids}
