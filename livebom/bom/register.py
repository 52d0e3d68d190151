"""The official inventory: a table, a list or another document, read as observations of the surface `register`."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from livebom.bom.document import Document
from livebom.bom.graph import values
from livebom.bom.observation import EdgeTo, Evidence, Fact, Observation
from livebom.bom.parts import Confidence, PartKind, Value
from livebom.bom.register_keys import key_of
from livebom.bom.text import safe_text
from livebom.bom.vocabulary import COMMON, PARTS

SURFACE = "register"
STATUS = "register_status"
LISTED = "listed"
"""The status of what is in a register that says nothing more of it."""
LONGEST = 2000
"""Most characters of a cell that are taken."""
_KIND, _KEY = "kind", "key"
_SYNONYMS = {"status": STATUS, "model": "name", "model_name": "name", "vendor": "supplier"}
"""What columns are often called, to what they mean here."""
_YES, _NO = frozenset({"yes", "true", "1"}), frozenset({"no", "false", "0"})
_NAMING = frozenset({"name", _KEY, "url", "purl", "host", "email"})


class BadRow(Struct, frozen=True):
    """A row that could not be taken."""

    line: int
    reason: str


class Columns(Struct, frozen=True):
    """Which column holds what, by its heading; and the kind of part where no column says it."""

    of: dict[str, str]
    """Attribute, `kind` or `key` to a heading."""
    kind: PartKind


class Register(Struct, frozen=True):
    """What was read of an official inventory."""

    observations: tuple[Observation, ...]
    bad: tuple[BadRow, ...] = ()


class Origin(Struct, frozen=True):
    """Who imports what, and when."""

    sweep: str
    at: datetime
    source: str


def columns_of(mapping: Mapping[str, str], header: Sequence[str]) -> Columns:
    """The mapping that was asked for, over what the headings say by themselves.

    Raises ValueError for a word of the mapping that is no attribute, and for a column that is not there.
    """
    known = frozenset({_KIND, _KEY, *COMMON}.union(*(word.attributes for word in PARTS.values())))
    plain = [("_".join(column.lower().replace("-", " ").replace("_", " ").split()), column) for column in header]
    of = {_SYNONYMS[word]: column for word, column in reversed(plain) if word in _SYNONYMS}
    of |= {word: column for word, column in reversed(plain) if word in known}
    kind = PartKind.MODEL
    for word, column in mapping.items():
        name = word if word in known else _SYNONYMS.get(word, word)
        if name not in known:
            raise ValueError(f"{safe_text(word, 60)} is no attribute; there are {', '.join(sorted(known))}")
        if column in header:
            of[name] = column
        elif name == _KIND and column in set(PartKind):
            of.pop(_KIND, None)
            kind = PartKind(column)
        else:
            raise ValueError(f"there is no column {safe_text(column, 60)}; there are {_listed(header)}")
    if not of.keys() & _NAMING:
        raise ValueError(f"no column names the things: map name or key to one of {_listed(header)}")
    return Columns(of, kind)


def _listed(header: Sequence[str]) -> str:
    return safe_text(", ".join(header), 300)


def read_table(text: str, mapping: Mapping[str, str], origin: Origin) -> Register:
    """A table with headings, its cells parted by commas, semicolons or tabs.

    Raises ValueError for one without headings, and as `columns_of` does.
    """
    lines = text.removeprefix("\ufeff").splitlines(keepends=True)
    first = next((line for line in lines if line.strip()), "")
    rows = _rows(lines, max(",;\t", key=first.count))
    _, head = next(rows, (0, "it is empty"))
    header = [cell.strip() for cell in head] if not isinstance(head, str) else []
    if not header:
        raise ValueError(f"it holds no headings: {head}")
    columns = columns_of(mapping, header)
    seen: list[Observation] = []
    bad: list[BadRow] = []
    for line, row in rows:
        one = row if isinstance(row, str) else _taken(row, header, columns, origin.source)
        if isinstance(one, str):
            bad.append(BadRow(line, one))
        else:
            seen.append(_observed(*one, f"{origin.source}:{line}", origin))
    return Register(tuple(seen), tuple(bad))


def _rows(lines: Sequence[str], delimiter: str) -> Iterator[tuple[int, list[str] | str]]:
    """Each row that is not blank with the line it ends on, or what is wrong with it."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield reader.line_num, f"it is no row of a table: {error}"
            continue
        if any(cell.strip() for cell in row):
            yield reader.line_num, row


