"""Whom to call about a part: its own word, its labels, else what it belongs to."""

from collections.abc import Iterable, Mapping
from typing import Final, Literal
from uuid import UUID

from livebom.bom.graph import value
from livebom.bom.parts import EdgeKind, Graph, Part, PartKind

K = PartKind
E = EdgeKind

LABELS: Final = ("com.livebom.owner", "owner", "team", "maintainer")
"""Labels that name somebody, best first. `app.kubernetes.io/managed-by` names a tool and is not among them."""

Way = tuple[PartKind, EdgeKind, Literal["from", "to"]]
"""A kind, and the edge over which it has its owner: from where the edge begins, or to where it leads."""

WAYS: Final[tuple[Way, ...]] = (
    (K.CONTAINER, E.DEPLOYED_AS, "from"),
    (K.CONTAINER, E.RUNS_ON, "to"),
    (K.PROCESS, E.RUNS_ON, "to"),
    (K.SERVER, E.LISTENS_ON, "to"),
    (K.SERVER, E.DEPLOYED_AS, "from"),
    (K.SERVER, E.RUNS_ON, "to"),
    (K.LISTENER, E.LISTENS_ON, "from"),
    (K.AGENT, E.DECLARED_IN, "to"),
    (K.AGENT, E.RUNS_ON, "to"),
    (K.MCP_SERVER, E.DECLARED_IN, "to"),
    (K.MCP_SERVER, E.LISTENS_ON, "to"),
    (K.MCP_SERVER, E.RUNS_ON, "to"),
    (K.MCP_SERVER, E.USES_MCP, "from"),
    (K.VECTOR_STORE, E.DECLARED_IN, "to"),
    (K.VECTOR_STORE, E.RUNS_ON, "to"),
    (K.VECTOR_STORE, E.READS, "from"),
    (K.ENDPOINT, E.DECLARED_IN, "to"),
    (K.ENDPOINT, E.EXPOSES, "from"),
    (K.ENDPOINT, E.ROUTES_TO, "to"),
    (K.MODEL, E.SERVES, "from"),
    (K.MODEL, E.USES_MODEL, "from"),
    (K.ADAPTER, E.SERVES, "from"),
    (K.ADAPTER, E.USES_MODEL, "from"),
    (K.MODEL_VERSION, E.HAS_VERSION, "from"),
    (K.MODEL_VERSION, E.SERVES, "from"),
    (K.WEIGHTS, E.HAS_WEIGHTS, "from"),
    (K.DATASET, E.POPULATED_FROM, "from"),
    (K.DATASET, E.FINE_TUNED_ON, "from"),
    (K.TOOL, E.DECLARED_IN, "to"),
    (K.TOOL, E.EXPOSES, "from"),
    (K.TOOL, E.CAN_CALL, "from"),
    (K.PROMPT, E.DECLARED_IN, "to"),
    (K.PROMPT, E.USES_PROMPT, "from"),
    (K.GUARDRAIL, E.DECLARED_IN, "to"),
    (K.GUARDRAIL, E.CONTAINS, "from"),
    (K.GUARDRAIL, E.GUARDED_BY, "from"),
    (K.SECRET_REFERENCE, E.DECLARED_IN, "to"),
    (K.SECRET_REFERENCE, E.AUTHENTICATES_WITH, "from"),
    (K.IMAGE, E.BUILT_FROM, "to"),
    (K.IMAGE, E.DEPLOYED_AS, "to"),
    (K.PACKAGE, E.CONTAINS, "from"),
    (K.PACKAGE, E.DEPENDS_ON, "from"),
    (K.API_PROVIDER, E.CALLS_PROVIDER, "from"),
    (K.API_PROVIDER, E.SENDS_DATA_TO, "from"),
    (K.FINDING, E.HAS_FINDING, "from"),
)
"""In the order in which they are tried: what a row leans on was settled by rows above it."""


def owners(graph: Graph) -> dict[UUID, str]:
    """Each part's owner, where one is known; who is not in the mapping has none that anybody named.

    `graph` is resolved. A part's own `owner` counts most, then its labels, then over the rows of `WAYS` the owner that
    all known ones at the other end agree on; where they differ nobody is named by that row.
    """
    known = {part.id: name for part in graph.parts.values() if (name := _own(part))}
    far = _ends(graph)
    for kind, edge, way in WAYS:
        known |= _agreed(far[kind, edge, way], known)
    return known


def _own(part: Part) -> str:
    said = value(part, "owner") if "owner" in part.attributes else None
    if isinstance(said, str) and said.strip():
        return said
    return _labelled(value(part, "labels")) if "labels" in part.attributes else ""


def _labelled(labels: object) -> str:
    pairs = [one.partition("=") for one in labels if isinstance(one, str)] if isinstance(labels, list) else []
    named = {key.strip().lower(): text.strip() for key, _, text in reversed(pairs) if text.strip()}
    return next((named[label] for label in LABELS if label in named), "")


def _agreed(far: Mapping[UUID, set[UUID]], known: Mapping[UUID, str]) -> dict[UUID, str]:
    found = {}
    for part, others in far.items():
        names = {known[one] for one in others if one in known}
        if part not in known and len(names) == 1:
            found[part] = names.pop()
    return found


def _ends(graph: Graph) -> dict[Way, dict[UUID, set[UUID]]]:
    """For each way, a part's ids at the other end."""
    wanted = {edge for _, edge, _ in WAYS}
    found: dict[Way, dict[UUID, set[UUID]]] = {way: {} for way in WAYS}
    for edge in graph.edges.values():
        if edge.kind not in wanted:
            continue
        sides: Iterable[tuple[UUID, UUID, Literal["from", "to"]]] = (
            (edge.destination, edge.source, "from"),
            (edge.source, edge.destination, "to"),
        )
        for part, other, way in sides:
            its = graph.parts.get(part)
            slot = found.get((its.kind, edge.kind, way)) if its else None
            if slot is not None:
                slot.setdefault(part, set()).add(other)
    return found
