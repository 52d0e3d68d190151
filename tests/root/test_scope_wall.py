"""Scope is a wall: `livebom discover` among targets that lure away, with every packet it sends caught and judged."""

import json
import os
import struct
import subprocess
import sys
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.root import luring
from tests.root.netns import ROOT, Namespace, finish, join, namespaces, needs_root, running

pytestmark = [pytest.mark.root, needs_root]

GATEWAY = "198.18.0.254"
HERE = frozenset(luring.TARGET)
SECRETS = ("proxy-Passw0rd", "netrc-Passw0rd", "own-Bearer-t0ken")
PROXY = "http://someone:proxy-Passw0rd@198.18.0.99:8080"

Address = IPv4Address | IPv6Address


class Packet(NamedTuple):
    """One that was sent: what sort, whom to, and what of it is data."""

    sort: str
    to: str
    port: int = 0
    data: bytes = b""


def read(frame: bytes) -> Packet:
    """A frame as it went out (RFC 791, 826, 4861, 8200, 9293); what is not understood is told as it is."""
    kind, body = struct.unpack(">H", frame[12:14])[0], frame[14:]
    if kind == 0x0806:
        return Packet("arp", str(IPv4Address(body[24:28])))
    if kind == 0x0800:
        start = (body[0] & 15) * 4
        return _carried(body[9], str(IPv4Address(body[16:20])), body[start : struct.unpack(">H", body[2:4])[0]])
    if kind == 0x86DD:
        to, following, inner = str(IPv6Address(body[24:40])), body[6], body[40:]
        if following == 0:  # hop-by-hop options: multicast reports
            following, inner = inner[0], inner[8 * (inner[1] + 1) :]
        if following == 58 and inner[0] == 135:
            return Packet("nd", str(IPv6Address(inner[8:24])))
        if following == 58 and inner[0] in {131, 132, 143} and to.startswith("ff02::"):
            return Packet("mld", to)
        return _carried(following, to, inner)
    return Packet(f"ethertype {kind:#06x}", "?", data=body)


def _carried(protocol: int, to: str, inner: bytes) -> Packet:
    if protocol == 6:
        return Packet("tcp", to, struct.unpack(">H", inner[2:4])[0], inner[(inner[12] >> 4) * 4 :])
    if protocol == 17:
        return Packet("udp", to, struct.unpack(">H", inner[2:4])[0], data=inner[8:])
    return Packet(f"protocol {protocol}", to, data=inner)


def name_server() -> str:
    """The one that this machine's resolver asks; empty where a namespace cannot play it, being loopback or IPv6."""
    lines = Path("/etc/resolv.conf").read_text(encoding="utf-8").splitlines()
    named = [words[1] for words in map(str.split, lines) if words[:1] == ["nameserver"]]
    if not named or ip_address(named[0]).version != 4 or ip_address(named[0]).is_loopback:
        return ""
    return named[0]


