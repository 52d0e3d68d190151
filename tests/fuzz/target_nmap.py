"""The XML that nmap and its like write."""

from collections.abc import Iterator
from contextlib import suppress
from ipaddress import ip_address

from probes.sources.nmap_xml import NmapError, read_nmap
from tests.probes.sources.test_nmap_xml import BOMB, host, port, xml


def one_input(data: bytes) -> None:
    with suppress(NmapError):
        scan = read_nmap(data, "s.xml")
        assert len(scan.opens) <= len(data)
        for one in scan.opens:
            ip_address(one.address)
            assert 0 < one.port < 65536
            assert one.rtt >= 0
        assert scan.closed >= 0
        assert scan.filtered >= 0


def seeds() -> Iterator[bytes]:
    extra = '<extraports state="closed" count="61"/><extraports state="filtered" count="7"/>'
    yield xml(host("10.0.0.1", extra, port(80), port(81, "closed"), port(53, protocol="udp")))
    yield xml(host("2001:db8::1", port(443), kind="ipv6"))
    yield BOMB
    yield b'<?xml version="1.0" encoding="utf-16"?><nmaprun/>'
