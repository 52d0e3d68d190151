"""Honest bytes that seeds are made of."""

import atexit
import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from msgspec.structs import replace

from livebom.bom.document import Document
from livebom.export import exported

TESTS = Path(__file__).resolve().parents[1]


def field(tag: int, content: bytes) -> bytes:
    """One DER field."""
    size = len(content)
    head = bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2)
    return bytes([tag]) + head + content


def der_certificate() -> bytes:
    """A certificate as X.509 lays one out, its key and signature left empty."""
    name = field(0x30, field(0x31, field(0x30, field(6, b"\x55\x04\x03") + field(12, "ölläma.lab".encode()))))
    times = field(0x30, field(0x17, b"260101000000Z") + field(0x18, b"20360101000000Z"))
    names = field(0x30, field(0x82, b"ollama.lab") + field(0x87, b"\x7f\0\0\1") + field(0x87, bytes(16)))
    extension = field(0x30, field(6, b"\x55\x1d\x11") + field(4, names))
    inner = b"".join(
        [
            field(0xA0, field(2, b"\2")), field(2, b"\1"), field(0x30, b""), name, times, name, field(0x30, b""),
            field(0xA3, field(0x30, extension)),
        ]
    )  # fmt: skip
    return field(0x30, field(0x30, inner) + field(0x30, b"") + field(3, b"\0"))


def encoded(document: object) -> bytes:
    """JSON, short."""
    return json.dumps(document, separators=(",", ":")).encode()


def files(folder: str, pattern: str, longest: int = 1 << 16) -> Iterator[bytes]:
    """Files below `tests`, those that are not too long."""
    for path in sorted((TESTS / folder).glob(pattern)):
        if path.is_file() and path.stat().st_size <= longest:
            yield path.read_bytes()


def few(document: Document, most: int) -> Document:
    """The document with so many of its parts, and what hangs on them alone."""
    parts = document.parts[:: max(1, len(document.parts) // most)]
    known = {part.id for part in parts}
    return replace(
        document,
        parts=parts,
        edges=tuple(one for one in document.edges if {one.source, one.destination} <= known),
        aliases=tuple(one for one in document.aliases if one.id in known),
        missed={one: count for one, count in document.missed.items() if one in known},
        observations=document.observations[:most],
    )


def bill(document: Document, form: str, most: int = 1 << 16) -> bytes:
    """As much of the document in that format of JSON as fits into so many bytes."""
    count = len(document.parts)
    while True:
        text = encoded(json.loads(exported(few(document, count), form)))
        if len(text) <= most or count == 1:
            return text
        count = count // 2


def folder() -> Path:
    """One for this process, gone when it ends."""
    path = Path(tempfile.mkdtemp(prefix="livebom-fuzz-"))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path
