"""What an endpoint reaches: all that stands behind it, step by step, however the edges run in circles."""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from livebom.bom.events.state import State
from livebom.bom.graph import name_of
from livebom.bom.parts import Edge, EdgeKind, Part, PartKind

E = EdgeKind
K = PartKind

WAYS: Final = frozenset(
    {
        E.ROUTES_TO,
        E.USES_MODEL,
        E.CAN_CALL,
        E.USES_MCP,
        E.EXPOSES,
        E.HANDS_OFF_TO,
        E.READS,
        E.SERVES,
        E.CALLS_PROVIDER,
        E.SENDS_DATA_TO,
    }
)
"""Edges along which a request can lead on."""

WORTH: Final = frozenset({K.MODEL, K.ADAPTER, K.MODEL_VERSION, K.TOOL, K.VECTOR_STORE, K.DATASET, K.API_PROVIDER})
"""Kinds that it matters to reach."""


class Reach:
    """Answers for many endpoints of one state; those with the same first steps share one walk."""

    def __init__(self, state: State) -> None:
        """Take the state to walk in."""
        self._state = state
        self._walked: dict[frozenset[UUID], frozenset[UUID]] = {}

    def of(self, part: UUID) -> frozenset[UUID]:
        """Ids of all that is reached from a part, without the part itself unless a circle leads back."""
        first = frozenset(self._next(part))
        if first not in self._walked:
            self._walked[first] = self._from(first)
        return self._walked[first]

    def _next(self, part: UUID) -> Iterable[UUID]:
        return (edge.destination for edge in self._state.leaving.get(part, ()) if edge.kind in WAYS)

    def _from(self, first: frozenset[UUID]) -> frozenset[UUID]:
        seen, waiting = set(first), list(first)
        while waiting:
            fresh = [one for one in self._next(waiting.pop()) if one not in seen]
            seen.update(fresh)
            waiting += fresh
        return frozenset(seen)


def leading_to(state: State, edges: Iterable[Edge]) -> list[Part]:
    """The endpoints behind which one of these edges stands, by key."""
    waiting = [edge.source for edge in edges if edge.kind in WAYS]
    seen = set(waiting)
    while waiting:
        back = [e.source for e in state.arriving.get(waiting.pop(), ()) if e.kind in WAYS and e.source not in seen]
        seen.update(back)
        waiting += back
    return [part for part in state.known(seen) if part.kind is K.ENDPOINT]


def way(state: State, start: Part, end: Part) -> str:
    """One of the shortest ways between them, in words; the same one for the same state."""
    trail: dict[UUID, UUID] = {}
    waiting = [start.id]
    while waiting and end.id not in trail:
        here = waiting
        waiting = []
        for at in here:
            for part in state.ends(at, *WAYS):
                if part.id not in trail:
                    trail[part.id] = at
                    waiting.append(part.id)
    names, at = [name_of(end)], trail.get(end.id, start.id)
    while at != start.id:
        names.append(name_of(state.parts[at]))
        at = trail[at]
    return " -> ".join(reversed(names))


def worth(state: State, ids: Iterable[UUID]) -> tuple[Part, ...]:
    """Those that it matters to reach, by kind and key."""
    return tuple(part for part in state.known(ids) if part.kind in WORTH)
