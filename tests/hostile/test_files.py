"""Rows 41 to 43: files that somebody hands over, read by the verbs that take them, in a child with limits."""

import json
import sys
from pathlib import Path

import pytest

from tests.hostile.arena import PORT, Arena, Outcome, ran, swept
from tests.hostile.conftest import Table
from tests.lab import ROOT

pytestmark = pytest.mark.hostile

BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(9)
)
YAML = {
    "billion laughs": BOMB,
    "aliases by the thousand": "a: &a x\ngroups: [" + ",".join(["*a"] * 100_000) + "]\n",
    "a tag that runs code": "groups: !!python/object/apply:os.system ['touch was-here']\n",
    "a merge that merges itself": "a: &a\n  <<: *a\ngroups: *a\n",
    "nested 100,000 deep": "groups: " + "[" * 100_000 + "]" * 100_000 + "\n",
    "nested 100,000 deep in blocks": "\n".join(" " * n + f"k{n}:" for n in range(1400)) + "\n",
    "2 MB of one word": "groups: " + "x" * (2 << 20) + "\n",
    "keys by the thousand, twice": "".join(f"k{n % 500}: 1\n" for n in range(60_000)),
    "NUL and escape codes": "groups:\n  \x00\x1b[2J: {include: [1]}\n",
}
_NMAP = '<?xml version="1.0"?>\n{}<nmaprun scanner="nmap">{}</nmaprun>\n'
_HOST = (
    '<host><status state="up"/><address addr="{}" addrtype="ipv4"/><ports><port protocol="tcp" portid="{}">'
    '<state state="open"/></port></ports></host>'
)
_LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol"}">' for n in range(10))
XML = {
    "billion laughs": _NMAP.format(f"<!DOCTYPE nmaprun [{_LAUGHS}]>", "&l9;"),
    "an entity of a file": _NMAP.format('<!DOCTYPE nmaprun [<!ENTITY x SYSTEM "file:///etc/passwd">]>', "&x;"),
    "a document type elsewhere": _NMAP.format('<!DOCTYPE nmaprun SYSTEM "http://127.0.0.1:9/x.dtd">', ""),
    "a parameter entity elsewhere": _NMAP.format(
        '<!DOCTYPE nmaprun [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd"> %p;]>', ""
    ),
    "nested 1,000,000 deep": _NMAP.format("", "<a>" * 1_000_000),
    "one tag with 100,000 attributes": _NMAP.format(
        "", "<host " + " ".join(f'a{n}="1"' for n in range(100_000)) + "/>"
    ),
    "one attribute of 5 MB": _NMAP.format("", f'<host a="{"x" * (5 << 20)}"/>'),
    "UTF-7": '<?xml version="1.0" encoding="UTF-7"?><nmaprun scanner="nmap"/>',
}  # fmt: skip
DOCUMENTS = {
    "nested 200,000 deep": '{"a":' * 200_000 + "1" + "}" * 200_000,
    "a number of 200,000 digits": '{"bomFormat":"CycloneDX","specVersion":"1.6","version":' + "9" * 200_000 + "}",
    "components that hold one another": json.dumps(
        {"bomFormat": "CycloneDX", "specVersion": "1.6",
         "components": [{"type": "library", "name": "a", "bom-ref": "a"}],
         "dependencies": [{"ref": "a", "dependsOn": ["b"]}, {"ref": "b", "dependsOn": ["a"]}]}
    ),
    "20,000 components of one name": json.dumps(
        {"bomFormat": "CycloneDX", "specVersion": "1.6",
         "components": [{"type": "library", "name": "same", "bom-ref": "same"}] * 20_000}
    ),
    "NaN and 1e999": '{"livebom": 1, "at": NaN, "parts": [1e999]}',
    "no text": "\x00\x01\x02",
}  # fmt: skip


def refused(outcome: Outcome, *, among: tuple[int, ...] = (2,)) -> None:
    assert outcome.code in among, outcome.errors[-2000:]
    assert "Traceback" not in outcome.errors
    assert "\x1b" not in outcome.errors
    assert not (ROOT / "was-here").exists()


@pytest.mark.parametrize("case", YAML)
@pytest.mark.parametrize("option", ["--targets", "--policy"])
def test_a_yaml_file_is_refused_with_its_reason(
    arena: Arena, table: Table, tmp_path: Path, option: str, case: str
) -> None:
    path = tmp_path / "given.yaml"
    path.write_text(YAML[case])
    outcome = swept(arena.neighbours[:1], option, str(path))
    refused(outcome)
    assert "given.yaml" in outcome.errors
    table.tell("42", f"YAML for {option[2:]}: {case}", "refused", outcome)


@pytest.mark.parametrize("case", XML)
def test_an_nmap_file_is_refused_with_its_reason(arena: Arena, table: Table, tmp_path: Path, case: str) -> None:
    path = tmp_path / "scan.xml"
    path.write_text(XML[case])
    outcome = swept(arena.neighbours[:1], "--import-nmap", str(path))
    refused(outcome, among=(2, 3))  # 3: nothing in it is an open port
    table.tell("43", f"nmap XML: {case}", "refused" if outcome.code == 2 else "nothing in it", outcome)


def test_an_nmap_file_brings_nothing_beyond_the_targets(arena: Arena, table: Table, tmp_path: Path) -> None:
    path = tmp_path / "scan.xml"
    hosts = [(one, PORT) for one in (*arena.neighbours, "169.254.169.254", "100.100.100.200")]
    path.write_text(_NMAP.format("", "".join(_HOST.format(*one) for one in hosts)))
    outcome = swept(arena.neighbours[:1], "--import-nmap", str(path))
    assert set(outcome.services) == set(arena.neighbours[:1])
    table.tell("43", "nmap XML: metadata services", "not contacted", outcome)


@pytest.mark.parametrize("case", DOCUMENTS)
def test_a_document_is_merged_or_refused(table: Table, tmp_path: Path, case: str) -> None:
    path = tmp_path / "given.json"
    path.write_text(DOCUMENTS[case])
    outcome = ran([sys.executable, "-m", "livebom", "merge", str(path), "-o", str(tmp_path / "out.json")])
    refused(outcome, among=(0, 2))
    table.tell("41", f"document: {case}", "merged" if outcome.code == 0 else "refused", outcome)
