"""The caches of models: what a hub snapshot, an adapter and a store of Ollama say of themselves in JSON."""

from collections.abc import Iterator

import msgspec

from probes.local.weights import Place, look
from tests.fuzz.made import encoded, folder
from tests.fuzz.targets import joined, parts
from tests.probes.local.weights.files import COMMIT, hub, ollama, safetensors

JSON_AFTER = 0
LONGEST = 4096
ROOT = folder()
WEIGHTS = safetensors({"w": (4, 5)})
SNAPSHOT = hub(
    ROOT / "hub", "acme/bot", {"config.json": b"{}", "adapter_config.json": b"{ }", "model.safetensors": WEIGHTS}
)
LIBRARY = "registry.ollama.ai/library/bot/latest"
ollama(ROOT / "ollama", LIBRARY, {"model": b"x"}, {"model_family": "llama"})
MANIFEST = ROOT / "ollama" / "manifests" / LIBRARY
HONEST = MANIFEST.read_bytes()
PLACES = (Place(path=str(ROOT / "hub"), kind="huggingface"), Place(path=str(ROOT / "ollama"), kind="ollama"))


def one_input(data: bytes) -> None:
    """A model's configuration, an adapter's, a manifest, and where a branch of the repository stands."""
    config, adapter, manifest, ref = [*parts(data, 4), b"", b"", b""][:4]
    (SNAPSHOT / "config.json").resolve().write_bytes(config)
    (SNAPSHOT / "adapter_config.json").resolve().write_bytes(adapter or b"{}")
    MANIFEST.write_bytes(manifest or HONEST)
    (ROOT / "hub" / "models--acme--bot" / "refs" / "main").write_bytes(ref or COMMIT.encode())
    stock = look(PLACES)
    for model in stock.models:
        told = (model.architecture, model.quantization, model.license, model.name, *model.base)
        assert all(len(text) <= LONGEST for text in told)
    msgspec.json.encode(stock)


def seeds() -> Iterator[bytes]:
    config = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "_name_or_path": "a/b",
              "quantization_config": {"quant_method": "awq"}, "auto_map": {"AutoModel": "x.py"}}  # fmt: skip
    yield joined([encoded(config), encoded({"base_model_name_or_path": "a/b"}), HONEST, COMMIT.encode()])
    yield encoded(config)
