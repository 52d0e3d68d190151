"""The scope: what is included and not excluded, and everything that is refused however it is written."""

import re
from ipaddress import ip_address, ip_network
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as trial
from hypothesis import strategies as st

from livebom.net.ranges import Family, address_text, merged, read_address, without
from livebom.net.scope import Included, Range, Scope, ScopeError, exposure_of, is_local, make_scope


def run(text: str) -> Range:
    """A network or a single address, straight from the standard library."""
    network = ip_network(text)
    return Range(int(network[0]), int(network[-1]), network.version)


def included(*texts: str, ports: tuple[int, ...] = (80,), zone: str = "default", named: bool = False) -> Included:
    return Included(
        written=" ".join(texts), where="a:1", ranges=tuple(map(run, texts)), ports=ports, zone=zone, named=named
    )


def scope(*items: Included, without: tuple[str, ...] = (), i_mean_it: bool = False) -> Scope:
    cuts = {item.zone: [run(text) for text in without] for item in items}
    return make_scope(items, cuts, ports_never={9100}, i_mean_it=i_mean_it)


def refused(*items: Included, without: tuple[str, ...] = (), i_mean_it: bool = False) -> str:
    with pytest.raises(ScopeError) as caught:
        scope(*items, without=without, i_mean_it=i_mean_it)
    return str(caught.value)


def test_an_address_and_port_is_allowed_where_it_is_included_and_nowhere_else() -> None:
    found = scope(included("10.0.0.0/30"), included("10.0.0.2", "fd00::1", ports=(443, 8000)))
    assert found.allows("10.0.0.3", 80)
    assert not found.allows("10.0.0.4", 80)
    assert not found.allows("10.0.0.3", 443)
    assert found.allows("10.0.0.2", 80)
    assert found.allows("10.0.0.2", 443)
    assert found.allows("fd00::1", 8000)
    assert not found.allows("fd00::1", 80)
    assert found.addresses == 5


def test_zones_do_not_share_what_they_allow() -> None:
    found = make_scope(
        [included("10.0.0.0/30", zone="a"), included("10.0.0.0/29", zone="b")],
        {"a": [run("10.0.0.1")]},
        exposures={"b": "public"},
    )
    assert not found.allows("10.0.0.1", 80, "a")
    assert found.allows("10.0.0.1", 80, "b")
    assert found.allows("10.0.0.1", 80)
    assert not found.allows("10.0.0.7", 80, "a")
    assert not found.allows("10.0.0.2", 80, "c")
    assert found.exposure_of("10.0.0.1", "a") == "private"
    assert found.exposure_of("10.0.0.1", "b") == "public"
    assert found.exposure_of("127.0.0.1", "c") == "loopback"


@pytest.mark.parametrize("form", ["::ffff:10.0.0.5", "::ffff:a00:5", "64:ff9b::a00:5", "2002:a00:5::", "2002:a00:5::1"])
def test_every_form_of_an_address_is_the_address(form: str) -> None:
    assert scope(included("10.0.0.5")).allows(form, 80)
    assert not scope(included("10.0.0.0/24"), without=("10.0.0.5",)).allows(form, 80)
    assert not scope(included("10.0.0.6")).allows(form, 80)


def test_a_translating_prefix_can_be_excluded_by_itself() -> None:
    found = scope(included("10.0.0.5"), without=("64:ff9b::/96",))
    assert found.allows("10.0.0.5", 80)
    assert not found.allows("64:ff9b::a00:5", 80)


@pytest.mark.parametrize(
    "text", ["", "gpu1", "010.0.0.1", "10.0.0", "167772161", "0xa.1", "fe80::1%lo", "10.0.0.1\0", "é"]
)
def test_what_is_no_plain_address_is_not_allowed(text: str) -> None:
    assert not scope(included("10.0.0.0/24", "fd00::/120")).allows(text, 80)


