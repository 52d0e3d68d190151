"""Models in the caches of this host: what lies there, and what proves it."""

import json
import os
from pathlib import Path

import pytest

from probes.local.weights import CachedModel, Limits, Place, Stock, look
from probes.local.weights.shapes import PlaceKind
from tests.probes.local.weights.files import COMMIT, gguf, hub, ollama, safetensors

ONE = safetensors({"w": (2, 2)})
TWO = safetensors({"w": (3, 3)})
MODEL = gguf({"general.architecture": "llama", "general.file_type": 7}, {"t": (8,)})


def seen(path: Path, kind: PlaceKind) -> Stock:
    return look([Place(path=str(path), kind=kind)])


def only(stock: Stock) -> CachedModel:
    assert len(stock.models) == 1, stock
    return stock.models[0]


def test_the_hub_cache_proves_repository_commit_and_hash(tmp_path: Path) -> None:
    config = {"architectures": ["QwenForCausalLM"], "_name_or_path": "Qwen/Base", "auto_map": {"AutoModel": "x.Y"}}
    files = {
        "model-00001-of-00002.safetensors": ONE,
        "model-00002-of-00002.safetensors": TWO,
        "unet/weights.safetensors": TWO,
        "config.json": json.dumps(config).encode(),
        "modeling_x.py": b"import os",
        "tokenizer.bin": b"no weights",
    }
    snapshot = hub(tmp_path, "Qwen/Qwen2.5-0.5B", files, refs=("main", "refs/pr/1"))
    hub(tmp_path, "Qwen/Qwen2.5-0.5B", {"model.safetensors": ONE}, commit="d1" * 20, refs=())
    (tmp_path / "datasets--Qwen--Data" / "snapshots" / COMMIT).mkdir(parents=True)

    old = next(one for one in seen(tmp_path, "huggingface").models if one.revision == "d1" * 20)
    new = next(one for one in seen(tmp_path, "huggingface").models if one.revision == COMMIT)

    assert new.path == str(snapshot)
    assert (new.key, new.name, new.cache) == ("hf:qwen/qwen2.5-0.5b", "Qwen/Qwen2.5-0.5B", "huggingface")
    assert new.refs == ("main", "refs/pr/1")
    assert new.base == ("Qwen/Base",)
    assert (new.architecture, new.quantization, new.kind) == ("QwenForCausalLM", "BF16", "model")
    assert new.custom_code == ("modeling_x.py", "auto_map")
    assert [one.name for one in new.files] == [name for name in sorted(files) if name.endswith("safetensors")]
    assert [one.bytes for one in new.files] == [len(ONE), len(TWO), len(TWO)]
    assert all(one.proof == "name" and one.path.endswith(f"blobs/{one.sha256}") for one in new.files)
    assert old.refs == ()


def test_an_adapter_tells_its_base(tmp_path: Path) -> None:
    said = json.dumps({"base_model_name_or_path": "Qwen/Qwen2.5-0.5B", "peft_type": "LORA"}).encode()
    hub(tmp_path, "me/lora", {"adapter_model.safetensors": ONE, "adapter_config.json": said})

    found = only(seen(tmp_path, "huggingface"))

    assert (found.kind, found.base) == ("adapter", ("Qwen/Qwen2.5-0.5B",))


def test_the_store_of_ollama_proves_hashes_and_names(tmp_path: Path) -> None:
    layers = {"model": MODEL, "projector": MODEL + b"x", "license": b"MIT", "template": b"{{ . }}"}
    config = {"model_family": "llama", "file_type": "Q8_0"}
    digest = ollama(tmp_path, "registry.ollama.ai/library/Tiny/1b", layers, config)
    ollama(tmp_path, "hf.co/some/model-GGUF/Q4", {"model": MODEL}, {})

    found = {one.name: one for one in seen(tmp_path, "ollama").models}

    assert set(found) == {"Tiny:1b", "hf.co/some/model-GGUF:Q4"}
    tiny = found["Tiny:1b"]
    assert (tiny.key, tiny.revision, tiny.refs) == ("ollama:registry.ollama.ai/library/tiny", digest, ("1b",))
    assert (tiny.architecture, tiny.quantization) == ("llama", "Q8_0")
    assert [(one.name, one.format, one.proof) for one in tiny.files] == [
        ("model", "gguf", "name"),
        ("projector", "gguf", "name"),
    ]
    assert found["hf.co/some/model-GGUF:Q4"].architecture == "llama"


