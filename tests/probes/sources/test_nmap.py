"""The nmap source, with the real nmap on loopback: what is open is found, what is out of scope is not asked."""

import shutil
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

import pytest

from probes.sources import nmap, sources
from tests.probes.sources.hunts import hunt

pytestmark = pytest.mark.skipif(
    not shutil.which("nmap") or not find_spec("nmap"), reason="needs nmap, and python-nmap: pip install 'livebom[nmap]'"
)
ROOT = Path(__file__).resolve().parents[3]
NOBODY = 9
"""The discard port: nobody listens on it."""


def test_open_ports_are_found_and_everything_is_accounted_for() -> None:
    with ExitStack() as stack:
        one = stack.enter_context(socket.create_server(("127.66.0.3", 0)))
        port = one.getsockname()[1]
        stack.enter_context(socket.create_server(("127.66.0.7", port)))
        made, found = hunt(("127.66.0.1", "127.66.0.9", [NOBODY, port]))
        assert nmap.refusal(made) == ""
        nmap.find(made)
    assert sorted((place.address, place.port) for place in found) == [("127.66.0.3", port), ("127.66.0.7", port)]
    tally = made.tally
    assert (tally.sent, tally.open, tally.refused, tally.silent, tally.lost) == (18, 2, 16, 0, 0)
    assert tally.complete
    assert tally.cursor == 32  # the end of the order: the next power of two


@pytest.mark.slow
def test_what_the_scope_does_not_allow_is_neither_asked_nor_said() -> None:
    with socket.create_server(("127.66.1.5", 0)) as peer:
        peer.settimeout(0.05)
        port = peer.getsockname()[1]
        made, found = hunt(("127.66.1.4", "127.66.1.6", [port]), allowed=lambda address, _: address != "127.66.1.5")
        nmap.find(made)
        with pytest.raises(TimeoutError):
            peer.accept()
    assert found == []
    assert (made.tally.sent, made.tally.lost, made.tally.complete) == (2, 1, False)


@pytest.mark.slow
def test_a_stopped_hunt_ends_soon_and_takes_nmap_with_it() -> None:
    until = time.monotonic() + 0.8
    made, _ = hunt(("127.66.2.0", "127.66.3.255", range(1, 400)), rate=50, stop=lambda: time.monotonic() > until)
    began = time.monotonic()
    nmap.find(made)
    assert time.monotonic() - began < 5
    assert made.tally.stopped
    assert made.tally.cursor is None
    processes = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert "127.66.2.0" not in processes


def test_a_shard_is_refused_in_words() -> None:
    made, _ = hunt(("127.66.0.1", "127.66.0.9", [NOBODY]), start=4)
    assert "no shard" in nmap.refusal(made)
    with pytest.raises(ValueError, match="no shard"):
        nmap.find(made)


def test_a_missing_program_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    assert nmap.refusal(hunt(("127.66.0.1", "127.66.0.1", [NOBODY]))[0]) == "the program nmap is not installed"


def test_it_is_one_of_the_engines_and_its_library_is_not_loaded_here() -> None:
    assert sources()["nmap"] is nmap
    code = "import sys, livebom, probes.sources as s; s.sources(); sys.exit(bool({'nmap', 'scapy'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
