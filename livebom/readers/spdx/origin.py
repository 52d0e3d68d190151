"""Where an SPDX document comes from: which version it has, when it was made, by which tools and about what."""

from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from livebom.readers.problem import ReadProblem
from livebom.readers.spdx.index import Entry, Index

_VERSIONS = ("3.0.0", "3.0.1")
_WRITE = "have its tool write SPDX 3.0.1 as JSON-LD, or CycloneDX"


class Origin(Struct, frozen=True, kw_only=True):
    """What is known of a document's making."""

    at: datetime
    source: str
    """The tools it was made with, else its makers."""
    scope: tuple[str, ...]
    """The document's name, and those of the elements it says it is about."""
    version: str
    complete: bool = False
    """Only a document of ours says so: then every look behind it went through its whole scope."""
    imported: int = 0
    """How many elements of other documents it builds on."""


def refuse_others(tree: dict[str, Any], file: str) -> None:
    """Raise ReadProblem for SPDX that is no 3.0."""
    older = tree.get("spdxVersion")
    if older is not None or "SPDXID" in tree:
        reason = f"this is {older}, not SPDX 3.0.1" if isinstance(older, str) else "this is SPDX 2, not 3.0.1"
        raise ReadProblem(file, "$.spdxVersion", reason, f"SPDX 2 is not read; {_WRITE}")
    contexts = tree.get("@context")
    named = [one for one in (contexts if isinstance(contexts, list) else [contexts]) if isinstance(one, str)]
    if not any(f"/rdf/{version}/" in one for one in named for version in _VERSIONS):
        raise ReadProblem(file, "$.@context", "this context is not that of SPDX 3.0.0 or 3.0.1", _WRITE)


def origin(index: Index) -> Origin:
    """What the creation information of the SpdxDocument says; without one, that of the first element that has any.

    Raises ReadProblem where there is none, or its version or time cannot be read.
    """
    document = next(index.of("SpdxDocument"), None)
    creation = _creation(index, document)
    version = creation.text("specVersion")
    if version not in _VERSIONS:
        raise creation.problem("specVersion", f"SPDX {version or 'without a version'} is not read, only 3.0.1")
    tools = [index.name(one) or one for one in creation.refs("createdUsing")]
    makers = [index.name(one) or one for one in creation.refs("createdBy")]
    return Origin(
        at=_moment(creation),
        source=", ".join(sorted(set(tools or makers))) or "an SPDX document",
        scope=_scope(index, document),
        version=version,
        complete=document is not None and document.properties().get("complete") == "true",
        imported=len(document.many("import")) if document else 0,
    )


def _creation(index: Index, document: Entry | None) -> Entry:
    for entry in [document] if document else index.entries.values():
        value = entry.fields.get("creationInfo")
        if isinstance(value, dict):
            return entry.inner("creationInfo")[0]
        if isinstance(value, str) and value in index.entries:
            return index.entries[value]
    if document:
        raise document.problem("creationInfo", "the document does not say when and with what it was made")
    raise ReadProblem(index.file, "$.@graph", "no element says when and with what it was made", _WRITE)


def _moment(creation: Entry) -> datetime:
    said = creation.text("created")
    try:
        at = datetime.fromisoformat(said)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise creation.problem("created", f"expected a time, got {said[:40]!r}") from None


def _scope(index: Index, document: Entry | None) -> tuple[str, ...]:
    """Names of the document and of what its bills of materials are about."""
    boms = [index.entries[one] for one in (document.refs("rootElement") if document else []) if one in index.entries]
    about = [one for bom in boms if bom.type in {"software_Sbom", "Bom"} for one in bom.refs("rootElement")]
    roots = [bom.id for bom in boms if bom.type not in {"software_Sbom", "Bom"}] + about
    names = [document.text("name") if document else "", *(index.name(one) for one in roots[:8])]
    return tuple(dict.fromkeys(name for name in names if name))
