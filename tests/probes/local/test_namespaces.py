"""What the kernel tells of containers' namespaces is told with them."""

from pathlib import Path

import pytest

from probes.local.namespaces import filled, owned
from probes.local.workload import Looked, Socket, Workload
from tests.probes.local.fakeproc import listening, process, word
from tests.probes.local.shapes import docker

TRIE = "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- {}\n        /32 host LOCAL\n"


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """A host whose own namespace is 1."""
    process(tmp_path, 1, "init")
    return tmp_path


def looked(*workloads: Workload, source: str = "docker unix:///var/run/docker.sock") -> Looked:
    return Looked(source=source, workloads=workloads)


def alone(proc: Path, pid: int, net: str, *sockets: tuple[str, int]) -> None:
    """The first process of a container."""
    folder = process(proc, pid, "serve", net=f"net:[{net}]", start=1000 + pid)
    listening(folder, *((word(host), port, number) for number, (host, port) in enumerate(sockets)))


def test_a_container_has_the_sockets_of_a_namespace_that_is_its_own(proc: Path) -> None:
    alone(proc, 10, "7", ("127.0.0.1", 8000), ("127.0.0.11", 40000), ("0.0.0.0", 9000))
    [one] = filled(looked(docker(pid=10)), proc).workloads

    assert (one.netns, one.ticks) == ("7", 1010)
    assert one.sockets == (Socket(host="0.0.0.0", port=9000), Socket(host="127.0.0.1", port=8000))


def test_whose_the_sockets_of_a_shared_namespace_are_nobody_guesses(proc: Path) -> None:
    alone(proc, 10, "7", ("127.0.0.1", 8000))
    alone(proc, 11, "7", ("127.0.0.1", 8000))
    alone(proc, 12, "1", ("127.0.0.1", 8000))
    both = docker(pid=10), docker(pid=11, id="b" * 64), docker(pid=12, id="c" * 64)
    told = filled(looked(*both), proc).workloads

    assert [(one.netns, one.sockets) for one in told] == [("7", None), ("7", None), ("1", None)]


def test_no_more_time_is_spent_on_sockets_than_there_is(proc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("probes.local.namespaces.SECONDS", -1.0)
    alone(proc, 10, "7", ("127.0.0.1", 8000))
    told = filled(looked(docker(pid=10)), proc)

    assert [(one.netns, one.sockets) for one in told.workloads] == [("7", None)]
    assert "what listens in 1 containers" in told.not_seen[0]


def test_what_does_not_run_or_is_gone_stays_as_it_was(proc: Path) -> None:
    alone(proc, 10, "7", ("127.0.0.1", 8000))
    those = docker(pid=10, state="exited"), docker(pid=4321, id="b" * 64), docker(pid=None, id="c" * 64)

    assert filled(looked(*those), proc).workloads == those


def test_without_the_right_to_see_a_namespace_the_runtimes_word_counts(proc: Path) -> None:
    for pid in (10, 11):
        alone(proc, pid, "7", ("127.0.0.1", 8000))
        (proc / str(pid) / "ns/net").unlink()
    told = filled(looked(docker(pid=10), docker(pid=11, id="b" * 64, network="host")), proc).workloads

    assert [one.sockets for one in told] == [(Socket(host="127.0.0.1", port=8000),), None]
    assert [one.netns for one in told] == ["", ""]


def test_an_address_that_the_runtime_does_not_know_is_that_of_the_namespace(
    proc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("livebom.net.links.Links.reach", lambda self, address: address.startswith("172.17."))
    alone(proc, 10, "7", ("0.0.0.0", 8000))
    (proc / "10/net/fib_trie").write_text(TRIE.format("172.17.0.9"))
    [one] = filled(looked(docker(pid=10, addresses={})), proc).workloads
    [rootless] = filled(
        looked(docker(pid=10, addresses={}), source="podman unix:///run/user/1000/podman.sock"), proc
    ).workloads

    assert list(one.addresses.values()) == ["172.17.0.9"]
    assert rootless.addresses == {}
    assert rootless.sockets == one.sockets
    assert owned(10, "172.17.0.9", proc)
    assert not owned(10, "172.17.0.8", proc)
