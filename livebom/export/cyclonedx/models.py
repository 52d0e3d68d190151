"""Models, their cards and what they were made from."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from livebom.bom.card import PREFIX, PROPERTIES, fields
from livebom.bom.graph import value
from livebom.bom.parts import EdgeKind, Part, PartKind
from livebom.bom.text import safe_text
from livebom.bom.vocabulary import PARTS
from livebom.export.cyclonedx.common import shown_name
from livebom.export.cyclonedx.facts import Facts, own
from livebom.export.cyclonedx.fit import purl, text_of, version_of
from livebom.export.cyclonedx.inventory import (
    Commit,
    Component,
    Considerations,
    Environment,
    Format,
    Metric,
    ModelCard,
    ModelParameters,
    Pedigree,
    Quantities,
    Risk,
)
from livebom.export.cyclonedx.shape import Property, Ref
from livebom.export.cyclonedx.view import View, refs

E = EdgeKind
K = PartKind

MODELS = frozenset({K.MODEL, K.MODEL_VERSION, K.ADAPTER})
_CARD = "/modelCard"
_GIVEN = frozenset({"embedding", "embeddings"})
"""Modalities that only come out of a model."""
_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_HUGGING = re.compile(r"hf:([A-Za-z0-9._-]+)/([A-Za-z0-9._-]+)")
_TYPES = {K.WEIGHTS: "file", K.DATASET: "data"}


def model(view: View, part: Part, facts: Facts) -> dict[str, Any]:
    """A model, a version or an adapter: what its kind adds to a component."""
    made: dict[str, Any] = {
        "type": "machine-learning-model",
        "purl": facts.fitting("purl", "/purl", purl) or _purl(part),
        "pedigree": pedigree(view, part, facts),
        "model_card": _card(view, part, facts),
        "tags": (part.kind.replace("_", "-"),),
        "is_external": view.external and _hosted(view, part),
    }
    if "version" not in facts.left:
        made["version"] = facts.fitting("revision", "/version", version_of)
    return made


def pedigree(view: View, part: Part, facts: Facts) -> Pedigree | None:
    """What it was made from: the parts that edges name, the base that its card names, and its commit."""
    sources = view.to(part, E.DERIVED_FROM, E.ADAPTER_OF, E.QUANTIZED_FROM)
    ancestors = [_ancestor(view.parts[id_]) for id_ in dict.fromkeys(one.id for one in sources)]
    told = facts.text("base", f"/pedigree/ancestors/{len(ancestors)}")
    if told:
        ancestors.append(Component(type="machine-learning-model", name=told))
    revision = value(part, "revision")
    commit = isinstance(revision, str) and _COMMIT.fullmatch(revision)
    commits = (Commit(uid=str(revision)),) if commit else ()
    return Pedigree(ancestors=tuple(ancestors), commits=commits) if ancestors or commits else None


def _ancestor(part: Part) -> Component:
    """The ancestor in short; the whole part stands under its own bom-ref."""
    told = value(part, "purl")
    return Component(
        type=_TYPES.get(part.kind, "machine-learning-model"),
        name=shown_name(part),
        purl=purl(told) if isinstance(told, str) else _purl(part),
        properties=(own("ref", str(part.id)),),
    )


def _card(view: View, part: Part, facts: Facts) -> ModelCard | None:
    modalities = facts.left.get("modalities")
    listed = [safe_text(str(one)) for one in modalities] if isinstance(modalities, list) else []
    parameters = ModelParameters(
        task=facts.text("task", f"{_CARD}/modelParameters/task"),
        architecture_family=facts.text("family", f"{_CARD}/modelParameters/architectureFamily"),
        datasets=tuple(Ref(ref=one) for one in refs(view.to(part, E.FINE_TUNED_ON))),
        inputs=tuple(Format(format=one) for one in listed if one not in _GIVEN),
        outputs=tuple(Format(format=one) for one in listed if one in _GIVEN),
    )
    told_of = fields(facts.left.get("card"))
    considerations = _considerations(facts, told_of)
    left = {name: facts.left.pop(name) for name in PARTS[K.MODEL].attributes if name in facts.left}
    kept, facts.left = facts.left, left
    for name in ("revision", "purl"):
        if name in left:
            kept[name] = left.pop(name)
    told = facts.properties(f"{_CARD}/properties")
    facts.left = kept
    card = ModelCard(
        model_parameters=parameters if parameters != ModelParameters() else None,
        quantitative_analysis=_measured(told_of.get("metric", ())),
        considerations=considerations,
        properties=(*told, *_registered(told_of)),
    )
    return card if card != ModelCard() else None


def _considerations(facts: Facts, told: Mapping[str, Sequence[str]]) -> Considerations | None:
    """What the standard has fields for; the card's own lines stand in our properties all the same."""
    place = f"{_CARD}/considerations"
    limits = facts.texts("limitations", f"{place}/technicalLimitations")
    energy = facts.texts("energy", f"{place}/environmentalConsiderations")
    made = Considerations(
        use_cases=tuple(text_of(one) for one in told.get("intendedUse", ())),
        technical_limitations=limits,
        ethical_considerations=tuple(Risk(name=text_of(one)) for one in told.get("ethicalConsiderations", ())),
        environmental_considerations=Environment(properties=tuple(own("energy", one) for one in energy))
        if energy
        else None,
    )
    return made if made != Considerations() else None


def _measured(told: Sequence[str]) -> Quantities | None:
    """Metrics as `type: value`; without a colon, a value."""
    pairs = [one.partition(": ") for one in told]
    metrics = tuple(
        Metric(type=text_of(name), value=text_of(value)) if colon else Metric(value=text_of(name))
        for name, colon, value in pairs
    )
    return Quantities(performance_metrics=metrics) if metrics else None


def _registered(told: Mapping[str, Sequence[str]]) -> list[Property]:
    """The fields for which OWASP's registry has properties of its own, under its names."""
    return [
        Property(name=PREFIX + name, value=text_of(one))
        for field, name in PROPERTIES.items()
        for one in told.get(field, ())
    ]


def _purl(part: Part) -> str | None:
    """The package URL of a model whose key names a Hugging Face repository; its name's own case where that is told."""
    found = _HUGGING.fullmatch(part.key)
    if found is None or part.kind not in {K.MODEL, K.ADAPTER}:
        return None
    told = value(part, "name")
    cased = told if isinstance(told, str) and f"hf:{told.lower()}" == part.key else f"{found[1]}/{found[2]}"
    revision = value(part, "revision")
    at = f"@{quote(revision.lower(), safe='')}" if isinstance(revision, str) and _COMMIT.fullmatch(revision) else ""
    return purl(f"pkg:huggingface/{cased}{at}")


def _hosted(view: View, part: Part) -> bool:
    """Whether only somebody else's service is known to run it."""
    serving = {one.kind for one in view.sources(part, E.SERVES)}
    return serving == {K.API_PROVIDER} and not view.out(part, E.HAS_WEIGHTS)
