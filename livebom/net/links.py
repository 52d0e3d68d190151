"""The routes of this host: which addresses are on a network of its own, such as a bridge of containers."""

from array import array
from collections.abc import Callable, Iterator
from contextlib import suppress
from fcntl import ioctl
from functools import cache
from ipaddress import IPv6Address
from pathlib import Path
from socket import AF_INET, SOCK_DGRAM, ntohl, socket
from struct import pack

from livebom.net.ranges import Range, number_of

_DRIVERS = frozenset({"bridge", "openvswitch", "veth"})
_SIOCETHTOOL, _GDRVINFO = 0x8946, 3
_UP, _GATEWAY = 1, 2
"""RTF_UP and RTF_GATEWAY (linux/route.h)."""


def driver(device: str) -> str:
    """Of a network device of the namespace we are in; empty where it has none (ethtool(8), ETHTOOL_GDRVINFO)."""
    told = array("B", pack("I", _GDRVINFO) + bytes(192))
    name = device.encode("utf-8", "replace")[:15]
    with suppress(OSError), socket(AF_INET, SOCK_DGRAM) as asking:
        ioctl(asking, _SIOCETHTOOL, pack("16sP16x", name, told.buffer_info()[0]))
        return told[4:36].tobytes().partition(b"\0")[0].decode("ascii", "replace")
    return ""


class Links:
    """What the kernel's tables tell of where addresses are."""

    def __init__(self, proc: Path = Path("/proc"), drives: Callable[[str], str] = driver) -> None:
        """Read them once; `drives` tells the driver of a device."""
        net = proc / "self" / "net"
        self._routes = sorted((*_v4(net / "route"), *_v6(net / "ipv6_route")), key=lambda one: one[0].count)
        self._drives = cache(drives)

    def reach(self, address: str) -> bool:
        """Whether the address is reached without a gateway, and over a bridge or a pair of virtual devices."""
        number = number_of(address)
        if number is None:
            return False
        for run, device in self._routes:  # the longest prefix first
            if run.family == number[1] and run.first <= number[0] <= run.last:
                return bool(device) and self._drives(device) in _DRIVERS
        return False


Route = tuple[Range, str]
"""Where it leads to, and the device it goes out by; empty where a gateway is on the way."""


def _v4(table: Path) -> Iterator[Route]:
    """Linux net/ipv4/fib_trie.c: device, destination, gateway, flags, ..., mask; hexadecimal, in network order."""
    for words in _lines(table, 8):
        first, mask = ntohl(int(words[1], 16)), ntohl(int(words[7], 16))
        flags = int(words[3], 16)
        if flags & _UP:
            yield Range(first, first | (mask ^ 0xFFFFFFFF), 4), "" if flags & _GATEWAY else words[0]


def _v6(table: Path) -> Iterator[Route]:
    """Linux net/ipv6/route.c: destination, prefix, source, prefix, next hop, metric, two counts, flags, device."""
    for words in _lines(table, 10):
        first, width = int(words[0], 16), (1 << (128 - int(words[1], 16))) - 1
        flags = int(words[8], 16)
        if flags & _UP and not IPv6Address(first).is_multicast:
            yield Range(first, first | width, 6), "" if flags & _GATEWAY else words[9]


def _lines(table: Path, least: int) -> Iterator[list[str]]:
    try:
        lines = table.read_text("ascii", "replace").splitlines()
    except OSError:
        return
    for words in (line.split() for line in lines):
        if len(words) >= least and words[1] != "Destination":
            yield words
