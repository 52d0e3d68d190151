"""The graph for graph tools (`graphml`): nodes and edges with their believed attributes as typed keys.

Lost here: claims but the believed one, with confidence, source and evidence; aliases, looks and observations. Items of
a list are joined by ` | `. Hidden characters, among them all that XML forbids, are written as `safe_text` writes them.
"""

from collections.abc import Iterable, Iterator
from html import escape

from livebom.bom.document import Document
from livebom.bom.graph import name_of, values
from livebom.bom.parts import Edge, Part, Value
from livebom.bom.text import safe_text
from livebom.export.estate import drawn, unknown_ends
from livebom.export.gaps import gaps

NAME = "graphml"
SUFFIXES = (".graphml",)

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns" \
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">"""

_WIDE = 2**63

Row = dict[str, Value]


def export(document: Document) -> str:
    """One directed graph; what was not looked at is its `not_seen`."""
    graph = drawn(document)
    nodes: dict[str, Row] = {str(part.id): _part(part) for part in graph.parts.values()}
    nodes |= {str(end): {"kind": "unknown"} for end in unknown_ends(graph)}
    edges = {str(edge.id): _edge(edge) for edge in graph.edges.values()}
    about: Row = {
        "at": document.at.isoformat(),
        "complete": document.complete,
        "scope": list(document.scope),
        "not_seen": gaps(document),
    }
    keys = {"graph": _types([about]), "node": _types(nodes.values()), "edge": _types(edges.values())}
    ids = {(domain, name): f"{domain[0]}{at}" for domain, its in keys.items() for at, name in enumerate(its)}
    lines = [_HEAD]
    lines += [
        f'  <key id="{ids[domain, name]}" for="{domain}" attr.name={_attribute(name)} attr.type="{kind}"/>'
        for domain, its in keys.items()
        for name, kind in its.items()
    ]
    lines += ['  <graph id="livebom" edgedefault="directed">', *_data("graph", about, ids, "    ")]
    for id_, row in nodes.items():
        lines += [f'    <node id="{id_}">', *_data("node", row, ids, "      "), "    </node>"]
    for edge in graph.edges.values():
        ends = f'source="{edge.source}" target="{edge.destination}"'
        lines += [
            f'    <edge id="{edge.id}" {ends}>',
            *_data("edge", edges[str(edge.id)], ids, "      "),
            "    </edge>",
        ]
    return "\n".join([*lines, "  </graph>", "</graphml>"]) + "\n"


def _part(part: Part) -> Row:
    its: Row = {"kind": part.kind.value, "key": part.key, "name": name_of(part), **_seen(part)}
    return its | {(f"attribute.{name}" if name in its else name): one for name, one in _told(part)}


def _edge(edge: Edge) -> Row:
    its: Row = {"kind": edge.kind.value, **_seen(edge)}
    return its | {(f"attribute.{name}" if name in its else name): one for name, one in _told(edge)}


def _seen(node: Part | Edge) -> Row:
    return {"first_seen": node.first_seen.isoformat(), "last_seen": node.last_seen.isoformat()}


def _told(node: Part | Edge) -> Iterator[tuple[str, Value]]:
    return ((name, one) for name, one in sorted(values(node).items()) if one is not None and name != "name")


def _types(rows: Iterable[Row]) -> dict[str, str]:
    """Every name with the GraphML type that holds all its values; names in order."""
    found: dict[str, set[str]] = {}
    for row in rows:
        for name, one in row.items():
            found.setdefault(name, set()).add(_type(one))
    return {name: _common(found[name]) for name in sorted(found)}


def _type(value: Value) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int) and -_WIDE <= value < _WIDE:
        return "long"
    return "double" if isinstance(value, float) else "string"


def _common(types: set[str]) -> str:
    if len(types) == 1:
        return next(iter(types))
    return "double" if types <= {"long", "double"} else "string"


def _data(domain: str, row: Row, ids: dict[tuple[str, str], str], indent: str) -> Iterator[str]:
    for name in sorted(row):
        yield f'{indent}<data key="{ids[domain, name]}">{escape(_text(row[name]), quote=False)}</data>'


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return " | ".join(_shown(item) for item in value)
    return _shown(str(value))


def _shown(text: str) -> str:
    return safe_text(text, len(text))


def _attribute(name: str) -> str:
    return f'"{escape(_shown(name))}"'
