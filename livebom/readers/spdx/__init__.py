"""The reader of SPDX 3.0.1 as JSON-LD, made by others or by this project."""

import hashlib
from collections import Counter
from uuid import UUID

import msgspec

from livebom.bom.document import Document, Look, document
from livebom.bom.identity import part_id
from livebom.bom.parts import PartKind
from livebom.readers.decoding import tree
from livebom.readers.gathering import SURFACE, Gathering
from livebom.readers.spdx.facts import facts_of
from livebom.readers.spdx.index import Entry, Index, indexed
from livebom.readers.spdx.naming import PACKAGES, part_name
from livebom.readers.spdx.origin import Origin, origin, refuse_others
from livebom.readers.spdx.own import own_name, restore
from livebom.readers.spdx.relations import Relations
from livebom.readers.spdx.words import QUIET

NAME = "spdx-3.0"

_CONTEXT = "spdx.org/rdf/3"


def recognises(head: dict[str, object]) -> bool:
    """Whether it is SPDX: 3.0 by its context, or 2 by its version, which `read` refuses with a remedy."""
    if "spdxVersion" in head or "SPDXID" in head:
        return True
    context = head.get("@context")
    if isinstance(context, msgspec.Raw):
        return _CONTEXT.encode() in bytes(context)
    return any(_CONTEXT in one for one in (context if isinstance(context, list) else [context]) if isinstance(one, str))


def read(data: bytes, file: str) -> Document:
    """The document as a graph with one look of the surface `import`.

    What has no place in the graph is told in the look's `not_seen`. Raises ReadProblem, with the JSON path, for SPDX of
    another version and for whatever does not fit.
    """
    top = tree(data, file)
    refuse_others(top, file)
    index = indexed(top, file)
    about = origin(index)
    index = msgspec.structs.replace(index, about=next(iter(about.scope), about.source))
    gathering = Gathering(about.source, about.at)
    places, own = _parts(index, gathering)
    relations = Relations(index, gathering, places, own)
    relations.read()
    look = Look(
        at=about.at,
        id=hashlib.sha256(data).hexdigest(),
        surface=SURFACE,
        source=about.source,
        scope=about.scope,
        complete=about.complete,
        not_seen=(*_said(index), *_unread(index, about, relations)),
    )
    return document(gathering.graph(), [look])


def _parts(index: Index, gathering: Gathering) -> tuple[dict[str, UUID], set[str]]:
    """Add every element that is a part; returns which part each id became, and the ids of those that came back whole.

    Files come last: a file without a digest is named after the model it belongs to.
    """
    places: dict[str, UUID] = {}
    own: set[str] = set()
    owners = _owners(index)
    for entry in sorted(index.entries.values(), key=lambda one: one.type == "software_File"):
        mine = own_name(entry)
        name = mine or part_name(entry, index, owners)
        if name is None:
            continue
        kind, key = name
        if mine and restore(entry, kind, key, gathering):
            own.add(entry.id)
        else:
            gathering.part(kind, key, facts_of(entry, kind, key, index))
        places[entry.id] = part_id(kind, key)
    return places, own


def _owners(index: Index) -> dict[str, str]:
    """Each file of a model, by the model's key; of two models, the first key counts."""
    keys: dict[str, str] = {}
    for entry in index.entries.values():
        if entry.text("relationshipType") not in {"contains", "hasDataFile"}:
            continue
        for one in entry.refs("from"):
            model = index.entries.get(one)
            name = part_name(model, index, {}) if model and model.type in PACKAGES else None
            if name and name[0] is PartKind.MODEL:
                keys |= {end: min(keys.get(end, name[1]), name[1]) for end in entry.refs("to")}
    return keys


def _said(index: Index) -> list[str]:
    """What a document of ours says was not looked at."""
    notes = (one for one in index.of("Annotation") if one.text("comment") == "livebom:not_seen")
    return [words for one in notes if (words := one.text("statement"))]


def _unread(index: Index, about: Origin, relations: Relations) -> list[str]:
    """In words: what of the document has no place in the graph."""
    found: list[str] = []
    left = Counter(
        entry.type
        for id_, entry in index.entries.items()
        if id_ not in relations.places and entry.type not in QUIET and not _is_told(entry)
    )
    files = sum(1 for entry in index.of("software_File") if entry.id not in relations.places)
    if files:
        found.append(f"{_times(files, 'file')} of other kinds than weights and data")
    if left:
        found.append(f"elements that are no parts here: {_listed(left)}")
    if relations.dropped:
        found.append(f"relationships without a meaning here: {_listed(relations.dropped)}")
    if relations.dangling:
        first = next(iter(relations.dangling))
        count = _times(len(relations.dangling), "element")
        found.append(f"{count} named by relationships and told of nowhere, first {first}")
    if relations.incomplete:
        found.append(f"the rest of {_times(relations.incomplete, 'relationship')} called incomplete")
    if about.imported:
        found.append(f"{_times(about.imported, 'element')} of other documents that this one builds on")
    if about.version == "3.0.0":
        found.append("what SPDX 3.0.0 says in other words than 3.0.1: it was read as 3.0.1")
    return found


def _is_told(entry: Entry) -> bool:
    """Relationships, licenses and objects without an id of their own are read by those who name them."""
    return "relationshipType" in entry.fields or "licensing_" in entry.type or "spdxId" not in entry.fields


def _times(count: int, what: str) -> str:
    return f"{count:,} {what}" + ("s" if count != 1 else "")


def _listed(counted: Counter[str]) -> str:
    return ", ".join(f"{name} ({count})" for name, count in sorted(counted.items()))
