"""Models on this host as parts: server, model, revision, weights and base stand in one line."""

from datetime import UTC, datetime

from livebom.bom.graph import fold
from livebom.bom.observation import Observation
from livebom.bom.parts import EdgeKind, PartKind
from livebom.bom.vocabulary import EDGES, PARTS
from probes.local.here import Here
from probes.local.stock import Served, observations
from probes.local.telling import Teller
from probes.local.weights import CachedModel, Header, Stock, WeightsFile

TELLER = Teller(sweep="s", at=datetime(2026, 1, 1, tzinfo=UTC), here=Here(key="machine:1", name="h", addresses=()))
COMMIT, HASH = "c0" * 20, "ab" * 32
FILE = WeightsFile(
    path=f"/hub/blobs/{HASH}", name="model.safetensors", format="safetensors", bytes=9, sha256=HASH, proof="name",
    claimed=HASH, header=Header(quantization="BF16", parameters=494_000_000),
)  # fmt: skip
HUB = CachedModel(
    cache="huggingface", path=f"/hub/snapshots/{COMMIT}", name="Qwen/Tiny", key="hf:qwen/tiny", revision=COMMIT,
    refs=("main",), base=("Qwen/Base", "/local/path"), files=(FILE,), users=("w",),
)  # fmt: skip
"""A model of the hub's cache."""


def told(*models: CachedModel, served: dict[str, list[Served]] | None = None) -> tuple[Observation, ...]:
    return observations(TELLER, Stock(models=models), served or {})


def edges(found: tuple[Observation, ...]) -> set[tuple[str, EdgeKind, str]]:
    return {(one.subject, edge.kind, edge.to) for one in found for edge in one.edges}


def test_server_model_revision_weights_and_base_are_joined() -> None:
    found = told(HUB, served={"w": [Served(server="s", model="hf:qwen/tiny", text="Qwen/Tiny")]})

    assert edges(found) == {
        ("s", EdgeKind.SERVES, "hf:qwen/tiny"),
        ("hf:qwen/tiny", EdgeKind.HAS_VERSION, f"hf:qwen/tiny@{COMMIT}"),
        ("hf:qwen/tiny", EdgeKind.HAS_WEIGHTS, f"sha256:{HASH}"),
        (f"hf:qwen/tiny@{COMMIT}", EdgeKind.HAS_WEIGHTS, f"sha256:{HASH}"),
        ("hf:qwen/tiny", EdgeKind.DERIVED_FROM, "hf:qwen/base"),
    }
    model = next(one for one in found if one.kind is PartKind.MODEL)
    assert model.facts["parameters"].value == "494M"


def test_another_revision_or_model_is_not_the_one_that_is_served() -> None:
    other = Served(server="s", model="hf:qwen/tiny", text="Qwen/Tiny", revision="d1" * 20)
    another = Served(server="s", model="hf:qwen/big", text="Qwen/Big")

    found = told(HUB, served={"w": [other, another]})

    assert not [edge for edge in edges(found) if edge[1] is EdgeKind.SERVES]


def test_a_model_by_its_path_has_the_key_it_is_served_by() -> None:
    file = WeightsFile(path="/m/a.gguf", name="a.gguf", format="gguf", bytes=1)
    model = CachedModel(cache="folder", path="/m/a.gguf", name="a", base=("O/B",), files=(file,), users=("w",))

    found = told(model, served={"w": [Served(server="s", model="served:s/a", text="/models/a.gguf")]})

    assert edges(found) == {
        ("s", EdgeKind.SERVES, "served:s/a"),
        ("served:s/a", EdgeKind.HAS_WEIGHTS, "served:s/a/a.gguf"),
        ("served:s/a", EdgeKind.QUANTIZED_FROM, "hf:o/b"),
    }


def test_what_nobody_names_is_known_by_its_files_or_its_place() -> None:
    nameless = WeightsFile(path="/m/x.pt", name="x.pt", format="pytorch", bytes=1)
    plain = CachedModel(cache="folder", path="/m", name="m", files=(nameless,))
    whole = CachedModel(cache="folder", path="/n", name="n", kind="adapter", base=("O/B",), files=(FILE,))

    first, second = told(plain), told(whole)

    assert first[0].subject == "named:machine:1/m"
    assert first[1].facts["unsafe"].value is True
    assert second[0].kind is PartKind.ADAPTER
    assert second[0].subject.startswith("sha256:")
    assert (second[0].subject, EdgeKind.ADAPTER_OF, "hf:o/b") in edges(second)


def test_a_file_that_was_changed_says_both_hashes() -> None:
    changed = WeightsFile(
        path=f"/hub/blobs/{HASH}", name="m", format="pickle", bytes=1, sha256="cd" * 32, proof="read", claimed=HASH
    )
    found = told(CachedModel(cache="ollama", path="/x", name="x", key="ollama:r/l/x", files=(changed,)))

    weights = next(one for one in found if one.kind is PartKind.WEIGHTS)
    assert weights.subject == f"sha256:{'cd' * 32}"
    assert any(HASH in one.what and "cd" * 32 in one.what for one in weights.evidence)


def test_all_words_are_those_of_the_vocabulary() -> None:
    found = told(HUB, served={"w": [Served(server="s", model="hf:qwen/tiny", text="Qwen/Tiny")]})
    graph = fold(found)

    for edge in graph.edges.values():
        word = EDGES[edge.kind]
        assert graph.parts[edge.source].kind in word.sources
        assert graph.parts[edge.destination].kind in word.destinations
    for one in found:
        if one.kind is PartKind.WEIGHTS:
            assert one.facts.keys() <= PARTS[one.kind].attributes.keys() | {"name"}
