"""Servers that only their own network namespace can reach are asked all the same."""

import errno
import os
import socket
import subprocess
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from livebom.bom.observation import Outcome
from livebom.net.pace import Pace
from livebom.net.reply import Ask, Reply
from probes.engine.inside import SYS_ADMIN, SYS_PTRACE, Inside
from probes.local.inside import Entrance, Reach, Reached, entrances, sockets_in
from probes.local.proc import Proc
from probes.local.process import Processes
from probes.local.workload import Looked, Socket, Window, Workload
from probes.sources.child import command
from tests.root.netns import namespaces, needs_root, running

pytestmark = [pytest.mark.root, needs_root]
SERVE = command("probes.engine.inside", "serve")


def look() -> Looked:
    return Processes(lambda one: False).look(Window())


def start_of(pid: int) -> int:
    stat = Proc().stat(pid)
    assert stat
    return stat.start


def ask_all(wanted: tuple[Entrance, ...], through: Path | None = None) -> Reached:
    def talk(one: Entrance) -> Generator[Ask, Reply, list[Reply]]:
        return [(yield Ask(id="a", path="/first")), (yield Ask(id="b", path=f"/{one.port}"))]

    return Reach(wanted, talk, pace=Pace(None), user_agent="test", timeout=2.0, through=through).run()


def test_a_server_on_loopback_inside_answers_from_outside() -> None:
    with (
        namespaces(2) as (one, two),
        running(one.start("tests.root.serving", "127.0.0.1,8071")) as first,
        running(two.start("tests.root.serving", "127.0.0.1,8071")),
        running(two.start("tests.root.serving", "0.0.0.0,8072")),
    ):
        looked = look()
        wanted = tuple(entry for entry in entrances(looked.workloads) if entry.port in (8071, 8072))
        found = ask_all(wanted)
        seen = sockets_in(first.pid)

    assert len({entry.namespace for entry in wanted}) == 2
    assert [entry.port for entry, _ in found.told].count(8071) == 2
    assert [entry.port for entry, _ in found.told].count(8072) == 1
    for entry, (before, after) in found.told:
        assert before.body == b"127.0.0.1 /first"
        assert after.body == f"127.0.0.1 /{entry.port}".encode()
    assert found.not_seen == ()
    assert seen == (Socket(host="127.0.0.1", port=8071),)
    mine = next(workload for workload in looked.workloads if workload.pid == first.pid)
    assert mine.network == next(entry.namespace for entry in wanted if entry.pid == first.pid)


def test_a_container_that_has_an_address_is_entered_only_for_its_loopback() -> None:
    places = ("127.0.0.1,8071", "0.0.0.0,8072", "127.0.0.11,8073")
    with namespaces(1) as (one,), running(one.start("tests.root.listening", *places)) as child:
        container = Workload(source="docker", id="c", pid=child.pid, addresses={"bridge": "172.17.0.2"})
        stopped = Workload(source="docker", id="d", pid=child.pid, state="exited")
        found = entrances([*look().workloads, stopped, container])

    assert [(entry.port, entry.workload) for entry in found if entry.port in (8071, 8072, 8073)] == [(8071, "c")]


def test_the_child_hands_out_nothing_but_the_namespaces_own_addresses() -> None:
    with namespaces(1) as (one,):
        one.ip("addr add 10.9.8.7/32 dev lo")
        with running(one.start("tests.root.listening", "127.0.0.1,8071", "10.9.8.7,8072")) as child:
            start = start_of(child.pid)
            with Inside(SERVE) as inside:
                for address, port in (("127.0.0.1", 8071), ("10.9.8.7", 8072)):
                    with inside.open(child.pid, start, address, port) as made:
                        assert made.getpeername() == (address, port)
                for order, code in (
                    ((child.pid, start, "10.9.8.6", 80), errno.EADDRNOTAVAIL),
                    ((child.pid, start + 1, "127.0.0.1", 8071), errno.ESRCH),
                    ((1 << 22, start, "127.0.0.1", 8071), errno.ESRCH),
                    ((child.pid, start, "localhost", 8071), errno.EINVAL),
                    ((child.pid, start, "127.0.0.1", 0), errno.EINVAL),
                ):
                    with pytest.raises(OSError, match=r".") as refused:
                        inside.open(*order)
                    assert refused.value.errno == code


