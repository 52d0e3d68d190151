"""The raw delta in words: one line per part or edge that came, went or differs."""

from collections.abc import Iterator, Mapping
from uuid import UUID

from livebom.bom.diff import Delta, Step
from livebom.bom.graph import value
from livebom.bom.parts import Edge, Part, Value
from livebom.bom.text import safe_text

_VERB = {"listens_on": "listens on", "runs_on": "runs on", "serves": "serves"}


def sentences(delta: Delta, parts: Mapping[UUID, Part]) -> list[str]:
    """`+`, `-` or `~`, what it is, and for a change each value before and after; times of sight alone say nothing.

    `parts` names the ends of edges. Each thing is told once: an edge of a server that itself came or went by the
    server's line, a part that came or went at the end of a told edge by the edge's, and a mere name by nothing.
    """
    new = {step.after.id for step in delta.parts if step.before is None and step.after}
    gone = {step.before.id for step in delta.parts if step.after is None and step.before}
    lines, told = [], set()
    for step in delta.edges:
        edge = step.after or step.before
        if edge is None or not step.speaks or edge.source in new | gone:
            continue
        told.add(edge.destination)
        lines.append(_edge(step, edge, parts))
    lines += [_part(step) for step in delta.parts if step.speaks and not _silent(step, told & (new | gone))]
    return sorted(lines, key=lambda line: ("~+-".index(line[0]), line))


def _silent(step: Step[Part], told: set[UUID]) -> bool:
    part = step.after or step.before
    return part is None or not part.attributes or part.id in told


def _part(step: Step[Part]) -> str:
    part = step.after or step.before
    name = f"{part.kind} {safe_text(part.key)}" if part else ""
    return f"{_sign(step)} {name}" + "".join(_differences(step))


def _edge(step: Step[Edge], edge: Edge, parts: Mapping[UUID, Part]) -> str:
    ends = [_named(parts.get(end)) for end in (edge.source, edge.destination)]
    return f"{_sign(step)} {ends[0]} {_VERB.get(edge.kind, edge.kind)} {ends[1]}" + "".join(_differences(step))


def _named(part: Part | None) -> str:
    if part is None:
        return "something unknown"
    called = value(part, "name") if part.kind == "model" else None
    return f"{part.kind} {safe_text(str(called or part.key))}"


def _sign(step: Step[Part] | Step[Edge]) -> str:
    if step.before is None:
        return "+"
    return "-" if step.after is None else "~"


def _differences(step: Step[Part] | Step[Edge]) -> Iterator[str]:
    if step.before is None or step.after is None:
        return
    for name, (before, after) in step.values.items():
        yield f"\n      {name}: {_shown(before)} -> {_shown(after)}"


def _shown(one: Value) -> str:
    if isinstance(one, list):
        return safe_text(", ".join(one)) or "none"
    return "unknown" if one is None else safe_text(str(one))