def test_metadata_services_are_contacted_only_where_listed_alone() -> None:
    wide = scope(included("169.254.0.0/16", "100.100.0.0/16", "fd00:ec2::/120"))
    for address in (
        "169.254.169.254",
        "169.254.170.2",
        "100.100.100.200",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
    ):
        assert not wide.allows(address, 80)
        assert any(address in note for note in wide.notes) or ":" in address
    assert wide.allows("169.254.169.253", 80)
    assert scope(included("169.254.169.254")).allows("169.254.169.254", 80)
    assert scope(included("fd00:ec2::254")).allows("fd00:ec2::254", 80)
    assert "it leads to 169.254.169.254, a cloud's metadata" in refused(included("169.254.169.254", named=True))
    both = scope(included("169.254.0.0/16"), included("169.254.169.254"))
    assert both.allows("169.254.169.254", 80)
    elsewhere = scope(included("169.254.0.0/16", zone="a"), included("169.254.169.254", zone="b"))
    assert not elsewhere.allows("169.254.169.254", 80, "a")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("0.0.0.0/0", "the whole IPv4 space"),
        ("::/0", "the whole IPv6 space"),
        ("0.0.0.0/1", "0.0.0.0/8 is no host's address"),
        ("128.0.0.0/1", "224.0.0.0/4 is multicast"),
        ("0.0.0.0", "0.0.0.0/8 is no host's address"),
        ("224.0.0.1", "multicast"),
        ("192.0.0.0/2", "multicast"),
        ("240.0.0.1", "reserved"),
        ("255.255.255.255", "broadcast"),
        ("::", "unspecified"),
        ("::7f00:1", "no longer in use"),
        ("64:ff9b::a00:1", "leads to IPv4"),
        ("64:ff9b:1::1", "leads to IPv4"),
        ("2002:a00:1::1", "leads to IPv4"),
        ("fe80::1", "link-local"),
        ("ff02::1", "multicast"),
        ("2000::/3", "2002::/16 leads to IPv4"),
        ("fd00::/111", "131072 IPv6 addresses are more than 65536"),
    ],
)
def test_what_nobody_may_contact_is_refused_even_if_meant(text: str, reason: str) -> None:
    for i_mean_it in (False, True):
        said = refused(included("10.0.0.1"), included(text), i_mean_it=i_mean_it)
        assert f"a:1: `{text}`: " in said
        assert reason in said
        assert "; " in said


def test_every_refusal_is_told() -> None:
    assert len(refused(included("224.0.0.1"), included("10.0.0.1"), included("::")).splitlines()) == 2


def test_more_than_a_million_addresses_must_be_meant() -> None:
    assert "all targets together: 1048577 addresses" in refused(included("10.0.0.0/12"), included("10.16.0.0"))
    assert "--i-mean-it" in refused(included("10.0.0.0/11"))
    assert scope(included("10.0.0.0/12")).addresses == 1 << 20
    assert scope(included("10.0.0.0/8"), i_mean_it=True).addresses == 1 << 24
    most = ("10.16.0.0/12", "10.32.0.0/11", "10.64.0.0/10", "10.128.0.0/9")
    assert scope(included("10.0.0.0/8"), without=most).addresses == 1 << 20
    assert scope(included("fd00::/112")).addresses == 1 << 16
    halves = included("1.0.0.0/8", "2.0.0.0/7", "4.0.0.0/6", "8.0.0.0/5", "16.0.0.0/4", "32.0.0.0/3", "64.0.0.0/2")
    assert "most of the internet" in refused(halves, included("128.0.0.0/2"), i_mean_it=True)


def test_ports_that_are_never_contacted() -> None:
    found = scope(included("10.0.0.1", ports=(9099, 9100)))
    assert found.allows("10.0.0.1", 9099)
    assert not found.allows("10.0.0.1", 9100)
    assert found.notes == ("ports left out everywhere (`ports_never`): 9100",)
    assert "port 9100 is never contacted; take it out of `ports_never`" in refused(included("10.0.0.1", ports=(9100,)))
    assert "no port to be asked on" in refused(included("10.0.0.1", ports=()))


def test_what_an_exclusion_takes_away_whole_is_told() -> None:
    found = scope(included("10.0.0.1"), included("10.0.0.0/29"), without=("10.0.0.0/30",))
    assert found.notes == ("a:1: `10.0.0.1` is left out: an exclusion covers it",)


BASES: dict[Family, int] = {4: 10 << 24, 6: 0xFD << 120}


@st.composite
def one_run(draw: st.DrawFn) -> Range:
    family = draw(st.sampled_from(list(BASES)))
    first = BASES[family] + draw(st.integers(0, 60))
    return Range(first, first + draw(st.integers(0, 20)), family)


RUNS = st.lists(one_run(), max_size=6)
PORTS = st.lists(st.integers(1, 6), min_size=1, max_size=3, unique=True).map(tuple)


def holds(runs: list[Range], value: int, family: int) -> bool:
    return any(each.family == family and each.first <= value <= each.last for each in runs)


