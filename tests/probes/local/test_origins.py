"""Server, model, adapter, weights and base in one line: from the command line to the files that lie there."""

import json
from pathlib import Path

from livebom.bom.graph import fold
from livebom.bom.parts import EdgeKind as E
from livebom.bom.parts import Graph
from livebom.bom.vocabulary import EDGES
from probes.local.surface import Local, Nearby
from probes.local.weights import look, places
from probes.local.workload import Looked, Workload
from tests.probes.local.shapes import AT, HERE, known, process
from tests.probes.local.weights.files import Value, gguf, hub, safetensors

ONE = safetensors({"w": (2, 2)})
CARD = (
    b"---\nlicense: apache-2.0 # as the base\nbase_model:\n- Acme/Base\nbase_model_relation: finetune\n---\n# Tuned\n"
)
SERVER = f"{HERE.key}/127.0.0.1"


def lines(workload: Workload) -> set[tuple[str, E, str]]:
    """Every edge about models that a look at this workload and what it names comes to."""
    near = Nearby(
        looked=(Looked(source="process", workloads=(workload,)),),
        stock=look([place for place in places([workload]) if place.users]),
    )
    told = Local(sources=(), known=known(), here=HERE).tell(near, "s", AT, (), ())
    graph: Graph = fold(told.observations)
    kinds = {E.SERVES, E.HAS_VERSION, E.HAS_WEIGHTS, E.ADAPTER_OF, E.DERIVED_FROM, E.QUANTIZED_FROM}
    found = [edge for edge in graph.edges.values() if edge.kind in kinds]
    for edge in found:
        assert graph.parts[edge.source].kind in EDGES[edge.kind].sources
        assert graph.parts[edge.destination].kind in EDGES[edge.kind].destinations
    return {(graph.parts[edge.source].key, edge.kind, graph.parts[edge.destination].key) for edge in found}


def test_adapters_of_vllm_stand_between_their_files_and_their_base(tmp_path: Path) -> None:
    config = json.dumps({"base_model_name_or_path": "Acme/Base"}).encode()
    (tmp_path / "law").mkdir()
    (tmp_path / "law" / "adapter_model.safetensors").write_bytes(ONE)
    (tmp_path / "law" / "adapter_config.json").write_bytes(config)
    more = json.dumps({"name": "tax", "path": "acme/tax-lora", "base_model_name": "Acme/Base"})
    server, law = f"{SERVER}/vllm#8000", f"served:{SERVER}/vllm#8000/law"

    found = lines(process("vllm", "serve", "Acme/Base", "--lora-modules", f"law={tmp_path}/law", more))

    assert found == {
        (server, E.SERVES, "hf:acme/base"),
        (server, E.SERVES, law),
        (server, E.SERVES, "hf:acme/tax-lora"),
        (law, E.ADAPTER_OF, "hf:acme/base"),
        ("hf:acme/tax-lora", E.ADAPTER_OF, "hf:acme/base"),
        (law, E.HAS_WEIGHTS, f"{law}/adapter_model.safetensors"),
    }


def test_an_adapter_and_a_model_of_llama_server_are_files(tmp_path: Path) -> None:
    base: dict[str, Value] = {
        "general.base_model.count": 1,
        "general.base_model.0.repo_url": "https://huggingface.co/Acme/Base",
    }
    (tmp_path / "a.gguf").write_bytes(gguf({"general.type": "model", **base}, {}))
    (tmp_path / "l.gguf").write_bytes(gguf({"general.type": "adapter", **base}, {}))
    server = f"{SERVER}/llamacpp#8000"
    model, adapter = f"served:{server}/{tmp_path}/a.gguf", f"served:{server}/l.gguf"

    found = lines(process("llama-server", "-m", f"{tmp_path}/a.gguf", "--lora", f"{tmp_path}/l.gguf:0.5"))

    assert found == {
        (server, E.SERVES, model),
        (server, E.SERVES, adapter),
        (model, E.QUANTIZED_FROM, "hf:acme/base"),
        (adapter, E.ADAPTER_OF, "hf:acme/base"),
        (adapter, E.ADAPTER_OF, model),
        (model, E.HAS_WEIGHTS, f"{model}/a.gguf"),
        (adapter, E.HAS_WEIGHTS, f"{adapter}/l.gguf"),
    }


def test_the_card_of_a_model_tells_its_base_and_license(tmp_path: Path) -> None:
    hub(tmp_path, "acme/tuned", {"model.safetensors": ONE, "README.md": CARD})
    hub(tmp_path, "acme/odd", {"model.safetensors": ONE, "README.md": b"---\nbase_model: [x\nlicense: |\n" * 3})

    workload = process("vllm", "serve", "acme/tuned", env={"HF_HUB_CACHE": str(tmp_path)})
    found = lines(workload)
    told = {one.name: (one.base, one.license) for one in look(places([workload])).models if one.files}

    assert ("hf:acme/tuned", E.DERIVED_FROM, "hf:acme/base") in found
    assert (f"{SERVER}/vllm#8000", E.SERVES, "hf:acme/tuned") in found
    assert told["acme/tuned"] == (("Acme/Base",), "apache-2.0")
    assert told["acme/odd"] == ((), "")
