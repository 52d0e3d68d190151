"""nmap XML files, honest and hostile."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.engine.tally import Open
from probes.sources import nmap_xml
from probes.sources.nmap_xml import Imported, NmapError, imported, read_nmap
from tests.probes.sources.hunts import hunt

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE nmaprun>\n<nmaprun scanner="nmap" version="7.93">\n'
TAIL = '<runstats><finished time="1" exit="success"/><hosts up="2" down="0" total="2"/></runstats>\n</nmaprun>\n'


def port(number: object, state: str = "open", protocol: str = "tcp") -> str:
    return f'<port protocol="{protocol}" portid="{number}"><state state="{state}" reason="syn-ack"/></port>\n'


def host(address: str, *ports: str, kind: str = "ipv4") -> str:
    body = "".join(ports)
    return (
        f'<host><status state="up"/>\n<address addr="{address}" addrtype="{kind}"/>\n'
        f'<address addr="02:00:00:00:00:01" addrtype="mac" vendor="x"/>\n<ports>{body}</ports>\n'
        f'<times srtt="2500" rttvar="0" to="100000"/></host>\n'
    )


def xml(*hosts: str) -> bytes:
    return (HEAD + "".join(hosts) + TAIL).encode()


def test_open_tcp_ports_are_read_once_each_and_the_others_counted() -> None:
    extra = '<extraports state="closed" count="61"/><extraports state="filtered" count="7"/>'
    scan = read_nmap(
        xml(
            host("10.0.0.1", extra, port(80), port(81, "closed"), port(53, protocol="udp"), port(82, "open|filtered")),
            host("2001:DB8:0::1", port(443), kind="ipv6"),
            host("10.0.0.1", port(80), port(8000)),
        ),
        "s.xml",
    )
    assert scan.opens == [
        Open("10.0.0.1", 80, 0.0025),
        Open("2001:db8::1", 443, 0.0025),
        Open("10.0.0.1", 8000, 0.0025),
    ]
    assert (scan.closed, scan.filtered, scan.finished) == (62, 7, True)


def test_the_form_of_other_tools_is_read_too() -> None:
    data = (
        b'<?xml version="1.0"?>\n<nmaprun scanner="masscan" start="1" version="1.0-BETA"><host endtime="1">'
        b'<address addr="198.18.0.9" addrtype="ipv4"/><ports><port protocol="tcp" portid="80">'
        b'<state state="open" reason="syn-ack"/></port></ports></host></nmaprun>'
    )
    assert imported(data, "m.xml") == (Open("198.18.0.9", 80, 0.0),)


BOMB = b'<!DOCTYPE nmaprun [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><nmaprun args="&b;"/>'


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "x.xml:1:1: no element found"),
        (b"not xml", "x.xml:1:1: syntax error"),
        (b"<html></html>", "x.xml:1:1: `html` is not what nmap writes"),
        (BOMB, "x.xml:1:19: a document type other than"),
        (b'<!DOCTYPE nmaprun SYSTEM "file:///etc/passwd"><nmaprun/>', "a document type other than"),
        (b"<!DOCTYPE nmaprun>\n<nmaprun>&outside;</nmaprun>", "x.xml:2:10: undefined entity"),
        (b'<?xml version="1.0" encoding="no-such"?><nmaprun/>', "encoding"),
        ((HEAD + host("10.0.0.1", port(80))).encode(), "it ends early; is the scan still running?"),
        (xml(host("10.0.0.999", port(80))), "x.xml:5:1: no address: `10.0.0.999`"),
        (xml(host("10.0.0.1", port(0))), "no port: `0`"),
        (xml(host("10.0.0.1", port(70000))), "no port: `70000`"),
        (xml(host("10.0.0.1", port("8" * 5000))), "no port"),
        (xml(host("02:00:00:00:00:02", port(80), kind="mac")), "a host with ports and no address"),
        (b"<nmaprun>" + b"<a>" * 100 + b"</a>" * 100 + b"</nmaprun>", "too deep"),
        (b"<nmaprun " + b" ".join(b'a%d="1"' % n for n in range(99)) + b"/>", "too many attributes"),
    ],
)
def test_what_is_broken_or_hostile_is_refused_with_its_line(data: bytes, told: str) -> None:
    with pytest.raises(NmapError) as caught:
        imported(data, "x.xml")
    assert told in str(caught.value)
    assert str(caught.value).startswith("x.xml:")


def test_the_error_shows_nothing_hidden() -> None:
    with pytest.raises(NmapError) as caught:
        imported(xml(host("10.0.0.1\N{RIGHT-TO-LEFT OVERRIDE}", port(80))), "a\x1b[31m.xml")
    assert str(caught.value).isprintable()
    assert "\\u{202e}" in str(caught.value)


def test_a_flood_of_open_ports_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nmap_xml, "MOST", 100)
    assert len(imported(xml(host("10.0.0.1", *map(port, range(1, 101)))), "x.xml")) == 100
    with pytest.raises(NmapError, match="more than 100 open ports"):
        imported(xml(host("10.0.0.1", *map(port, range(1, 102)))), "x.xml")


def test_a_file_too_large_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nmap_xml, "LARGEST", 1 << 20)
    with pytest.raises(NmapError, match="larger than 1 MiB"):
        imported(bytes((1 << 20) + 1), "x.xml")


def said(data: bytes) -> str:
    """Why it is refused; `x.xml:` and how many ports where it is not."""
    try:
        return f"x.xml: {len(imported(data, 'x.xml'))}"
    except NmapError as fault:
        return str(fault)


@given(st.binary(max_size=200), st.integers(0, 400))
def test_any_bytes_are_read_or_refused(noise: bytes, at: int) -> None:
    good = xml(host("10.0.0.1", port(80)))
    for data in (noise, good[:at] + noise + good[at:], good[:at]):
        assert said(data).startswith("x.xml:")


def test_an_import_hands_over_what_the_plan_holds_and_counts_the_rest_as_not_looked_at() -> None:
    opens = imported(
        xml(host("10.0.0.1", port(80), port(81)), host("10.0.0.2", port(80)), host("10.0.9.9", port(80))), "x"
    )
    made, found = hunt(("10.0.0.0", "10.0.0.7", [80]), allowed=lambda address, _: address != "10.0.0.2")
    source = Imported(opens)
    assert source.refusal(made) == ""
    source.find(made)
    assert [(one.address, one.port) for one in found] == [("10.0.0.1", 80)]
    tally = made.tally
    assert (tally.sent, tally.open, tally.lost, tally.cursor) == (0, 1, 7, 8)
    assert tally.finished
    assert not tally.complete


def test_an_import_in_parts_is_refused() -> None:
    made, _ = hunt(("10.0.0.0", "10.0.0.7", [80]), start=4)
    assert Imported(()).refusal(made) == "an imported scan cannot be looked at in parts"


def test_a_stopped_import_ends() -> None:
    made, found = hunt(("10.0.0.0", "10.0.0.7", [80]), stop=lambda: True)
    Imported((Open("10.0.0.1", 80, 0.0),)).find(made)
    assert (found, made.tally.stopped, made.tally.cursor) == ([], True, None)