def test_plain_folders_are_sorted_into_models(tmp_path: Path) -> None:
    for file in (
        "many/a.gguf", "many/a.safetensors", "many/big-00001-of-00002.gguf", "many/big-00002-of-00002.gguf",
        "whole/x-00001-of-00002.safetensors", "whole/x-00002-of-00002.safetensors", "whole/config.json",
        "pipe/model_index.json", "pipe/unet/d.safetensors", "pipe/vae/e.safetensors",
    ):  # fmt: skip
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_bytes(MODEL if file.endswith("gguf") else b"{}" if "json" in file else ONE)

    models = seen(tmp_path, "folder").models
    found = {one.path.removeprefix(f"{tmp_path}/"): [file.name for file in one.files] for one in models}

    assert [one.name for one in models] == ["a", "a", "big", "pipe", "whole"]
    assert found == {
        "many/a.gguf": ["a.gguf"],
        "many/a.safetensors": ["a.safetensors"],
        "many/big-00001-of-00002.gguf": ["big-00001-of-00002.gguf", "big-00002-of-00002.gguf"],
        "whole": ["x-00001-of-00002.safetensors", "x-00002-of-00002.safetensors"],
        "pipe": ["unet/d.safetensors", "vae/e.safetensors"],
    }


def test_a_named_file_brings_only_its_own_set(tmp_path: Path) -> None:
    for name in ("a.gguf", "b-00001-of-00002.gguf", "b-00002-of-00002.gguf"):
        (tmp_path / name).write_bytes(MODEL)

    found = only(seen(tmp_path / "b-00001-of-00002.gguf", "folder"))

    assert [one.name for one in found.files] == ["b-00001-of-00002.gguf", "b-00002-of-00002.gguf"]


def test_a_folder_the_client_fetched_into_proves_commit_and_hash(tmp_path: Path) -> None:
    noted = tmp_path / "m" / ".cache" / "huggingface" / "download"
    noted.mkdir(parents=True)
    (tmp_path / "m" / "model.safetensors").write_bytes(ONE)
    (noted / "model.safetensors.metadata").write_text(f"{COMMIT}\n{'ab' * 32}\n1700000000.0\n")

    found = only(seen(tmp_path / "m", "folder"))

    assert found.revision == COMMIT
    assert found.files[0].claimed == "ab" * 32


def test_lm_studio_and_triton_have_their_own_layouts(tmp_path: Path) -> None:
    studio, repository = tmp_path / "studio", tmp_path / "repository"
    (studio / "bartowski" / "Tiny-GGUF").mkdir(parents=True)
    (studio / "bartowski" / "Tiny-GGUF" / "tiny-Q4.gguf").write_bytes(MODEL)
    for file in ("dense/1/model.plan", "dense/2/model.onnx", "py/1/model.py", "dense/config.pbtxt"):
        (repository / file).parent.mkdir(parents=True, exist_ok=True)
        (repository / file).write_bytes(b"x")

    assert only(seen(studio, "lmstudio")).name == "bartowski/Tiny-GGUF"
    found = [(one.name, one.revision, one.custom_code) for one in seen(repository, "triton").models]
    assert found == [("dense", "1", ()), ("dense", "2", ()), ("py", "1", ("model.py",))]
    assert [file.format for one in seen(repository, "triton").models for file in one.files] == ["tensorrt", "onnx"]


