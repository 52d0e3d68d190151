"""Our SYN frames beside those of scapy, an independent builder: equal byte for byte, and read back whole."""

import json
import random
import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from probes.engine.syn.frames import build

pytestmark = pytest.mark.skipif(
    find_spec("scapy") is None, reason="scapy is not installed: pip install 'livebom[scapy]'"
)

ROOT = Path(__file__).resolve().parents[3]
OURS, THEIRS = bytes.fromhex("02aabbccddee"), bytes.fromhex("021122334455")
SOURCES = {4: "198.18.0.1", 6: "2001:db8::1"}
EDGES = {
    4: ["0.0.0.0", "198.18.0.2", "198.19.255.255", "255.255.255.255"],
    6: ["::", "2001:db8::2", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
}


def rows(family: int) -> list[dict[str, Any]]:
    """Edges and a few dozen random targets, always the same."""
    chance = random.Random(family)  # noqa: S311 - the same in every run
    bits = 32 if family == 4 else 128
    addresses = EDGES[family] + [str(ip_address(chance.getrandbits(bits).to_bytes(bits // 8))) for _ in range(40)]
    return [
        {
            "source_mac": OURS.hex(":"),
            "next_mac": THEIRS.hex(":"),
            "source": SOURCES[family],
            "address": address,
            "port": chance.choice([1, 80, 11434, 65535]),
            "source_port": chance.choice([1024, 65280, 65535]),
            "sequence": chance.choice([0, 0xFFFFFFFF, chance.getrandbits(32)]),
        }
        for address in addresses
    ]


def ours(family: int) -> list[bytes]:
    table = rows(family)
    return build(
        source_mac=OURS,
        next_mac=THEIRS,
        source=SOURCES[family],
        targets=[(row["address"], row["port"]) for row in table],
        source_ports=[row["source_port"] for row in table],
        sequences=[row["sequence"] for row in table],
    )


@cache
def scapys(family: int) -> dict[str, Any]:
    """What scapy builds of the same rows, and what it reads in our frames."""
    asked = json.dumps({"rows": rows(family), "frames": [frame.hex() for frame in ours(family)]})
    done = subprocess.run(
        [sys.executable, "-m", "tests.probes.engine.scapy_frames"],
        input=asked, capture_output=True, text=True, timeout=50, cwd=ROOT, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.mark.slow
@pytest.mark.parametrize("family", [4, 6])
def test_our_frames_are_scapys_byte_for_byte(family: int) -> None:
    assert [frame.hex() for frame in ours(family)] == scapys(family)["built"]


@pytest.mark.parametrize("family", [4, 6])
def test_scapy_reads_our_frames_with_right_checksums_and_nothing_left_over(family: int) -> None:
    read = scapys(family)["read"]
    assert len(read) == len(rows(family))
    for row, said in zip(rows(family), read, strict=True):
        assert said["sums"] == said["right_sums"]
        assert ip_address(said["address"]) == ip_address(row["address"])
        assert (said["port"], said["sequence"], said["flags"]) == (row["port"], row["sequence"], "S")
        assert said["options"] == [["MSS", 1460 if family == 4 else 1440]]
        assert said["padding"] == 0
