"""Model cards: read from both standards under one set of names, written back where the standards have a place."""

import json
from pathlib import Path
from typing import Any

import pytest

from livebom.bom.card import LONGEST, MOST
from livebom.bom.graph import value, values
from livebom.bom.parts import PartKind
from livebom.export import exported
from livebom.readers import read
from tests.livebom.cli.runner import runner
from tests.livebom.export.cyclonedx_validator import written
from tests.livebom.export.spdx import of, said, small
from tests.livebom.export.spdx import written as written_spdx
from tests.livebom.readers.documents import FOREIGN, bom, one

K = PartKind
OWASP = "owasp-aibom-generator-1.json"
CARD = [
    "autonomyType=no",
    "domain=retail",
    "ethicalConsiderations=Repeats the bias of its data",
    "hyperparameter=learning rate: 0.1",
    "informationAboutTraining=on four machines",
    "intendedUse=Chat in shops",
    "metric=0.9",
    "metric=accuracy: 0.7",
    "safetyRiskAssessment=low",
    "standardCompliance=ISO 42001",
    "unheard-of=x",
    "useSensitivePersonalInformation=perhaps",
    "vocab_size=32000",
]
DATA = ["datasetType=text", "intendedUse=tuning", "knownBias=English only", "releaseTime=soon"]
MADE = small(said(K.MODEL, "hf:a/b", {"name": "b", "card": CARD}), said(K.DATASET, "hf-ds:a/d", {"card": DATA}))


def model(**fields: Any) -> dict[str, Any]:
    return {"type": "machine-learning-model", "name": "m", **fields}


def props(**told: str) -> list[dict[str, str]]:
    return [{"name": name, "value": text} for name, text in told.items()]


def card(data: bytes) -> Any:
    return value(one(read(data, "f"), K.MODEL), "card")


def test_a_document_of_the_owasp_generator_has_the_score_that_its_calculation_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By hand: required 4/4*20; metadata 3/5*20, no compliance and autonomy; basic 7/7*20; references 4/4*10.

    Of its card 8 of 17 fields, and three of GGUF files, which count as they are there: 11/20*30. Of important fields
    it lacks only energy, so there is no penalty.
    """
    run = runner(tmp_path, monkeypatch)
    ours = tmp_path / "ours.cdx.json"
    ours.write_text(exported(read((FOREIGN / OWASP).read_bytes(), OWASP), "cyclonedx-1.6"), encoding="utf-8")
    for file in (FOREIGN / OWASP, ours):
        [score] = json.loads(run("report", file, "--profile", "owasp", "--format", "json").stdout)["scores"]
        assert score["clusters"] == {"required": 20, "metadata": 12, "basic": 20, "card": 16.5, "references": 10}
        assert (score["points"], score["factor"], score["level"]) == (78.5, 1.0, "standard")


@pytest.mark.parametrize("form", ["cyclonedx-1.6", "cyclonedx-1.7", "spdx-3.0"])
def test_cards_read_back_as_they_were(form: str) -> None:
    back = read(exported(MADE, form).encode(), "f")
    assert {part.kind: value(part, "card") for part in back.parts} == {K.MODEL: CARD, K.DATASET: DATA}


@pytest.mark.parametrize("version", ["1.6", "1.7"])
def test_a_card_stands_where_cyclonedx_has_a_place_for_it(version: str) -> None:
    [made] = [one for one in written(MADE, version)["components"] if one["type"] == "machine-learning-model"]
    told = made["modelCard"]
    assert told["considerations"]["useCases"] == ["Chat in shops"]
    assert told["considerations"]["ethicalConsiderations"] == [{"name": "Repeats the bias of its data"}]
    assert told["quantitativeAnalysis"]["performanceMetrics"] == [
        {"value": "0.9"},
        {"type": "accuracy", "value": "0.7"},
    ]
    assert {"name": "genai:aibom:modelcard:vocabSize", "value": "32000"} in told["properties"]


def test_a_card_stands_where_spdx_has_a_place_for_it() -> None:
    elements = written_spdx(MADE)
    [made] = of(elements, "ai_AIPackage")
    told = {name: found for name, found in made.items() if name.startswith("ai_")}
    pairs = ("ai_hyperparameter", "ai_metric")
    assert {name: [(one["key"], one["value"]) for one in told.pop(name)] for name in pairs} == {
        "ai_hyperparameter": [("learning rate", "0.1")],
        "ai_metric": [("value", "0.9"), ("accuracy", "0.7")],
    }
    assert told == {
        "ai_autonomyType": "no",
        "ai_domain": ["retail"],
        "ai_informationAboutTraining": "on four machines",
        "ai_safetyRiskAssessment": "low",
        "ai_standardCompliance": ["ISO 42001"],
    }
    [data] = of(elements, "dataset_DatasetPackage")
    assert (data["dataset_datasetType"], data["dataset_knownBias"]) == (["text"], ["English only"])


def test_a_card_of_another_spdx_tool_has_the_same_names() -> None:
    """Our own document without our properties is one of another tool."""
    tree = json.loads(exported(MADE, "spdx-3.0"))
    for element in tree["@graph"]:
        element.pop("extension", None)
    found = {part.kind: values(part)["card"] for part in read(json.dumps(tree).encode(), "f").parts}
    kept = ("autonomy", "domain", "hyper", "informationAboutT", "metric=accuracy", "safety", "standard")
    assert found[K.MODEL] == sorted([*(line for line in CARD if line.startswith(kept)), "metric=value: 0.9"])
    assert found[K.DATASET] == DATA[:3]


def test_what_a_document_says_of_its_model_is_said_of_the_only_one() -> None:
    about = {"properties": props(domain="retail", other="x", energyUnit="NOASSERTION")}
    assert card(bom(metadata=about, components=[model()])) == ["domain=retail"]
    two = read(bom(metadata=about, components=[model(purl=f"pkg:huggingface/a/{name}") for name in "bc"]), "f")
    assert [values(part).get("card") for part in two.parts if part.kind is K.MODEL] == [None, None]


def test_what_energy_cost_is_told_with_its_unit() -> None:
    cost = {"activityEnergyCost": {"value": 12.5, "unit": "kWh"}, "activity": "training"}
    told = {"considerations": {"environmentalConsiderations": {"energyConsumptions": [cost]}}}
    assert card(bom(components=[model(modelCard=told)])) == ["energyQuantity=12.5", "energyUnit=kWh"]


def test_a_card_is_bounded() -> None:
    many = [{"name": "domain", "value": f"{number} {'x' * 2000}"} for number in range(500)]
    found = card(bom(components=[model(properties=many)]))
    assert len(found) == MOST
    assert {len(line) for line in found} == {LONGEST}