def children() -> set[int]:
    """The processes that this one has started and that have not ended."""
    return {pid for pid in Proc().pids() if (stat := Proc().stat(pid)) and stat.parent == os.getpid()}


def test_the_child_is_nobody_with_two_capabilities_and_ends_with_its_socket() -> None:
    before = children()
    inside = Inside(SERVE)
    with pytest.raises(ProcessLookupError):
        inside.open(1 << 22, 1, "127.0.0.1", 1)  # answered: by now it has given up what it does not need
    [child] = children() - before
    status = dict(line.split(":\t", 1) for line in Path(f"/proc/{child}/status").read_text().splitlines())
    inside.close()

    held = 1 << SYS_ADMIN | 1 << SYS_PTRACE
    assert {int(status[name], 16) for name in ("CapEff", "CapPrm", "CapBnd")} == {held}
    assert set(status["Uid"].split()) == {"65534"}
    assert status["NoNewPrivs"] == "1"
    assert not Path(f"/proc/{child}").exists()


def test_a_child_that_hangs_is_ended_and_said() -> None:
    inside = Inside(["sleep", "60"])
    with pytest.raises(TimeoutError):
        inside.open(1, 1, "127.0.0.1", 1)
    with pytest.raises(OSError, match=r"."):
        inside.open(1, 1, "127.0.0.1", 1)
    inside.close()


def test_without_the_right_one_line_says_so() -> None:
    wanted = Entrance(namespace="netns:1", host="127.0.0.1", port=1, pid=1, start=1, workload="w")
    os.seteuid(65534)
    try:
        found = ask_all((wanted,))
    finally:
        os.seteuid(0)

    assert found.told == ()
    assert found.not_seen == (
        "1 servers inside network namespaces: needs root: the capabilities CAP_SYS_ADMIN and CAP_SYS_PTRACE",
    )


def test_a_server_that_is_gone_is_an_answer_too() -> None:
    with namespaces(1) as (one,), running(one.start("tests.root.listening", "127.0.0.1,8071")) as child:
        gone = Entrance(
            namespace="n", host="127.0.0.1", port=8099, pid=child.pid, start=start_of(child.pid), workload="w"
        )
        found = ask_all((gone,))

    assert [reply.outcome for _, replies in found.told for reply in replies] == [Outcome.REFUSED, Outcome.REFUSED]


def test_a_unit_enters_for_whoever_may_not(tmp_path: Path) -> None:
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as door,
        namespaces(1) as (one,),
        running(one.start("tests.root.serving", "127.0.0.1,8071")) as child,
    ):
        door.bind(str(tmp_path / "s"))
        door.listen()
        place = Entrance(
            namespace="n", host="127.0.0.1", port=8071, pid=child.pid, start=start_of(child.pid), workload="w"
        )
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(ask_all, (place,), tmp_path / "s")
            theirs, _ = door.accept()
            with theirs, subprocess.Popen(SERVE, stdin=theirs.fileno()) as server:
                theirs.close()
                found = asked.result(timeout=20)
                code = server.wait(10)

    assert code == 0
    assert [replies[0].body for _, replies in found.told] == [b"127.0.0.1 /first"]


def test_no_unit_and_too_many_servers_are_lines(tmp_path: Path) -> None:
    many = tuple(
        Entrance(namespace="n", host="127.0.0.1", port=port, pid=1, start=1, workload="w") for port in range(1, 70)
    )

    found = ask_all(many, tmp_path / "none")

    assert found.not_seen == (
        "5 servers inside network namespaces: more than 64 in one",
        "64 servers inside network namespaces: nobody enters for us: No such file or directory",
    )
