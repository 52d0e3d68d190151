"""Which part an element of another tool is: its kind from its type and purpose, its key from what identifies it."""

import re
from collections.abc import Iterable

from livebom.bom.parts import PartKind
from livebom.readers.purl import Purl, parse
from livebom.readers.spdx.index import Entry, Index

K = PartKind

Name = tuple[PartKind, str]

AGENTS = frozenset({"Agent", "Person", "Organization", "SoftwareAgent"})
PACKAGES = frozenset({"software_Package", "ai_AIPackage", "dataset_DatasetPackage"})

_WEIGHTS = (
    ".safetensors",
    ".gguf",
    ".ggml",
    ".onnx",
    ".pt",
    ".pth",
    ".pkl",
    ".bin",
    ".h5",
    ".keras",
    ".tflite",
    ".ckpt",
)
_SHA256 = re.compile(r"(?:sha256:)?([0-9a-f]{64})")
_USER = re.compile(r"(?<=://)[^\s/@]{0,512}@")
_HUB = re.compile(r"https?://(?:www\.)?(?:huggingface\.co|hf\.co)/(datasets/)?([\w.-]+/[\w.-]+)/?(?:tree/[\w.-]+/?)?")


def part_name(entry: Entry, index: Index, owners: dict[str, str]) -> Name | None:
    """Kind and key of an element that is a part by itself; None for the others. Raises ReadProblem.

    `owners` maps a file's id to the key of the model it belongs to. Agents become parts only where a relationship
    needs them, and vulnerabilities where they are about something.
    """
    if entry.type in PACKAGES:
        kind = _package_kind(entry)
        return kind, _KEYS.get(kind, _package_key)(entry, index)
    if entry.type == "software_File":
        return _file_name(entry, index, owners)
    return None


def principal_key(entry: Entry, index: Index) -> str:
    """`<issuer>:<subject>`, else the e-mail address, else the name within the document, else the SPDX id."""
    found = [(one.text("externalIdentifierType"), one) for one in entry.inner("externalIdentifier")]
    for kind, one in found:
        if kind == "other" and one.text("issuingAuthority") and one.text("identifier"):
            return f"{one.text('issuingAuthority')}:{one.text('identifier')}".lower()
    mail = next((one.text("identifier") for kind, one in found if kind == "email"), "")
    name = entry.text("name")
    return mail.lower() or (f"{index.about}:{name}" if name else entry.id)


def purl_of(entry: Entry) -> Purl | None:
    """The package URL, from its own field or the identifiers."""
    identifiers = entry.inner("externalIdentifier")
    others = (one.text("identifier") for one in identifiers if one.text("externalIdentifierType") == "packageUrl")
    own = entry.text("software_packageUrl") if entry.type in PACKAGES else ""
    return next((found for one in (own, *others) if one and (found := parse(one))), None)


def link(entry: Entry, *fields: str) -> str:
    """The first of these fields that says something, without user, password, query and fragment."""
    said = next((text for field in fields if (text := entry.text(field))), "")
    return _USER.sub("", re.split(r"[?#]", said, maxsplit=1)[0])


def digest_of(entry: Entry, algorithm: str = "sha256") -> str:
    """The element's digest in hex, empty where it has none."""
    for one in entry.inner("verifiedUsing"):
        if one.text("algorithm") == algorithm:
            found = _SHA256.fullmatch(one.text("hashValue").lower())
            return found[1] if found else ""
    return ""


def supplier_of(entry: Entry, index: Index) -> str:
    """The name of who supplies it, else of who made it."""
    agents = [*entry.refs("suppliedBy"), *entry.refs("originatedBy")]
    return next((name for one in agents if (name := index.name(one))), "")


def _package_kind(entry: Entry) -> PartKind:
    purpose = entry.text("software_primaryPurpose")
    purl = purl_of(entry)
    hub_data, hub = _hub(entry) if purl and purl.type == "huggingface" else (False, "")
    if entry.type == "dataset_DatasetPackage" or purpose == "data" or hub_data:
        return K.DATASET
    if entry.type == "ai_AIPackage" or purpose == "model" or hub:
        return K.MODEL
    if purpose == "container" or (purl and purl.type in {"oci", "docker"}):
        return K.IMAGE
    return K.REPOSITORY if purpose == "source" and not purl and _url(entry) else K.PACKAGE


def _file_name(entry: Entry, index: Index, owners: dict[str, str]) -> Name | None:
    name = entry.text("name") or entry.id
    purposes = {entry.text("software_primaryPurpose"), *entry.texts("software_additionalPurpose")}
    digest = digest_of(entry)
    if "model" in purposes or (entry.id in owners and name.lower().endswith(_WEIGHTS)):
        return K.WEIGHTS, f"sha256:{digest}" if digest else f"{owners.get(entry.id, index.about)}/{name}"
    if "data" in purposes:
        return K.DATASET, f"sha256:{digest}" if digest else _named(entry, index)
    return None


def _url(entry: Entry) -> str:
    return link(entry, "software_downloadLocation", "software_homePage")


def _hub(entry: Entry) -> tuple[bool, str]:
    """Whether it is a data set, and its id, where a link or a package URL leads to the Hugging Face hub."""
    purl = purl_of(entry)
    if purl and purl.type == "huggingface":
        path = purl.path.lower()
        return path.startswith("datasets/"), path.removeprefix("datasets/")
    for field in ("software_downloadLocation", "software_homePage"):
        if found := _HUB.fullmatch(link(entry, field)):
            return bool(found[1]), found[2].lower()
    return False, ""


def _model_key(entry: Entry, index: Index) -> str:
    data, hub = _hub(entry)
    if hub and not data:
        return f"hf:{hub}"
    digest = digest_of(entry)
    return f"sha256:{digest}" if digest else _named(entry, index)


def _dataset_key(entry: Entry, index: Index) -> str:
    _, hub = _hub(entry)
    if hub:
        return f"hf-ds:{hub}"
    digest = digest_of(entry)
    told = link(entry, "software_downloadLocation") or (f"sha256:{digest}" if digest else "")
    return told or _named(entry, index)


def _image_key(entry: Entry, index: Index) -> str:
    purl = purl_of(entry)
    said: Iterable[str] = (digest_of(entry), purl.version if purl else "", entry.text("software_packageVersion"))
    digest = next((found[1] for one in said if (found := _SHA256.fullmatch(one.lower()))), "")
    return f"sha256:{digest}" if digest else (entry.text("name") or entry.id).lower()


def _repository_key(entry: Entry, index: Index) -> str:
    """The URL without scheme, credentials and `.git`, its host lower-cased."""
    place = _url(entry).partition("://")[2] or _url(entry)
    host, slash, path = place.rpartition("@")[2].partition("/")
    return (host.lower() + slash + path).rstrip("/").removesuffix(".git") or entry.id


def _package_key(entry: Entry, index: Index) -> str:
    purl = purl_of(entry)
    if purl:
        return purl.key
    name, version = entry.text("name") or entry.id, entry.text("software_packageVersion")
    return f"{name}@{version}" if version else f"{index.about}/{name}"


def _named(entry: Entry, index: Index) -> str:
    """A name with its supplier, else with what the document is about; without a name, the SPDX id."""
    who = supplier_of(entry, index) or index.about
    return f"named:{who}/{entry.text('name') or entry.id}".lower()


_KEYS = {
    K.MODEL: _model_key,
    K.DATASET: _dataset_key,
    K.IMAGE: _image_key,
    K.REPOSITORY: _repository_key,
}
