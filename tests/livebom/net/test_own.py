"""This host's own addresses: loopback always, and what the kernel's tables name."""

import socket
from ipaddress import ip_address
from pathlib import Path

from livebom.net.own import own_addresses
from livebom.net.ranges import Range

TRIE = """\
Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 10.1.2.0/24 2 0 2
        |-- 10.1.2.0
           /24 link UNICAST
        |-- 10.1.2.7
           /32 host LOCAL
        |-- 10.1.2.255
           /32 link BROADCAST
Local:
     +-- 127.0.0.0/8 2 0 2
        |-- 127.0.0.0
           /8 host LOCAL
        |-- 127.0.0.1
           /32 host LOCAL
        |-- 10.1.2.7
           /32 host LOCAL
"""
SIX = """\
00000000000000000000000000000001 01 80 10 80       lo
fe80000000000000021122fffe334455 02 40 20 80     eth0
20010db8000000000000000000000007 02 40 00 80     eth0
"""


def one(address: str) -> Range:
    known = ip_address(address)
    return Range(int(known), int(known), known.version)


LOOPBACK = (Range(127 << 24, (128 << 24) - 1, 4), one("::1"))


def tables(folder: Path, trie: str | None, six: str | None) -> Path:
    """A /proc with these tables."""
    (folder / "net").mkdir()
    for name, text in (("fib_trie", trie), ("if_inet6", six)):
        if text is not None:
            (folder / "net" / name).write_text(text, encoding="latin-1")
    return folder


def test_addresses_of_both_families_are_read_once_each(tmp_path: Path) -> None:
    found = own_addresses(tables(tmp_path, TRIE, SIX))
    assert found[:2] == LOOPBACK
    assert sorted(found[2:], key=str) == sorted(
        [one("10.1.2.7"), one("fe80::211:22ff:fe33:4455"), one("2001:db8::7")], key=str
    )


def test_networks_and_broadcasts_are_not_own(tmp_path: Path) -> None:
    found = own_addresses(tables(tmp_path, TRIE, None))
    assert found == (*LOOPBACK, one("10.1.2.7"))


def test_without_tables_it_is_loopback_alone(tmp_path: Path) -> None:
    assert own_addresses(tmp_path) == LOOPBACK


def test_tables_that_make_no_sense_harm_nothing(tmp_path: Path) -> None:
    trie = "|-- not.an.address\n /32 host LOCAL\n/32 host LOCAL\n|-- \xff\n host LOCAL\n"
    assert own_addresses(tables(tmp_path, trie, "\n\nxyz\n" + "f" * 40 + "\n")) == LOOPBACK


def test_the_addresses_of_this_very_host_can_be_bound(tmp_path: Path) -> None:
    found = own_addresses()
    assert found[:2] == LOOPBACK
    for run in found[2:]:
        assert run.count == 1
        if run.family == 4:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                sock.bind((str(run), 0))
