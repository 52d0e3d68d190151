"""Targets as people type them and list them: addresses, ranges, names, URLs, ports."""

import io
from collections.abc import Iterator
from contextlib import suppress

from livebom.net.refusal import ScopeError
from livebom.net.targets import TargetErrors, read_targets
from livebom.settings import examine
from tests.fuzz.made import files
from tests.fuzz.targets import joined, parts


def resolve(name: str) -> list[str]:
    """No name is looked up; each is one address."""
    return ["198.18.0.7"] if len(name) % 3 else []


def one_input(data: bytes) -> None:
    """A list; then, where there are more parts: ports, what is left out, one target."""
    pieces = [*parts(data, 4), b"", b"", b""]
    ports, out, one = (piece.decode("utf-8", "surrogateescape") for piece in pieces[1:4])
    with suppress(TargetErrors, ScopeError):
        found = read_targets(
            [one] if one else [],
            ["-"],
            ai=(8000, 11434),
            read_yaml=examine,
            exclude=[out] if out else [],
            ports=ports or None,
            resolve=resolve,
            stdin=io.BytesIO(pieces[0]),
        )
        for group in found.groups:
            assert all(0 < number < 65536 for number in group.ports)
            for target in group.include:
                assert all(run.first <= run.last for run in target.ranges)
        found.scope(ports_never=())


def seeds() -> Iterator[bytes]:
    lines = b"10.0.0.0/24\n10.0.0.1-10.0.0.9\n# a comment\nhttps://a.lab:8443/v1\n[::1]:80\nfd00::/120\ngpu1 # two\n"
    yield lines
    yield joined([lines, b"ai,80,1-1024", b"10.0.0.3", b"http://user@10.0.0.5/x?y#z"])
    yield joined([b"10.0.0.1\r\n\xef\xbb\xbf", b"443", b"", b"xn--mnchen-3ya.example"])
    yield from files("livebom/net", "*.txt")
