"""The elements of an SPDX graph by their ids, with typed access that tells the place of what does not fit."""

from collections import deque
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from livebom.readers.problem import ReadProblem

ELEMENTS = 2_000_000
"""Most elements of one document."""
_MEND = "mend the document, or the tool that wrote it"
_PREFIX = "livebom:"


class Entry(Struct, frozen=True, kw_only=True):
    """One object of the graph, by whatever id it has, with its place in the file."""

    file: str
    path: str
    id: str
    type: str
    fields: dict[str, Any]

    def problem(self, field: str, reason: str) -> ReadProblem:
        """What is wrong with one of its fields."""
        return ReadProblem(self.file, f"{self.path}.{field}", reason, _MEND)

    def text(self, field: str) -> str:
        """A text field, empty where there is none. Raises ReadProblem for anything else."""
        value = self.fields.get(field)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self.problem(field, f"expected text, got {_called(value)}")
        return value

    def many(self, field: str) -> list[Any]:
        """A field's values: none, the one that stands there without a list, or all."""
        value = self.fields.get(field)
        return [] if value is None else value if isinstance(value, list) else [value]

    def texts(self, field: str) -> list[str]:
        """A field's values, all of them texts. Raises ReadProblem."""
        for at, value in enumerate(self.many(field)):
            if not isinstance(value, str):
                raise self.problem(f"{field}[{at}]", f"expected text, got {_called(value)}")
        return self.many(field)

    def inner(self, field: str) -> list["Entry"]:
        """A field's values, all of them objects, such as hashes. Raises ReadProblem; plain references are left out."""
        found = []
        for at, value in enumerate(self.many(field)):
            if isinstance(value, dict):
                found.append(_entry(self.file, f"{self.path}.{field}[{at}]", value))
            elif not isinstance(value, str):
                raise self.problem(f"{field}[{at}]", f"expected an object, got {_called(value)}")
        return found

    def refs(self, field: str) -> list[str]:
        """The ids that a field names, as text or as elements written in place. Raises ReadProblem."""
        found = []
        for at, value in enumerate(self.many(field)):
            id_ = (value.get("spdxId") or value.get("@id")) if isinstance(value, dict) else value
            if not isinstance(id_, str):
                raise self.problem(f"{field}[{at}]", f"expected an element's id, got {_called(value)}")
            found.append(id_)
        return found

    def properties(self) -> dict[str, str]:
        """Our own properties, by their names without prefix. Raises ReadProblem."""
        found: dict[str, str] = {}
        for one in self.inner("extension"):
            for entry in one.inner("extension_cdxProperty"):
                name = entry.text("extension_cdxPropName")
                if name.startswith(_PREFIX):
                    found[name.removeprefix(_PREFIX)] = entry.text("extension_cdxPropValue")
        return found


class Index(Struct, frozen=True):
    """All entries by id, in the order of the document."""

    file: str
    entries: dict[str, Entry]
    about: str = ""
    """What the document is about, which keeps two things of two documents apart that have no more than a name."""

    def of(self, *types: str) -> Iterator[Entry]:
        """Those of these types."""
        return (entry for entry in self.entries.values() if entry.type in types)

    def name(self, id_: str) -> str:
        """An element's name, empty where it has none or is not in the document."""
        entry = self.entries.get(id_)
        return entry.text("name") if entry else ""


def indexed(tree: dict[str, Any], file: str) -> Index:
    """The graph's objects, those written in place of a reference included.

    Raises ReadProblem for a missing or malformed graph, and for an id that stands twice.
    """
    graph = tree.get("@graph")
    if not isinstance(graph, list):
        reason = "there is no list of elements" if graph is None else f"expected a list, got {_called(graph)}"
        raise ReadProblem(file, "$.@graph", reason, "give the JSON-LD form of SPDX 3.0.1, a flat `@graph`")
    if len(graph) > ELEMENTS:
        raise ReadProblem(file, "$.@graph", f"{len(graph):,} elements", f"at most {ELEMENTS:,} are read; split it")
    index = Index(file, {})
    for at, value in enumerate(graph):
        path = f"$.@graph[{at}]"
        if not isinstance(value, dict):
            raise ReadProblem(file, path, f"expected an element, got {_called(value)}", _MEND)
        if not isinstance(value.get("type"), str):
            raise ReadProblem(file, f"{path}.type", "the element has no type", _MEND)
        _add(index, _entry(file, path, value))
        for nested_path, nested in _nested(path, value):
            _add(index, _entry(file, nested_path, nested))
    return index


def _add(index: Index, entry: Entry) -> None:
    """By its id; an object without one, which nothing can refer to, stands under its place."""
    id_ = entry.id or entry.path
    if id_ in index.entries:
        raise entry.problem("spdxId", f"the id {id_} stands twice, first at {index.entries[id_].path}")
    index.entries[id_] = entry


def _entry(file: str, path: str, value: dict[str, Any]) -> Entry:
    for field in ("spdxId", "@id", "type"):
        if not isinstance(value.get(field, ""), str):
            raise ReadProblem(file, f"{path}.{field}", f"expected text, got {_called(value[field])}", _MEND)
    id_ = value.get("spdxId") or value.get("@id") or ""
    return Entry(file=file, path=path, id=id_, type=value.get("type", ""), fields=value)


def _nested(path: str, value: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Elements and creation information that stand inside another element, however deep."""
    waiting: deque[tuple[str, Any]] = deque((f"{path}.{key}", one) for key, one in value.items())
    while waiting:
        place, one = waiting.popleft()
        if isinstance(one, list):
            waiting.extend((f"{place}[{at}]", item) for at, item in enumerate(one) if isinstance(item, dict | list))
        elif isinstance(one, dict):
            if isinstance(one.get("spdxId"), str) and "type" in one:
                yield place, one
            waiting.extend((f"{place}.{key}", item) for key, item in one.items() if isinstance(item, dict | list))


def _called(value: object) -> str:
    """A JSON value's type, in JSON's words."""
    if isinstance(value, bool):
        return "a boolean"
    names = {dict: "an object", list: "a list", str: "text", int: "a number", float: "a number"}
    return names.get(type(value), "null")
