"""livebom's own documents, form 1: read as they are, after a look at whether ids, times and order are right."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import NoReturn, TypeVar

import msgspec

from livebom.bom.document import Document, document
from livebom.bom.identity import edge_id, part_id
from livebom.bom.merge import join_attributes
from livebom.bom.parts import Attributes, Claim, Edge, Part
from livebom.readers.decoding import typed
from livebom.readers.problem import ReadProblem

NAME = "livebom"
FORM = 1

_MEND = "take the document as livebom wrote it, without edits"
_Node = TypeVar("_Node", Part, Edge)


def recognises(head: dict[str, object]) -> bool:
    """Whether the outermost object is a livebom document of any form."""
    return "livebom" in head


def read(data: bytes, file: str) -> Document:
    """The document in its fixed order; raises ReadProblem."""
    form = typed(data, dict[str, msgspec.Raw], file)["livebom"]
    if bytes(form) != str(FORM).encode():
        raise ReadProblem(
            file,
            "$.livebom",
            f"this document has form {_shown(form)}, and form {FORM} is read",
            "use the livebom that wrote it",
        )
    found = typed(data, Document, file)
    _check_ids(found, file)
    _check_times(found, file)
    return _ordered(found)


def _shown(form: msgspec.Raw) -> str:
    return bytes(form)[:40].decode("utf-8", "replace")


def _check_ids(found: Document, file: str) -> None:
    """Raise ReadProblem where an id is not made from what it names, or stands twice, or an edge leads nowhere."""
    parts = set()
    for index, part in enumerate(found.parts):
        if part.id != part_id(part.kind, part.key):
            _refuse(file, f"$.parts[{index}].id", "this is not the id of that kind and key")
        if part.id in parts:
            _refuse(file, f"$.parts[{index}].id", "this part stands twice")
        parts.add(part.id)
    edges = set()
    for index, edge in enumerate(found.edges):
        for name, end in (("source", edge.source), ("destination", edge.destination)):
            if end not in parts:
                _refuse(file, f"$.edges[{index}].{name}", "no part has this id")
        if edge.id != edge_id(edge.kind, edge.source, edge.destination) or edge.id in edges:
            _refuse(file, f"$.edges[{index}].id", "this is not the id of that edge, or it stands twice")
        edges.add(edge.id)
    for index, alias in enumerate(found.aliases):
        if alias.same_as != part_id(alias.kind, alias.key):
            _refuse(file, f"$.aliases[{index}].same_as", "this is not the id of that kind and key")


def _check_times(found: Document, file: str) -> None:
    """Raise ReadProblem where nobody claims an attribute, or a time is not in UTC: other offsets cannot be compared."""
    for name, at in _document_times(found):
        _utc(at, file, name)
    lists: tuple[tuple[str, tuple[Part | Edge, ...]], ...] = (("parts", found.parts), ("edges", found.edges))
    for kind, nodes in lists:
        for index, node in enumerate(nodes):
            if not all(node.attributes.values()):
                _refuse(file, f"$.{kind}[{index}].attributes", "an attribute that nobody claims")
            if _strange(node) or any(_strange(claim) for claims in node.attributes.values() for claim in claims):
                _refuse(file, f"$.{kind}[{index}]", "a time in it is not in UTC")


def _document_times(found: Document) -> Iterator[tuple[str, datetime]]:
    yield "$.at", found.at
    yield from ((f"$.looks[{index}].at", look.at) for index, look in enumerate(found.looks))
    yield from ((f"$.observations[{index}].at", seen.at) for index, seen in enumerate(found.observations))


def _utc(at: datetime, file: str, path: str) -> None:
    if at.tzinfo is not UTC:
        _refuse(file, path, "this time is not in UTC")


def _strange(one: Part | Edge | Claim) -> bool:
    return one.first_seen.tzinfo is not UTC or one.last_seen.tzinfo is not UTC


def _refuse(file: str, path: str, reason: str) -> NoReturn:
    raise ReadProblem(file, path, reason, _MEND)


def _ordered(found: Document) -> Document:
    """The same with everything in its fixed order, which somebody else's program may have lost."""
    graph = msgspec.structs.replace(
        found,
        parts=tuple(_claims_ordered(found.parts)),
        edges=tuple(_claims_ordered(found.edges)),
    ).graph
    made = document(graph, found.looks, found.observations, settled=found.settled, missed=found.missed)
    return msgspec.structs.replace(
        made, surface=found.surface, scope=found.scope, at=found.at, complete=found.complete, not_seen=found.not_seen
    )


def _claims_ordered(nodes: Iterable[_Node]) -> Iterator[_Node]:
    for node in nodes:
        if _in_order(node.attributes):
            yield node
        else:
            yield msgspec.structs.replace(node, attributes=join_attributes({}, node.attributes))


def _in_order(attributes: Attributes) -> bool:
    """Whether names stand in order and no name has several claims, whose order would have to be looked at."""
    return list(attributes) == sorted(attributes) and all(len(claims) == 1 for claims in attributes.values())
