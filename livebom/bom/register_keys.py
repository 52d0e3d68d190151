"""The natural keys that the words of an official inventory make: how a row of a table comes to name a part."""

from collections.abc import Mapping

from livebom.bom.identity import host_key, server_key
from livebom.bom.parts import PartKind

_CASELESS = ("hf:", "ollama:", "hf-ds:")
"""Keys that do not tell capitals from small letters."""
_HUB = ("https://huggingface.co/", "huggingface.co/", "hf.co/")
_COUNTRY = frozenset({"ac", "co", "com", "gov", "net", "org"})
"""What stands between a name and its country's domain where the country's registry says so."""


def key_of(kind: PartKind, said: Mapping[str, str], scope: str) -> str | None:
    """The natural key that a row's words make, by the forms of the vocabulary; None where they make none.

    `scope` stands for the maker of a thing whose maker is not named, so that two registers' things of one name stay
    two.
    """
    given = said.get("key")
    if given:
        return given.lower() if given.lower().startswith(_CASELESS) else given
    if kind in {PartKind.MODEL, PartKind.ADAPTER}:
        return _model(said, scope)
    if kind is PartKind.DATASET:
        return _dataset(said, scope)
    if kind is PartKind.API_PROVIDER:
        return _domain(said.get("url") or said.get("base_url") or said.get("name", ""))
    if kind is PartKind.PACKAGE:
        return _package(said)
    return _placed(kind, said) or said.get("url")


def _model(said: Mapping[str, str], scope: str) -> str | None:
    """A registry's name where it is one, else the name with its maker."""
    purl = said.get("purl", "").partition("?")[0].partition("@")[0]
    if purl.startswith("pkg:huggingface/"):
        return f"hf:{purl.removeprefix('pkg:huggingface/').lower()}"
    low = said.get("name", "").lower()
    for place in _HUB:
        low = low.removeprefix(place)
    if low.startswith(_CASELESS):
        return low
    maker, _, rest = low.partition("/")
    if maker not in {"", ".", "..", "~"} and rest and not any(c.isspace() or c in ":/\\" for c in maker + rest):
        return f"hf:{low}"
    return _named(said, scope)


def _dataset(said: Mapping[str, str], scope: str) -> str | None:
    low = said.get("name", "").lower()
    return low if low.startswith("hf-ds:") else said.get("url") or _named(said, scope)


def _named(said: Mapping[str, str], scope: str) -> str | None:
    name = said.get("name")
    return f"named:{said.get('supplier') or scope}/{name}".lower() if name else None


def _package(said: Mapping[str, str]) -> str | None:
    """Its package URL without qualifiers, else name and version."""
    if purl := said.get("purl"):
        return purl.partition("?")[0].partition("#")[0]
    name, version = said.get("name"), said.get("version")
    return f"{name}@{version}" if name and version else None


def _placed(kind: PartKind, said: Mapping[str, str]) -> str | None:
    """What is named by where it stands, or a principal by the e-mail address."""
    zone, host = said.get("zone", "default"), said.get("host")
    if kind is PartKind.HOST and host:
        return host_key(zone, host)
    if kind is PartKind.SERVER and host and "product" in said:
        return server_key(zone, host, said["product"].lower())
    if kind is PartKind.PRINCIPAL and "email" in said:
        return said["email"].lower()
    return None


def _domain(place: str) -> str | None:
    """The domain that somebody registered: the last two labels, or three below a country's registry; None for none."""
    host = (place.partition("://")[2] or place).partition("/")[0].rpartition("@")[2].partition(":")[0]
    labels = host.lower().strip(".").split(".")
    if len(labels) < 2 or any(not label or any(c.isspace() for c in label) for label in labels):
        return None
    below = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _COUNTRY
    return ".".join(labels[-3:] if below else labels[-2:])
