"""The SYN path against real kernels and against peers that lie, in network namespaces made for the test."""

import json
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.root.netns import Namespace, finish, join, namespaces, needs_root, running

pytestmark = [pytest.mark.root, needs_root]

NEAR, FAR = "198.18.0", "198.19.0"
Blocks = list[tuple[str, str, list[int]]]
Pair = tuple[Namespace, Namespace]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """A scanner, and beside it a target that is the gateway to 198.19.0.0/16 and 2001:db8:2::/64."""
    with namespaces(2) as (scanner, target):
        join(scanner, f"{NEAR}.1/24", target, f"{NEAR}.2/24")
        for side, address in ((scanner, "2001:db8::1/64"), (target, "2001:db8::2/64")):
            side.ip(f"addr add {address} dev veth0 nodad")
        scanner.ip(f"route add 198.19.0.0/16 via {NEAR}.2")
        scanner.ip("route add 2001:db8:2::/64 via 2001:db8::2")
        yield scanner, target


def begin(scanner: Namespace, blocks: Blocks, *, through: tuple[str, ...] = (), **more: Any) -> "subprocess.Popen[str]":
    child = scanner.start("tests.root.hunting", through=through)
    assert child.stdin
    child.stdin.write(json.dumps({"blocks": blocks, "rate": 5000, **more}) + "\n")
    child.stdin.flush()
    return child


def result(child: "subprocess.Popen[str]") -> dict[str, Any]:
    """What the hunt ended with: found, failed, tally, and the seconds it took."""
    said = [json.loads(line) for line in child.communicate(timeout=40)[0].splitlines() if line != "ready"]
    answer: dict[str, Any] = {"seconds": 0.0}
    for one in said:
        answer |= one
    answer["found"] = [tuple(one) for one in answer["found"]]
    return answer


def hunt(scanner: Namespace, blocks: Blocks, **more: Any) -> dict[str, Any]:
    return result(begin(scanner, blocks, **more))


def places(*found: tuple[str, int]) -> list[str]:
    return [f"{address},{port}" for address, port in found]


def test_exactly_the_open_ports_behind_a_gateway_are_found(pair: Pair) -> None:
    scanner, target = pair
    target.ip(f"route add local {FAR}.0/24 dev lo")
    wanted = sorted((f"{FAR}.{host}", port) for host in range(3, 250, 7) for port in (80, 8000) if host % 3)
    with running(target.start("tests.root.listening", *places(*wanted))):
        got = hunt(scanner, [(f"{FAR}.0", f"{FAR}.255", [80, 443, 8000])])
    assert got["found"] == wanted
    tally = got["tally"]
    assert (tally["open"], tally["silent"], tally["lost"]) == (len(wanted), 3 * 256 - len(wanted), 0)
    assert tally["finished"]
    assert tally["sent"] == 2 * 3 * 256 - len(wanted)  # what was open is not tried again


def test_neighbours_of_the_own_segment_are_found_and_the_absent_are_told(pair: Pair) -> None:
    scanner, target = pair
    target.ip(f"addr add {NEAR}.77/24 dev veth0")
    with running(target.start("tests.root.listening", *places((f"{NEAR}.2", 80), (f"{NEAR}.77", 81)))):
        got = hunt(scanner, [(f"{NEAR}.2", f"{NEAR}.99", [80, 81]), (f"{FAR}.1", f"{FAR}.1", [80])])
    assert got["found"] == [(f"{NEAR}.2", 80), (f"{NEAR}.77", 81)]
    assert got["tally"]["unreachable"] == 2 * 96
    assert got["tally"]["finished"]


def test_listed_ipv6_hosts_are_found_near_and_behind_a_gateway(pair: Pair) -> None:
    scanner, target = pair
    target.ip("addr add 2001:db8:2::5/128 dev lo")
    wanted = [("2001:db8:2::5", 80), ("2001:db8::2", 443)]
    with running(target.start("tests.root.listening", *places(*wanted))):
        blocks: Blocks = [
            ("2001:db8:2::1", "2001:db8:2::9", [80, 443]),
            ("2001:db8::2", "2001:db8::3", [80, 443]),
            (f"{NEAR}.2", f"{NEAR}.2", [9]),
        ]
        got = hunt(scanner, blocks)
    assert got["found"] == wanted
    assert got["tally"]["unreachable"] == 2


def test_a_router_between_is_found_by_the_kernel_and_used() -> None:
    with namespaces(3) as (scanner, router, target):
        join(scanner, "198.18.1.1/24", router, "198.18.1.2/24")
        join(router, "198.18.2.1/24", target, "198.18.2.2/24", "veth1")
        router.sysctl("ipv4/ip_forward", 1)
        scanner.ip("route add default via 198.18.1.2")
        target.ip("route add default via 198.18.2.1")
        with running(target.start("tests.root.listening", *places(("198.18.2.2", 8080)))):
            got = hunt(scanner, [("198.18.2.2", "198.18.2.2", list(range(8000, 8200)))])
    assert got["found"] == [("198.18.2.2", 8080)]


