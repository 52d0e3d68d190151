"""What an element of another tool says of a part: its fields as attributes of our vocabulary."""

import re
from collections.abc import Callable

from livebom.bom.observation import Fact
from livebom.bom.parts import PartKind, Value
from livebom.bom.vocabulary import COMMON, PARTS
from livebom.readers.spdx.cards import PARAMETERS, card_of, energies
from livebom.readers.spdx.index import Entry, Index
from livebom.readers.spdx.naming import AGENTS, PACKAGES, digest_of, link, purl_of, supplier_of

K = PartKind

_LEVELS = {"clear": "public", "green": "internal", "amber": "confidential", "red": "restricted"}
_AGENTS = {"Person": "person", "Organization": "team", "SoftwareAgent": "service_account"}
_NUMBER = re.compile(r"[0-9]{1,12}")


def facts_of(entry: Entry, kind: PartKind, key: str, index: Index) -> dict[str, Fact]:
    """The attributes that the vocabulary knows for the kind, as declared. Raises ReadProblem for a field's type."""
    told: dict[str, Value] = _common(entry, index)
    for type_, more in _MORE.items():
        if entry.type == type_ or (type_ == "package" and entry.type in PACKAGES):
            told |= more(entry)
    if entry.type in AGENTS:
        told |= {"type": _AGENTS.get(entry.type), "email": _identifier(entry, "email")}
    if kind is K.PACKAGE:
        told["type"] = entry.text("software_primaryPurpose")
    if kind is K.WEIGHTS:
        told["file"] = entry.text("name")
    if kind is K.IMAGE:
        told |= {"reference": entry.text("name"), "digest": key if key.startswith("sha256:") else None}
    known = COMMON.keys() | PARTS[kind].attributes.keys()
    return {name: Fact(value) for name, value in told.items() if name in known and value not in (None, "", [])}


def _common(entry: Entry, index: Index) -> dict[str, Value]:
    return {
        "name": entry.text("name"),
        "description": entry.text("description") or entry.text("summary"),
        "supplier": supplier_of(entry, index),
        "sha256": digest_of(entry),
        "blake3": digest_of(entry, "blake3"),
        "cpe": _identifier(entry, "cpe23") or _identifier(entry, "cpe22"),
    }


def _identifier(entry: Entry, kind: str) -> str:
    said = entry.inner("externalIdentifier")
    return next((one.text("identifier") for one in said if one.text("externalIdentifierType") == kind), "")


def _package(entry: Entry) -> dict[str, Value]:
    purl = purl_of(entry)
    version = entry.text("software_packageVersion")
    return {
        "version": version,
        "revision": purl.version if purl and purl.type == "huggingface" else None,
        "purl": purl.key if purl else None,
        "url": link(entry, "software_homePage", "software_downloadLocation"),
    }


def _model(entry: Entry) -> dict[str, Value]:
    said = [(one.text("key"), one.text("value")) for one in entry.inner("ai_hyperparameter")]
    training = entry.text("ai_informationAboutTraining")
    return {
        **{name: int(value) if _NUMBER.fullmatch(value) else value for name, value in said if name in PARAMETERS},
        "family": ", ".join(entry.texts("ai_typeOfModel")),
        "task": ", ".join(entry.texts("ai_domain")),
        "base": training.removeprefix("base: ") if training.startswith("base: ") else None,
        "limitations": entry.text("ai_limitation"),
        "energy": ", ".join(" ".join(one).strip() for one in energies(entry)),
        "card": card_of(entry),
    }


def _dataset(entry: Entry) -> dict[str, Value]:
    size = entry.fields.get("dataset_datasetSize")
    personal = entry.text("dataset_hasSensitivePersonalInformation") == "yes"
    return {
        "classification": "pii" if personal else _LEVELS.get(entry.text("dataset_confidentialityLevel")),
        "sensitive": ["personal information"] if personal else [],
        "bytes": size if isinstance(size, int) and not isinstance(size, bool) else None,
        "card": card_of(entry),
    }


_MORE: dict[str, Callable[[Entry], dict[str, Value]]] = {
    "package": _package,
    "ai_AIPackage": _model,
    "dataset_DatasetPackage": _dataset,
}
