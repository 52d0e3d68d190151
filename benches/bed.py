"""The test bed of the SYN benches: two network namespaces and a veth pair, made for the run and removed again.

The scanner's side routes everything below to the other side, whose own kernel is the responder:

- 198.18.0.0/16 is all its own: every port nobody listens on answers RST, those of `listen` and `serve` SYN-ACK.
- 198.19.0.0/17 and 10.0.0.0/8 are "filtered": frames to them bear a hardware address that nobody has, so the other
  side drops them first thing, and what is measured is the sending.

Nothing leads out of the two namespaces, and there are no netfilter rules in them, so nothing is tracked. Needs root.
"""

import asyncio
import ctypes
import json
import os
import random
import resource
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Self

from benches.harness import ROOT, Cost, command

DEVICE, SOURCE, GATEWAY, NOBODY = "veth0", "198.19.255.1", "198.19.255.2", "198.19.255.3"
NOBODYS_MAC = "02:00:5e:00:00:99"
ANSWERING, FILTERED = "198.18.0.0/18", "198.19.0.0/18"
"""/18: with 40 ports 655,360 targets."""
PORTS = tuple(range(8000, 8040))
PROBES = 16384 * len(PORTS)
_NETWORK_NAMESPACE = 0x40000000  # CLONE_NEWNET of setns(2)
_libc = ctypes.CDLL(None, use_errno=True)


def missing(*programs: str) -> str:
    """Why the bed cannot be made here; empty where it can."""
    if os.geteuid() != 0:
        return "needs root, to make network namespaces"
    lacking = [name for name in ("ip", "nsenter", *programs) if shutil.which(name) is None]
    return f"not installed: {', '.join(lacking)}" if lacking else ""


class Bed:
    """Two namespaces while the `with` block lasts; inside of it this thread, and what it starts, is the scanner."""

    def __init__(self) -> None:
        suffix = secrets.token_hex(4)
        self.scanner, self.target = f"livebom-scanner-{suffix}", f"livebom-target-{suffix}"
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            for name in (self.scanner, self.target):
                _ip("netns", "add", name)
                stack.callback(subprocess.run, ["ip", "netns", "del", name], check=False)
            self._link()
            stack.enter_context(_inside(self.scanner))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_fault: object) -> None:
        self._stack.close()

    def _link(self) -> None:
        _ip("-n", self.scanner, "link", "add", DEVICE, "type", "veth", "peer", "name", DEVICE, "netns", self.target)
        for name, address in ((self.scanner, SOURCE), (self.target, GATEWAY)):
            _ip("-n", name, "addr", "add", f"{address}/29", "dev", DEVICE)
            for device in ("lo", DEVICE):
                _ip("-n", name, "link", "set", device, "up")
        _ip("-n", self.scanner, "neigh", "add", NOBODY, "lladdr", NOBODYS_MAC, "dev", DEVICE, "nud", "permanent")
        for network, way in (("198.18.0.0/16", GATEWAY), ("198.19.0.0/17", NOBODY), ("10.0.0.0/8", NOBODY)):
            _ip("-n", self.scanner, "route", "add", network, "via", way)
        _ip("-n", self.target, "route", "add", "local", "198.18.0.0/16", "dev", "lo")

    def router(self, network: str) -> str:
        """The hardware address that frames to a network bear, for peers that do not look it up."""
        return self.mac(self.target) if network.startswith("198.18.") else NOBODYS_MAC

    def mac(self, name: str) -> str:
        """The hardware address of that side's end of the veth pair."""
        told = subprocess.run(
            ["ip", "-n", name, "-j", "link", "show", DEVICE], check=True, capture_output=True, text=True
        )
        return str(json.loads(told.stdout)[0]["address"])

    @contextmanager
    def responder(self, entry: str, *arguments: str) -> Iterator[None]:
        """`python -m benches.bed ENTRY …` on the target's side, once it says that it is ready."""
        argv = ["nsenter", f"--net=/run/netns/{self.target}", "--", sys.executable, "-m", "benches.bed", entry]
        with tempfile.TemporaryFile("w+") as given:
            given.write(json.dumps(arguments))
            given.seek(0)
            child = subprocess.Popen(argv, stdin=given, stdout=subprocess.PIPE, text=True, cwd=ROOT)
            try:
                assert child.stdout is not None
                assert child.stdout.readline() == "ready\n", f"the responder {entry} did not start"
                yield
            finally:
                child.kill()
                child.communicate()