def test_a_gateway_that_does_not_answer_leaves_its_targets_unreachable(pair: Pair) -> None:
    scanner, _ = pair
    scanner.ip(f"route add 198.19.128.0/24 via {NEAR}.200")
    got = hunt(scanner, [("198.19.128.0", "198.19.128.9", [80])])
    assert got["found"] == []
    assert (got["tally"]["unreachable"], got["tally"]["sent"], got["tally"]["finished"]) == (10, 0, True)


def test_a_peer_that_lies_opens_no_port(pair: Pair) -> None:
    scanner, target = pair
    target.ip("route add blackhole 198.19.0.0/16")
    with running(target.start("tests.root.lying", f"{FAR}.17", "8001")) as liar:
        got = hunt(scanner, [(f"{FAR}.0", f"{FAR}.63", list(range(8000, 8010)))], rate=2000)
        liar.terminate()
    assert got["found"] == [(f"{FAR}.17", 8001)]
    assert got["tally"]["open"] == 1
    assert got["tally"]["finished"]


def test_nothing_but_planned_packets_leaves(pair: Pair) -> None:
    scanner, target = pair
    target.ip("route add blackhole 198.19.0.0/16")
    ports = [80, 443]
    with running(target.start("tests.root.watching")) as watch:
        got = hunt(scanner, [(f"{FAR}.8", f"{FAR}.23", ports), (f"{FAR}.40", f"{FAR}.40", [22])])
        frames = [bytes.fromhex(one) for one in json.loads(watch.communicate(timeout=20)[0])]
    planned = {(bytes([198, 19, 0, host]), port) for host in range(8, 24) for port in ports}
    planned.add((bytes([198, 19, 0, 40]), 22))
    syns = Counter((one[30:34], int.from_bytes(one[36:38])) for one in frames if one[12:14] == b"\x08\x00")
    assert set(syns) == planned
    provoked = sum(syns.values()) - got["tally"]["sent"]
    assert got["tally"]["sent"] == 2 * len(planned)
    assert 0 <= provoked <= 3  # the kernel's own SYN, to learn the gateway's hardware address
    asked = {one[38:42] for one in frames if one[12:14] == b"\x08\x06" and one[20:22] == b"\0\1"}
    assert asked <= {bytes([198, 18, 0, 2])}


@pytest.mark.parametrize(
    ("blocks", "word"),
    [
        ([("127.0.0.1", "127.0.0.9", [80])], "loopback"),
        ([(f"{NEAR}.1", f"{NEAR}.1", [80])], "this host itself"),
        ([(f"{NEAR}.0", f"{NEAR}.255", [80])], "this host itself"),
        ([("8.8.8.8", "8.8.8.8", [80])], "no route"),
        ([("224.0.0.1", "224.0.0.1", [80])], "multicast"),
        ([("2001:db8:2::", "2001:db8:2::1:ffff", [80])], "IPv6 addresses"),
        ([("198.20.0.0", "198.20.255.255", [80]), ("198.21.0.0", "198.21.0.9", [80])], "own network segment"),
    ],
)
def test_what_it_cannot_look_at_is_refused_in_words(pair: Pair, blocks: Blocks, word: str) -> None:
    scanner, _ = pair
    scanner.ip("route add 198.20.0.0/15 dev veth0")
    got = hunt(scanner, blocks)
    assert word in got["failed"]
    assert got["tally"]["sent"] == 0


@pytest.mark.parametrize(("made", "word"), [("tuntap add other mode tun", "not Ethernet"), ("", "does not resolve")])
def test_an_interface_that_takes_no_frames_of_ours_is_refused(pair: Pair, made: str, word: str) -> None:
    scanner, _ = pair
    name = "other" if made else "veth0"
    for line in (made, f"link set {name} up", f"link set {name} arp off", f"addr add 198.18.9.1/24 dev {name}"):
        if line:
            scanner.ip(line)
    got = hunt(scanner, [("198.18.9.2", "198.18.9.2", [80])])
    assert word in got["failed"]


def sender_of(child: "subprocess.Popen[str]") -> int:
    """The process of the sender, once its privileges are gone."""
    children = Path(f"/proc/{child.pid}/task/{child.pid}/children")
    until = time.monotonic() + 10
    while time.monotonic() < until:
        for word in children.read_text().split():
            if "NoNewPrivs:\t1" in Path(f"/proc/{word}/status").read_text():
                return int(word)
    raise AssertionError("no sender without privileges was seen")


