"""Plain folders of models: those of vLLM, TGI, llama.cpp and LM Studio, and the model repositories of Triton."""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import PurePosixPath

from msgspec.structs import asdict, replace

from probes.local.weights.cards import card
from probes.local.weights.formats import is_weights
from probes.local.weights.scan import Scan
from probes.local.weights.shapes import CachedModel, Place, PlaceKind
from probes.local.weights.tree import Tree

_SHARD = re.compile(r"[-.]\d{5}-of-\d{5}(?=\.[a-z]+$)")
"""What numbers the files that make up one set: `-00001-of-00002`."""
_TOGETHER = ("config.json", "adapter_config.json", "model_index.json")
"""Beside one of these, all weights of a folder are one model; else each file or numbered set is one."""
_WHOLE = "model_index.json"
"""Beside this one, those of the folders below belong to it too (diffusers' pipelines)."""
_SHA256 = re.compile(r"[0-9a-f]{64}")
_COMMIT = re.compile(r"[0-9a-f]{40}")


def models(scan: Scan, tree: Tree, place: Place, only: str = "") -> Iterator[CachedModel]:
    """The models of a folder and those below; `only` the one that this file belongs to, where it is named."""
    yield from _folder(scan, tree, place, "", scan.limits.depth, only)


def repository(scan: Scan, tree: Tree, place: Place) -> Iterator[CachedModel]:
    """The models of a Triton model repository: `<model>/<version>/model.<ending>`."""
    for name, is_folder in scan.entries(tree):
        for version, is_version in scan.entries(tree, name) if is_folder else ():
            if is_version and version.isdecimal():
                found = sorted(_below(scan, tree, f"{name}/{version}", "", scan.limits.depth))
                if any(is_weights(file) for file in found) or "model.py" in found:
                    yield _model(scan, tree, place, f"{name}/{version}", name, found, version)


def _folder(scan: Scan, tree: Tree, place: Place, path: str, depth: int, only: str) -> Iterator[CachedModel]:
    found = scan.entries(tree, path)
    names = [name for name, is_folder in found if not is_folder]
    folders = [name for name, is_folder in found if is_folder and not name.startswith((".", "models--"))]
    whole = _WHOLE in names and depth > 0 and not only
    if whole:
        names += [f"{one}/{file}" for one in folders for file in _below(scan, tree, f"{path}/{one}", "", depth - 1)]
    together = any(one in names for one in _TOGETHER)
    for sort in _sets([name for name in names if is_weights(name)], together=together):
        if not only or only in sort:
            own = not together or _is_gguf(sort[0])
            name = _name(place.kind, tree, path, sort[0] if own else "")
            one = _model(scan, tree, place, path, name, sort if own else [*_texts(names), *sort])
            yield replace(one, path=f"{one.path}/{sort[0]}") if own else one
    if depth and not whole and not only:
        for name in folders:
            yield from _folder(scan, tree, place, f"{path}/{name}".lstrip("/"), depth - 1, "")


def _sets(names: list[str], *, together: bool) -> list[list[str]]:
    """The files that belong together; a GGUF file is a model of its own wherever it lies."""
    sets: dict[str, list[str]] = {}
    for name in sorted(names):
        own = not together or _is_gguf(name)
        sets.setdefault(_SHARD.sub("", name) if own else "", []).append(name)
    return list(sets.values())


def _is_gguf(name: str) -> bool:
    return name.lower().endswith(".gguf")


def _texts(names: list[str]) -> list[str]:
    return [name for name in names if not is_weights(name)]


def _name(kind: PlaceKind, tree: Tree, path: str, file: str) -> str:
    """LM Studio keeps `<publisher>/<repository>/<file>`; elsewhere the file that stands for itself, else the folder."""
    if kind == "lmstudio" and "/" in path:
        return "/".join(path.split("/")[:2])
    stem = PurePosixPath(_SHARD.sub("", file)).stem
    return stem if stem and not _generic(stem) else PurePosixPath(f"{tree.shown}/{path}").name


def _generic(stem: str) -> bool:
    """Whether a file's name is the one that every model has."""
    return stem in ("model", "pytorch_model", "adapter_model", "consolidated", "diffusion_pytorch_model", "tf_model")


def _below(scan: Scan, tree: Tree, path: str, prefix: str, depth: int) -> Iterator[str]:
    for name, is_folder in scan.entries(tree, f"{path}/{prefix}"):
        if not is_folder:
            yield prefix + name
        elif depth:
            yield from _below(scan, tree, path, f"{prefix}{name}/", depth - 1)


def _model(
    scan: Scan, tree: Tree, place: Place, path: str, name: str, names: list[str], version: str = ""
) -> CachedModel:
    fetched = {file: _fetched(scan, tree, path, file) for file in names if is_weights(file)}
    found = (scan.weights(tree, f"{path}/{file}", file, partial(_noted, tag)) for file, (_, tag) in fetched.items())
    files = [one for one in found if one]
    commits = {commit for commit, _ in fetched.values() if commit}
    told = card(scan, tree, path, names, files, name)
    return CachedModel(
        cache=place.kind,
        path=f"{tree.shown}/{path}".rstrip("/"),
        name=name,
        revision=version or (commits.pop() if len(commits) == 1 else ""),
        **asdict(told),
        files=tuple(files),
        writable=scan.writable(tree, path, files),
        users=place.users,
    )


def _fetched(scan: Scan, tree: Tree, path: str, name: str) -> tuple[str, str]:
    """Commit and SHA-256 of a file that the Hugging Face client fetched into a plain folder; empty where it did not.

    The client notes them in `.cache/huggingface/download/<file>.metadata`: commit, entity tag, time
    (huggingface_hub/_local_folder.py); the tag of a file of Git LFS is its SHA-256.
    """
    lines = scan.text(tree, f"{path}/.cache/huggingface/download/{name}.metadata", 256).decode("ascii", "replace")
    commit, tag = (*lines.split("\n"), "", "")[:2]
    return commit if _COMMIT.fullmatch(commit) else "", tag if _SHA256.fullmatch(tag) else ""


def _noted(tag: str, place: str) -> str:
    """The hash that the client noted, wherever the file lies."""
    del place
    return tag
