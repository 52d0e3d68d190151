"""An nmap scan as the source of open ports: they are talked to, and nothing else is."""

from pathlib import Path

import pytest

from tests.lab import Lab
from tests.livebom.cli.runner import Run, discovered, runner

OLLAMA = "ollama-0.32.15-default"
HOST = """<host><status state="up"/><address addr="{host}" addrtype="ipv4"/><ports>
<port protocol="tcp" portid="{port}"><state state="{state}"/></port></ports></host>"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    return runner(tmp_path, monkeypatch)


def scan(folder: Path, *hosts: tuple[str, int, str]) -> Path:
    """An nmap XML of these hosts, ports and states."""
    body = "".join(HOST.format(host=host, port=port, state=state) for host, port, state in hosts)
    path = folder / "scan.xml"
    end = '<runstats><finished time="1795248000" exit="success"/></runstats>'
    path.write_text(f'<?xml version="1.0"?>\n<nmaprun scanner="nmap">{body}{end}</nmaprun>\n', encoding="utf-8")
    return path


def test_the_open_ports_of_a_scan_are_the_targets(run: Run, lab: Lab, tmp_path: Path) -> None:
    told, untold = lab.add(OLLAMA), lab.add(OLLAMA)
    file = scan(tmp_path, (told.host, told.port, "open"), (untold.host, untold.port, "closed"))
    assert [line["host"] for line in discovered(run, "--import-nmap", file)] == [told.host]
    assert lab.requests(untold) == []


def test_a_target_limits_what_a_scan_may_bring(run: Run, lab: Lab, tmp_path: Path) -> None:
    inside, outside = lab.add(OLLAMA), lab.add(OLLAMA)
    file = scan(tmp_path, *((one.host, one.port, "open") for one in (inside, outside)))
    found = discovered(run, inside.host, "--ports", "11434", "--import-nmap", file)
    assert [line["host"] for line in found] == [inside.host]
    assert lab.requests(outside) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<html/>", "scan.xml"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><nmaprun>&a;</nmaprun>', "scan.xml"),
        ("<nmaprun>", "scan.xml"),
    ],
)
def test_a_file_that_is_no_scan_is_told(text: str, words: str, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "scan.xml"
    file.write_text(text, encoding="utf-8")
    refused = run("discover", "--import-nmap", file, "-q")
    assert refused.exit_code == 2
    assert words in refused.stderr
