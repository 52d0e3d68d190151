"""Which models a workload names, and where they are looked for."""

from pathlib import Path

import pytest

from probes.local.weights import Named, Place, homes, named, places
from probes.local.workload import Mount, Workload


def process(*argv: str, cwd: str = "/srv", container: str | None = None, **env: str) -> Workload:
    return Workload(source="process", id="7@1", pid=7, argv=argv, env=env, cwd=cwd, container=container)


def spots(*workloads: Workload) -> set[tuple[str, str, str]]:
    return {(one.path, one.kind, one.root) for one in places(workloads) if one.users}


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (
            ("python3", "/usr/bin/vllm", "serve", "Qwen/Qwen2.5-0.5B", "--revision", "abc"),
            Named(text="Qwen/Qwen2.5-0.5B", where="argv[3]", repository="Qwen/Qwen2.5-0.5B", revision="abc"),
        ),
        (
            ("python", "-m", "vllm.entrypoints.openai.api_server", "--model=/models/x"),
            Named(text="/models/x", where="argv[3]", path="/models/x"),
        ),
        (
            ("llama-server", "-m", "../a.gguf"),
            Named(text="../a.gguf", where="argv[2]", path="/a.gguf"),
        ),
        (
            ("llama-server", "-hf", "org/name-GGUF:Q4_K_M"),
            Named(text="org/name-GGUF:Q4_K_M", where="argv[2]", repository="org/name-GGUF"),
        ),
        (
            ("lmdeploy", "serve", "api_server", "org/name"),
            Named(text="org/name", where="argv[3]", repository="org/name"),
        ),
        (
            ("text-generation-launcher", "--model-id", "org/name"),
            Named(text="org/name", where="argv[2]", repository="org/name"),
        ),
    ],
)
def test_a_model_in_the_command_line(argv: tuple[str, ...], expected: Named) -> None:
    assert named(process(*argv)) == (expected,)


def test_adapters_drafts_and_projectors_are_told_apart() -> None:
    found = named(
        process(
            "vllm",
            "serve",
            "a/b",
            "--lora-modules",
            "x=c/d",
            "y=/l",
            "--speculative-model",
            "e/f",
            "--mmproj",
            "p.gguf",
        )
    )

    assert [(one.role, one.text, one.repository, one.path) for one in found] == [
        ("model", "a/b", "a/b", ""),
        ("adapter", "c/d", "c/d", ""),
        ("adapter", "/l", "", "/l"),
        ("draft", "e/f", "e/f", ""),
        ("projector", "p.gguf", "", "/srv/p.gguf"),
    ]
    assert [one.where for one in found] == ["argv[2]", "argv[4]", "argv[5]", "argv[7]", "argv[9]"]


def test_the_environment_counts_where_no_argument_does() -> None:
    assert named(process("router", MODEL_ID="a/b", REVISION="r"))[0] == Named(
        text="a/b", where="env:MODEL_ID", repository="a/b", revision="r"
    )
    assert [one.text for one in named(process("x", "--model", "c/d", MODEL_ID="a/b"))] == ["c/d"]


def test_caches_are_where_the_variables_and_options_say() -> None:
    assert ("/data", "huggingface", "/") in spots(process("x", HUGGINGFACE_HUB_CACHE="/data"))
    assert ("/h/hub", "huggingface", "/") in spots(process("x", HF_HOME="/h", HOME="/root"))
    assert ("/root/.cache/huggingface/hub", "huggingface", "/") in spots(process("x", HOME="/root"))
    assert ("/o", "ollama", "/") in spots(process("ollama", "serve", OLLAMA_MODELS="/o", HOME="/root"))
    assert ("/d", "huggingface", "/") in spots(process("vllm", "serve", "m", "--download-dir", "/d"))
    assert ("/repo", "triton", "/") in spots(process("tritonserver", "--model-repository=/repo"))
    assert spots(process("x", "--model", "rel/a.gguf", cwd="")) == set()


def test_a_containers_paths_go_through_its_mounts_else_through_its_root() -> None:
    mounts = (
        Mount(source="/var/lib/m", destination="/models", writable=True),
        Mount(source="/var/lib/deep", destination="/models/deep", writable=False),
        Mount(source="/etc", destination="/config", writable=False),
    )
    container = Workload(
        source="docker", id="c", runtime="docker", pid=9, mounts=mounts, argv=("vllm", "serve", "/models/deep/../x")
    )

    assert spots(container) == {("/m", "folder", "/var/lib"), ("/x", "folder", "/var/lib/m")}
    assert spots(process("llama-server", "-m", "/w/a.gguf", container="c")) == {("/w/a.gguf", "folder", "/proc/7/root")}


def test_homes_are_those_of_the_users(tmp_path: Path) -> None:
    file = tmp_path / "passwd"
    file.write_text("root:x:0:0::/root:/bin/sh\nme:x:1:1::/home/me:/bin/sh\nnone:x:2:2::/:/bin/false\nbroken\n")

    assert homes(file) == ("/home/me", "/root")
    assert homes(tmp_path / "none") == ()
    assert Place(path="/root/.ollama/models", kind="ollama") in places((), homes(file))
