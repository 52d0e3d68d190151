"""Rows 24 to 27, 29 and 57: addresses that mean another place than they say, and ways there that nobody asked for."""

from ipaddress import ip_address
from pathlib import Path

import pytest

from tests.hostile.arena import PORT, Arena, swept
from tests.hostile.conftest import Table
from tests.hostile.peers import answer, listens_in, redirects, says, serving

pytestmark = pytest.mark.hostile

SPELLINGS = {
    "2852039166": "no other base",
    "0xa9fea9fe": "no other base",
    "http://0251.0376.0251.0376/": "no other base",
    "http://127.1/": "four decimal numbers",
    "http://127.0.0.1@169.254.169.254/": "user name or password",
    "http://127.0.0.1\\@169.254.169.254/": "the path must be plain",
    "http://127.0.0.1/../../x": "the path must be plain",
}
"""What no program should have to guess at, and why it is refused."""
ELSEWHERE = {
    "0.0.0.0": "ends at this host",
    "[::]:80": "the unspecified address",
    "64:ff9b::a9fe:a9fe": "leads to IPv4",
    "2002:a9fe:a9fe::1": "leads to IPv4",
    "224.0.0.1": "multicast",
    "ff02::1": "multicast",
    "255.255.255.255": "broadcast",
}
"""Addresses that lead to another place, or to everybody."""
WIDE = {
    "::/0": "the whole IPv6 space",
    "2001:db8::/64": "more than 65536",
    "2001:db8::-2001:db8::1:ffff": "more than 65536",
    "fe80::1%lo": "names an interface",
}


@pytest.mark.parametrize(
    ("row", "case", "targets"),
    [
        ("26", "targets in decimal, hex, octal", SPELLINGS),
        ("25", "targets that lead elsewhere", ELSEWHERE),
        ("57", "targets of IPv6: prefixes, zones", WIDE),
    ],
)
def test_no_doubtful_target_is_contacted(
    arena: Arena, table: Table, row: str, case: str, targets: dict[str, str]
) -> None:
    for text, reason in targets.items():
        outcome = swept([*arena.neighbours, text])
        assert outcome.code == 2, text
        assert "argument:3:" in outcome.errors
        assert reason in outcome.errors
        assert outcome.services == {}
    table.tell(row, case, "each refused with its reason", outcome)


@pytest.mark.parametrize(
    "form",
    ["decimal", "hex", "octal", "mapped", "userinfo", "backslash", "tab", "crlf", "bare", "fullwidth", "upper", "file"],
)
def test_no_spelling_of_another_place_is_followed(arena: Arena, table: Table, form: str) -> None:
    trap = arena.lab.address()
    value = int(ip_address(trap))
    wide = "".join(chr(ord(one) + 0xFEE0) if one.isdigit() else "\u3002" for one in trap)
    location = {
        "decimal": f"http://{value}:{PORT}/",
        "hex": f"http://{value:#x}:{PORT}/",
        "octal": f"http://{'.'.join(f'0{int(part):o}' for part in trap.split('.'))}:{PORT}/",
        "mapped": f"http://[::ffff:{trap}]:{PORT}/",
        "userinfo": f"http://{arena.neighbours[0]}@{trap}:{PORT}/",
        "backslash": f"http://{trap}:{PORT}\\@{arena.neighbours[0]}/",
        "tab": f"\thttp:\t//{trap}:{PORT}/",
        "crlf": f"/x\r\n\thttp://{trap}:{PORT}/",
        "bare": f"//{trap}:{PORT}/api/tags",
        "fullwidth": f"http://{wide}:{PORT}/",
        "upper": f"HTTP://{trap}:{PORT}/",
        "file": "file:///etc/passwd",
    }[form]
    heard: list[bytes] = []
    with serving(trap, PORT, listens_in(heard, says(answer(b"Ollama is running")))):
        service, outcome = arena.meet(redirects(location.encode()))
    assert heard == []
    assert service is not None
    assert service["product"] is None
    table.tell("26" if form in {"decimal", "hex", "octal"} else "27", f"redirect, {form}", "not followed", outcome)


def test_the_environments_proxies_and_passwords_are_not_used(
    arena: Arena, table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trap = arena.lab.address()
    (tmp_path / ".netrc").write_text("default login somebody password netrc-Passw0rd\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://somebody:proxy-Passw0rd@{trap}:{PORT}")
        monkeypatch.setenv(name.upper(), f"http://somebody:proxy-Passw0rd@{trap}:{PORT}")
    heard: list[bytes] = []
    asked: list[bytes] = []
    demands = (b'WWW-Authenticate: Basic realm="x"', b"Proxy-Authenticate: Basic")
    with serving(trap, PORT, listens_in(heard, says(answer(b"")))):
        service, outcome = arena.meet(listens_in(asked, says(answer(b"", *demands, status=b"401 No"))))
    assert heard == []
    assert asked
    assert not any(b"authorization" in one.lower() for one in asked)
    assert service is not None
    table.tell("29", "HTTP_PROXY and ~/.netrc", "not used", outcome)
