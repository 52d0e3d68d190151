"""The rules that join models: one repository, one commit of it, or one name at one server."""

import re
from collections.abc import Iterator
from uuid import UUID

from livebom.bom.identity import model_alias
from livebom.bom.parts import Part, PartKind
from livebom.bom.rules import MODELS, Group, Key, Known, agreed, grouped, text
from livebom.bom.sets import Sets

_COMMIT = re.compile(r"[0-9a-f]{7,64}\Z")
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}\Z", re.ASCII)
_PURL = re.compile(r"pkg:huggingface/([^/@?#]+/[^/@?#]+)(?:@([^?#]+))?", re.IGNORECASE)
_CACHE = re.compile(r"models--([^/]+?)--([^/]+)(?:/snapshots/([0-9a-f]{40}))?")


def by_repository(found: Known) -> Iterator[Group]:
    """Models and their versions of one Hugging Face repository: at one commit, and whatever the commit."""
    hubs = _hubs(found)
    commits = [(*hubs[part.id], part) for kind in sorted(MODELS) for part in found.parts[kind] if part.id in hubs]
    of_key = {part.key: hub for hub, _, part in commits}
    for part in found.parts[PartKind.MODEL_VERSION]:
        key, _, commit = part.key.rpartition("@")
        hub = key[3:].lower() if key.startswith("hf:") else of_key.get(key)
        if hub:
            commits.append((hub, commit.lower(), part))
    yield from grouped(
        "repository-commit",
        (((part.kind, hub, commit), part) for hub, commit, part in commits if _COMMIT.match(commit)),
    )
    repositories = (((part.kind, hub), part) for hub, _, part in commits if part.kind in MODELS)
    for method, parts in grouped("hugging-face-id", repositories):
        # A name of the form `a/b` is a repository's only where another part says that there is one.
        if any(part.key.startswith("hf:") or _PURL.match(text(part, "purl")) for part in parts):
            yield method, parts


def _hubs(found: Known) -> dict[UUID, tuple[str, str]]:
    """A model's id to its repository on Hugging Face, lower-cased, and the commit or an empty text."""
    hubs: dict[UUID, tuple[str, str]] = {}
    for edge, server, model in found.serves:
        if model.key.startswith("served:"):
            path, name = text(edge, "path"), text(edge, "name") or text(model, "name")
            cache = _CACHE.search(path)
            # An adapter's `base` is another model: only its own path or name says which one it is.
            told = None if agreed(model, "base") and not path else model_alias(text(server, "product"), name, path)
            if cache:
                hubs[model.id] = f"{cache[1]}/{cache[2]}".lower(), cache[3] or ""
            elif told and told.startswith("hf:"):
                hubs[model.id] = told[3:], ""
    for kind in sorted(MODELS):
        for part in found.parts[kind]:
            hub = _hub(part)
            if hub:
                hubs[part.id] = hub
    return hubs


def _hub(model: Part) -> tuple[str, str] | None:
    commit = text(model, "revision").lower()
    purl = _PURL.match(text(model, "purl"))
    if purl:
        return purl[1].lower().replace("%2f", "/"), (purl[2] or commit).lower()
    if model.key.startswith("hf:"):
        return model.key[3:].lower(), commit
    name = text(model, "name")
    if model.key.startswith("named:") and _HUB_ID.match(name):
        return name.lower(), commit
    return None


def by_served_name(found: Known, sets: Sets) -> Iterator[Group]:
    """Models that one server serves, or is said to serve, under one name."""
    servers = {part.key: part for part in found.parts[PartKind.SERVER]}
    pairs: list[tuple[Key, Part]] = []
    for edge, server, model in found.serves:
        name = text(edge, "name") or model.key.removeprefix(f"served:{server.key}/")
        if name != model.key:
            pairs.append(((model.kind, str(sets.find(server.id)), name), model))
    listed = {model.id for _, _, model in found.serves}
    for kind in sorted(MODELS):
        for part in found.parts[kind]:
            if part.key.startswith("served:") and part.id not in listed:
                pairs += [((kind, str(sets.find(one.id)), name), part) for one, name in _declared(part.key, servers)]
    return grouped("served-name", iter({(key, part.id): (key, part) for key, part in pairs}.values()))


def _declared(key: str, servers: dict[str, Part]) -> list[tuple[Part, str]]:
    """The server that a key of the form `served:<server key>/<name>` names, and the model's name there."""
    told = key.removeprefix("served:")
    cuts = [place for place, letter in enumerate(told) if letter == "/"]
    return [(servers[told[:cut]], told[cut + 1 :]) for cut in cuts if told[:cut] in servers][-1:]