class Wall:
    """A scanner's namespace whose every way leads to the peer that lures."""

    def __init__(self, scanner: Namespace, peer: Namespace, folder: Path) -> None:
        self.scanner, self.peer, self.folder = scanner, peer, folder
        self.dns = name_server()
        self.sent: list[Packet] = []

    def discover(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run `livebom discover` as a careless user does."""
        return self.run("-m", "livebom", "discover", *arguments, "--no-store", "--format", "jsonl", "--timeout", "1")

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run Python with the proxies and the netrc of a careless user; what it sent is in `sent` afterwards."""
        netrc = self.folder / ".netrc"
        netrc.write_text("default login someone password netrc-Passw0rd\n")
        netrc.chmod(0o600)
        proxies = ("http_proxy", "https_proxy", "all_proxy", "ftp_proxy")
        environment = os.environ | {one: PROXY for name in proxies for one in (name, name.upper())}
        environment |= {"HOME": str(self.folder), "XDG_STATE_HOME": str(self.folder), "NETRC": str(netrc)}
        environment["XDG_CONFIG_HOME"] = str(self.folder)
        environment["XDG_CACHE_HOME"] = str(ROOT / ".cache" / "tests")
        ear = self.scanner.start("tests.root.capturing")
        assert ear.stdout
        assert ear.stdout.readline().strip() == "ready"
        command = self.scanner.words(sys.executable, *words)
        try:
            done = subprocess.run(
                command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False
            )
            told = json.loads(ear.communicate(timeout=20)[0])
        finally:
            finish(ear)
        assert told["lost"] == 0
        self.sent = [read(bytes.fromhex(frame)) for _, frame in told["sent"]]
        return done

    def strangers(self, scope: frozenset[str] = HERE) -> list[Packet]:
        """What went where nobody was asked to look: neither to the scope, nor to the name server or the way there."""
        said = [one for one in self.sent if one.sort != "mld" and one.to not in scope]
        return [one for one in said if not self._needed(one)]

    def _needed(self, one: Packet) -> bool:
        return (one.sort, one.to, one.port) in {("udp", self.dns, 53), ("arp", GATEWAY, 0), ("nd", "2001:db8::fe", 0)}

    def leaks(self) -> list[Packet]:
        """Packets with a credential in them, plain or as basic authentication says it."""
        pairs = [secret.encode() for secret in SECRETS] + [b"c29tZW9uZT", b"Proxy-Authorization"]
        return [one for one in self.sent if any(pair in one.data for pair in pairs)]


needs_names = pytest.mark.skipif(not name_server(), reason="the resolver asks a name server that no namespace can play")


@pytest.fixture
def wall(tmp_path: Path) -> Iterator[Wall]:
    """Every address there is, IPv4 and IPv6, answers: what leaves the scope would arrive."""
    with namespaces(2) as (scanner, peer):
        for side in (scanner, peer):
            side.sysctl("ipv6/conf/default/router_solicitations", 0)
            side.sysctl("ipv6/conf/default/accept_dad", 0)
        join(scanner, "198.18.0.1/24", peer, "198.18.0.2/24")
        scanner.ip("addr add 2001:db8::1/64 dev veth0 nodad")
        for address in ("2001:db8::2/64", "2001:db8::fe/64"):
            peer.ip(f"addr add {address} dev veth0 nodad")
        for address in (GATEWAY, "198.18.0.77", "198.18.0.99"):
            peer.ip(f"addr add {address}/24 dev veth0")
        peer.ip("route add local 0.0.0.0/0 dev lo table main")
        peer.ip("route add local ::/0 dev lo table main")
        scanner.ip(f"route add default via {GATEWAY}")
        scanner.ip("route add default via 2001:db8::fe")
        with running(peer.start("tests.root.luring", str(tmp_path))):
            yield Wall(scanner, peer, tmp_path)


def ports() -> str:
    return ",".join(map(str, luring.PORTS))


def services(done: "subprocess.CompletedProcess[str]") -> dict[tuple[str, int], str | None]:
    assert done.returncode in {0, 3}, done.stderr
    return {(one["host"], one["port"]): one["product"] for one in map(json.loads, done.stdout.splitlines())}


def judged(wall: Wall) -> None:
    assert wall.strangers() == []
    assert wall.leaks() == []


def test_what_would_leave_is_caught(wall: Wall) -> None:
    """A client that follows redirects, trusts the environment and answers with what netrc says: all of it is seen."""
    follow = f"""
import urllib.request
bare = urllib.request.build_opener(urllib.request.ProxyHandler({{}}))
bare.addheaders = [("Authorization", "Basic netrc-Passw0rd")]
for opener in (bare, urllib.request.build_opener()):
    for number in range({len(luring.PLACES)}):
        try:
            opener.open("http://{luring.TARGET[0]}:{luring.REDIRECT}/", timeout=2)
        except (OSError, ValueError):
            pass
"""
    wall.run("-c", follow)
    assert {one.to for one in wall.strangers()} >= {
        "169.254.169.254",
        "fd00:ec2::254",
        "100.100.100.200",
        "198.18.0.77",
    }
    assert {one.to for one in wall.leaks()} >= {"198.18.0.99", luring.TARGET[0]}


@pytest.mark.parametrize("engine", ["connect", "syn", "nmap"])
def test_no_lure_of_a_target_moves_a_packet_out_of_the_scope(wall: Wall, engine: str) -> None:
    targets = luring.TARGET[:1] if engine == "nmap" else luring.TARGET
    found = services(wall.discover(*targets, "--ports", ports(), "--engine", engine, "--all"))
    assert found.keys() == {(host, port) for host in targets for port in luring.PORTS}
    assert found[targets[0], luring.OLLAMA] == "ollama"
    assert {one.port for one in wall.sent if one.data and one.to == targets[0]} >= set(luring.PORTS)  # all were asked
    judged(wall)


@needs_names
def test_a_name_is_resolved_once_whatever_it_is_said_to_be_later(wall: Wall) -> None:
    places = [f"http://ai.test:{port}" for port in luring.PORTS if port != luring.TLS]
    found = services(wall.discover(*places, f"https://ai.test:{luring.TLS}", "--all"))
    assert found.keys() == {(host, port) for host in luring.TARGET for port in luring.PORTS}
    asked = [one for one in wall.sent if one.port == 53]
    assert asked
    assert not any(b"metadata" in one.data for one in asked)
    assert len(asked) == 2  # A and AAAA, once
    judged(wall)


@needs_names
def test_a_name_of_a_metadata_service_is_refused_before_a_packet_goes_there(wall: Wall) -> None:
    done = wall.discover("http://metadata.test:80")
    assert done.returncode == 2
    assert "169.254.169.254" in done.stderr
    judged(wall)


def test_a_range_around_a_metadata_service_is_swept_without_it(wall: Wall) -> None:
    done = wall.discover("169.254.169.252-255", "--ports", "80", "--all")
    assert {host for host, _ in services(done)} <= {f"169.254.169.{last}" for last in (252, 253, 255)}
    assert wall.strangers(HERE | {"169.254.169.252", "169.254.169.253", "169.254.169.255"}) == []
    assert any(one.to == "169.254.169.253" for one in wall.sent)


def test_a_credential_goes_to_its_own_origin_and_nowhere_else(wall: Wall) -> None:
    token = wall.folder / "token"
    token.write_text("own-Bearer-t0ken")
    token.chmod(0o600)
    place = f"http://{luring.TARGET[0]}:{luring.GUARDED}"
    services(wall.discover(place, "--bearer-file", str(token), "--all"))
    assert wall.strangers() == []
    told = wall.leaks()
    assert told, "it was never sent"
    assert {(one.to, one.port) for one in told} == {(luring.TARGET[0], luring.GUARDED)}
    assert not any(b"Passw0rd" in one.data for one in told)


def test_answers_from_other_addresses_are_not_talked_to(wall: Wall) -> None:
    with running(wall.peer.start("tests.root.lying", luring.TARGET[0], "1")):  # beside the honest answers
        found = services(wall.discover(luring.TARGET[0], "--ports", ports(), "--engine", "syn", "--all"))
    assert {host for host, _ in found} == {luring.TARGET[0]}
    judged(wall)