def chosen(count: int = 1000) -> list[tuple[str, int]]:
    """That many open places within ANSWERING x PORTS, the same in every run."""
    chance = random.Random(20_261_121)
    first = int(ip_address("198.18.0.0"))
    places = chance.sample(range(PROBES), count)
    return sorted((str(ip_address(first + place // len(PORTS))), PORTS[place % len(PORTS)]) for place in places)


class Meter(threading.Thread):
    """How fast frames left the scanner's device, sampled every few milliseconds while the `with` block lasts."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._over = threading.Event()
        self._samples: list[tuple[float, int]] = []

    def run(self) -> None:
        with Path("/proc/thread-self/net/dev").open(encoding="ascii") as table:
            while True:
                table.seek(0)
                row = next(line for line in table if line.lstrip().startswith(f"{DEVICE}:"))
                self._samples.append((time.monotonic(), int(row.partition(":")[2].split()[9])))
                if self._over.wait(0.005):
                    return

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_fault: object) -> None:
        self._over.set()
        self.join()

    @property
    def sent(self) -> int:
        """Frames in all."""
        return self._samples[-1][1] - self._samples[0][1]

    @property
    def steady(self) -> float:
        """Frames a second between the first twentieth and the last one: no start, no wait for late answers."""
        first, whole = self._samples[0][1], self.sent
        inner = [one for one in self._samples if 0.05 * whole <= one[1] - first <= 0.95 * whole]
        if len(inner) < 2:
            raise RuntimeError(f"{whole} frames left too fast to be measured, or too few")
        return (inner[-1][1] - inner[0][1]) / (inner[-1][0] - inner[0][0])

    def peak(self, window: float = 0.2) -> float:
        """Frames a second in the best window of that many seconds; at least `steady`."""
        best, at = self.steady, 0
        for when, count in self._samples:
            while when - self._samples[at][0] > window:
                at += 1
            begun = self._samples[at - 1] if at else None
            if begun:
                best = max(best, (count - begun[1]) / (when - begun[0]))
        return best


def hunt(network: str, ports: Sequence[int], rate: float, timeout: float, retries: int) -> dict[str, Any]:
    """Our SYN source over a network, in a child: what is open, what was counted, and the sender's own CPU seconds."""
    from ipaddress import ip_network

    from livebom.net.pace import Pace
    from livebom.net.ranges import Range
    from probes.engine.plan import Block, make_plan
    from probes.engine.tally import Open, Tally
    from probes.sources import Hunt, syn

    whole = ip_network(network)
    found: list[Open] = []
    one = Hunt(
        plan=make_plan([Block((Range(int(whole[0]), int(whole[-1]), 4),), tuple(ports))]),
        key=b"bench",
        pace=Pace(rate),
        timeout=timeout,
        retries=retries,
        allowed=lambda _address, _port: True,
        on_open=found.extend,
        stop=lambda: False,
        tally=Tally(),
    )
    began = time.monotonic()
    syn.find(one)
    wall = time.monotonic() - began
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "open": sorted((place.address, place.port) for place in found),
        "sent": one.tally.sent,
        "lost": one.tally.lost,
        "finished": one.tally.finished,
        "sender cpu": usage.ru_utime + usage.ru_stime,
        "wall": wall,
    }


def masscan(bed: Bed, network: str, ports: Sequence[int], *, rate: int = 10_000_000, wait: int = 0) -> Cost:
    """masscan over the same targets; its answer is what it found, a line each."""
    argv = ["masscan", network, "-p", f"{ports[0]}-{ports[-1]}", "--rate", str(rate), "-e", DEVICE, "-oL", "-"]
    argv += ["--adapter-ip", SOURCE, "--router-mac", bed.router(network).replace(":", "-"), "--wait", str(wait)]
    argv = ["timeout", "40", *argv]
    with bed.responder("drip"), _quiet():  # it ends only once one more packet has come
        return command(argv)


def masscan_found(answer: str) -> set[tuple[str, int]]:
    """What `-oL` lists as open."""
    rows = [line.split() for line in answer.splitlines() if line.startswith("open tcp ")]
    return {(row[3], int(row[2])) for row in rows}


def zmap(bed: Bed, network: str, port: int, probes: int) -> Cost:
    """zmap at one port with so many probes to each address. Its own blacklist holds 198.18.0.0/15: not used."""
    argv = ["zmap", "-p", str(port), "-P", str(probes), "-r", "0", "-i", DEVICE, "-G", bed.router(network), "-c", "1"]
    with _quiet():
        return command([*argv, "-S", SOURCE, "-b", "/dev/null", "-q", "-o", "/dev/null", network])


@cache
def bound_program() -> str:
    """The C sender, compiled; gone at exit with its folder."""
    folder = tempfile.mkdtemp(prefix="livebom-bench-")
    import atexit

    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    program = str(Path(folder) / "sendmmsg")
    subprocess.run(["gcc", "-O2", "-o", program, str(Path(__file__).with_name("sendmmsg.c"))], check=True)
    return program


def bound(bed: Bed, network: str, count: int) -> Cost:
    """`count` frames to a network by the C sender."""
    from ipaddress import ip_network

    whole = ip_network(network)
    macs = [one.replace(":", "") for one in (bed.mac(bed.scanner), bed.router(network))]
    return command([bound_program(), DEVICE, *macs, SOURCE, str(whole[0]), str(whole.num_addresses), str(count)])


@contextmanager
def burning(count: int) -> Iterator[None]:
    """That many processes that do nothing but use a core each."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for one in busy:
            one.kill()
            one.wait()


@contextmanager
def _inside(name: str) -> Iterator[None]:
    """This thread, and every process and thread it starts, in a network namespace."""
    with Path("/proc/thread-self/ns/net").open("rb") as before, Path(f"/run/netns/{name}").open("rb") as there:
        _enter(there.fileno())
        try:
            yield
        finally:
            _enter(before.fileno())


def _enter(number: int) -> None:
    if _libc.setns(number, _NETWORK_NAMESPACE):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


@contextmanager
def _quiet() -> Iterator[None]:
    """Standard error, which the peers paint their progress on, goes nowhere."""
    kept = os.dup(2)
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, timeout=20)


def _sockets(places: Sequence[tuple[str, int]]) -> list[socket.socket]:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return [socket.create_server((address, port), backlog=64) for address, port in places]


def listen() -> None:
    """The kernel answers for 1000 places; nobody speaks."""
    kept = _sockets(chosen())
    print("ready", flush=True)
    threading.Event().wait()
    del kept


def drip() -> None:
    """A datagram to the scanner every 50 ms."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        print("ready", flush=True)
        while True:
            sock.sendto(b"", (SOURCE, 9))
            time.sleep(0.05)  # noqa: TID251 - a drip is a drip


def serve(recording: str) -> None:
    """1000 HTTP services that answer as a recorded one did."""
    asyncio.run(_serve(recording))


async def _serve(recording: str) -> None:
    from tests.answers import Answers
    from tests.recording import load

    loop = asyncio.get_running_loop()
    answers = Answers(load(recording))
    for sock in _sockets(chosen()):
        await loop.create_server(lambda: _Service(answers), sock=sock)
    print("ready", flush=True)
    await asyncio.Event().wait()


class _Service(asyncio.Protocol):
    """One connection to such a service; requests have no body, as ours have not."""

    def __init__(self, answers: Any) -> None:
        self._answers, self._data = answers, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        from tests.answers import render
        from tests.wire import parse_request

        self._data += data
        while b"\r\n\r\n" in self._data:
            head, _, self._data = self._data.partition(b"\r\n\r\n")
            asked = parse_request(head + b"\r\n\r\n")
            found = self._answers.find(asked)
            self._transport.write(render(found, asked, None))
            if (asked.header("Connection") or "").lower() == "close" or found.response.end:
                self._transport.close()


if __name__ == "__main__":
    entries: dict[str, Callable[..., None]] = {"listen": listen, "drip": drip, "serve": serve}
    entries[sys.argv[1]](*json.load(sys.stdin))
