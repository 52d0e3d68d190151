"""Which part stands inside which: files in models, listeners in servers, tools in the server that is a command."""

from uuid import UUID

from livebom.bom.parts import EdgeKind, Part, PartKind
from livebom.export.cyclonedx.view import View

K = PartKind

_HOMES: dict[PartKind, tuple[EdgeKind, tuple[PartKind, ...]]] = {
    K.MODEL_VERSION: (EdgeKind.HAS_VERSION, (K.MODEL, K.ADAPTER)),
    K.WEIGHTS: (EdgeKind.HAS_WEIGHTS, (K.MODEL_VERSION, K.MODEL, K.ADAPTER)),
    K.TOOL: (EdgeKind.EXPOSES, (K.MCP_SERVER,)),
    K.LISTENER: (EdgeKind.LISTENS_ON, (K.SERVER, K.MCP_SERVER, K.VECTOR_STORE)),
    K.ENDPOINT: (EdgeKind.EXPOSES, (K.SERVER, K.MCP_SERVER)),
}
"""A kind that may be a child: the edge that leads to it, and its parents' kinds, the nearest first.

No kind is its own ancestor here, so a circle of edges cannot make a circle of children.
"""


class Nesting:
    """Who is whose child; whoever has several parents is the child of the nearest, then of the smallest id."""

    def __init__(self, view: View) -> None:
        self._children: dict[UUID, list[Part]] = {}
        self.top: list[Part] = []
        for part in view.parts.values():
            home = _home(view, part)
            if home is None:
                self.top.append(part)
            else:
                self._children.setdefault(home.id, []).append(part)

    def of(self, part: Part) -> list[Part]:
        """The part's children, by kind and key."""
        return self._children.get(part.id, [])


def _home(view: View, part: Part) -> Part | None:
    kind, kinds = _HOMES.get(part.kind, (None, ()))
    if kind is None:
        return None
    alike = [
        one for one in view.sources(part, kind) if one.kind in kinds and view.networked(one) == view.networked(part)
    ]
    return min(alike, key=lambda one: (kinds.index(one.kind), one.id), default=None)
