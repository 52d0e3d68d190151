"""Asking the kernel about routes, interfaces and neighbours over rtnetlink; nothing is ever changed."""

import os
import socket
import struct
from collections.abc import Iterator

from msgspec import Struct

from livebom.net.ranges import Family

# linux/netlink.h, linux/rtnetlink.h, linux/neighbour.h
_NEW_LINK, _GET_LINK, _NEW_ROUTE, _GET_ROUTE, _NEW_NEIGHBOUR, _GET_NEIGHBOUR = 16, 18, 24, 26, 28, 30
_ERROR, _DONE, _REQUEST, _DUMP = 2, 3, 1, 0x300
_DESTINATION, _INTERFACE, _GATEWAY, _SOURCE = 1, 4, 5, 7
_LINK_ADDRESS, _LINK_NAME, _LINK_INFO, _INFO_KIND = 1, 3, 18, 1
_NEIGHBOUR_ADDRESS, _NEIGHBOUR_MAC = 1, 2
_USABLE = 0x02 | 0x04 | 0x08 | 0x10 | 0x80  # reachable, stale, delay, probe, permanent
UNICAST, LOCAL = 1, 2
"""Types of route."""
ETHERNET = 1
"""ARPHRD_ETHER."""
_UP, _LOOPBACK, _NO_ARP = 0x1, 0x8, 0x80
_FAMILIES: dict[int, int] = {4: socket.AF_INET, 6: socket.AF_INET6}
_TIMEOUT = 5.0

Attributes = dict[int, bytes]


class Interface(Struct, frozen=True):
    """One network interface; `kind` is empty for hardware, else `veth`, `vlan` and so on."""

    number: int
    name: str
    mac: bytes
    hardware: int
    flags: int
    kind: str

    @property
    def up(self) -> bool:
        """Whether it may send."""
        return bool(self.flags & _UP)

    @property
    def loopback(self) -> bool:
        """Whether what is sent comes back to this host."""
        return bool(self.flags & _LOOPBACK)

    @property
    def resolves(self) -> bool:
        """Whether neighbours on it have addresses that can be asked for."""
        return not self.flags & _NO_ARP


class Route(Struct, frozen=True):
    """Where the kernel would send to one address; `gateway` is None for a neighbour."""

    kind: int
    interface: int
    source: int | None
    gateway: int | None


class Netlink:
    """One question at a time. Raises OSError as the kernel answers, for instance where there is no route."""

    def __init__(self) -> None:
        """Open the socket; it needs no privilege."""
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        self._socket.settimeout(_TIMEOUT)
        self._number = 0

    def __enter__(self) -> "Netlink":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def interfaces(self) -> dict[int, Interface]:
        """All of them by their number."""
        found = {}
        for payload in self._ask(_GET_LINK, struct.pack("=BxHiII", 0, 0, 0, 0, 0), dump=True, kind=_NEW_LINK):
            _, hardware, number, flags, _ = struct.unpack_from("=BxHiII", payload)
            fields = _attributes(payload[16:])
            name = fields.get(_LINK_NAME, b"").rstrip(b"\0").decode("ascii", "replace")
            kind = (
                _attributes(fields.get(_LINK_INFO, b"")).get(_INFO_KIND, b"").rstrip(b"\0").decode("ascii", "replace")
            )
            found[number] = Interface(number, name, fields.get(_LINK_ADDRESS, b""), hardware, flags, kind)
        return found

    def prefixes(self, family: Family) -> Iterator[tuple[int, int]]:
        """First and last address of the destination of every route, of all tables: where routing may differ."""
        bits = 32 if family == 4 else 128
        for payload in self._ask(_GET_ROUTE, _route(family, 0), dump=True, kind=_NEW_ROUTE):
            length = payload[1]
            first = int.from_bytes(_attributes(payload[12:]).get(_DESTINATION, bytes(bits // 8)))
            yield first, first | (1 << bits - length) - 1

    def route(self, address: int, family: Family) -> Route:
        """How the kernel would reach that address."""
        raw = address.to_bytes(4 if family == 4 else 16)
        request = _route(family, len(raw) * 8) + _attribute(_DESTINATION, raw)
        payload = next(self._ask(_GET_ROUTE, request, dump=False, kind=_NEW_ROUTE))
        fields = _attributes(payload[12:])
        interface = int.from_bytes(fields.get(_INTERFACE, b"\0"), "little" if _LITTLE else "big")
        return Route(payload[7], interface, _number(fields, _SOURCE), _number(fields, _GATEWAY))

    def neighbours(self, interface: int, family: Family) -> dict[int, bytes]:
        """The hardware address of every neighbour that the kernel knows on that interface."""
        request = struct.pack("=BxxxiHBB", _FAMILIES[family], interface, 0, 0, 0)
        found = {}
        for payload in self._ask(_GET_NEIGHBOUR, request, dump=True, kind=_NEW_NEIGHBOUR):
            _, number, state, _, _ = struct.unpack_from("=BxxxiHBB", payload)
            fields = _attributes(payload[12:])
            mac, address = fields.get(_NEIGHBOUR_MAC, b""), _number(fields, _NEIGHBOUR_ADDRESS)
            if number == interface and state & _USABLE and len(mac) == 6 and address is not None:
                found[address] = mac
        return found

    def _ask(self, what: int, payload: bytes, *, dump: bool, kind: int) -> Iterator[bytes]:
        """The payloads of all answers of that kind."""
        self._number += 1
        flags = _REQUEST | (_DUMP if dump else 0)
        self._socket.send(struct.pack("=IHHII", 16 + len(payload), what, flags, self._number, 0) + payload)
        while True:
            data = self._socket.recv(1 << 17)
            for told, number, body in _messages(data):
                if number != self._number:
                    continue
                if told == _DONE:
                    return
                if told == _ERROR:
                    code = -int(struct.unpack_from("=i", body)[0])
                    raise OSError(code, os.strerror(code))
                if told == kind:
                    yield body
                    if not dump:
                        return


_LITTLE = struct.pack("=H", 1) == b"\1\0"


def _route(family: int, length: int) -> bytes:
    """A struct rtmsg that asks about destinations of that many bits."""
    return struct.pack("=BBBBBBBBI", _FAMILIES[family], length, 0, 0, 0, 0, 0, 0, 0)


def _messages(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Type, number and payload of each message of a datagram."""
    at = 0
    while at + 16 <= len(data):
        length, kind, _, number, _ = struct.unpack_from("=IHHII", data, at)
        if length < 16:
            return
        yield kind, number, data[at + 16 : at + length]
        at += length + 3 & ~3


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def _attributes(data: bytes) -> Attributes:
    """Type to value of the attributes that fill the data."""
    found, at = {}, 0
    while at + 4 <= len(data):
        length, kind = struct.unpack_from("=HH", data, at)
        if length < 4:
            break
        found[kind & 0x3FFF] = data[at + 4 : at + length]
        at += length + 3 & ~3
    return found


def _number(fields: Attributes, kind: int) -> int | None:
    """The address in that attribute."""
    value = fields.get(kind)
    return None if value is None else int.from_bytes(value)
