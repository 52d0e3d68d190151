"""This host's own addresses, as the kernel's tables tell them."""

from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

from livebom.net.ranges import Range

LOOPBACK = (Range(127 << 24, (128 << 24) - 1, 4), Range(1, 1, 6))
"""The addresses that are every host's own."""


def own_addresses(proc: Path = Path("/proc")) -> tuple[Range, ...]:
    """Loopback, and every address of this network namespace; where the tables cannot be read, loopback alone.

    Sources: Linux net/ipv4/fib_trie.c (`/proc/net/fib_trie`: a leaf's address, then its entries, `host LOCAL` for our
    own) and net/ipv6/addrconf.c (`/proc/net/if_inet6`: 32 hex digits first).
    """
    return (*LOOPBACK, *_v4(proc / "net" / "fib_trie"), *_v6(proc / "net" / "if_inet6"))


def _v4(table: Path) -> list[Range]:
    found: set[int] = set()
    leaf = None
    with suppress(OSError):
        for line in table.read_text(encoding="ascii", errors="replace").splitlines():
            words = line.split()
            if words[:1] == ["|--"] and len(words) == 2:
                leaf = words[1]
            elif words[1:] == ["host", "LOCAL"] and leaf is not None:
                with suppress(ValueError):
                    found.add(int(IPv4Address(leaf)))
    return [Range(one, one, 4) for one in sorted(found) if one >> 24 != 127]


def _v6(table: Path) -> list[Range]:
    found: set[int] = set()
    with suppress(OSError):
        for line in table.read_text(encoding="ascii", errors="replace").splitlines():
            with suppress(ValueError):
                found.add(int(IPv6Address(int(line.partition(" ")[0], 16))))
    return [Range(one, one, 6) for one in sorted(found) if one != 1]
