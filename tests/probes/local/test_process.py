"""Processes as /proc tells them: a tree of our own, and the real one with a server we started."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livebom.bom.redact import redact
from probes.local.proc import Proc, listeners
from probes.local.process import Processes
from probes.local.workload import Looked, Socket, Window, Workload
from tests.probes.local.fakeproc import ID, boot, listening, process, word


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    root = tmp_path / "proc"
    root.mkdir()
    boot(root)
    process(root, 1, "/sbin/init", parent=0, comm="systemd")
    return root


def hinted(workload: Workload) -> bool:
    return any(word in " ".join(workload.argv) for word in ("vllm", "VLLM::", "ollama"))


def look(proc: Path, window: Window | None = None) -> Looked:
    passwd = proc.parent / "passwd"
    passwd.write_text("root:x:0:0::/root:/bin/sh\nollama:x:998:998::/usr/share/ollama:/bin/false\nbroken\n")
    return Processes(hinted, proc, passwd).look(window or Window())


def told(looked: Looked) -> dict[int, Workload]:
    return {one.pid: one for one in looked.workloads if one.pid}


def test_what_listens_is_told_with_its_owner_and_everything_about_it(proc: Path) -> None:
    folder = process(
        proc, 40, "/usr/bin/python3", "app.py", start=700, uid=998,
        cgroup="0::/system.slice/ollama.service\n", opened=["socket:[77]", "/dev/nvidia0", "/dev/null"],
    )  # fmt: skip
    listening(folder, (word("127.0.0.1"), 8000, 77), six=[("0" * 32, 8001, 77)])

    one = told(look(proc))[40]

    assert one.source == "process"
    assert one.id == "40@700"
    assert one.argv == ("/usr/bin/python3", "app.py")
    assert one.sockets == (Socket(host="::", port=8001),)
    assert (one.user, one.owner, one.gpus, one.cwd) == ("ollama", "ollama.service", ("/dev/nvidia0",), "/srv")
    assert one.network == "host"
    assert one.started == datetime.fromtimestamp(1790000000 + 700 / os.sysconf("SC_CLK_TCK"), UTC)


def test_what_neither_listens_nor_is_hinted_at_is_not_told(proc: Path) -> None:
    process(proc, 40, "vim", "notes")
    process(proc, 41, "python", "-m", "vllm.entrypoints.openai.api_server")

    assert set(told(look(proc))) == {41}


def test_parents_of_what_listens_and_the_processes_between_are_told(proc: Path) -> None:
    process(proc, 10, "ollama", "serve")
    process(proc, 11, "sh", "-c", "x", parent=10)
    folder = process(proc, 12, "runner", parent=11, opened=["socket:[5]"])
    listening(folder, (word("127.0.0.1"), 40000, 5))

    found = told(look(proc))

    assert set(found) == {10, 11, 12}
    assert found[12].parent == 11


def test_a_container_and_another_namespace_are_told_by_the_kernel(proc: Path) -> None:
    folder = process(
        proc, 50, "vllm", "serve", net="net:[4026532999]", uid=998,
        cgroup=f"0::/system.slice/docker-{ID}.scope\n", opened=["socket:[9]"],
    )  # fmt: skip
    listening(folder, (word("0.0.0.0"), 8000, 9))

    one = told(look(proc))[50]

    assert one.container == ID
    assert one.network == "netns:4026532999"
    assert one.user == "998"
    assert one.owner == ""


def test_secrets_are_hidden_and_only_wanted_values_kept(proc: Path) -> None:
    token = "hf_" + "a" * 34
    env = [f"HF_TOKEN={token}", "OLLAMA_HOST=0.0.0.0", "HOME=/root", "nonsense", "OLLAMA_ORIGINS=*"]
    process(proc, 60, "vllm", "serve", "m", "--api-key", "a-very-long-word", "--max-tokens", "64", env=env)
    keep = frozenset({"HF_TOKEN", "OLLAMA_HOST"})

    looked = look(proc, Window(keep_env=keep, redact=partial(redact, key=b"k")))
    one = told(looked)[60]

    assert one.env == {"OLLAMA_HOST": "0.0.0.0"}
    assert one.env_names == ("HF_TOKEN", "HOME", "OLLAMA_HOST", "OLLAMA_ORIGINS")
    assert one.secrets == (("argv[4]", "named-secret"), ("env:HF_TOKEN", "huggingface-token"))
    assert one.argv[5:] == ("--max-tokens", "64")
    assert token not in repr(looked)
    assert "a-very-long-word" not in repr(looked)


def test_kernel_threads_zombies_and_what_vanishes_are_passed_over(proc: Path) -> None:
    process(proc, 70)  # a zombie has no command line
    (proc / "71").mkdir()  # gone between the listing and the reading
    broken = process(proc, 72, "vllm")
    (broken / "stat").write_text("72 (vllm) S x y z")
    thread = process(proc, 73, "vllm")
    (thread / "stat").write_text(f"73 (vllm) S 2 0 0 0 0 {0x00200000} {' 0' * 40}")

    looked = look(proc)

    assert looked.workloads == ()
    assert looked.complete


def test_a_name_with_brackets_and_blanks_does_not_move_the_fields(proc: Path) -> None:
    process(proc, 80, "vllm", start=1234, parent=7, comm="a) S 1 (b")

    assert told(look(proc))[80].id == "80@1234"
    assert told(look(proc))[80].parent == 7


def test_a_socket_nobody_seen_holds_is_one_line_and_not_complete(proc: Path) -> None:
    listening(proc / "1", (word("10.0.0.1"), 11434, 5))

    looked = look(proc)

    assert looked.not_seen == ("1 listening sockets of processes that may not be seen: 10.0.0.1 port 11434",)
    assert not looked.complete


def test_a_process_whose_namespace_may_not_be_seen_does_not_tell_what_listens_in_ours(proc: Path) -> None:
    first = proc / "1"
    (first / "ns" / "net").unlink()
    listening(first, (word("127.0.0.1"), 9999, 1))
    (proc / "self" / "ns").mkdir(parents=True)
    (proc / "self" / "ns" / "net").symlink_to("net:[7]")
    ours = process(proc, 40, "vllm", "serve", net="net:[7]", opened=["socket:[99]"])
    listening(ours, (word("127.0.0.1"), 8000, 99))

    assert told(look(proc))[40].sockets == (Socket(host="127.0.0.1", port=8000),)


def test_the_first_process_does_not_own_what_it_holds_for_a_service(proc: Path) -> None:
    (proc / "1" / "fd" / "9").symlink_to("socket:[5]")
    (proc / "1" / "fd" / "10").symlink_to("socket:[6]")
    listening(proc / "1", (word("127.0.0.1"), 80, 5), (word("127.0.0.1"), 81, 6))
    process(proc, 90, "served", opened=["socket:[5]"])

    found = told(look(proc))

    assert found[90].sockets == (Socket(host="127.0.0.1", port=80),)

    (proc / "90" / "fd" / "0").unlink()
    found = told(look(proc))
    assert found[1].sockets == (Socket(host="127.0.0.1", port=80), Socket(host="127.0.0.1", port=81))


def test_no_time_and_too_many_are_said(proc: Path) -> None:
    for pid in range(100, 110):
        process(proc, pid, "vllm", "serve")

    few = look(proc, Window(most=3))
    late = look(proc, Window(deadline=0.0))

    assert len(few.workloads) == 3
    assert few.not_seen == ("7 processes are more than are told",)
    assert late.workloads == ()
    assert late.not_seen == ("not all processes: no time left",)
    assert not few.complete
    assert not late.complete


def test_no_proc_at_all_is_a_quiet_fact(tmp_path: Path) -> None:
    looked = Processes(hinted, tmp_path / "none").look(Window())

    assert looked.absent == "no processes to be seen: No such file or directory"


def test_addresses_are_read_as_this_machine_orders_them() -> None:
    four, six = word("192.168.1.5"), word("0.0.0.0") * 2 + word("0.0.255.255") + word("10.0.0.9")
    rows = [f"0: {address}:1F90 0:0 0A 0:0 0:0 0 0 0 {inode} 1" for inode, address in enumerate((four, six, "zz"))]

    found = listeners("\n".join(["head", *rows, "0: 0100007F:1F90 0:0 01 0:0 0:0 0 0 0 9 1"]))

    assert found == {0: Socket(host="192.168.1.5", port=8080), 1: Socket(host="10.0.0.9", port=8080)}


def test_a_real_server_of_ours_is_found_in_the_real_tree() -> None:
    code = "import socket,sys; s=socket.create_server(('127.0.0.1',0)); print(s.getsockname()[1],flush=True); input()"
    environment = {**os.environ, "LIVEBOM_TEST": "yes"}
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as child:
        assert child.stdout
        port = int(child.stdout.readline())
        looked = Processes(lambda one: False).look(Window(keep_env=frozenset({"LIVEBOM_TEST"})))
        child.communicate("\n", timeout=10)

    one = told(looked)[child.pid]
    assert one.sockets == (Socket(host="127.0.0.1", port=port),)
    assert one.parent == os.getpid()
    assert one.env == {"LIVEBOM_TEST": "yes"}
    assert Path(one.exe).resolve() == Path(sys.executable).resolve()
    assert one.started is not None
    assert abs((datetime.now(UTC) - one.started).total_seconds()) < 60
    assert os.getpid() in told(looked), "the parent of what listens is told"


@pytest.fixture
def nobody() -> Iterator[None]:
    """Without the rights of root, for as long as the test takes."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65534)
    yield
    if before == 0:
        os.seteuid(before)


