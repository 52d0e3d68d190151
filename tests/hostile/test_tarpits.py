"""Row 34: hosts on which every port is open, mute or with one answer for everything, between honest servers."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec
import pytest

from livebom.bom.document import Document
from livebom.bom.graph import values
from livebom.bom.parts import PartKind
from tests.hostile.arena import PORT, TIMEOUT, Arena, ran
from tests.hostile.conftest import Table
from tests.hostile.peers import everything, serving
from tests.lab import ROOT

pytestmark = pytest.mark.hostile

LIVEBOM = [sys.executable, "-m", "livebom"]
FIRST, WIDE, NARROW = 20000, 400, 60
OLLAMA = 11434
"""A port where a known product is usually found: it is asked on a tarpit too."""


@contextmanager
def mute(host: str, ports: range) -> Iterator[None]:
    """The kernel accepts at each of those ports, and nobody ever says a word."""
    with ExitStack() as stack:
        for port in ports:
            stack.enter_context(socket.create_server((host, port), backlog=8))
        yield


def words(arena: Arena, hosts: list[str], ports: range, *more: str) -> list[str]:
    """The command that sweeps the neighbours and these hosts over many ports."""
    places = f"{PORT},{OLLAMA},{ports[0]}-{ports[-1]}"
    base = [*LIVEBOM, "discover", *arena.neighbours, *hosts, "--ports", places, "--timeout", str(TIMEOUT)]
    return [*base, "--rate", "5000", "--all", "--format", "json", *more]


def told(printed: str) -> tuple[dict[tuple[str, int], object], str]:
    """The product at each place that was asked, and what is said of tarpits."""
    look = msgspec.json.decode(printed, type=Document)
    said = [one for one in look.not_seen if "tarpit" in one]
    listeners = [values(part) for part in look.parts if part.kind is PartKind.LISTENER]
    return {(str(one["host"]), int(str(one["port"]))): one.get("product") for one in listeners}, " ".join(said)


def spared(arena: Arena, services: dict[tuple[str, int], object]) -> None:
    """The neighbours are named as ever."""
    for host in arena.neighbours:
        assert services[host, PORT] == arena.quiet.services[host]["product"]


def test_a_mute_tarpit_costs_sixteen_conversations_and_hides_no_server(arena: Arena, table: Table) -> None:
    host, ports = arena.lab.address(), range(FIRST, FIRST + WIDE)
    server = arena.lab.add("ollama-0.32.15-default", port=OLLAMA)
    with mute(host, ports), mute(server.host, ports):
        outcome = ran(words(arena, [host, server.host], ports, "--no-store"))
    services, said = told(outcome.out)
    spared(arena, services)
    asked = [place for place in services if place[0] == host]
    table.tell("34", f"{WIDE} mute ports on two hosts", f"{len(asked)} ports asked of one", outcome)
    assert services[server.host, OLLAMA] == "ollama"
    assert 16 <= len(asked) <= 24  # four at a time are on their way when the sixteenth ends
    assert host in said
    assert server.host in said
    assert "were not asked" in said


def test_one_answer_on_every_port_is_a_tarpit(arena: Arena, table: Table) -> None:
    host, ports = arena.lab.address(), range(FIRST, FIRST + NARROW)
    with ExitStack() as stack:
        for port in ports:
            stack.enter_context(serving(host, port, everything(b"Ollama is running", b"Content-Type: text/plain")))
        outcome = ran(words(arena, [host], ports, "--no-store"))
    services, said = told(outcome.out)
    spared(arena, services)
    asked = [place for place in services if place[0] == host]
    table.tell("34", f"one answer on {NARROW} ports", f"{len(asked)} ports asked", outcome)
    assert 16 <= len(asked) <= 24
    assert host in said


def test_nothing_behind_a_tarpit_is_taken_for_gone(arena: Arena, tmp_path: Path) -> None:
    store = ["--db", str(tmp_path / "livebom.db")]
    place, ports = arena.lab.add("ollama-0.32.15-default", port=FIRST), range(FIRST, FIRST + WIDE)

    def swept() -> tuple[dict[tuple[str, int], object], str]:
        child = subprocess.run(words(arena, [place.host], ports, *store), stdout=subprocess.PIPE, check=True, cwd=ROOT)
        return told(child.stdout.decode())

    before, quiet = swept()
    arena.lab.remove(place)
    with mute(place.host, ports):
        looks = [swept() for _ in range(3)]  # as many as make a missing part count as gone
    changes = [*LIVEBOM, "changes", "--since", "1h", "--format", "jsonl", *store]
    listed = subprocess.run(changes, stdout=subprocess.PIPE, check=True, cwd=ROOT).stdout.decode().splitlines()
    assert (before[place.host, FIRST], quiet) == ("ollama", "")
    for after, said in looks:
        spared(arena, after)
        assert place.host in said
    assert not [line for line in listed if place.host in line and "gone" in line]
