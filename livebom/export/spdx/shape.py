"""What every SPDX element is made of: ids, creation information, properties, times and digests."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID, uuid5

import msgspec

from livebom.bom.identity import NAMESPACE

CONTEXT = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
CREATION = "_:creation"
"""The one creation information of a document, a blank node."""
PREFIX = "livebom:"
"""What the names of our properties and the comments of our relationships begin with."""

Element = dict[str, object]

_HEX = {"sha256": re.compile(r"[0-9a-f]{64}"), "blake3": re.compile(r"[0-9a-f]{64}")}


def iri(id_: UUID) -> str:
    """An id of the graph as a URN (RFC 9562 §4): the same thing has the same SPDX id in every document."""
    return f"urn:uuid:{id_}"


def made(*said: str) -> str:
    """The id of an element that is no part: made from its kind and content, in the order given."""
    return iri(uuid5(NAMESPACE, _unicode("\x1f".join(("spdx", *said)))))


def element(type_: str, id_: str, properties: Element) -> Element:
    """An element with those of its properties that say something."""
    told = {name: value for name, value in properties.items() if value not in (None, "", [])}
    return {"type": type_, "spdxId": id_, "creationInfo": CREATION, **told}


def extension(properties: Iterable[tuple[str, str]]) -> list[Element]:
    """Names (without prefix) and values as the one extension of an element."""
    entries = [
        {"type": "extension_CdxPropertyEntry", "extension_cdxPropName": PREFIX + name, "extension_cdxPropValue": value}
        for name, value in properties
    ]
    return [{"type": "extension_CdxPropertiesExtension", "extension_cdxProperty": entries}] if entries else []


def json(value: object) -> str:
    """A value as compact JSON; lone surrogates, which UTF-8 cannot hold, become question marks."""
    try:
        return msgspec.json.encode(value, order="deterministic").decode()
    except UnicodeEncodeError:
        return msgspec.json.encode(_whole(msgspec.to_builtins(value)), order="deterministic").decode()


def _unicode(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _whole(value: object) -> object:
    if isinstance(value, str):
        return _unicode(value)
    if isinstance(value, dict):
        return {_whole(key): _whole(item) for key, item in value.items()}
    return [_whole(item) for item in value] if isinstance(value, list | tuple) else value


def plain(value: object) -> str:
    """An attribute's value as text: itself, or its JSON where it is none."""
    return value if isinstance(value, str) else json(value)


def moment(at: datetime) -> str:
    """A time as SPDX wants it: UTC, whole seconds, `Z`."""
    return at.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def digests(said: Iterable[tuple[str, object]]) -> list[Element]:
    """(algorithm, value) pairs as hashes, each once; what is no such digest is left out."""
    found = {
        (algorithm, value.lower().removeprefix(f"{algorithm}:")) for algorithm, value in said if isinstance(value, str)
    }
    return [
        {"type": "Hash", "algorithm": algorithm, "hashValue": value}
        for algorithm, value in sorted(found)
        if _HEX[algorithm].fullmatch(value)
    ]
