"""What a certificate says of itself, read from its DER bytes; never trusted, never raising on garbage.

The standard library decodes a peer's certificate only where it was verified, so the few fields are read here
(RFC 5280 section 4.1, X.690). Whatever cannot be read is left out; names are as the certificate gives them, hostile.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import NamedTuple

NAMES_CAP = 100
"""Most alternative names that are kept."""
TEXT_CAP = 256
"""Most characters of one name."""
FIELDS_CAP = 256
"""Most fields of one sequence that are looked at."""

_ATTRIBUTES = {
    b"\x55\x04\x03": "CN",
    b"\x55\x04\x0a": "O",
    b"\x55\x04\x0b": "OU",
    b"\x55\x04\x06": "C",
    b"\x55\x04\x07": "L",
    b"\x55\x04\x08": "ST",
}
_ENCODINGS = {0x0C: "utf-8", 0x13: "ascii", 0x16: "ascii", 0x14: "latin-1", 0x1E: "utf-16-be", 0x1C: "utf-32-be"}
_ALTERNATIVE_NAME = b"\x55\x1d\x11"
_TIME = re.compile(r"(\d{2}|\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z")
_SEQUENCE, _OID, _OCTETS = 0x30, 0x06, 0x04
_DNS, _IP = 0x82, 0x87


class Certificate(NamedTuple):
    """The fields that could be read."""

    subject: str | None = None
    """Such as `CN=ollama.lab, O=Example`."""
    issuer: str | None = None
    names: tuple[str, ...] = ()
    """Alternative names: DNS names and addresses, in their order."""
    not_before: str | None = None
    """ISO 8601, UTC."""
    not_after: str | None = None
    self_signed: bool | None = None
    """Subject and issuer are the same bytes; the signature is not checked."""


class _Field(NamedTuple):
    tag: int
    content: bytes


def certificate(der: bytes) -> Certificate:
    """Read what can be read of one certificate."""
    fields = list(_fields(_inner(_inner(der))))
    if fields and fields[0].tag == 0xA0:  # the version, absent in v1
        del fields[0]
    if len(fields) < 5:
        return Certificate()
    issuer, validity, subject = fields[2].content, list(_fields(fields[3].content)), fields[4].content
    extensions = next((field.content for field in fields[5:] if field.tag == 0xA3), b"")
    times = [_time(field) for field in validity[:2]] + [None, None]
    return Certificate(
        subject=_name(subject),
        issuer=_name(issuer),
        names=tuple(_names(extensions)),
        not_before=times[0],
        not_after=times[1],
        self_signed=subject == issuer,
    )


def _fields(data: bytes) -> Iterator[_Field]:
    """The tag-length-value fields of a sequence's content, as far as they are whole."""
    at = 0
    for _ in range(FIELDS_CAP):
        if at + 2 > len(data):
            return
        tag, size = data[at], data[at + 1]
        at += 2
        if size & 0x80:
            width = size & 0x7F
            if not 0 < width <= 4:  # indefinite, or longer than any certificate
                return
            size = int.from_bytes(data[at : at + width], "big")
            at += width
        if at + size > len(data):
            return
        yield _Field(tag, data[at : at + size])
        at += size


def _inner(data: bytes) -> bytes:
    """The content of the first field where it is a sequence."""
    first = next(_fields(data), None)
    return first.content if first and first.tag == _SEQUENCE else b""


def _name(content: bytes) -> str:
    """A distinguished name as text: the attributes people read, in their order."""
    found = []
    for relative in _fields(content):
        for attribute in _fields(relative.content):
            parts = list(_fields(attribute.content))
            if len(parts) == 2 and parts[0].tag == _OID and parts[0].content in _ATTRIBUTES:
                found.append(f"{_ATTRIBUTES[parts[0].content]}={_text(parts[1])}")
    return ", ".join(found)[: 4 * TEXT_CAP]


def _text(field: _Field) -> str:
    return field.content[: 4 * TEXT_CAP].decode(_ENCODINGS.get(field.tag, "latin-1"), "replace")[:TEXT_CAP]


def _names(extensions: bytes) -> Iterator[str]:
    """The alternative names (RFC 5280 section 4.2.1.6)."""
    for extension in _fields(_inner(extensions)):
        parts = list(_fields(extension.content))
        if not parts or parts[0] != (_OID, _ALTERNATIVE_NAME) or parts[-1].tag != _OCTETS:
            continue
        for _, name in zip(range(NAMES_CAP), _fields(_inner(parts[-1].content)), strict=False):
            if name.tag == _DNS:
                yield name.content[:TEXT_CAP].decode("ascii", "replace")
            elif name.tag == _IP and len(name.content) in (4, 16):
                yield str(ip_address(name.content))


def _time(field: _Field) -> str | None:
    """UTCTime (two digits of the year, 1950 to 2049) or GeneralizedTime."""
    found = _TIME.fullmatch(field.content[:20].decode("ascii", "replace"))
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in found.groups())
    if len(found[1]) == 2:
        year += 1900 if year >= 50 else 2000
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return moment.isoformat().replace("+00:00", "Z")
