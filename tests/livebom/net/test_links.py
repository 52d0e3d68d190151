"""Which addresses are on a bridge of this host, as the kernel's tables tell."""

from pathlib import Path

import pytest

from livebom.net.links import Links, driver

ROUTES = """Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT
eth0\t00000000\t0100000A\t0003\t0\t0\t0\t00000000\t0\t0\t0
docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
eth0\t0000000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
eth0\t004D11AC\t0100000A\t0003\t0\t0\t0\t00FFFFFF\t0\t0\t0
"""
ROUTES_6 = (
    f"fd00{'0' * 28} 40 {'0' * 32} 00 {'0' * 32} 00000100 00000001 00000000 00000001 docker0\n"
    f"{'0' * 32} 00 {'0' * 32} 00 fe80{'0' * 27}1 00000400 00000001 00000000 00000003 eth0\n"
)


def drives(device: str) -> str:
    return {"docker0": "bridge", "eth0": "virtio_net"}.get(device, "")


@pytest.mark.parametrize(
    ("address", "reaches"),
    [
        ("172.17.0.2", True),
        ("172.17.77.2", False),  # a longer prefix leads through a gateway
        ("10.0.0.7", False),  # on the wire
        ("8.8.8.8", False),
        ("fd00::2", True),
        ("2001:db8::1", False),
        ("localhost", False),
    ],
)
def test_only_what_is_on_a_bridge_here_is_reached(tmp_path: Path, address: str, reaches: bool) -> None:
    net = tmp_path / "self" / "net"
    net.mkdir(parents=True)
    (net / "route").write_text(ROUTES)
    (net / "ipv6_route").write_text(ROUTES_6)
    assert Links(tmp_path, drives).reach(address) is reaches


def test_a_device_that_there_is_not_has_no_driver() -> None:
    assert driver("none" * 10) == driver("lo") == ""
    assert not Links(Path("/nowhere"), drives).reach("172.17.0.2")
