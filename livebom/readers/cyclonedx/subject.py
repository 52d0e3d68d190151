"""What a document is about: the part that its `metadata.component` is, and the name that scopes nameless things."""

import hashlib
import re

from livebom.bom.parts import PartKind
from livebom.readers import purl
from livebom.readers.cyclonedx import keys, kubernetes, own, places
from livebom.readers.cyclonedx.shape import Bom, Component

K = PartKind

_PROGRAMS = frozenset({"application", "framework", "library"})
_TAG = re.compile(r"(?::[\w.-]+)?(?:@.*)?\Z", re.ASCII)
"""An image's tag and digest."""
_JOB = "OWASP AIBOM Generator"
"""The maker whom the OWASP generator names where its user named none: the subject is then its own run."""


def subject_of(bom: Bom) -> Component | None:
    """The component that is a part of the graph; None where a document names none, or none that is real.

    Our own writer's subject is the whole estate, and the OWASP generator's the run that made the document.
    """
    one = bom.metadata.component if bom.metadata else None
    if one is None or not foreign(bom) or (one.supplier and one.supplier.name == _JOB and one.name.startswith("job-")):
        return None
    if kubernetes.workload(_told(one)):
        # what k8s-aibom says of the whole document is how sure it is of the workload
        one.properties = [*(one.properties or ()), *((bom.metadata.properties if bom.metadata else None) or ())]
    return one


def foreign(bom: Bom) -> bool:
    """Whether somebody else's tool wrote the document; our own writer tells of the state it wrote."""
    told = own.told(bom.metadata.properties if bom.metadata else None)
    return not {name for name, _ in told} >= {"surface", "complete", "settled"}


def kind_and_key(one: Component) -> tuple[PartKind, str] | None:
    """What the subject is: a workload, a repository, or (None) what its type and package URL say."""
    if found := kubernetes.workload(_told(one)):
        return found
    if one.type == "file":
        return K.REPOSITORY, one.name
    if one.type not in _PROGRAMS or (one.purl and purl.parse(one.purl)):
        return None
    sources = sorted(page.url for page in one.references or () if page.url and page.type == "vcs")
    if sources:
        return K.REPOSITORY, places.repository(sources[0])
    return None if one.version else (K.REPOSITORY, keys.title(one.group, one.name))


def scope_of(bom: Bom, data: bytes) -> str:
    """The name, without a version, of what the document is about: it stands in the keys of nameless things.

    A document about nothing is about its one component; one about many keeps its nameless things to itself.
    """
    one = about(bom)
    if one is None:
        return (bom.serial or "").removeprefix("urn:uuid:") or hashlib.sha256(data).hexdigest()[:16]
    if known := kind_and_key(one):
        return known[1]
    found = purl.parse(one.purl) if one.purl else None
    if found:
        return f"pkg:{found.type}/{found.path}"
    name = keys.title(one.group, one.name)
    return _TAG.sub("", name) if one.type == "container" else name


def about(bom: Bom) -> Component | None:
    """The subject, or the only component there is."""
    found = bom.components or []
    return subject_of(bom) or (found[0] if len(found) == 1 and foreign(bom) else None)


def _told(one: Component) -> dict[str, str]:
    return {item.name: item.value or "" for item in one.properties or () if item.name}
