"""The natural key of what another tool describes: from its package URL, address or digest, else from its name."""

import re

from msgspec import Struct

from livebom.bom.parts import PartKind
from livebom.readers.cyclonedx import kinds, places
from livebom.readers.cyclonedx.card_shape import DataSet, Organization
from livebom.readers.cyclonedx.shape import Component, Service
from livebom.readers.purl import Purl, parse

K = PartKind

_SHA256 = re.compile(r"(?:sha256:)?([0-9a-fA-F]{64})")
_REVISION = re.compile(r"[0-9a-f]{7,64}")
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)
_OWN_PAGES = frozenset({"website", "distribution", "vcs"})
"""Types of references that lead to the component itself, and not to something like it."""


class Named(Struct, frozen=True, kw_only=True):
    """What a component is known by."""

    key: str
    purl: Purl | None = None
    revision: str = ""
    """The commit that is meant, of a model."""
    sha256: str = ""
    """Hex, lower case."""


def component_key(one: Component, kind: PartKind, scope: str, parent: str = "") -> Named:
    """Name a component; `scope`, what the document is about, keeps nameless things of two documents apart."""
    found = parse(one.purl) if one.purl else None
    sha256 = digest(one)
    if kind in {K.MODEL, K.ADAPTER}:
        return _model(one, found, sha256, scope)
    if kind is K.MODEL_VERSION:
        return Named(key=f"{scope}@{_commit(one)}", purl=found, revision=_commit(one))
    if kind is K.IMAGE:
        key = _image(one, found, sha256)
    elif kind is K.WEIGHTS:
        key = f"sha256:{sha256}" if sha256 else f"{parent or scope}/{one.name}"
    elif kind is K.DATASET:
        key = _dataset(one, sha256, scope)
    elif kind is K.PACKAGE:
        key = found.key if found else _at_version(one, scope)
    elif kind is K.REPOSITORY:
        urls = sorted(page.url for page in one.references or () if page.url and page.type == "vcs")
        key = places.repository(urls[0]) if urls else title(one.group, one.name)
    elif kind is K.MCP_SERVER and found:
        key = f"stdio:{found.key}"
    elif kind in {K.AGENT, K.PROMPT, K.GUARDRAIL, K.TOOL}:
        key = _in_source(one, kind, scope)
    else:
        key = f"named:{scope}/{title(one.group, one.name)}"
    return Named(key=key, purl=found, sha256=sha256)


def service_key(one: Service, kind: PartKind, scope: str) -> str:
    """Name a service: by its route, its domain or its address, else by its name within what the document is about."""
    urls = sorted(url for url in one.endpoints or () if places.split(url))
    first = places.split(urls[0]) if urls else None
    name = f"named:{scope}/{title(one.group, one.name)}"
    told = kinds.route(one.name)
    if kind is K.ENDPOINT and told:
        method, path = told
        return f"{method} {places.plain_url(urls[0])}" if urls else f"{method} {scope}{path}"
    if first is None:
        return name
    if kind is K.API_PROVIDER:
        return places.registrable(first.hostname or "")
    return places.authority(first) if kind is K.VECTOR_STORE else places.plain_url(urls[0])


def data_key(one: DataSet, scope: str) -> str:
    """Name a data set that a model card describes in place."""
    url = (one.contents.url if one.contents else None) or one.url or ""
    return _located(url) or f"named:{scope}/{one.name or 'unnamed'}".lower()


def supplier(one: Component) -> str:
    """Who supplies or makes it, as told."""
    said: tuple[Organization | None, ...] = (one.supplier, one.manufacturer)
    return next((who.name for who in said if who and who.name), one.publisher or "")


def title(group: str | None, name: str) -> str:
    """Group and name, joined by `/`."""
    return f"{group}/{name}" if group else name


def digest(one: Component) -> str:
    """The component's SHA-256 in hex, lower case; empty where none is told."""
    found = sorted(hash_.content.lower() for hash_ in one.hashes or () if hash_.alg == "SHA-256")
    return found[0] if found and _SHA256.fullmatch(found[0]) else ""


