"""The graph to be drawn by Graphviz (`dot`): parts by shape and colour of their kind, edges by what they say.

Lost here: attributes (but name, key and a finding's severity), claims, aliases, times and observations. Names longer
than 60 characters are cut and end in the first digits of their SHA-256.
"""

from collections.abc import Iterator

from livebom.bom.document import Document
from livebom.bom.graph import name_of, value
from livebom.bom.parts import Edge, Part, PartKind
from livebom.bom.text import safe_text
from livebom.bom.vocabulary import EDGES
from livebom.export.estate import drawn, unknown_ends
from livebom.export.gaps import gaps

NAME = "dot"
SUFFIXES = (".dot", ".gv")

_LONGEST = 60

_K = PartKind
_LOOK: dict[tuple[PartKind, ...], tuple[str, str]] = {
    (_K.SERVER, _K.MCP_SERVER): ("box3d", "#cfe2ff"),
    (_K.LISTENER, _K.ENDPOINT): ("cds", "#e2e3e5"),
    (_K.HOST, _K.CONTAINER, _K.IMAGE, _K.PROCESS): ("box", "#e2e3e5"),
    (_K.MODEL, _K.MODEL_VERSION, _K.ADAPTER): ("ellipse", "#d1e7dd"),
    (_K.WEIGHTS, _K.DATASET, _K.VECTOR_STORE): ("cylinder", "#fff3cd"),
    (_K.AGENT,): ("hexagon", "#e0cffc"),
    (_K.TOOL, _K.PROMPT, _K.GUARDRAIL): ("component", "#f7d6e6"),
    (_K.API_PROVIDER,): ("tripleoctagon", "#ffe5d0"),
    (_K.PRINCIPAL,): ("house", "#ffe5d0"),
    (_K.PACKAGE, _K.REPOSITORY): ("folder", "#e2e3e5"),
    (_K.SECRET_REFERENCE,): ("diamond", "#f8d7da"),
    (_K.FINDING,): ("octagon", "#f8d7da"),
}
"""Kinds to shape and fill."""

_SHAPES = {kind: look for kinds, look in _LOOK.items() for kind in kinds}


def export(document: Document) -> str:
    """A `digraph`; what was not looked at is its label."""
    graph = drawn(document)
    lines = ["digraph livebom {", *_head(document)]
    lines += [_node(part) for part in graph.parts.values()]
    lines += [f"  {_quoted(str(end))} [label={_quoted('unknown')}, shape=plaintext];" for end in unknown_ends(graph)]
    lines += [_arrow(edge) for edge in graph.edges.values()]
    return "\n".join([*lines, "}"]) + "\n"


def _head(document: Document) -> Iterator[str]:
    left = [safe_text(one) for one in gaps(document)]
    label = _lines([f"livebom, {document.at.isoformat()}", *(["Not looked at:", *left] if left else [])])
    yield f"  graph [rankdir=LR, fontname={_quoted('sans-serif')}, labelloc=b, labeljust=l, label={label}];"
    yield f"  node [style=filled, fontname={_quoted('sans-serif')}, fontsize=10];"
    yield f"  edge [fontname={_quoted('sans-serif')}, fontsize=8];"


def _node(part: Part) -> str:
    shape, fill = _SHAPES.get(part.kind, ("box", "#ffffff"))
    words = [str(part.kind), safe_text(name_of(part), _LONGEST)]
    severity = value(part, "severity")
    if part.kind is PartKind.FINDING and isinstance(severity, str):
        words.append(safe_text(severity, _LONGEST))
    label = _quoted(r"\n".join(_escaped(word) for word in words), ready=True)
    return (
        f'  {_quoted(str(part.id))} [label={label}, shape={shape}, fillcolor="{fill}", '
        f"tooltip={_quoted(safe_text(part.key))}];"
    )


def _arrow(edge: Edge) -> str:
    ends = f"{_quoted(str(edge.source))} -> {_quoted(str(edge.destination))}"
    return f"  {ends} [label={_quoted(EDGES[edge.kind].means)}];"


def _lines(words: list[str]) -> str:
    """Lines set to the left."""
    return _quoted("".join(_escaped(word) + r"\l" for word in words), ready=True)


def _escaped(words: str) -> str:
    r"""Text inside a label: `\N` and the like would be replaced there, and so would `&lt;` (Graphviz, "escString")."""
    return words.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"')


def _quoted(words: str, *, ready: bool = False) -> str:
    return f'"{words if ready else _escaped(words)}"'
