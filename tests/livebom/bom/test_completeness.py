"""Completeness: every profile speaks the vocabulary, and an element is judged by what the graph really holds."""

from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from livebom.bom.completeness import Answer, Completeness, Standing, evaluate
from livebom.bom.document import Document, document
from livebom.bom.graph import fold
from livebom.bom.observation import EdgeTo, Fact, Observation
from livebom.bom.parts import Confidence, EdgeKind, PartKind
from livebom.bom.profile import Profile, narrowed
from livebom.settings import DataError, data_path, parse, read_folder
from tests.sample import NOW, looks, sample

K = PartKind
E = EdgeKind
PROFILES = read_folder(data_path("config", "profiles"), Profile)


def one(text: str) -> Profile:
    """A profile of these elements, in YAML."""
    head = "id: mine\ntitle: Mine\nstatus: voluntary\nsources: [{url: https://list.example, what: it}]\n"
    return parse((head + "clusters: {a: A, b: B}\n" + text).encode(), Profile, "f.yaml")[0]


def element(what: str, **more: str) -> str:
    fields = {"id": "x", "cluster": "a", "name": "X", "text": "x", "grade": "checked"} | more
    return "  - {" + ", ".join(f"{key}: {value}" for key, value in fields.items()) + ", " + what + "}\n"


def saying(*said: Observation) -> Document:
    return document(fold(said), looks(NOW))


def seen(key: str, kind: PartKind = K.MODEL, to: tuple[EdgeTo, ...] = (), **facts: Any) -> Observation:
    told = {name: fact if isinstance(fact, Fact) else Fact(fact) for name, fact in facts.items()}
    return Observation(
        sweep="s", at=NOW, surface="code", source="code", kind=kind, subject=key, facts=told, edges=to
    )  # fmt: skip


def answer(report: Completeness, id_: str = "x") -> Answer:
    return next(found for found in report.elements if found.id == id_)


def asked(what: str, state: Document) -> Answer:
    return answer(evaluate(state, one("elements:\n" + element(what))))


def test_there_are_the_four_lists_and_each_says_where_it_was_compared() -> None:
    assert set(PROFILES) == {"g7", "owasp", "ntia", "eu-ai-act-annex-iv"}
    assert {name: len(one.elements) for name, one in PROFILES.items()} == {
        "g7": 50,
        "owasp": 48,
        "ntia": 13,
        "eu-ai-act-annex-iv": 27,
    }
    for name, profile in PROFILES.items():
        assert profile.id == name
        assert {found.cluster for found in profile.elements} == set(profile.clusters)
        graded = {found.grade for found in profile.elements}
        assert "checked" not in graded or any(source.checked for source in profile.sources)


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("applies: [modell], needs: [{attribute: name}]", "did you mean `model`?"),
        ("applies: [model], needs: [{attribute: licence}]", "has the attribute `licence`"),
        ("applies: [dataset], needs: [{attribute: context_length}]", "dataset has the attribute `context_length`"),
        ("applies: [model], needs: [{edge: has_weight}]", "did you mean `has_weights`?"),
        ("applies: [model], needs: [{edge: serves}]", "has the edge serves on that side"),
        ("applies: [model], needs: [{edge: has_weights, far: sha512}]", "has the attribute `sha512`"),
        ("applies: [model, dataset], needs: [{attribute: family}]", "a dataset cannot have everything in `needs`"),
        ("applies: [model, tool], any_of: [{attribute: family}]", "a tool can have nothing of `any_of`"),
        ("applies: [model], needs: [{attribute: name, key: x}]", "one of `attribute`, `edge` and `key`"),
        ("applies: [model], needs: [{attribute: name, incoming: true}]", "go with an `edge`"),
        ("applies: [model]", "`applies` goes with"),
        ("document: timestamp, not_kept: why", "has one of"),
        ("document: signed", "invalid enum value"),
        ("document: timestamp, weight: 3", "unknown key `weight`"),
    ],
)
def test_what_is_no_word_of_the_vocabulary_is_refused_with_its_place(what: str, told: str) -> None:
    with pytest.raises(DataError) as caught:
        one("elements:\n" + element(what))
    assert told in str(caught.value)
    assert str(caught.value).startswith("f.yaml:7:")


def test_a_profile_that_does_not_hold_together_is_refused() -> None:
    twice = "elements:\n" + element("document: timestamp") * 2
    with pytest.raises(DataError, match="`x` stands twice"):
        one(twice)
    with pytest.raises(DataError, match="`c` is not one of `clusters`"):
        one("elements:\n" + element("document: timestamp", cluster="c"))
    level = "score: {applies: [model], weights: {a: 100}, levels: [{name: good, at_least: 1, needs: [y]}]}\n"
    with pytest.raises(DataError, match="needs `y`"):
        one("elements:\n" + element("document: timestamp") + level)