def sockets_of(process: int) -> int:
    """How many sockets it has open."""
    return sum(str(path.readlink()).startswith("socket:") for path in Path(f"/proc/{process}/fd").iterdir())


def frames_sent(process: int) -> int:
    """How many frames left by veth0 in its namespace."""
    lines = Path(f"/proc/{process}/net/dev").read_text().splitlines()
    return next(int(line.split()[10]) for line in lines if line.split()[0] == "veth0:")


def wait_until(true: Callable[[], bool]) -> None:
    """Look until it holds; fails after ten seconds."""
    until = time.monotonic() + 10
    while not true():
        assert time.monotonic() < until


def test_the_sender_holds_no_privilege_and_its_death_is_told(pair: Pair) -> None:
    scanner, _ = pair
    child = begin(scanner, [(f"{FAR}.0", "198.19.9.255", [80, 443])], rate=500)
    try:
        sender = sender_of(child)
        status = dict(
            line.split(":\t", 1) for line in Path(f"/proc/{sender}/status").read_text().splitlines() if ":\t" in line
        )
        assert {int(status[f"Cap{name}"], 16) for name in ("Inh", "Prm", "Eff", "Bnd", "Amb")} == {0}
        assert status["Uid"].split() == status["Gid"].split() == ["65534"] * 4
        assert (status["NoNewPrivs"], status["Threads"], status["Groups"].strip()) == ("1", "1", "")
        wait_until(lambda: frames_sent(sender) > 50)  # until then it also asks the kernel for the next hops
        assert sockets_of(sender) == 2
        os.kill(sender, signal.SIGKILL)
        began = time.monotonic()
        got = result(child)
    finally:
        finish(child)
    assert got["failed"] == "ChildProcessError: the SYN sender was ended by signal 9"
    assert not got["tally"]["finished"]
    assert time.monotonic() - began < 5


def test_root_that_holds_cap_net_raw_alone_is_enough(pair: Pair) -> None:
    scanner, target = pair
    with running(target.start("tests.root.listening", *places((f"{NEAR}.2", 80)))):
        raw = ("setpriv", "--inh-caps=-all,+net_raw", "--bounding-set=-all,+net_raw")
        got = result(begin(scanner, [(f"{NEAR}.2", f"{NEAR}.2", [80, 81])], through=raw))
    assert (got["found"], got["failed"]) == ([(f"{NEAR}.2", 80)], "")


def test_without_cap_net_raw_it_is_refused(pair: Pair) -> None:
    scanner, _ = pair
    none = ("setpriv", "--inh-caps=-all", "--bounding-set=-all,+net_admin")
    got = result(begin(scanner, [(f"{NEAR}.2", f"{NEAR}.2", [80, 81])], through=none))
    assert "CAP_NET_RAW" in got["failed"]


def test_stopping_ends_it_soon(pair: Pair) -> None:
    scanner, _ = pair
    child = begin(scanner, [(f"{FAR}.0", "198.19.99.255", [80, 443])], rate=500)
    sender = sender_of(child)
    assert child.stdin
    child.stdin.write("stop\n")
    child.stdin.flush()
    began = time.monotonic()
    got = result(child)
    assert time.monotonic() - began < 3
    assert (got["failed"], got["tally"]["stopped"], got["tally"]["finished"]) == ("", True, False)
    assert not Path(f"/proc/{sender}").exists()


def test_whoever_takes_open_ports_slowly_holds_up_the_sending(pair: Pair) -> None:
    scanner, target = pair
    target.ip(f"route add local {FAR}.0/24 dev lo")
    wanted = sorted((f"{FAR}.{host}", 80) for host in range(0, 256, 8))
    with running(target.start("tests.root.listening", *places(*wanted))):
        ports = list(range(80, 96))
        got = hunt(scanner, [(f"{FAR}.0", f"{FAR}.255", ports)], rate=4096, retries=0, hold=2.5)
    assert got["found"] == wanted
    # one second of sending, of which a quarter may pass before it is held up, and the half second of the timeout
    assert got["seconds"] > 2.5 + 0.6 + 0.5
    assert got["tally"]["finished"]


def test_the_shards_together_find_everything_once(pair: Pair) -> None:
    scanner, target = pair
    target.ip(f"route add local {FAR}.0/24 dev lo")
    wanted = sorted((f"{FAR}.{host}", 80) for host in range(0, 256, 5))
    blocks: Blocks = [(f"{FAR}.0", f"{FAR}.255", [80, 81])]
    with running(target.start("tests.root.listening", *places(*wanted))):
        parts = [hunt(scanner, blocks, start=start, stop_at=start + 256, retries=0) for start in (0, 256)]
    assert sorted(place for part in parts for place in part["found"]) == wanted
    assert [part["tally"]["cursor"] for part in parts] == [256, 512]
    assert sum(part["tally"]["sent"] for part in parts) == 512
