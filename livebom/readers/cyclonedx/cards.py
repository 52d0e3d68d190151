"""What else a model's card tells, as `field=text`, by the names of OWASP's field registry."""

from collections.abc import Iterable, Iterator

from livebom.readers.cyclonedx.card_shape import ModelCard, Property
from livebom.readers.cyclonedx.shape import Component

LONGEST = 500
"""Characters kept of one field."""
MOST = 100
"""Fields kept of one card."""

_PREFIX = "genai:aibom:modelcard:"
_ELSEWHERE = frozenset({"contextLength", "quantizationFileType", "quantizationVersion"})
"""What is an attribute of its own."""
# The registry's fields that its generator writes as a component's own properties: GenAI-Security-Project/
# aibom-generator, src/models/field_registry.json.
_OF_COMPONENTS = frozenset({
    "autonomyType", "domain", "primaryPurpose", "standardCompliance", "suppliedBy", "informationAboutApplication",
    "informationAboutTraining", "safetyRiskAssessment", "typeOfModel", "useSensitivePersonalInformation",
})  # fmt: skip


def card_of(one: Component) -> list[str]:
    """The lines, sorted, each once; capped in length and number."""
    card = one.model_card or ModelCard()
    lines = [
        *_properties(card.properties or ()),
        *(f"{item.name}={item.value}" for item in one.properties or () if item.name in _OF_COMPONENTS and item.value),
        *_considered(card),
        *_measured(card),
    ]
    return sorted({line[:LONGEST] for line in lines})[:MOST]


def _properties(found: Iterable[Property]) -> Iterator[str]:
    for item in found:
        field = (item.name or "").removeprefix(_PREFIX)
        if item.name and item.value and item.name.startswith(_PREFIX) and field not in _ELSEWHERE:
            yield f"{field}={item.value}"


def _considered(card: ModelCard) -> Iterator[str]:
    if card.considerations:
        yield from (f"intendedUse={use}" for use in card.considerations.use_cases or () if use)
        yield from (f"ethicalConsiderations={risk.name}" for risk in card.considerations.ethical or () if risk.name)


def _measured(card: ModelCard) -> Iterator[str]:
    metrics = (card.analysis.metrics if card.analysis else None) or ()
    yield from (f"metric={one.type or 'metric'}: {one.value}" for one in metrics if one.value)
