"""Parts as SPDX elements: the fields each class has, and properties for what no field holds."""

import re
from collections.abc import Callable

from livebom.bom.graph import name_of, values
from livebom.bom.parts import Part, PartKind, Value
from livebom.export.spdx.cards import of_dataset, of_model
from livebom.export.spdx.shape import Element, digests, element, extension, iri, json, made, plain
from livebom.export.spdx.words import DATASET, FILE, MODEL, PACKAGE, PACKAGES, PARTS, PRINCIPALS, VULNERABILITY

Values = dict[str, Value]

_LEVELS = {
    "public": "clear",
    "internal": "green",
    "confidential": "amber",
    "pii": "red",
    "phi": "red",
    "secret": "red",
    "restricted": "red",
}
"""A dataset's classification to SPDX's confidentiality, which is the Traffic Light Protocol's."""
_PARAMETERS = ("parameters", "context_length", "quantization", "format")
_HELD = {"name", "description", "supplier", "license", "purl", "cpe", "cve", "cwe", "email", "sha256", "blake3"}
"""Attributes that stand in fields or relationships of every class."""
_HELD_BY = {
    PACKAGE: {"version", "url"},
    MODEL: {
        "version",
        "url",
        "family",
        "task",
        "parameters",
        "context_length",
        "quantization",
        "format",
        "limitations",
    },
    DATASET: {"version", "url", "bytes"},
    VULNERABILITY: {"rule", "title", "url"},
    FILE: {"url"},
}
_PURPOSES = {"application", "framework", "library", "container", "firmware", "platform", "file", "module", "device"}
_ENERGY = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)\s*(kWh|MJ)\b")
_UNITS = {"kWh": "kilowattHour", "MJ": "megajoule"}
_PHASES = {"fine": "ai_finetuningEnergyConsumption", "inference": "ai_inferenceEnergyConsumption"}
_TRAINING = "ai_trainingEnergyConsumption"


def written(part: Part, further: tuple[str, ...] = ()) -> Element:
    """The part as an element; `further` are its other keys, joined to it by alias rows."""
    said = values(part)
    type_ = _type(part.kind, said)
    fields: Element = {
        "name": name_of(part),
        "description": _text(said, "description"),
        "externalIdentifier": _identifiers(part, said, further),
        "externalRef": _references(said, home=type_ in PACKAGES),
        "verifiedUsing": digests(_hashed(part, said)),
        "extension": extension(_properties(part, said)),
    }
    if part.kind is not PartKind.PRINCIPAL:
        supplier = _text(said, "supplier")
        fields["suppliedBy"] = made("supplier", supplier) if supplier else None
        fields |= _FIELDS[type_](part, said)
    return element(type_, iri(part.id), fields)


def suppliers(parts: list[Part]) -> list[Element]:
    """An organization for everybody who is said to supply one of the parts."""
    names = sorted({_text(values(part), "supplier") for part in parts if part.kind is not PartKind.PRINCIPAL} - {""})
    return [element("Organization", made("supplier", name), {"name": name}) for name in names]


def _type(kind: PartKind, said: Values) -> str:
    form = PARTS[kind].type
    return PRINCIPALS.get(_text(said, "type"), form) if kind is PartKind.PRINCIPAL else form


def _text(said: Values, name: str) -> str:
    value = said.get(name)
    return value if isinstance(value, str) else ""


def _several(said: Values, name: str) -> list[str]:
    value = said.get(name)
    return list(value) if isinstance(value, list) else [value] if isinstance(value, str) else []


def _purl(part: Part, said: Values) -> str:
    return next((one for one in (_text(said, "purl"), part.key) if one.startswith("pkg:")), "")


def _hashed(part: Part, said: Values) -> list[tuple[str, object]]:
    found = [("sha256", said.get(name)) for name in ("sha256", "digest")]
    keyed = part.key if part.key.startswith("sha256:") else None
    return [*found, ("sha256", keyed), ("blake3", said.get("blake3"))]


