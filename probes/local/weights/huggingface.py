"""The cache of the Hugging Face hub, `models--<ns>--<name>/{refs,snapshots,blobs}`: it proves repository and commit."""

import re
from collections.abc import Iterator

from msgspec.structs import asdict

from probes.local.weights.cards import card
from probes.local.weights.formats import is_weights
from probes.local.weights.scan import Scan
from probes.local.weights.shapes import CachedModel, Place, WeightsFile
from probes.local.weights.tree import Tree

# The layout is that of huggingface_hub's docs "Understand caching": a file of Git LFS lies in a blob that is named by
# its SHA-256 (64 hex), another in one named by its Git object id (40 hex).
_REPOSITORY = re.compile(r"models--(?P<id>[A-Za-z0-9][\w.-]*)")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def models(scan: Scan, tree: Tree, place: Place) -> Iterator[CachedModel]:
    """Every snapshot of every model in the cache."""
    for folder, is_folder in scan.entries(tree):
        match = _REPOSITORY.fullmatch(folder)
        if match and is_folder:
            yield from _snapshots(scan, tree, place, folder, match["id"].replace("--", "/"))


def _snapshots(scan: Scan, tree: Tree, place: Place, folder: str, name: str) -> Iterator[CachedModel]:
    refs = dict(_refs(scan, tree, f"{folder}/refs", scan.limits.depth))
    for commit, is_folder in scan.entries(tree, f"{folder}/snapshots"):
        if is_folder and _COMMIT.fullmatch(commit):
            path = f"{folder}/snapshots/{commit}"
            names = sorted(_names(scan, tree, path, "", scan.limits.depth))
            files = [one for file in names if is_weights(file) and (one := _file(scan, tree, path, file))]
            told = card(scan, tree, path, names, files, name)
            yield CachedModel(
                cache="huggingface",
                path=f"{tree.shown}/{path}",
                name=name,
                key=f"hf:{name.lower()}",
                revision=commit,
                refs=tuple(sorted(ref for ref, at in refs.items() if at == commit)),
                **asdict(told),
                files=tuple(files),
                writable=scan.writable(tree, path, files),
                users=place.users,
            )


def _refs(scan: Scan, tree: Tree, path: str, depth: int, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Branches and tags with their commits; a name may hold slashes (`refs/pr/1`)."""
    for name, is_folder in scan.entries(tree, path):
        if is_folder and depth:
            yield from _refs(scan, tree, f"{path}/{name}", depth - 1, f"{prefix}{name}/")
        elif not is_folder:
            yield prefix + name, scan.text(tree, f"{path}/{name}", 64).decode("ascii", "replace").strip()


def _names(scan: Scan, tree: Tree, path: str, prefix: str, depth: int) -> Iterator[str]:
    for name, is_folder in scan.entries(tree, f"{path}/{prefix}"):
        if not is_folder:
            yield prefix + name
        elif depth:
            yield from _names(scan, tree, path, f"{prefix}{name}/", depth - 1)


def _file(scan: Scan, tree: Tree, path: str, name: str) -> WeightsFile | None:
    return scan.weights(tree, f"{path}/{name}", name, claims=_blob_hash)


def _blob_hash(place: str) -> str:
    """The SHA-256 that the name of a blob proves."""
    folder, _, blob = place.rpartition("/")
    return blob if folder.endswith("/blobs") and _SHA256.fullmatch(blob) else ""
