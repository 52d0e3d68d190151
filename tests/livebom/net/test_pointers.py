"""Names of addresses: by the system's own resolver, checked, and never waited for long."""

import socket
import threading
import time
from pathlib import Path

import pytest

from livebom.net import pointers as pointers_of
from livebom.net.pointers import Pointers
from tests.lab import Lab
from tests.livebom.cli.runner import discovered, runner

OLLAMA = "ollama-0.32.15-default"


def test_an_address_of_the_hosts_file_has_its_name() -> None:
    assert Pointers().name("127.0.0.1", 10) == "localhost"


@pytest.mark.parametrize(
    "told",
    ["a b", "x\x1b[31m", "-a.example", "a..b", "a" * 64 + ".example", "ab." * 100 + "c", "<script>", "a\u202eb", ""],
)
def test_what_is_no_host_name_is_no_name(told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getnameinfo", lambda *_: (told, "0"))
    assert Pointers().name("192.0.2.1", 10) is None


def test_a_resolver_that_hangs_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    release, asked = threading.Event(), []

    def hang(place: tuple[str, int], _flags: int) -> tuple[str, str]:
        asked.append(place)
        release.wait(20)
        return "late.example", "0"

    monkeypatch.setattr(socket, "getnameinfo", hang)
    pointers = Pointers()
    before = time.monotonic()
    assert pointers.name("192.0.2.1", 0.05) is None
    assert time.monotonic() - before < 5
    release.set()
    assert pointers.name("192.0.2.1", 10) == "late.example"
    assert len(asked) == 1


def test_a_resolver_that_always_hangs_is_asked_by_few_and_waited_for_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    release, asked = threading.Event(), []

    def hang(place: tuple[str, int], _flags: int) -> tuple[str, str]:
        asked.append(place)
        release.wait(20)
        return f"h-{place[0].replace('.', '-')}", "0"

    monkeypatch.setattr(socket, "getnameinfo", hang)
    monkeypatch.setattr(pointers_of, "IN_ALL", 0.1)
    pointers, addresses = Pointers(), [f"192.0.2.{last}" for last in range(1, 41)]
    before = time.monotonic()
    assert {pointers.name(address) for address in addresses} == {None}
    assert time.monotonic() - before < 5, "one by one they would take 40 s"
    assert len(asked) <= pointers_of.AT_ONCE
    release.set()
    told: set[str | None] = set()
    while time.monotonic() - before < 20 and len(told - {None}) < len(addresses):
        told = {pointers.name(address) for address in addresses}
    assert told == {f"h-192-0-2-{last}" for last in range(1, 41)}


def test_an_owner_is_found_by_the_name_of_an_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lab: Lab) -> None:
    place = lab.add(OLLAMA)
    names = {place.host: "gpu7.speech.example"}
    monkeypatch.setattr(socket, "getnameinfo", lambda where, _: (names[where[0]], "0"))
    file = tmp_path / "targets.yaml"
    rules = "owners: [{match: '*.speech.example', owner: speech-team@example}]"
    file.write_text(f"groups: {{lab: {{include: ['{place.host}:11434'], ptr: true, {rules}}}}}\n", encoding="utf-8")
    run = runner(tmp_path, monkeypatch)
    assert [line["owner"] for line in discovered(run, "--targets", file)] == ["speech-team@example"]
    file.write_text(file.read_text(encoding="utf-8").replace("ptr: true", "ptr: false"), encoding="utf-8")
    assert [line["owner"] for line in discovered(run, "--targets", file)] == [None]
