"""ARP discovery by scapy: three hosts on a bridge, in network namespaces made for the test."""

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec

import pytest

from probes.sources.arp import alive, refusal
from tests.probes.sources.hunts import reach
from tests.root.netns import ROOT, Namespace, join, namespaces, needs_root

pytestmark = [
    pytest.mark.root,
    needs_root,
    pytest.mark.skipif(find_spec("scapy") is None, reason="scapy is not installed: pip install 'livebom[scapy]'"),
]
CODE = """
import json, sys, livebom
from probes.sources.arp import alive
from tests.probes.sources.hunts import reach
try:
    print(json.dumps(sorted(alive([reach(*sys.argv[2:])], sys.argv[1], 0.5))))
except ChildProcessError as fault:
    print(json.dumps(str(fault)))
"""


@pytest.fixture
def segment() -> Iterator[Namespace]:
    """A scanner at 198.18.5.1 on a bridge with hosts at .2, .40 and .77."""
    with namespaces(5) as (bridge, scanner, *hosts):
        bridge.ip("link add br0 type bridge")
        bridge.ip("link set br0 up")
        for number, (one, last) in enumerate(zip([scanner, *hosts], (1, 2, 40, 77), strict=True)):
            join(one, f"198.18.5.{last}/24", bridge, f"169.254.9.{last}/32", f"veth{number}")
            bridge.ip(f"link set veth{number} master br0")
        yield scanner


def asked(scanner: Namespace, interface: str, first: str, last: str) -> object:
    done = subprocess.run(
        scanner.words(sys.executable, "-c", CODE, interface, first, last),
        capture_output=True, text=True, timeout=40, cwd=ROOT, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


def test_who_is_there_is_found_and_nobody_else(segment: Namespace) -> None:
    assert asked(segment, "veth0", "198.18.5.2", "198.18.5.90") == ["198.18.5.2", "198.18.5.40", "198.18.5.77"]
    assert asked(segment, "veth0", "198.18.5.41", "198.18.5.76") == []


def test_a_missing_interface_is_told(segment: Namespace) -> None:
    assert str(asked(segment, "nosuch0", "198.18.5.2", "198.18.5.3")).startswith("ARP on nosuch0: ")


def test_what_arp_cannot_do_is_refused() -> None:
    assert refusal([reach("2001:db8::1", "2001:db8::2")]) == "ARP knows IPv4 only"
    assert "4096" in refusal([reach("10.0.0.0", "10.0.255.255")])
    assert alive([], "veth0") == set()
