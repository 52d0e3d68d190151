"""What an AI or data set package tells beside our attributes, as `field=text`, by the names SPDX gives its fields."""

from collections.abc import Iterator

from livebom.bom.card import lines
from livebom.readers.spdx.index import Entry

Told = tuple[str, str]

# SPDX 3.0.1, AI and Dataset profiles; the names are those of OWASP's registry too.
_MODEL = (
    "autonomyType", "domain", "informationAboutApplication", "informationAboutTraining", "modelDataPreprocessing",
    "modelExplainability", "safetyRiskAssessment", "standardCompliance", "useSensitivePersonalInformation",
)  # fmt: skip
_DATASET = (
    "anonymizationMethodUsed", "dataCollectionProcess", "dataPreprocessing", "datasetAvailability", "datasetNoise",
    "datasetType", "datasetUpdateMechanism", "intendedUse", "knownBias",
)  # fmt: skip
_PAIRS = ("hyperparameter", "metric", "metricDecisionThreshold")
_TIMES = ("releaseTime",)
PARAMETERS = frozenset({"parameters", "context_length", "quantization", "format"})
"""Hyperparameters that are attributes of their own."""
_UNITS = {"kilowattHour": "kWh", "megajoule": "MJ"}
_PHASES = ("training", "finetuning", "inference")


def card_of(entry: Entry) -> list[str]:
    """The lines of a model or a data set, sorted, each once; capped. Raises ReadProblem for a field's type."""
    if entry.type == "dataset_DatasetPackage":
        return lines([*_said(entry, "dataset_", _DATASET), *_said(entry, "", _TIMES), *_sensors(entry)])
    told = [*_said(entry, "ai_", _MODEL), *_said(entry, "", _TIMES), *_paired(entry)]
    for _, quantity, unit in energies(entry):
        told += [("energyQuantity", quantity), ("energyUnit", unit)]
    # Our own writer's sentence about the base model is an attribute.
    return lines((field, text) for field, text in told if not text.startswith("base: "))


def energies(entry: Entry) -> Iterator[tuple[str, str, str]]:
    """Phase, amount and unit of each energy that is told."""
    for one in entry.inner("ai_energyConsumption"):
        for phase in _PHASES:
            for told in one.inner(f"ai_{phase}EnergyConsumption"):
                quantity, unit = told.fields.get("ai_energyQuantity"), told.text("ai_energyUnit")
                if isinstance(quantity, int | float | str):
                    yield phase, str(quantity), _UNITS.get(unit, unit)


def _said(entry: Entry, prefix: str, names: tuple[str, ...]) -> Iterator[Told]:
    for name in names:
        yield from ((name, text) for text in entry.texts(prefix + name))


def _paired(entry: Entry) -> Iterator[Told]:
    for name in _PAIRS:
        for one in entry.inner(f"ai_{name}"):
            if one.text("key") not in PARAMETERS:
                yield name, f"{one.text('key')}: {one.text('value')}"


def _sensors(entry: Entry) -> Iterator[Told]:
    for one in entry.inner("dataset_sensor"):
        yield "sensor", f"{one.text('key')}: {one.text('value')}"
