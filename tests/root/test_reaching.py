"""A whole look at this host names the servers inside namespaces, and tells each as one with what it runs in."""

import os
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import anyio
import pytest
from msgspec import structs

from livebom.bom.identity import canonical
from livebom.bom.merge import resolve
from livebom.bom.parts import Graph, Part, PartKind
from livebom.bom.report import Report
from livebom.bom.service import Service
from livebom.export import table
from livebom.net.ranges import Range
from livebom.settings import Settings
from livebom.store import Store
from livebom.surfaces import Local, LocalSource, load_catalog, manner
from livebom.turn import Turn, crank
from probes.local.process import Processes
from probes.local.workload import Image, Looked, Window, Workload
from probes.sources.child import command
from tests.lab import Lab
from tests.probes.local.shapes import HERE, ID, Tells, docker, known
from tests.root.netns import Namespace, namespaces, needs_root, running

pytestmark = [pytest.mark.root, needs_root]
PORT = 8000
IDS = ("a" * 64, "b" * 64)
RATE = 20_000.0


@contextmanager
def labs(count: int, *hosts: str, recording: str = "vllm-0.32.0-default") -> Iterator[list[tuple[Namespace, Lab]]]:
    """So many namespaces, in each a replayed server at these addresses."""
    with ExitStack() as stack:
        made = []
        for one in stack.enter_context(namespaces(count)):
            lab = stack.enter_context(Lab("127.0.0", through=one.words()))
            for host in hosts:
                lab.add(recording, host, PORT)
            made.append((one, lab))
        yield made


class Kept:
    """The processes of this host, and of them those in namespaces that a test made."""

    NAME = "process"

    def __init__(self, *labs: Lab) -> None:
        self.spaces = {Path(f"/proc/{lab.pid}/ns/net").readlink() for lab in labs}

    def look(self, window: Window) -> Looked:
        looked = Processes(lambda _: False).look(window)
        mine = tuple(one for one in looked.workloads if f"net:[{one.netns}]" in map(str, self.spaces))
        # Not by the source's own name: then sockets of this host that nobody told of would be asked as well.
        return structs.replace(looked, source="kept", workloads=mine, not_seen=(), complete=True)


def container(lab: Lab, id_: str = IDS[0], **given: object) -> Workload:
    usual: dict[str, object] = {"pid": lab.pid, "id": id_, "addresses": {}, "network": "none", "published": ()}
    return docker(**{**usual, **given})


def turned(*sources: LocalSource, through: Path | None = None, store: Store | None = None, **given: object) -> Report:
    """A look at this host alone, by these sources."""
    how = manner(Settings(rate=RATE), os.urandom(8), ports=(PORT,))
    local = Local(sources=sources, known=known(), here=HERE, manner=structs.replace(how, **given), through=through)
    return anyio.run(
        crank, Turn(orders=(), catalog=load_catalog(), scope=("here",), local=local, store=store, gone_after=1)
    )


def servers(graph: Graph) -> list[Part]:
    whole = resolve(graph, canonical(graph.aliases))
    return [part for part in whole.parts.values() if part.kind is PartKind.SERVER]


def named(report: Report) -> list[tuple[str, str, int, str | None]]:
    return sorted((one.zone, one.host, one.port, one.product) for one in report.services)


def models(service: Service) -> set[str]:
    return {one.name for one in service.models or ()}


def test_a_server_on_the_loopback_of_a_container_is_named_judged_and_one_with_it(tmp_path: Path) -> None:
    with labs(1, "127.0.0.1") as [(_, lab)], Store.open(tmp_path / "db") as store:
        report = turned(Tells("docker", (container(lab),)), Kept(lab), store=store)
        [asked] = {one["product"] for one in store.services()}
        asks = lab.requests(next(iter(lab.listeners)))

    [service] = report.services
    assert (service.zone, service.host, service.product) == (f"container:{IDS[0]}", "127.0.0.1", "vllm")
    assert models(service)
    assert service.exposure == "loopback"
    assert {one.id for one in service.findings if one.state == "fail"} >= {"vllm-unauthenticated-api"}
    assert service.proof
    [server] = servers(report.graph)
    assert {claim.source for claim in server.attributes["product"]} == {"docker", "local"}
    assert report.counts["requests"] == len(asks) > 3
    assert report.complete, report.not_seen
    assert asked == "vllm"


def test_what_was_asked_inside_is_gone_when_its_container_is(tmp_path: Path) -> None:
    def keys(store: Store) -> set[str]:
        return {part.key for part in store.document().parts if IDS[0] in part.key}

    with labs(1, "127.0.0.1") as [(_, lab)], Store.open(tmp_path / "db") as store:
        its = Tells("docker", (container(lab),))
        turned(its, Kept(lab), store=store, ports=None)
        first = keys(store)
        turned(Tells("docker", (), complete=False), store=store, ports=None)
        assert keys(store) == first
        turned(its, Kept(lab), store=store, ports=None)
        assert keys(store) == first
        turned(Tells("docker", ()), store=store, ports=None)
        assert keys(store) == set()


def test_one_address_in_two_namespaces_is_two_servers() -> None:
    with labs(2, "127.0.0.1") as [(_, one), (_, two)]:
        both = container(one), container(two, IDS[1], image=Image(reference="other/image"), argv=("serve",))
        report = turned(Tells("docker", both), Kept(one, two))

    assert named(report) == [(f"container:{id_}", "127.0.0.1", PORT, "vllm") for id_ in IDS]
    keys = {part.key for part in report.graph.parts.values() if part.kind is PartKind.SERVER}
    assert {f"container:{id_}/vllm" for id_ in IDS} <= keys
    shown = table.write(report, everything=False)
    assert all(f"127.0.0.1:{PORT} in {id_[:12]}" in shown for id_ in IDS)
    assert len(servers(report.graph)) == 2