@pytest.mark.usefixtures("nobody")
def test_what_may_not_be_read_is_one_line() -> None:
    looked = Processes(lambda one: one.argv[0] == "never").look(Window())

    assert sum("may not be read" in line for line in looked.not_seen) == 1
    assert not looked.complete


def test_sockets_of_a_process_are_read_without_holding_them() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        found = Proc().listening(os.getpid()).values()

        assert Socket(host="127.0.0.1", port=server.getsockname()[1]) in found


@given(
    stat=st.one_of(st.binary(max_size=80), st.binary(max_size=30).map(lambda raw: b"5 (x) S 1" + b" 1" * 17 + raw)),
    rest=st.lists(st.binary(max_size=80), min_size=5, max_size=5),
)
def test_whatever_stands_in_the_files_nothing_is_raised(stat: bytes, rest: list[bytes]) -> None:
    with TemporaryDirectory() as name:
        root = Path(name)
        boot(root)
        folder = process(root, 5, "vllm", opened=["socket:[7]"])
        (folder / "stat").write_bytes(stat)
        row = b"head\n0: 0100007F:" + rest[4] + b" 0:0 0A 0:0 0:0 0 0 0 7 1\n"
        for file, raw in zip(("environ", "status", "cgroup", "net/tcp6", "net/tcp"), [*rest[:4], row], strict=True):
            (folder / file).write_bytes(raw)

        looked = Processes(hinted, root, root / "none").look(Window())

    assert all(one.pid == 5 for one in looked.workloads)
