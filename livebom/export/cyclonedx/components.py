"""Every part that is no service as a CycloneDX component."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote
from uuid import UUID

from livebom.bom.graph import value
from livebom.bom.parts import Part, PartKind
from livebom.export.cyclonedx.common import licenses, properties, references, supplier, taken_name
from livebom.export.cyclonedx.data import dataset, prompt, repository, secret
from livebom.export.cyclonedx.evidence import evidence
from livebom.export.cyclonedx.facts import Facts
from livebom.export.cyclonedx.fit import cpe, digest, purl, version_of
from livebom.export.cyclonedx.inventory import Component
from livebom.export.cyclonedx.models import MODELS, model, pedigree
from livebom.export.cyclonedx.nesting import Nesting
from livebom.export.cyclonedx.shape import Hash
from livebom.export.cyclonedx.view import View

K = PartKind
_HASHES = {"sha256": "SHA-256", "blake3": "BLAKE3", "digest": "SHA-256", "text_sha256": "SHA-256"}
_PACKAGES = frozenset({"application", "framework", "library", "container", "platform", "operating-system", "firmware"})
_REFERENCE = re.compile(
    r"(?:(?P<place>[a-z0-9.-]+(?::[0-9]+)?(?:/[a-z0-9._-]+)*)/)?(?P<name>[a-z0-9._-]+)(?::[\w.-]+)?(?:@.*)?"
)
"""An image's reference: where it lies, its name, then a tag or digest."""

_REGISTRY = re.compile(r"(?:localhost|[^/]*[.:][^/]*)(?:/|\Z)")
"""A place that begins with a registry's host; without one, Docker's registry is meant."""


def component(view: View, nesting: Nesting, part: Part, placed: dict[UUID, dict[str, str]]) -> Component:
    """The part as a component with its children; `placed` is told where each attribute went."""
    facts = Facts(part)
    placed[part.id] = facts.placed
    made: dict[str, Any] = {
        "name": taken_name(part, facts),
        "version": facts.fitting("version", "/version", version_of),
        "description": facts.text("description", "/description"),
        "supplier": supplier(facts, "/supplier/name"),
        "hashes": _hashes(part, facts),
        "licenses": licenses(facts),
    }
    made |= {name: said for name, said in _special(view, part, facts).items() if said}
    made.setdefault("purl", facts.fitting("purl", "/purl", purl))
    made["cpe"] = facts.fitting("cpe", "/cpe", cpe)
    made["external_references"] = references(view, part, facts)
    made["components"] = tuple(component(view, nesting, child, placed) for child in nesting.of(part))
    return Component(bom_ref=str(part.id), evidence=evidence(part), properties=properties(view, part, facts), **made)


def _special(view: View, part: Part, facts: Facts) -> dict[str, Any]:
    """What its kind makes of a part: at least a type."""
    if part.kind in MODELS:
        return model(view, part, facts)
    return {"tags": (part.kind.replace("_", "-"),), **_SPECIAL[part.kind](view, part, facts)}


def _hashes(part: Part, facts: Facts) -> tuple[Hash, ...]:
    """Its digests; a key that is one counts too."""
    found = {}
    for name, alg in _HASHES.items():
        made = facts.fitting(name, "/hashes", digest)
        if made:
            found[alg, made] = Hash(alg=alg, content=made)
    keyed = digest(part.key) if part.kind in {K.WEIGHTS, K.IMAGE, K.DATASET} else None
    if keyed:
        found["SHA-256", keyed] = Hash(alg="SHA-256", content=keyed)
    return tuple(found[one] for one in sorted(found))


def _weights(view: View, part: Part, facts: Facts) -> dict[str, Any]:
    made: dict[str, Any] = {"type": "file", "mime_type": "application/octet-stream"}
    if "name" not in facts.placed:
        made["name"] = facts.text("file", "/name")
    made["pedigree"] = pedigree(view, part, facts)
    return made


def _image(_view: View, part: Part, facts: Facts) -> dict[str, Any]:
    made: dict[str, Any] = {"type": "container", "purl": facts.fitting("purl", "/purl", purl) or _image_purl(part)}
    if "name" not in facts.placed:
        made["name"] = facts.peek("reference")
    return made


def _image_purl(part: Part) -> str | None:
    """The package URL of an image whose digest is known (purl specification, type `oci`)."""
    told, reference = value(part, "digest"), value(part, "reference")
    known = digest(told if isinstance(told, str) else part.key)
    found = _REFERENCE.fullmatch(str(reference or part.key).lower())
    if known is None or found is None:
        return None
    place, name = found["place"], found["name"]
    if place is None or not _REGISTRY.match(place):
        place = f"docker.io/{place or 'library'}"
    lies = f"?repository_url={quote(f'{place}/{name}', safe='/:')}" if reference else ""
    return f"pkg:oci/{name}@sha256%3A{known}{lies}"


def _package(view: View, part: Part, facts: Facts) -> dict[str, Any]:
    told = facts.peek("type")
    if told in _PACKAGES:
        del facts.left["type"]
        facts.placed["type"] = "/type"
    return {
        "type": told if told in _PACKAGES else "library",
        "purl": facts.fitting("purl", "/purl", purl) or purl(part.key),
    }


def _plain(kind: str) -> Callable[[View, Part, Facts], dict[str, Any]]:
    return lambda _view, _part, _facts: {"type": kind}


_SPECIAL: dict[PartKind, Callable[[View, Part, Facts], dict[str, Any]]] = {
    K.HOST: _plain("device"),
    K.CONTAINER: _plain("container"),
    K.PROCESS: _plain("application"),
    K.TOOL: _plain("application"),
    K.MCP_SERVER: _plain("application"),
    K.AGENT: _plain("application"),
    K.GUARDRAIL: _plain("application"),
    K.IMAGE: _image,
    K.WEIGHTS: _weights,
    K.DATASET: dataset,
    K.VECTOR_STORE: dataset,
    K.PROMPT: prompt,
    K.PACKAGE: _package,
    K.REPOSITORY: repository,
    K.SECRET_REFERENCE: secret,
}
