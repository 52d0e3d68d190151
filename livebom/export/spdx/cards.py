"""What a card tells, in the fields of SPDX's AI and Dataset profiles; what fits none stands in the properties alone."""

from collections.abc import Iterable, Sequence

from livebom.bom.card import fields
from livebom.bom.parts import Value
from livebom.export.spdx.shape import Element

_LISTED = ("modelDataPreprocessing", "modelExplainability", "standardCompliance")
_PAIRED = ("metric", "metricDecisionThreshold")
_SENTENCES = ("informationAboutApplication", "informationAboutTraining")
_PRESENCE = ("yes", "no")
_CHOSEN = {
    "autonomyType": _PRESENCE,
    "useSensitivePersonalInformation": _PRESENCE,
    "safetyRiskAssessment": ("serious", "high", "medium", "low"),
}
"""Fields for which SPDX has words of its own."""

_DATA_LISTED = ("anonymizationMethodUsed", "dataPreprocessing", "knownBias")
_DATA_SENTENCES = ("dataCollectionProcess", "datasetNoise", "datasetUpdateMechanism", "intendedUse")
_AVAILABILITY = ("directDownload", "scrapingScript", "query", "clickthrough", "registration")
_TYPES = frozenset({
    "audio", "categorical", "graph", "image", "numeric", "other", "sensor", "structured", "syntactic", "text",
    "timeseries", "timestamp", "video",
})  # fmt: skip


def of_model(card: Value, tasks: Sequence[str], parameters: Sequence[tuple[str, str]]) -> Element:
    """The fields of an AI package that the card tells; its tasks are domains, its parameters hyperparameters too."""
    told = fields(card)
    return {
        "ai_domain": list(dict.fromkeys([*tasks, *told.get("domain", ())])),
        "ai_hyperparameter": _entries([*parameters, *_pairs(told.get("hyperparameter", ()))]),
        **{f"ai_{name}": _entries(_pairs(told.get(name, ()))) for name in _PAIRED},
        **{f"ai_{name}": "; ".join(told.get(name, ())) for name in _SENTENCES},
        **{f"ai_{name}": told.get(name, []) for name in _LISTED},
        **{f"ai_{name}": _one_of(told.get(name, ()), allowed) for name, allowed in _CHOSEN.items()},
    }


def of_dataset(card: Value) -> Element:
    """The fields of a data set package that the card tells; its kind of data is one of SPDX's words."""
    told = fields(card)
    return {
        "dataset_datasetType": [one for one in told.get("datasetType", ()) if one in _TYPES] or ["noAssertion"],
        "dataset_datasetAvailability": _one_of(told.get("datasetAvailability", ()), _AVAILABILITY),
        **{f"dataset_{name}": "; ".join(told.get(name, ())) for name in _DATA_SENTENCES},
        **{f"dataset_{name}": told.get(name, []) for name in _DATA_LISTED},
    }


def _entries(pairs: Iterable[tuple[str, str]]) -> list[Element]:
    """Names and values as SPDX's dictionary entries."""
    return [{"type": "DictionaryEntry", "key": key, "value": value} for key, value in pairs]


def _pairs(told: Sequence[str]) -> list[tuple[str, str]]:
    """Lines such as `accuracy: 0.7` as name and value; without a colon, the whole is the value."""
    split = [one.partition(": ") for one in told]
    return [(name, value) if colon else ("value", name) for name, colon, value in split]


def _one_of(told: Sequence[str], allowed: tuple[str, ...]) -> str:
    """The first line that is one of the words."""
    words = {word.lower(): word for word in allowed}
    return next((words[one.lower()] for one in told if one.lower() in words), "")
