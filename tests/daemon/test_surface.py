"""The control socket under attack: it refuses with a reason, answers all others, and keeps no memory and no files."""

import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from daemon.client import Denied
from daemon.control import BODY, CONNECTIONS, HEAD, OF_ONE
from daemon.wire import Batch, Status
from tests.daemon.running import Forks, Running

HEADS = b"GET /v1/status HTTP/1.1\r\nHost: localhost\r\nX-Slow: " + b"z" * 200
GROWS = 24 << 20
"""Most bytes that the daemon may be larger afterwards."""
QUICK = 3.0
"""Seconds in which an honest client is answered on a machine that is busy with the attack too."""


@pytest.fixture(scope="module")
def daemon(forks: Forks, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    groups = {"a": "{include: [127.9.9.9], ports: '9'}"}
    one = Running(forks, tmp_path_factory.mktemp("daemon"), groups=groups).start()
    try:
        well(one)
        yield one
    finally:
        one.close()


def well(daemon: Running) -> float:
    """How long the status takes, which says that all is well."""
    began = time.monotonic()
    assert daemon.client.get("/v1/status", Status).store.open
    return time.monotonic() - began


def size(daemon: Running) -> tuple[int, int]:
    """Bytes in memory, and open files, sockets among them."""
    place = Path(f"/proc/{daemon.pid}")
    told = re.search(r"VmRSS:\s+(\d+) kB", (place / "status").read_text())
    assert told
    return int(told[1]) << 10, len(list((place / "fd").iterdir()))


@pytest.fixture
def unharmed(daemon: Running) -> Iterator[Running]:
    """It serves as before, is hardly larger, and has no more files open once the others are gone."""
    memory, files = size(daemon)
    yield daemon
    end = time.monotonic() + 15
    while size(daemon)[1] > files + 2 and time.monotonic() < end:
        threading.Event().wait(0.1)
    assert well(daemon) < QUICK
    after, open_ = size(daemon)
    assert open_ <= files + 2
    assert after < memory + GROWS


def connected(daemon: Running, first: bytes = b"") -> socket.socket:
    one = socket.socket(socket.AF_UNIX)
    one.connect(str(daemon.socket))  # without a timeout, so that it waits while too many others do
    one.settimeout(20)
    if first:
        one.sendall(first)
    return one


def answered(daemon: Running, data: bytes) -> bytes:
    """Everything that is answered to those bytes until the other side closes, however it does."""
    parts: list[bytes] = []
    with connected(daemon) as one:
        with suppress(OSError):  # it may close before it has read all of them
            one.sendall(data)
        one.settimeout(2.0)
        with suppress(OSError):
            parts.extend(iter(lambda: one.recv(65536), b""))
    return b"".join(parts)


ATTACK = """
import select, socket, sys, time
path, again, seconds, head = sys.argv[1], sys.argv[2] == "again", float(sys.argv[3]), sys.argv[4].encode()
def come():
    one = socket.socket(socket.AF_UNIX)
    one.connect(path)
    return [one, 0]
slow = [come() for _ in range(1000)]
print("all here", flush=True)
end, closed = time.monotonic() + seconds, 0
while time.monotonic() < end:
    began = time.monotonic()
    for number, its in enumerate(slow):
        if its is None:
            continue
        try:
            its[0].send(head[its[1] : its[1] + 1])
            its[1] += 1
        except OSError:
            closed += 1
            its[0].close()
            slow[number] = come() if again else None
    select.select([], [], [], max(0.0, began + 1 - time.monotonic()))
print(closed, flush=True)
"""
"""A thousand clients that send a byte a second each; with `again`, who is closed comes again."""


def attacked(daemon: Running, *before: str, again: bool) -> int:
    """How many of them were closed, while an honest client was answered quickly all the time."""
    how = ["again" if again else "once", "6", HEADS.decode()]
    command = [*before, sys.executable, "-c", ATTACK, str(daemon.socket), *how]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "all here\n"
        waited = []
        for _ in range(20):
            threading.Event().wait(0.25)
            waited.append(well(daemon))
            assert size(daemon)[1] < CONNECTIONS + 60
        closed = int(child.stdout.read())
    assert sorted(waited)[len(waited) // 2] < 0.5
    assert max(waited) < QUICK
    return closed


@pytest.mark.slow
def test_a_thousand_slow_clients_keep_nobody_waiting(unharmed: Running) -> None:
    assert attacked(unharmed, again=False) >= 1000 - OF_ONE


@pytest.mark.root
def test_a_thousand_of_another_account_that_come_again_and_again_keep_nobody_waiting(unharmed: Running) -> None:
    """The socket is opened to everybody here, so that it is the daemon that refuses and not the file's mode."""
    for one in (unharmed.folder, *unharmed.folder.parents[:2]):
        one.chmod(0o755)
    unharmed.socket.chmod(0o666)
    account = ("setpriv", "--reuid=4243", "--regid=4243", "--clear-groups")
    assert attacked(unharmed, *account, again=True) >= 1000


@pytest.mark.slow
def test_one_account_has_its_share_of_connections_and_is_told_so(unharmed: Running) -> None:
    with ExitStack() as stack:
        its = [stack.enter_context(connected(unharmed)) for _ in range(OF_ONE)]
        stack.enter_context(connected(unharmed))
        oldest = its[0].recv(65536)
        assert oldest.startswith(b"HTTP/1.1 503 ")
        assert json.loads(oldest.partition(b"\r\n\r\n")[2])["title"] == "too many connections at once"
        its[1].setblocking(False)
        with pytest.raises(BlockingIOError):
            its[1].recv(1)


@pytest.mark.slow
def test_those_who_are_in_the_middle_of_a_request_are_not_turned_away_for_a_newcomer(unharmed: Running) -> None:
    body = b"POST /v1/sql HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n"
    with ExitStack() as stack:
        its = [stack.enter_context(connected(unharmed, body)) for _ in range(OF_ONE)]
        threading.Event().wait(1.0)
        assert stack.enter_context(connected(unharmed)).recv(65536).startswith(b"HTTP/1.1 503 ")
        for one in its[:3]:
            one.sendall(json.dumps({"query": "SELECT 1"}).ljust(50).encode())
            assert one.recv(65536).startswith(b"HTTP/1.1 ")
    assert BODY <= 30
    assert HEAD <= 10


LARGE = {
    "a head that does not end": (b"GET /v1/status HTTP/1.1\r\n" + b"X: y\r\n" * 200_000, 400),
    "a header of a megabyte": (
        b"GET /v1/status HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 1_000_000 + b"\r\n\r\n",
        400,
    ),
    "a path of a megabyte": (b"GET /" + b"y" * 1_000_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "a body that is announced": (b"POST /v1/sql HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999999\r\n\r\n", 413),
    "a body in chunks": (
        b"POST /v1/sql HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        + (b"100000\r\n" + b"x" * 0x100000 + b"\r\n") * 80,
        413,
    ),
    "a length and chunks": (
        b"POST /v1/sql HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    "two lengths": (
        b"POST /v1/sql HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n{}   ",
        400,
    ),
    "a negative length": (b"POST /v1/sql HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", 400),
    "deep JSON": (
        b"POST /v1/sweeps HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 100000\r\n\r\n"
        + b"[" * 100_000,
        400,
    ),
    "no HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + os.urandom(500) + b"\r\n\r\n", 400),
}


@pytest.mark.slow
@pytest.mark.parametrize(("data", "status"), LARGE.values(), ids=LARGE)
def test_what_is_too_large_or_no_request_is_refused(unharmed: Running, data: bytes, status: int) -> None:
    answer = answered(unharmed, data)
    assert answer.startswith(b"HTTP/1.%d %d " % (answer[7] - 48 if answer else 1, status)), answer[:200]


@pytest.mark.slow
def test_garbage_behind_a_good_request_spoils_nothing(unharmed: Running) -> None:
    good = b"GET /v1/sweeps HTTP/1.1\r\nHost: localhost\r\n\r\n"
    answer = answered(unharmed, good * 50 + b"\0\xff GARBAGE / HTTP/9.9\r\n\r\n" + good)
    statuses = re.findall(rb"HTTP/1\.[01] (\d+) ", answer)
    assert len(statuses) > 1
    assert statuses == [b"200"] * (len(statuses) - 1) + [b"400"]
    for _ in range(50):
        with connected(unharmed) as one, suppress(OSError):
            one.sendall(os.urandom(300) + b"\r\n\r\n")


@pytest.mark.slow
def test_a_batch_of_nonsense_is_refused_with_a_reason(unharmed: Running) -> None:
    with pytest.raises(Denied) as caught:
        unharmed.client.ask("POST", "/v1/observations", Status, body={"surface": "x" * 70_000, "observations": []})
    assert caught.value.problem.status == 400
    assert Batch.__struct_config__.forbid_unknown_fields