@pytest.mark.slow
@trial(max_examples=100, deadline=None)
@given(items=st.lists(st.tuples(RUNS, PORTS), max_size=4), cuts=RUNS, never=st.sets(st.integers(1, 3), max_size=2))
def test_allowed_is_included_and_not_excluded(
    items: list[tuple[list[Range], tuple[int, ...]]], cuts: list[Range], never: set[int]
) -> None:
    wanted = [(runs, ports) for runs, ports in items if set(ports) - never]
    found = make_scope(
        [Included(written="x", where="y", ranges=tuple(runs), ports=ports) for runs, ports in wanted],
        {"default": cuts},
        ports_never=never,
    )
    planned = [
        (value, each.family, port)
        for block in found.blocks
        for each in block.ranges
        for value in range(each.first, each.last + 1)
        for port in block.ports
    ]
    in_plan = set(planned)
    assert len(planned) == len(in_plan) == sum(block.count for block in found.blocks)
    for family, base in BASES.items():
        for value in range(base, base + 85):
            for port in range(1, 8):
                expected = (
                    any(port in ports and holds(runs, value, family) for runs, ports in wanted)
                    and not holds(cuts, value, family)
                    and port not in never
                )
                assert found.allows(address_text(value, family), port) == expected
                assert ((value, family, port) in in_plan) == expected


@trial(max_examples=100, deadline=None)
@given(runs=RUNS, cuts=RUNS)
def test_joining_and_cutting_ranges_is_joining_and_cutting_sets(runs: list[Range], cuts: list[Range]) -> None:
    def addresses(of: tuple[Range, ...] | list[Range]) -> set[tuple[int, int]]:
        return {(value, each.family) for each in of for value in range(each.first, each.last + 1)}

    assert addresses(merged(runs)) == addresses(runs)
    assert sum(each.count for each in merged(runs)) == len(addresses(runs))
    assert addresses(without(runs, cuts)) == addresses(runs) - addresses(cuts)
    fewest = merged(runs)
    assert all(one.family != two.family or one.last + 1 < two.first for one, two in pairwise(fewest))


@trial(max_examples=100, deadline=None)
@given(address=st.ip_addresses())
def test_an_address_is_written_and_read_back(address: object) -> None:
    found = read_address(str(address))
    known = ip_address(str(address))
    mapped = known.ipv4_mapped if known.version == 6 else None
    assert str(found) == str(mapped or known)
    assert found.count == 1


@pytest.mark.parametrize(("first", "last", "family"), [(2, 1, 4), (-1, 1, 4), (0, 1 << 32, 4), (0, 1 << 128, 6)])
def test_a_range_is_of_addresses_in_order(first: int, last: int, family: Family) -> None:
    with pytest.raises(ValueError, match="in order"):
        Range(first, last, family)


@pytest.mark.parametrize(
    ("address", "exposure"),
    [
        *(("127.0.0.1", "loopback"), ("127.9.9.9", "loopback"), ("::1", "loopback"), ("::ffff:127.0.0.1", "loopback")),
        *(("10.1.2.3", "private"), ("192.168.0.1", "private"), ("100.64.0.1", "private"), ("169.254.1.1", "private")),
        *(("fd00::1", "private"), ("fe80::1", "private"), ("64:ff9b::a00:1", "private")),
        *(("8.8.8.8", "public"), ("2606:4700::1", "public"), ("::ffff:8.8.8.8", "public")),
    ],
)
def test_exposure_follows_the_address_unless_the_zone_declares_it(address: str, exposure: str) -> None:
    assert exposure_of(address) == exposure
    assert exposure_of(address, "public") == "public"
    with pytest.raises(ValueError, match="not an address"):
        exposure_of("gpu1")


def test_this_hosts_addresses_are_local(tmp_path: Path) -> None:
    assert is_local("127.0.0.1")
    assert is_local("127.200.3.4")
    assert is_local("::1")
    assert is_local("::ffff:127.0.0.1")
    for other in ("198.51.100.77", "2001:db8:ffff::77", "0.0.0.0", "::", "224.0.0.1", "ff02::1", "gpu1", ""):
        assert not is_local(other, tmp_path), other


def test_where_any_address_can_be_bound_only_loopback_is_known_to_be_local(tmp_path: Path) -> None:
    table = Path("/proc/net/fib_trie").read_text() if Path("/proc/net/fib_trie").exists() else ""
    own = [found for found in re.findall(r"-- (\S+)\n\s+/32 host LOCAL", table) if not found.startswith("127.")]
    if not own:
        pytest.skip("this host has no address but loopback")
    switch = tmp_path / "ipv4" / "ip_nonlocal_bind"
    switch.parent.mkdir()
    switch.write_text("0\n")
    assert is_local(own[0], tmp_path)
    switch.write_text("1\n")
    assert not is_local(own[0], tmp_path)
    assert is_local("127.0.0.1", tmp_path)