def _model(one: Component, found: Purl | None, sha256: str, scope: str) -> Named:
    """A model or an adapter, its commit beside it."""
    if found and found.type == "huggingface":
        revision = found.version if _REVISION.fullmatch(found.version) else _commit(one)
        return Named(key=f"hf:{found.path}".lower(), purl=found, revision=revision, sha256=sha256)
    if found and found.type == "mlflow":
        parts = places.split(found.qualifiers.get("repository_url", ""))
        registry = f"{places.authority(parts)}/" if parts else ""
        return Named(key=f"mlflow:{registry}{found.path}", purl=found, revision=_commit(one), sha256=sha256)
    pages = {places.hub_id(page.url) for page in one.references or () if page.url and page.type in _OWN_PAGES}
    ids = {page[0] for page in pages if page and not page[1]} | _hub_name(one)
    version = one.version or ""
    if len(ids) == 1:
        revision = version if _REVISION.fullmatch(version) else _commit(one)
        return Named(key=f"hf:{ids.pop()}", purl=found, revision=revision, sha256=sha256)
    if sha256:
        return Named(key=f"sha256:{sha256}", purl=found, revision=_commit(one), sha256=sha256)
    who = supplier(one) or one.group or (found.namespace if found else "") or scope
    return Named(key=f"named:{who}/{one.name}".lower(), purl=found, revision=_commit(one))


def _commit(one: Component) -> str:
    """The commit that the pedigree names; empty where it names none or several."""
    found = [commit.uid for commit in (one.pedigree.commits if one.pedigree else None) or () if commit.uid]
    return found[0] if len(found) == 1 else ""


def _hub_name(one: Component) -> set[str]:
    """The Hugging Face id that a name is: `hf://ns/name`, or what a server was told to load by k8s-aibom's word."""
    if one.name.startswith("hf://"):
        found = places.hub_id(one.name)
        return {found[0]} if found else set()
    told = {item.name for item in one.properties or ()} & {"identity.argFlag", "identity.envVarName"}
    return {one.name.lower()} if told and _HUB_NAME.fullmatch(one.name) else set()


def _image(one: Component, found: Purl | None, sha256: str) -> str:
    told = {item.name: item.value or "" for item in one.properties or ()}
    said = (
        found.version if found else "",
        one.version or "",
        told.get("aquasecurity:trivy:RepoDigest", "").rpartition("@")[2],
    )
    for text in said:
        if match := _SHA256.fullmatch(text):
            return f"sha256:{match[1].lower()}"
    if sha256:
        return f"sha256:{sha256}"
    return (told.get("image.reference") or _reference(one)).lower()


def _reference(one: Component) -> str:
    """Name and tag; the name may hold the tag already."""
    name = title(one.group, one.name)
    return f"{name}:{one.version}" if one.version and ":" not in name.rpartition("/")[2] else name


def _dataset(one: Component, sha256: str, scope: str) -> str:
    urls = [entry.contents.url for entry in one.data or () if entry.contents and entry.contents.url]
    urls += [page.url for page in one.references or () if page.url and page.type in _OWN_PAGES]
    located = sorted(filter(None, map(_located, urls)))
    if located:
        return located[0]
    if sha256:
        return f"sha256:{sha256}"
    return f"named:{supplier(one) or one.group or scope}/{one.name}".lower()


def _located(url: str) -> str:
    """A data set's key by where it is; empty for what is no address."""
    hub = places.hub_id(url)
    if hub and hub[1]:
        return f"hf-ds:{hub[0]}"
    return places.plain_url(url) if places.split(url) or "://" in url else ""


def _at_version(one: Component, scope: str) -> str:
    name = title(one.group, one.name)
    return f"{name}@{one.version}" if one.version else f"{scope}/{name}"


def _in_source(one: Component, kind: PartKind, scope: str) -> str:
    """Repository, file and name; a tool is named without its file."""
    found = (one.evidence.occurrences if one.evidence else None) or ()
    files = sorted(place.location for place in found if place.location)
    file = f":{files[0]}" if files and kind is not K.TOOL else ""
    return f"{scope}{file}:{title(one.group, one.name)}"