def test_an_element_is_present_partial_missing_or_not_applicable() -> None:
    named = "applies: [model], needs: [{attribute: name}]"
    assert asked(named, saying()).standing is Standing.NOT_APPLICABLE
    assert asked(named, saying(seen("hf:a/a"))).standing is Standing.MISSING
    both = asked(named, saying(seen("hf:a/a", name="a"), seen("hf:b/b")))
    assert (both.standing, both.of) == (Standing.PARTIAL, 2)
    assert [found.key for found in both.present] == ["hf:a/a"]
    assert [found.key for found in both.missing] == ["hf:b/b"]
    assert asked(named, saying(seen("hf:a/a", name="a"))).standing is Standing.PRESENT


def test_of_needs_all_have_to_hold_and_of_any_of_one() -> None:
    pair = "[{attribute: license}, {attribute: license_family}]"
    state = saying(seen("hf:a/a", license="mit"))
    assert asked(f"applies: [model], needs: {pair}", state).partial[0].key == "hf:a/a"
    assert asked(f"applies: [model], any_of: {pair}", state).standing is Standing.PRESENT


@pytest.mark.parametrize("nothing", ["", "  ", "unknown", "NOASSERTION", None, [], ["unknown"]])
def test_a_value_that_says_nothing_is_missing(nothing: Any) -> None:
    assert asked("applies: [model], needs: [{attribute: card}]", saying(seen("k", card=nothing))).missing


def test_what_is_unresolved_is_partial_and_the_counts_say_how_well_things_are_known() -> None:
    state = saying(
        *(seen(f"hf:{one.value}/a", name=Fact("a", one)) for one in Confidence),
        seen("hf:two/a", name=Fact("a", Confidence.INFERRED)),
    )
    found = asked("applies: [model], needs: [{attribute: name}]", state)
    assert msgspec.to_builtins(found.known) == {
        "verified": 1,
        "declared": 1,
        "inferred": 2,
        "unresolved": 1,
        "ungraded": 0,
    }
    assert [one.key for one in found.partial] == ["hf:unresolved/a"]


def test_edges_count_by_direction_and_by_what_stands_at_their_other_end() -> None:
    weighed = seen("hf:a/a", to=(EdgeTo(kind=E.HAS_WEIGHTS, to_kind=K.WEIGHTS, to="w"),))
    with_hash = "applies: [model], needs: [{edge: has_weights, far: sha256}]"
    assert asked("applies: [model], needs: [{edge: has_weights}]", saying(weighed)).known.ungraded == 1
    assert asked(with_hash, saying(weighed)).standing is Standing.MISSING
    hashed = saying(weighed, seen("w", K.WEIGHTS, sha256=Fact("ab", Confidence.VERIFIED)))
    assert asked(with_hash, hashed).known.verified == 1
    incoming = "applies: [weights], needs: [{edge: has_weights, incoming: true}]"
    assert asked(incoming, saying(weighed)).present[0].key == "w"
    assert asked(incoming, saying(seen("w", K.WEIGHTS))).missing[0].key == "w"


def test_aliases_are_one_part() -> None:
    state = saying(seen("hf:a/a", name="a"), msgspec.structs.replace(seen("served:x/a"), aliases=("hf:a/a",)))
    assert asked("applies: [model], needs: [{attribute: name}]", state).of == 1


def test_what_is_not_kept_is_missing_with_its_reason_and_memory_is_marked() -> None:
    text = "elements:\n" + element("not_kept: people keep it", grade="memory")
    found = answer(evaluate(sample(), one(text)))
    assert (found.standing, found.why, found.grade) == (Standing.MISSING, "people keep it", "memory")


def test_facts_of_the_document_are_asked_of_its_looks() -> None:
    report = evaluate(sample(), PROFILES["g7"])
    assert answer(report, "sbom-tool-name").of == len(sample().looks)
    context = answer(report, "sbom-generation-context")
    assert (context.standing, [one.name for one in context.partial]) == (Standing.PARTIAL, ["import by cmdb-export 7"])
    empty = evaluate(document(fold([]), []), PROFILES["g7"])
    assert answer(empty, "sbom-timestamp").standing is Standing.MISSING
    assert answer(empty, "sbom-tool-name").standing is Standing.NOT_APPLICABLE
    assert answer(empty, "sbom-dependency-relationship").standing is Standing.MISSING


def test_the_sample_answers_the_lists_as_it_was_made() -> None:
    report = evaluate(sample(), PROFILES["g7"])
    hashes = answer(report, "model-hash-value")
    assert [one.key for one in hashes.present] == ["hf:meta-llama/llama-3.1-8b-instruct"]
    assert hashes.known.verified == 1
    assert answer(report, "dataset-sensitivity").standing is Standing.PRESENT
    assert sum(report.counts.values()) == len(report.elements) == 50
    assert report.not_seen == sample().not_seen
    assert evaluate(sample(), PROFILES["g7"], ["the moon"]).not_seen == ("the moon",)