def test_a_pickle_is_known_by_its_bytes_whatever_its_name(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"\x80\x04\x95\x00\x00\x00\x00\x00\x00\x00\x00.")
    (tmp_path / "pytorch_model.bin").write_bytes(b"PK\x03\x04" + bytes(20))
    (tmp_path / "config.json").write_text("{}")

    found = only(seen(tmp_path, "folder"))

    assert [(one.format, one.unsafe) for one in found.files] == [("pickle", True), ("pytorch", True)]


def test_links_that_leave_the_cache_fifos_and_broken_files_are_facts(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.safetensors").write_bytes(ONE)
    cache = tmp_path / "cache"
    snapshot = hub(cache, "a/b", {"good.safetensors": ONE, "bad.gguf": b"GGUF" + bytes(4)})
    (snapshot / "evil.safetensors").symlink_to(outside / "secret.safetensors")
    (snapshot / "up.safetensors").symlink_to("../../../../outside/secret.safetensors")
    (snapshot / "folder").symlink_to(outside)
    (snapshot / "round.safetensors").symlink_to("round.safetensors")
    (snapshot / "gone.safetensors").symlink_to("../../blobs/none")
    os.mkfifo(snapshot / "pipe.gguf")
    (snapshot / "config.json").write_bytes(b"[" * 100_000)

    stock = seen(cache, "huggingface")
    found = only(stock)

    assert [one.name for one in found.files] == ["bad.gguf", "good.safetensors"]
    assert found.files[0].problem == "is GGUF of version 0"
    assert stock.not_seen == (
        "3 places: a link that leads outside",
        "1 place: no regular file",
        "1 place: JSON that cannot be read",
    )


def test_an_absolute_link_inside_the_cache_is_followed(tmp_path: Path) -> None:
    snapshot = hub(tmp_path, "a/b", {"model.safetensors": ONE})
    blob = (snapshot / "model.safetensors").resolve()
    (snapshot / "again.safetensors").symlink_to(blob)
    (tmp_path / "link").symlink_to(tmp_path, target_is_directory=True)

    found = only(seen(tmp_path / "link", "huggingface"))

    assert {one.path for one in found.files} == {str(blob)}


def test_a_root_of_its_own_holds_its_links(tmp_path: Path) -> None:
    (tmp_path / "root" / "data").mkdir(parents=True)
    (tmp_path / "root" / "models").symlink_to("/data")
    (tmp_path / "root" / "data" / "in.gguf").write_bytes(MODEL)
    (tmp_path / "root" / "out").symlink_to("../../../../../../../../..")

    held = only(look([Place(path="/models", root=str(tmp_path / "root"))]))

    assert held.files[0].path == str(tmp_path / "root" / "data" / "in.gguf")
    assert look([Place(path=f"/out{tmp_path}", root=str(tmp_path / "root"))]).models == ()


def test_limits_are_said(tmp_path: Path) -> None:
    for number in range(20):
        (tmp_path / f"{number:02}.gguf").write_bytes(MODEL)

    few = look([Place(path=str(tmp_path))], Limits(files=5))
    late = look([Place(path=str(tmp_path))], Limits(seconds=0.0))

    assert len(few.models) == 5
    assert not few.complete
    assert late == Stock(complete=False)


def test_one_folder_by_two_ways_is_told_once_with_both_users(tmp_path: Path) -> None:
    (tmp_path / "a.gguf").write_bytes(MODEL)

    stock = look([Place(path=str(tmp_path), users=("x",)), Place(path=f"{tmp_path}/a.gguf", users=("y",))])

    assert only(stock).users == ("x", "y")


@pytest.mark.parametrize(("mode", "writable"), [(0o644, False), (0o666, True)])
def test_what_everybody_may_change_is_told(tmp_path: Path, mode: int, writable: bool) -> None:
    (tmp_path / "a.gguf").write_bytes(MODEL)
    (tmp_path / "a.gguf").chmod(mode)

    assert only(seen(tmp_path, "folder")).writable is writable


def test_nothing_there_is_no_fact(tmp_path: Path) -> None:
    assert look([Place(path=str(tmp_path / "none"), kind="ollama")]) == Stock()