def _taken(
    row: Sequence[str], header: Sequence[str], columns: Columns, scope: str
) -> tuple[PartKind, str, dict[str, Value]] | str:
    """Kind, key and facts of a row, or what is wrong with it."""
    if len(row) > len(header):
        return f"it has {len(row)} cells, and the table {len(header)} columns"
    cells = dict(zip(header, (cell.strip() for cell in row), strict=False))
    said = {name: cells[column] for name, column in columns.of.items() if cells.get(column)}
    long = next((name for name, value in said.items() if len(value) > LONGEST), None)
    if long:
        return f"its {long} is longer than {LONGEST} characters"
    word = said.pop(_KIND, columns.kind).lower().replace(" ", "_").replace("-", "_")
    if word not in set(PartKind):
        return f"{safe_text(word, 60)} is no kind of part; there are {', '.join(PartKind)}"
    kind = PartKind(word)
    key = key_of(kind, said, scope)
    if key is None:
        return f"nothing in it names a part of the kind {kind}; its key is {PARTS[kind].key}"
    said.pop(_KEY, None)
    return kind, key, {STATUS: LISTED} | {name: _value(kind, name, value) for name, value in said.items()}


def _value(kind: PartKind, name: str, cell: str) -> Value:
    """The cell as its attribute holds it by the vocabulary: a list's items are parted by `|`, `;` or commas."""
    means = PARTS[kind].attributes.get(name) or COMMON.get(name, "")
    if means.startswith("list"):
        return [item.strip() for item in cell.replace(";", "|").replace(",", "|").split("|") if item.strip()]
    if means.startswith("whether") and cell.lower() in _YES | _NO:
        return cell.lower() in _YES
    return cell


def read_list(text: str, origin: Origin) -> Register:
    """A list of models, one per line; `#` begins a comment."""
    seen: list[Observation] = []
    bad: list[BadRow] = []
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        name = "" if line.startswith("#") else line.partition(" #")[0].strip()
        key = key_of(PartKind.MODEL, {"name": name}, origin.source)
        if len(name) > LONGEST:
            bad.append(BadRow(number, f"it is longer than {LONGEST} characters"))
        elif key:
            facts: dict[str, Value] = {"name": name, STATUS: LISTED}
            seen.append(_observed(PartKind.MODEL, key, facts, f"{origin.source}:{number}", origin))
    return Register(tuple(seen), tuple(bad))


def read_document(document: Document, origin: Origin) -> Register:
    """Everything that another document believes, as the register's own word."""
    graph = document.graph
    edges: dict[UUID, list[EdgeTo]] = {}
    for edge in document.edges:
        to = graph.parts.get(edge.destination)
        if to is not None:
            # A fact of its own, so that the edge is known to be the register's.
            facts = _facts({STATUS: LISTED, **values(edge)})
            edges.setdefault(edge.source, []).append(EdgeTo(kind=edge.kind, to_kind=to.kind, to=to.key, facts=facts))
    second: dict[UUID, list[str]] = {}
    for row in document.aliases:
        second.setdefault(row.id, []).append(row.key)
    seen = [
        msgspec.structs.replace(
            _observed(part.kind, part.key, {STATUS: LISTED, **values(part)}, origin.source, origin),
            edges=tuple(edges.get(part.id, ())),
            aliases=tuple(second.get(part.id, ())),
        )
        for part in document.parts
    ]
    return Register(tuple(seen))


def _observed(kind: PartKind, key: str, said: Mapping[str, Value], place: str, origin: Origin) -> Observation:
    return Observation(
        sweep=origin.sweep,
        at=origin.at,
        surface=SURFACE,
        source=origin.source,
        kind=kind,
        subject=key,
        facts=_facts(said, place),
        evidence=(Evidence(what=place),),
    )


def _facts(said: Mapping[str, Value], place: str = "") -> dict[str, Fact]:
    """Only the status is the register's to declare; of everything else, whoever looked knows better."""
    return {
        name: Fact(value, Confidence.DECLARED if name == STATUS else Confidence.UNRESOLVED, place)
        for name, value in said.items()
    }
