"""Which hosts of a local segment are there at all: asked by ARP, with scapy, in a short-lived process of its own.

scapy is GPL-2.0-only and optional (`pip install livebom[scapy]`): it is never loaded here.
"""

import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec

import msgspec
from msgspec import Struct

from livebom.net.ranges import Range, address_text, merged, number_of
from probes.sources.child import command

MOST_HOSTS = 4096
"""Addresses of one question: scapy takes half a millisecond for each."""
_PER_SECOND = 1000.0
_START = 20.0
"""Seconds the process may take beside the asking and the waiting."""


class _Question(Struct, frozen=True):
    addresses: tuple[str, ...]
    interface: str
    timeout: float


class _Answer(Struct):
    addresses: tuple[str, ...] = ()
    fault: str = ""


def refusal(ranges: Sequence[Range]) -> str:
    """Why these cannot be asked about here, in words; empty where they can. Needs CAP_NET_RAW besides."""
    if find_spec("scapy") is None:
        return "scapy is not installed: pip install 'livebom[scapy]'"
    if any(one.family != 4 for one in ranges):
        return "ARP knows IPv4 only"
    if sum(one.count for one in merged(ranges)) > MOST_HOSTS:
        return f"more than {MOST_HOSTS} addresses"
    return ""


def alive(ranges: Sequence[Range], interface: str, timeout: float = 1.0) -> set[str]:
    """The addresses of these ranges that answered on that interface, within `timeout` seconds after the last question.

    Each is asked once, at most 1000 a second. Raises ValueError as `refusal` says, and ChildProcessError where scapy
    could not ask: no privilege, no such interface.
    """
    if reason := refusal(ranges):
        raise ValueError(reason)
    asked = [address_text(number, 4) for one in merged(ranges) for number in range(one.first, one.last + 1)]
    if not asked:
        return set()
    longest = _START + len(asked) / _PER_SECOND * 2 + timeout
    question = msgspec.json.encode(_Question(tuple(asked), interface, timeout))
    try:
        done = subprocess.run(  # noqa: S603 - our own Python, our own code
            command("probes.sources.arp", "serve"),
            input=question,
            capture_output=True,
            timeout=longest,
            cwd="/",
            check=True,
        )
        answer = msgspec.json.decode(done.stdout, type=_Answer)
    except (subprocess.SubprocessError, msgspec.DecodeError) as fault:
        raise ChildProcessError(f"the process that asks by ARP broke: {fault}") from None
    if answer.fault:
        raise ChildProcessError(f"ARP on {interface}: {answer.fault}")
    return {one for one in answer.addresses if number_of(one) is not None} & set(asked)


def serve() -> None:
    """The child's life: the question on standard input, the answer on standard output."""
    from scapy.layers.l2 import ARP, Ether
    from scapy.sendrecv import srp

    question = msgspec.json.decode(sys.stdin.buffer.read(), type=_Question)
    frames = [Ether(dst="ff:ff:ff:ff:ff:ff") / ARP(pdst=address) for address in question.addresses]
    try:
        pairs, _ = srp(frames, iface=question.interface, timeout=question.timeout, inter=1 / _PER_SECOND, verbose=0)
        answer = _Answer(tuple(sorted({reply.psrc for _, reply in pairs})))
    except (OSError, ValueError) as fault:
        answer = _Answer(fault=str(fault) or repr(fault))
    sys.stdout.buffer.write(msgspec.json.encode(answer))
