"""Parts as a table for spreadsheets (`csv`, RFC 4180): one row per part, one column per attribute.

Lost here: edges, aliases, looks and what was not seen, and of each attribute every claim but the believed one, with its
confidence, source and evidence. `owner` is whom to call, by the part's own word or by what it belongs to. Items of a
list are joined by ` | `. A text that a spreadsheet would run as a formula begins with an apostrophe; hidden characters
are written out, and a text longer than 3,000 characters is cut and ends in the first digits of its SHA-256, because a
cell holds 32,767.
"""

import csv
from io import StringIO

from livebom.bom.document import Document
from livebom.bom.graph import name_of, values
from livebom.bom.owner import owners
from livebom.bom.parts import Part, Value
from livebom.bom.text import safe_text
from livebom.export.estate import drawn

NAME = "csv"
SUFFIXES = (".csv",)

_COLUMNS = ("kind", "key", "name", "id", "first_seen", "last_seen")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What starts a formula or command in some spreadsheet (OWASP, "CSV Injection"), the full-width forms included."""

_LONGEST = 3_000


def export(document: Document) -> str:
    """The believed values of every part, by kind and key; lines end in CR LF."""
    graph = drawn(document)
    known = owners(graph)
    rows = [(part, _told(part, known.get(part.id))) for part in graph.parts.values()]
    names = sorted({name for _, its in rows for name in its} - {"name"})
    out = StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([*_COLUMNS, *(_cell(f"attribute.{name}" if name in _COLUMNS else name) for name in names)])
    for part, its in rows:
        told = (
            part.kind,
            part.key,
            name_of(part),
            str(part.id),
            part.first_seen.isoformat(),
            part.last_seen.isoformat(),
        )
        writer.writerow([*(_cell(one) for one in told), *(_cell(its.get(name)) for name in names)])
    return out.getvalue()


def _told(part: Part, owner: str | None) -> dict[str, Value]:
    its = values(part)
    if owner is not None:
        its["owner"] = owner
    return its


def _cell(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    raw = " | ".join(value) if isinstance(value, list) else value
    return ("'" if raw.lstrip(" \"'\xa0\u3000").startswith(_FORMULA) else "") + safe_text(raw, _LONGEST)
