"""The attributes of a part, from the fields of a component or a service, each with how sure the tool is of it."""

from collections.abc import Iterable

from livebom.bom.observation import Fact
from livebom.bom.parts import Confidence, PartKind, Value
from livebom.bom.vocabulary import COMMON, PARTS
from livebom.readers.cyclonedx import kinds, places
from livebom.readers.cyclonedx.card_shape import DataSet, ModelCard, ModelParameters, Steward
from livebom.readers.cyclonedx.cards import card_of
from livebom.readers.cyclonedx.keys import Named, supplier
from livebom.readers.cyclonedx.shape import Component, Evidence, Identity, LicenseChoice, Reference, Service

K = PartKind
Facts = dict[str, Fact]

ALLOWED = {kind: COMMON.keys() | word.attributes.keys() for kind, word in PARTS.items()}
"""The attributes each kind of part may have."""

_FIELDS = {
    "name": ("name",),
    "version": ("version", "revision"),
    "purl": ("purl", "name", "version", "revision"),
    "cpe": ("cpe",),
    "hash": ("sha256", "blake3", "digest"),
}
"""Fields of `evidence.identity`, and the attributes they speak for."""
_PAGES = ("website", "model-card", "vcs", "distribution", "documentation")
_BY_KEY = frozenset({K.LISTENER, K.ENDPOINT})
"""Kinds whose key is where they are."""
_MODALITIES = {word: word for word in ("text", "image", "audio", "video", "embedding", "embeddings")} | {
    "string": "text"
}
"""The first words of formats, and the modality each stands for."""
_PARAMETERS = {
    "genai:aibom:modelcard:contextLength": "context_length",
    "genai:aibom:modelcard:quantizationFileType": "quantization",
}
"""Properties of the OWASP generator that are attributes here."""


def component_facts(one: Component, kind: PartKind, named: Named, sure: Confidence) -> Facts:
    """Every attribute that a component tells of; `sure` is the confidence where it has no word of its own."""
    said: dict[str, Value] = {
        "name": one.name,
        "version": one.version,
        "description": one.description,
        "supplier": supplier(one) or None,
        "license": license_text(one.licenses),
        "url": page(one.references),
        "purl": one.purl if named.purl else None,
        "cpe": one.cpe,
        "type": one.type if kind is K.PACKAGE else None,
        "sha256": named.sha256,
        "blake3": _hash(one, "BLAKE3"),
        "revision": named.revision,
    }
    if said["revision"] == one.version:
        del said["version"]
    if kind in {K.MODEL, K.ADAPTER}:
        said |= {**_model(one), "card": card_of(one)}
    elif kind is K.DATASET:
        said |= _data(one.data or ())
    elif kind is K.IMAGE:
        said |= _image(one, named)
        if one.version in {said["tag"], said["digest"]}:
            del said["version"]
    elif kind is K.WEIGHTS:
        said |= {"file": one.name, "format": kinds.weights_format(one.name)}
    elif kind is K.PROMPT:
        said["text_sha256"] = named.sha256
    return _facts(said, kind, sure, one.evidence)


def service_facts(one: Service, kind: PartKind, sure: Confidence) -> Facts:
    """Every attribute that a service tells of."""
    urls = sorted(places.plain_url(url) for url in one.endpoints or ())
    classes = sorted({flow.classification for flow in one.data or () if flow.classification})
    told = kinds.route(one.name)
    said: dict[str, Value] = {
        "name": one.name,
        "version": one.version,
        "description": one.description,
        "supplier": one.provider.name if one.provider else None,
        "license": license_text(one.licenses),
        "url": None if kind in _BY_KEY else (urls[0] if urls else page(one.references)),
        "base_url": urls[0] if urls else None,
        "auth": None if one.authenticated is None else ("required" if one.authenticated else "none"),
        "data_classification": ", ".join(classes),
        "classification": ", ".join(classes),
        "method": told[0] if told else None,
        "path": told[1] if told else None,
    }
    return _facts(said, kind, sure, None)


def data_facts(one: DataSet) -> Facts:
    """Every attribute of a data set that a model card describes in place."""
    return _facts({"name": one.name, **_data([one])}, K.DATASET, Confidence.DECLARED, None)


def license_text(found: list[LicenseChoice] | None) -> str | None:
    """One license, expression or name; several bind together. Ids count more than names, which often repeat them."""
    choices = found or []
    if len(choices) == 1 and (only := choices[0].license) and only.id:
        return only.id
    expressions = sorted({one.expression for one in choices if one.expression})
    ids = sorted({one.license.id for one in choices if one.license and one.license.id})
    names = sorted({one.license.name for one in choices if one.license and one.license.name})
    several = [f"({text})" if " " in text else text for text in expressions] + ids
    if len(several) == 1:
        return (expressions + ids)[0]
    return " AND ".join(several or names) or None


def page(found: list[Reference] | None) -> str | None:
    """Where the thing is described or reached, without secrets."""
    for kind in _PAGES if found else ():
        urls = sorted(places.plain_url(one.url) for one in found or () if one.url and one.type == kind)
        if urls:
            return urls[0]
    return None


def _facts(said: dict[str, Value], kind: PartKind, sure: Confidence, evidence: Evidence | None) -> Facts:
    where, grades = _where(evidence), _grades(evidence, sure)
    allowed = ALLOWED[kind]
    return {
        name: Fact(value, grades.get(name, sure), where)
        for name, value in said.items()
        if name in allowed and value not in (None, "", [])
    }


