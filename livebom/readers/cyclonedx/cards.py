"""What else a model's card tells, as `field=text`, by the names of OWASP's field registry."""

from collections.abc import Iterable, Iterator

from livebom.bom.card import PREFIX, PROPERTIES, lines
from livebom.readers.cyclonedx import places
from livebom.readers.cyclonedx.card_shape import Considerations, ModelCard, Property
from livebom.readers.cyclonedx.shape import Bom, Component

Told = tuple[str, str]

_FIELDS = {name: field for field, name in PROPERTIES.items()}
_ELSEWHERE = frozenset({"contextLength", "quantizationFileType"})
"""What is an attribute of its own."""
# The generator writes what has no place of its own as a property of that bare name: GenAI-Security-Project/
# aibom-generator, src/models/service.py; the registry looks for the same names in `metadata.properties`.
_BARE = frozenset({
    "autonomyType", "domain", "energyConsumption", "energyQuantity", "energyUnit", "informationAboutApplication",
    "informationAboutTraining", "metric", "metricDecisionThreshold", "modelDataPreprocessing", "modelExplainability",
    "safetyRiskAssessment", "standardCompliance", "typeOfModel", "useSensitivePersonalInformation",
})  # fmt: skip


def lend(bom: Bom) -> None:
    """Give the only model what the document's own properties tell of it; of several, nobody knows which is meant."""
    models = [one for one in bom.components or () if one.type == "machine-learning-model"]
    told = [one for one in (bom.metadata.properties if bom.metadata else None) or () if _field(one.name or "")]
    if len(models) == 1 and told:
        models[0].properties = [*(models[0].properties or ()), *told]


def card_of(one: Component) -> list[str]:
    """The lines, sorted, each once; capped in length and number."""
    card = one.model_card or ModelCard()
    papers = (page.url for page in one.references or () if page.type == "documentation" and page.url)
    return lines(
        [
            *_properties([*(card.properties or ()), *(one.properties or ())]),
            *_considered(card.considerations or Considerations()),
            *_measured(card),
            *(("paper", places.plain_url(url)) for url in papers),
        ]
    )


def _field(name: str) -> str:
    """The registry's field that a property of that name tells of, empty for none."""
    if name.startswith(PREFIX):
        field = name[len(PREFIX) :]
        return "" if field in _ELSEWHERE else _FIELDS.get(field, field)
    bare = name.removeprefix("spdx:")
    return bare if bare in _BARE else ""


def _properties(found: Iterable[Property]) -> Iterator[Told]:
    for item in found:
        if item.name and item.value and (field := _field(item.name)):
            yield field, item.value


def _considered(said: Considerations) -> Iterator[Told]:
    yield from (("intendedUse", use) for use in said.use_cases or () if use)
    for risk in said.ethical or ():
        yield "ethicalConsiderations", risk.description or ": ".join(filter(None, (risk.name, risk.mitigation)))
    costs = [use.cost for use in (said.environment.energy if said.environment else None) or () if use.cost]
    for cost in costs:
        if cost.value:
            yield "energyQuantity", f"{cost.value:g}"
            yield "energyUnit", cost.unit or ""


def _measured(card: ModelCard) -> Iterator[Told]:
    metrics = (card.analysis.metrics if card.analysis else None) or ()
    yield from (("metric", f"{one.type or 'metric'}: {one.value}") for one in metrics if one.value)
