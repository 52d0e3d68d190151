"""Where a part can be found, and what its word rests on."""

from typing import Final, Literal

from livebom.bom.events.case import Case, On
from livebom.bom.events.state import State
from livebom.bom.graph import winner
from livebom.bom.parts import Claim, Edge, EdgeKind, Part, PartKind

E = EdgeKind
K = PartKind

_PLACES: Final = (K.LISTENER, K.HOST, K.REPOSITORY)

_WAYS: Final[tuple[tuple[EdgeKind, Literal["on", "back"]], ...]] = (
    (E.LISTENS_ON, "on"),
    (E.RUNS_ON, "on"),
    (E.DECLARED_IN, "on"),
    (E.BUILT_FROM, "on"),
    (E.SERVES, "back"),
    (E.HAS_VERSION, "back"),
    (E.HAS_WEIGHTS, "back"),
    (E.HAS_FINDING, "back"),
    (E.EXPOSES, "back"),
    (E.CONTAINS, "back"),
    (E.DEPLOYED_AS, "back"),
    (E.USES_PROMPT, "back"),
)
"""Edges that lead to where a thing is: on from where they begin, or back from where they end."""

_ON: Final = frozenset(kind for kind, way in _WAYS if way == "on")
_BACK: Final = frozenset(kind for kind, way in _WAYS if way == "back")


def where(state: State, part: Part) -> tuple[str, ...]:
    """Keys of the listeners and repositories it leads to, and of the hosts where it leads to no listener."""
    seen, waiting, found = {part.id}, [part.id], []
    while waiting:
        at = waiting.pop()
        near = [edge.destination for edge in state.leaving.get(at, ()) if edge.kind in _ON]
        near += [edge.source for edge in state.arriving.get(at, ()) if edge.kind in _BACK]
        fresh = [id_ for id_ in dict.fromkeys(near) if id_ not in seen and id_ in state.parts]
        seen.update(fresh)
        found += [state.parts[id_] for id_ in fresh if state.parts[id_].kind in _PLACES]
        waiting += [id_ for id_ in fresh if state.parts[id_].kind not in _PLACES]
    listening = any(one.kind is K.LISTENER for one in found)
    return tuple(sorted(one.key for one in found if not (listening and one.kind is K.HOST)))


def evidence(case: Case) -> tuple[str, str]:
    """What the older and the newer word rest on; empty where nothing is known or where there was nothing."""
    if case.on is On.NOT_SEEN:
        return _why(case, case.was), ""
    return _why(case, case.was), _why(case, case.now or (None if case.was else case.part))


def _why(case: Case, node: Part | Edge | None) -> str:
    """Of the value that changed; of a thing that came or went, of what is best known of it."""
    if node is None:
        return ""
    if case.was is not None and case.now is not None and case.attribute in node.attributes:
        return winner(node.attributes[case.attribute]).evidence
    claims = [winner(its) for its in node.attributes.values()]
    if isinstance(node, Edge) and not any(claim.evidence for claim in claims):
        ends = [case.part, *([case.other] if case.other else [])]
        claims = [winner(its) for end in ends for its in end.attributes.values()]
    told = [claim for claim in claims if claim.evidence]
    return min(told, key=_best).evidence if told else ""


def _best(claim: Claim) -> tuple[int, float, str]:
    return claim.confidence.rank, -claim.last_seen.timestamp(), claim.evidence