def _where(evidence: Evidence | None) -> str:
    """The first place where the tool found it, as `file:line`; else the file it read."""
    if evidence is None:
        return ""
    places_ = [(one.location, one.line or 0) for one in evidence.occurrences or () if one.location]
    if places_:
        location, line = min(places_)
        return f"{location}:{line}" if line else location
    files = [method.value for one in _identities(evidence) for method in one.methods or () if method.value]
    return min(files, default="")


def _grades(evidence: Evidence | None, sure: Confidence) -> dict[str, Confidence]:
    """The attributes that the tool is surer or less sure of than of the whole."""
    grades: dict[str, Confidence] = {}
    for one in _identities(evidence) if evidence else ():
        grade = _grade(one, sure)
        for name in _FIELDS.get(one.field or "", ()):
            grades[name] = min(grades.get(name, grade), grade, key=lambda found: found.rank)
    return grades


def _grade(one: Identity, sure: Confidence) -> Confidence:
    """A digest that was compared proves; a tool that is less than half sure only infers."""
    confidence = 1.0 if one.confidence is None else one.confidence
    if confidence > 0.9 and any(method.technique == "hash-comparison" for method in one.methods or ()):
        return Confidence.VERIFIED
    return max(sure, Confidence.INFERRED, key=lambda found: found.rank) if confidence < 0.5 else sure


def _identities(evidence: Evidence) -> list[Identity]:
    found = evidence.identity
    return [found] if isinstance(found, Identity) else found or []


def _hash(one: Component, algorithm: str) -> str | None:
    return min((found.content.lower() for found in one.hashes or () if found.alg == algorithm), default=None)


def _image(one: Component, named: Named) -> dict[str, Value]:
    told = {item.name: item.value for item in one.properties or ()}
    reference = told.get("image.reference") or told.get("aquasecurity:trivy:RepoTag") or one.name
    tag = reference.rpartition("/")[2].partition("@")[0].partition(":")[2]
    digest = named.key if named.key.startswith("sha256:") else None
    return {"reference": reference, "tag": tag or None, "digest": digest}


def _data(entries: Iterable[DataSet]) -> dict[str, Value]:
    """What a component's `data` tells; several entries are told together."""
    found = list(entries)
    urls = [(one.contents.url if one.contents else None) or one.url for one in found]
    sensitive = {item for one in found for item in _list(one.sensitive)}
    said: dict[str, Value] = {
        "url": min((places.plain_url(url) for url in urls if url), default=None),
        "classification": ", ".join(sorted({one.classification for one in found if one.classification})),
        "sensitive": sorted(sensitive),
        "governance": sorted({line for one in found for line in _governance(one)}),
    }
    described = min((one.description for one in found if one.description), default=None)
    return {name: value for name, value in (said | {"description": described}).items() if value}


def _governance(one: DataSet) -> list[str]:
    if one.governance is None:
        return []
    roles = {
        "custodian": one.governance.custodians,
        "steward": one.governance.stewards,
        "owner": one.governance.owners,
    }
    return [f"{role}={who}" for role, stewards in roles.items() for who in map(_who, stewards or ()) if who]


def _who(one: Steward) -> str:
    names = (
        one.contact.email if one.contact else None,
        one.contact.name if one.contact else None,
        one.organization.name if one.organization else None,
    )
    return next((name for name in names if name), "")


def _list(said: list[str] | str | None) -> list[str]:
    return [said] if isinstance(said, str) else said or []


def _model(one: Component) -> dict[str, Value]:
    """What a model's card and properties tell."""
    told = {item.name: item.value for item in one.properties or ()}
    card = one.model_card or ModelCard()
    said: dict[str, Value] = {"family": told.get("model_type")}
    if (parameters := card.parameters) is not None:
        made = parameters.model_architecture
        said["task"] = parameters.task
        said["family"] = parameters.architecture_family or said["family"] or made
        said["modalities"] = _modalities(parameters)
    for item in card.properties or ():
        if item.name in _PARAMETERS and item.value:
            said[_PARAMETERS[item.name]] = (
                int(item.value) if item.value.isdecimal() and len(item.value) < 16 else item.value
            )
    if card.considerations:
        said["limitations"] = "; ".join(card.considerations.limitations or ())
        said["energy"] = _energy(card)
    ancestors = (one.pedigree.ancestors if one.pedigree else None) or ()
    named = {f"{each.group}/{each.name}" if each.group else each.name for each in ancestors if not _elsewhere(each)}
    said["base"] = ", ".join(sorted(named))
    return {name: value for name, value in said.items() if value not in (None, "", [])}


def _elsewhere(one: Component) -> bool:
    """Whether our own writer tells the ancestor in full elsewhere."""
    return any(item.name == "livebom:ref" for item in one.properties or ())


def _modalities(parameters: ModelParameters) -> list[str]:
    formats = [*(parameters.inputs or ()), *(parameters.outputs or ())]
    words = {(one.format or "").lower().partition("/")[0] for one in formats}
    return sorted({_MODALITIES[word] for word in words if word in _MODALITIES})


def _energy(card: ModelCard) -> str:
    environment = card.considerations.environment if card.considerations else None
    uses = (environment.energy if environment else None) or []
    ours = [
        item.value for item in (environment.properties if environment else None) or () if item.name == "livebom:energy"
    ]
    if ours and ours[0]:
        return ours[0]
    told = [(use.activity or "energy", use.cost) for use in uses]
    return "; ".join(
        f"{activity}: {cost.value:g} {cost.unit or ''}".strip() for activity, cost in told if cost and cost.value
    )
