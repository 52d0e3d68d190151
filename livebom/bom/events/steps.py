"""What differs between two states, found fast: of most parts only the times of sight moved, and those say nothing."""

from collections.abc import Mapping
from typing import TypeVar
from uuid import UUID

from livebom.bom.diff import Step
from livebom.bom.graph import winner
from livebom.bom.parts import Claim, Edge, Part, Value

Node = TypeVar("Node", Part, Edge)


def speaking(old: Mapping[UUID, Node], new: Mapping[UUID, Node]) -> tuple[Step[Node], ...]:
    """The steps of `diff.delta` that say more than the time of sight, in order of id."""
    pairs = ((old.get(id_), node) for id_, node in new.items())
    found: list[Step[Node]] = [Step(was, node) for was, node in pairs if was is None or _differs(was, node)]
    found += [Step(node, None) for id_, node in old.items() if id_ not in new]
    return tuple(sorted(found, key=_number))


def _number(step: Step[Node]) -> int:
    node = step.after or step.before
    return node.id.int if node else 0


def _differs(before: Node, after: Node) -> bool:
    old, new = before.attributes, after.attributes
    if old is new:
        return False
    for name, claims in new.items():
        said = old.get(name)
        if said is None:
            if _believed(claims) is not None:
                return True
        elif said is not claims and _believed(said) != _believed(claims):
            return True
    return any(_believed(claims) is not None for name, claims in old.items() if name not in new)


def _believed(claims: tuple[Claim, ...]) -> Value:
    return claims[0].value if len(claims) == 1 else winner(claims).value
