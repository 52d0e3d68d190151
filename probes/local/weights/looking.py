"""Looking into every place once: which models lie there."""

import os
from collections.abc import Callable, Iterable, Iterator

from msgspec.structs import replace

from probes.local.weights import folders, huggingface, ollama
from probes.local.weights.scan import Scan
from probes.local.weights.shapes import CachedModel, Limits, Place, PlaceKind, Stock
from probes.local.weights.tree import Tree

_KINDS: dict[PlaceKind, Callable[[Scan, Tree, Place], Iterator[CachedModel]]] = {
    "huggingface": huggingface.models,
    "ollama": ollama.models,
    "lmstudio": folders.models,
    "triton": folders.repository,
    "folder": folders.models,
}

_WITHIN: tuple[tuple[str, PlaceKind], ...] = (("", "huggingface"), ("/hub", "huggingface"), ("", "ollama"))
"""What a folder of models may be as well."""


def look(places: Iterable[Place], limits: Limits | None = None) -> Stock:
    """The models in those places, sorted; one that is met by two ways is told once. What cannot be read is not seen.

    A place that does not exist is no fact. Raises nothing for what lies there.
    """
    scan = Scan(limits or Limits())
    found: dict[tuple[str, str, str], CachedModel] = {}
    for place in sorted(set(places)):
        for one in _in_place(scan, place):
            key = (one.path, one.revision, one.name)
            users = {*one.users, *(found[key].users if key in found else ())}
            found[key] = replace(found.get(key, one), users=tuple(sorted(users)))
    models = tuple(found[key] for key in sorted(found))
    return Stock(models=models, not_seen=scan.not_seen, complete=scan.complete)


def _in_place(scan: Scan, place: Place) -> Iterator[CachedModel]:
    try:
        tree = Tree(place.path, place.root)
    except NotADirectoryError:
        yield from _file(scan, place)
        return
    except OSError as fault:
        scan.failed(fault)
        return
    with tree:
        yield from _KINDS[place.kind](scan, tree, place)
    if place.kind == "folder":
        for below, kind in _WITHIN:
            yield from _in_place(scan, replace(place, path=f"{place.path.rstrip('/')}{below}", kind=kind))


def _file(scan: Scan, place: Place) -> Iterator[CachedModel]:
    """The one model that a file belongs to."""
    folder, name = os.path.split(place.path)
    try:
        tree = Tree(folder, place.root)
    except OSError as fault:
        scan.failed(fault)
        return
    with tree:
        yield from folders.models(scan, tree, place, name)
