"""Which models a workload names itself: in its command line, and in the few variables that are read."""

import re
from collections.abc import Iterator
from os.path import normpath
from pathlib import PurePosixPath
from typing import Literal

from msgspec import DecodeError, Struct, ValidationError, json

from probes.local.weights.formats import is_weights
from probes.local.workload import Workload

Role = Literal["model", "adapter", "draft", "projector"]

ENVIRONMENT = frozenset(
    {
        "HF_HOME",
        "HF_HUB_CACHE",
        "HOME",
        "HUGGINGFACE_HUB_CACHE",
        "LLAMA_ARG_HF_REPO",
        "LLAMA_ARG_MODEL",
        "LLAMA_CACHE",
        "MODEL",
        "MODEL_ID",
        "MODEL_NAME",
        "MODEL_PATH",
        "OLLAMA_MODELS",
        "REVISION",
        "TRANSFORMERS_CACHE",
        "XDG_CACHE_HOME",
    }
)
"""The variables that tell where models lie or which one is served; to be among those whose values are kept."""

_OPTIONS: dict[str, Role | Literal["revision"]] = {
    "--model": "model",
    "--model-id": "model",
    "--model-path": "model",
    "--model_path": "model",
    "--model_base_path": "model",
    "--model-name-or-path": "model",
    "--hf-repo": "model",
    "-hf": "model",
    "-hfr": "model",
    "-m": "model",
    "--model-draft": "draft",
    "-md": "draft",
    "--speculative-model": "draft",
    "--speculative-draft-model-path": "draft",
    "--mmproj": "projector",
    "--lora": "adapter",
    "--lora-scaled": "adapter",
    "--lora-modules": "adapter",
    "--lora-paths": "adapter",
    "--lora-adapters": "adapter",
    "--adapter-path": "adapter",
    "--revision": "revision",
    "--model-revision": "revision",
}
_MANY = {"--lora-modules", "--lora-paths"}
"""Options that take several values, each of which may be `name=path` or `{"name": …, "path": …}`."""
_POSITIONAL = (("vllm", "serve"), ("sglang", "serve"), ("serve", "api_server"))
"""What stands right before a model without an option; `lmdeploy serve api_server MODEL` is the last."""
_VARIABLES = ("MODEL_ID", "LLAMA_ARG_HF_REPO", "LLAMA_ARG_MODEL", "MODEL_PATH", "MODEL_NAME", "MODEL")
_SCALE = re.compile(r"(?<=\.gguf):[0-9.]+\Z")
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")


class Named(Struct, frozen=True, kw_only=True):
    """A model as its server names it."""

    text: str
    """As written."""
    where: str
    """`argv[3]` or `env:MODEL_ID`."""
    role: Role = "model"
    repository: str = ""
    """The Hugging Face id, where it has the form of one."""
    path: str = ""
    """Absolute, as the workload sees it, where it is a path."""
    revision: str = ""
    """As asked for beside it; not proven."""
    name: str = ""
    """By which it is served, where it is named beside its place."""


def named(workload: Workload) -> tuple[Named, ...]:
    """The models, in the order of the command line; what the environment names counts where no argument names one."""
    found = list(_arguments(workload.argv))
    revision = next((text for _, kind, text in found if kind == "revision"), workload.env.get("REVISION", ""))
    told = [_named(workload, text, where, kind, revision) for where, kind, text in found if kind != "revision"]
    if not any(one.role == "model" for one in told):
        told += [
            _named(workload, workload.env[name], f"env:{name}", "model", revision)
            for name in _VARIABLES
            if workload.env.get(name)
        ][:1]
    return tuple(told)


def paths(workload: Workload, options: tuple[str, ...]) -> Iterator[str]:
    """The values of these options that are paths, absolute."""
    for number, name, value in _pairs(workload.argv):
        del number
        if name in options and value:
            yield absolute(workload, value)


def absolute(workload: Workload, path: str) -> str:
    """The path as the workload sees it, empty where nobody knows what it is relative to."""
    if not path:
        return ""
    if path.startswith("~/"):
        path = f"{workload.env.get('HOME', '')}{path[1:]}"
    if not path.startswith("/"):
        path = f"{workload.cwd}/{path}" if workload.cwd else ""
    return path and normpath(path)


def _arguments(argv: tuple[str, ...]) -> Iterator[tuple[str, Role | Literal["revision"], str]]:
    for number in range(2, len(argv)):
        before = (PurePosixPath(argv[number - 2]).name, argv[number - 1])
        if before in _POSITIONAL and not argv[number].startswith("-"):
            yield f"argv[{number}]", "model", argv[number]
    for number, name, value in _pairs(argv):
        kind = _OPTIONS.get(name)
        if kind and value:
            many = name in _MANY
            for offset, text in enumerate(_run(argv, number) if many else [value]):
                yield f"argv[{number + offset}]", kind, text


def _pairs(argv: tuple[str, ...]) -> Iterator[tuple[int, str, str]]:
    """Each option with its value, and where that stands. The `-m` of Python names a module, no model."""
    module = bool(argv) and PurePosixPath(argv[0]).name.startswith(("python", "pypy"))
    for number, word in enumerate(argv):
        if not word.startswith("-"):
            continue
        name, equals, value = word.partition("=")
        if module and name == "-m":
            module = False
        elif equals:
            yield number, name, value
        elif number + 1 < len(argv) and not argv[number + 1].startswith("-"):
            yield number + 1, name, argv[number + 1]


def _run(argv: tuple[str, ...], start: int) -> list[str]:
    """The arguments from there to the next option."""
    end = next((at for at in range(start, len(argv)) if argv[at].startswith("-") and at > start), len(argv))
    return list(argv[start:end])


def _named(workload: Workload, text: str, where: str, role: Role, revision: str) -> Named:
    name, text = _called(text) if role == "adapter" else ("", text)
    plain = text.split(":", 1)[0]  # llama.cpp: `<repository>:<quantization>`
    is_path = text.startswith(("/", "./", "../", "~/")) or is_weights(text)
    repository = "" if is_path or not _HUB_ID.fullmatch(plain) else plain
    return Named(
        text=text,
        where=where,
        role=role,
        repository=repository,
        path=absolute(workload, text) if is_path else "",
        revision=revision if role == "model" else "",
        name=name,
    )


def _called(text: str) -> tuple[str, str]:
    """Name and place of an adapter: `name=path`, vLLM's JSON, llama.cpp's `path:scale`, or the place alone."""
    if text.startswith("{"):
        try:
            told = json.decode(text, type=dict[str, str | None])
        except (DecodeError, ValidationError):
            return "", text
        return told.get("name") or "", told.get("path") or ""
    name, equals, place = text.partition("=")
    place = place if equals else text
    return name if equals else "", _SCALE.sub("", place)