def carded(*names: str) -> dict[str, Any]:
    return {"card": [f"{name}=said" for name in names]}


WHOLE: dict[str, Any] = {
    "task": "chat",
    "supplier": "a",
    "name": "a",
    "version": "1",
    "purl": "pkg:huggingface/a/a",
    "family": "llama",
    "description": "a",
    "license": "mit",
    "url": "https://a.example",
    "energy": "1 kWh",
    "limitations": "many",
}
CARD = [
    *("standardCompliance", "domain", "autonomyType", "datasets", "ethicalConsiderations", "hyperparameter"),
    *("safetyRiskAssessment", "intendedUse", "modelExplainability", "energyQuantity", "energyUnit"),
    *("informationAboutTraining", "informationAboutApplication", "metric", "metricDecisionThreshold"),
    *("modelDataPreprocessing", "useSensitivePersonalInformation", "paper"),
]


def test_a_model_that_says_everything_has_all_points() -> None:
    said = seen("hf:a/a", **WHOLE, **carded(*CARD))
    [score] = evaluate(saying(said), PROFILES["owasp"]).scores
    assert (score.points, score.level, score.factor, score.missing) == (100.0, "advanced", 1.0, ())


def test_points_go_by_the_share_of_a_category_and_penalties_by_what_is_critical() -> None:
    """By hand: required 4/4*20, metadata 0/5*20, basic 2/7*20, card 0/17*30, references 2/4*10; then 0.9 and 0.95."""
    [score] = evaluate(saying(seen("hf:a/a", name="a")), PROFILES["owasp"]).scores
    assert score.clusters == {"required": 20.0, "metadata": 0.0, "basic": 5.7, "card": 0.0, "references": 5.0}
    # Primary purpose, supplier and version are critical and missing: three, so 0.9; of important ones more than five.
    assert score.factor == 0.855
    assert (score.points, score.level) == (round(30.7 * 0.855, 1), None)


def test_a_level_needs_its_elements_whatever_the_points() -> None:
    said = seen("hf:a/a", **{**WHOLE, "supplier": None}, **carded(*CARD))
    [score] = evaluate(saying(said), PROFILES["owasp"]).scores
    assert score.points > 85
    assert score.level == "basic"


def test_an_optional_element_counts_only_where_it_is_there() -> None:
    plain = evaluate(saying(seen("hf:a/a", **WHOLE, **carded(*CARD))), PROFILES["owasp"])
    assert answer(plain, "context-length").standing is Standing.NOT_APPLICABLE
    said = seen("hf:a/a", **WHOLE, **carded(*CARD), context_length=8192)
    full = evaluate(saying(said, seen("hf:b/b")), PROFILES["owasp"])
    assert answer(full, "context-length").standing is Standing.PRESENT
    assert answer(full, "context-length").of == 1


def test_a_cluster_alone_has_its_elements_and_no_score() -> None:
    small = narrowed(PROFILES["owasp"], ["metadata"])
    assert {one.cluster for one in small.elements} == {"metadata"}
    assert evaluate(sample(), small).scores == ()
    with pytest.raises(ValueError, match="no cluster `meta`; it has required, metadata"):
        narrowed(PROFILES["owasp"], ["meta"])


@given(st.randoms(use_true_random=False), st.sampled_from(sorted(PROFILES)))
def test_the_order_of_what_was_seen_does_not_matter(shuffle: Any, name: str) -> None:
    said = [
        seen("hf:a/a", name="a", to=(EdgeTo(kind=E.HAS_WEIGHTS, to_kind=K.WEIGHTS, to="w"),)),
        seen("hf:a/a", name="b", license=Fact("mit", Confidence.INFERRED)),
        seen("w", K.WEIGHTS, sha256="ab"),
        msgspec.structs.replace(seen("served:x/a", name="c"), aliases=("hf:a/a",)),
        seen("s", K.SERVER, to=(EdgeTo(kind=E.SERVES, to_kind=K.MODEL, to="served:x/a"),)),
    ]
    before = msgspec.json.encode(evaluate(saying(*said), PROFILES[name]))
    shuffle.shuffle(said)
    assert msgspec.json.encode(evaluate(saying(*said), PROFILES[name])) == before


def test_the_day_of_the_last_comparison_is_told() -> None:
    text = element("document: timestamp")
    assert evaluate(sample(), one("elements:\n" + text)).checked is None
    assert evaluate(sample(), PROFILES["ntia"]).checked == date(2026, 11, 21)