def _identifiers(part: Part, said: Values, further: tuple[str, ...]) -> list[Element]:
    cpe = _text(said, "cpe")
    told = [("packageUrl", _purl(part, said)), ("email", _text(said, "email"))]
    told += [
        ("cpe23" if cpe.startswith("cpe:2.3:") else "cpe22", cpe),
        *(("cve", one) for one in _several(said, "cve")),
    ]
    found: list[Element] = [
        {"type": "ExternalIdentifier", "externalIdentifierType": kind, "identifier": identifier}
        for kind, identifier in dict.fromkeys(told)
        if identifier
    ]
    own: Element = {"type": "ExternalIdentifier", "externalIdentifierType": "other", "issuingAuthority": "livebom"}
    return found + [own | {"identifier": key} for key in further]


def _references(said: Values, *, home: bool) -> list[Element]:
    weaknesses = [one if one.upper().startswith("CWE-") else f"CWE-{one}" for one in _several(said, "cwe")]
    found: list[Element] = [
        {"type": "ExternalRef", "externalRefType": "cwe", "locator": [weakness]} for weakness in weaknesses
    ]
    url = _link(said)
    if url and not home:
        found.append({"type": "ExternalRef", "externalRefType": "altWebPage", "locator": [url]})
    return found


def _link(said: Values) -> str:
    """The part's URL, if it is one that leads to a page: a `javascript:` link is text, not a link."""
    url = _text(said, "url")
    return url if url.lower().startswith(("https://", "http://")) else ""


def _properties(part: Part, said: Values) -> list[tuple[str, str]]:
    """Kind, key, each believed value that stands in no field, and for our own reader the part with all its claims."""
    told = said.keys() - _HELD - _HELD_BY.get(PARTS[part.kind].type, set())
    return [
        ("kind", part.kind),
        ("key", part.key),
        *((name, plain(said[name])) for name in sorted(told)),
        ("part", json(part)),
    ]


def _package(part: Part, said: Values) -> Element:
    purpose, kind = PARTS[part.kind].purpose, _text(said, "type")
    return {
        "software_primaryPurpose": kind if part.kind is PartKind.PACKAGE and kind in _PURPOSES else purpose,
        "software_packageVersion": _text(said, "version") or _text(said, "revision"),
        "software_packageUrl": _purl(part, said),
        "software_homePage": _link(said),
    }


def _file(part: Part, said: Values) -> Element:
    return {"software_primaryPurpose": PARTS[part.kind].purpose, "software_fileKind": "file"}


def _model(part: Part, said: Values) -> Element:
    parameters = [(name, plain(said[name])) for name in _PARAMETERS if said.get(name) not in (None, "")]
    base = _text(said, "base")
    return {
        **_package(part, said),
        **of_model(said.get("card"), _several(said, "task"), parameters),
        "ai_typeOfModel": _several(said, "family"),
        **({"ai_informationAboutTraining": f"base: {base}"} if base else {}),
        "ai_limitation": " ".join(_several(said, "limitations")),
        "ai_energyConsumption": _energy(_text(said, "energy")),
    }


def _energy(said: str) -> Element | None:
    """What a card says in kWh or MJ of training, fine-tuning or inference; None for anything vaguer."""
    found, low = _ENERGY.search(said), said.lower()
    phase = next((field for word, field in _PHASES.items() if word in low), _TRAINING if "train" in low else "")
    if found is None or not phase:
        return None
    told = {"ai_energyQuantity": float(found[1]), "ai_energyUnit": _UNITS[found[2]]}
    return {"type": "ai_EnergyConsumption", phase: [{"type": "ai_EnergyConsumptionDescription", **told}]}


def _dataset(part: Part, said: Values) -> Element:
    classification, size = _text(said, "classification").lower(), said.get("bytes")
    personal = classification in {"pii", "phi"}
    return {
        **_package(part, said),
        **of_dataset(said.get("card")),
        "dataset_confidentialityLevel": _LEVELS.get(classification),
        "dataset_hasSensitivePersonalInformation": "yes" if personal else "noAssertion",
        "dataset_datasetSize": size if isinstance(size, int) and not isinstance(size, bool) and size >= 0 else None,
    }


def _vulnerability(part: Part, said: Values) -> Element:
    return {"name": _text(said, "rule") or name_of(part), "summary": _text(said, "title")}


_FIELDS: dict[str, Callable[[Part, Values], Element]] = {
    PACKAGE: _package,
    FILE: _file,
    MODEL: _model,
    DATASET: _dataset,
    VULNERABILITY: _vulnerability,
}