def test_containers_that_share_a_namespace_have_the_sockets_of_their_own_processes() -> None:
    with labs(1, "127.0.0.1") as [(_, lab)]:
        pause = container(lab, IDS[0], image=Image(reference="pause"), argv=("/pause",))
        seen = next(one for one in Kept(lab).look(Window()).workloads if one.sockets)
        mine = Tells("process", (structs.replace(seen, container=IDS[1]),))
        report = turned(Tells("docker", (pause, container(lab, IDS[1]))), mine)

    assert named(report) == [(f"container:{IDS[1]}", "127.0.0.1", PORT, "vllm")]
    assert len(servers(report.graph)) == 1


def test_a_process_in_a_namespace_of_its_own_is_asked_in_a_zone_of_its_own() -> None:
    with labs(1, "127.0.0.1") as [(_, lab)]:
        space = str(Path(f"/proc/{lab.pid}/ns/net").readlink()).strip("net:[]")
        report = turned(Kept(lab))

    assert named(report) == [(f"{HERE.key}/netns:{space}", "127.0.0.1", PORT, "vllm")]
    [server] = servers(report.graph)
    edges = resolve(report.graph, canonical(report.graph.aliases)).edges.values()
    assert {edge.kind for edge in edges if edge.source == server.id} >= {"runs_on", "serves", "listens_on"}


def test_two_processes_of_one_product_at_one_address_are_two_servers() -> None:
    with namespaces(1) as [one], ExitStack() as stack:
        both = [stack.enter_context(Lab("127.0.0", through=one.words())) for _ in range(2)]
        for number, lab in enumerate(both):
            lab.add("vllm-0.32.0-default", "127.0.0.1", PORT + number)
        report = turned(Kept(*both), ports=(PORT, PORT + 1))

    assert len(report.services) == 2
    assert len(servers(report.graph)) == 2


def test_a_server_that_tells_nothing_any_more_has_not_lost_its_models(tmp_path: Path) -> None:
    def known_models(store: Store) -> set[str]:
        return {part.key for part in store.document().parts if part.kind is PartKind.MODEL}

    with labs(1, "127.0.0.1") as [(_, lab)], Store.open(tmp_path / "db") as store:
        its = (Tells("docker", (container(lab, argv=("vllm", "serve", "x")),)), Kept(lab))
        turned(*its, store=store, ports=None)
        before = known_models(store)
        lab.switch(next(iter(lab.listeners)), "synthetic-ollama-0.32.15-empty")
        lab.patch(next(iter(lab.listeners)), "/api/tags", status=503)
        for path in ("/v1/models", "/", "/api/version"):
            lab.patch(next(iter(lab.listeners)), path, status=503)
        turned(*its, store=store, ports=None)
        after = known_models(store)

    assert before
    assert before <= after


def test_what_is_excluded_stays_so_inside() -> None:
    with labs(1, "127.0.0.1") as [(_, lab)]:
        addressed = container(lab, addresses={"bridge": "172.17.0.2"}, network="bridge")
        cut = Range(0xAC110002, 0xAC110002, 4)
        report = turned(Tells("docker", (addressed,)), excluded=(cut,))
        other = turned(Tells("docker", (addressed,)), ports=(PORT + 1,))
        never = turned(Tells("docker", (addressed,)), ports_never=(PORT,))
        asks = lab.requests(next(iter(lab.listeners)))

    assert asks == []
    assert {models(one) == set() for report in (report, other, never) for one in report.services} <= {True}


def test_an_address_that_is_no_bridges_of_this_host_is_asked_from_inside() -> None:
    with namespaces(1) as [one]:
        one.ip("addr add 10.99.0.2/32 dev lo")
        with running(one.start("tests.root.serving", f"10.99.0.2,{PORT}")) as child:
            its = docker(pid=child.pid, addresses={"net": "10.99.0.2"}, network="net", published=())
            report = turned(Tells("docker", (its,)))

    [service] = report.services
    assert (service.zone, service.host, service.outcome) == (f"container:{ID}", "10.99.0.2", "ok")
    assert service.proof[0].excerpt.startswith("10.99.0.2 /")
    assert (service.product, service.exposure) == ("vllm", "private")  # its image says so, it itself nothing
    assert len(servers(report.graph)) == 1


def test_without_the_right_one_line_says_what_was_not_asked() -> None:
    with labs(1, "127.0.0.1") as [(_, lab)]:
        os.seteuid(65534)
        try:
            report = turned(Tells("docker", (container(lab),)))
        finally:
            os.seteuid(0)

    said = [line for line in report.not_seen if "network namespaces" in line]
    assert said == [
        "1 servers inside network namespaces: needs root: the capabilities CAP_SYS_ADMIN and CAP_SYS_PTRACE"
    ]
    assert not any(one.models for one in report.services)
    assert not report.complete


def test_a_unit_enters_for_a_daemon_that_may_not(tmp_path: Path) -> None:
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as door,
        labs(1, "127.0.0.1") as [(_, lab)],
    ):
        door.bind(str(tmp_path / "s"))
        door.listen()
        tmp_path.chmod(0o755)

        def serve() -> int:
            theirs, _ = door.accept()
            with theirs, subprocess.Popen(command("probes.engine.inside", "serve"), stdin=theirs.fileno()) as server:
                theirs.close()
                return server.wait(30)

        with ThreadPoolExecutor(1) as pool:
            served = pool.submit(serve)
            report = turned(Tells("docker", (container(lab),)), through=tmp_path / "s")
            assert served.result(timeout=30) == 0

    assert named(report) == [(f"container:{IDS[0]}", "127.0.0.1", PORT, "vllm")]
