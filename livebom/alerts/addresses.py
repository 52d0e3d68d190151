"""From a sink's host to the addresses that may be contacted for it."""

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from livebom.alerts.carrier import Undelivered

Address = IPv4Address | IPv6Address

_METADATA = (ip_network("100.100.100.200/32"), ip_network("fd00:ec2::/32"), ip_network("168.63.129.16/32"))
"""Where clouds answer their guests beside link-local addresses: Alibaba, AWS over IPv6, Azure's wire server."""


async def resolved(host: str, port: int, *, only_local: bool = False) -> list[str]:
    """The addresses of the host, those that may not be contacted left out; an address that was named stays.

    A name that leads to a link-local, metadata, multicast or unspecified address is not followed there: whoever holds
    the name's zone would make us ask on his behalf. With `only_local` every address must be loopback.

    Raises:
        Undelivered: The name has no address, or none that may be contacted.
    """
    if (literal := _literal(host)) is not None:
        return [str(literal)]
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Undelivered(f"the name {host} has no address") from None
    addresses = [ip_address(str(info[4][0]).partition("%")[0]) for info in found]
    allowed = [one for one in addresses if _may(one) and (not only_local or _plain(one).is_loopback)]
    if not allowed:
        raise Undelivered(f"the name {host} leads only to addresses that alerts are not sent to")
    return list(dict.fromkeys(map(str, allowed)))


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _may(address: Address) -> bool:
    one = _plain(address)
    refused = one.is_link_local or one.is_multicast or one.is_unspecified or one.is_reserved
    return not refused and not any(one in network for network in _METADATA if network.version == one.version)


def _plain(address: Address) -> Address:
    """An IPv4 address that is written as IPv6 is that IPv4 address."""
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
