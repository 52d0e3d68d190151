"""What is absent from the newer state: gone where it was looked for completely, else left unsaid, in words."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Final
from uuid import UUID

from msgspec import Struct

from livebom.bom.coverage import Place, covered, looked_at, place_of
from livebom.bom.document import Look
from livebom.bom.events.state import State
from livebom.bom.parts import Edge, EdgeKind, Graph, Part, PartKind

E = EdgeKind

NETWORKS: Final = "runtime"
"""The surface whose looks at networks answer, stretch by stretch, for what was told of it."""

OURS: Final = "livebom"
"""The tool whose looks answer for all sources of a surface that livebom itself reads."""

_LED: Final = frozenset({E.SERVES, E.RUNS_ON, E.HAS_FINDING})
"""Edges by which one part's place is that of the one they come from."""

_NAMED: Final = 3
"""How many keys a line of words names."""

Speaker = tuple[str, str]
"""Surface and source of a claim."""


class Absence(Struct, frozen=True, kw_only=True):
    """The verdict on all that is absent."""

    gone: frozenset[UUID]
    """Parts and edges that were looked for completely."""
    unsaid: dict[UUID, frozenset[Speaker]]
    """The others, and who of those that told them has not looked again."""


class Heard:
    """Who has looked again at what the older state rests on."""

    def __init__(
        self, old: State, new: State, looks: tuple[Iterable[Look], Iterable[Look]], *, everything: bool
    ) -> None:
        """Take both states and both documents' looks; with `everything` every silence is a statement."""
        self._old, self._everything = old, everything
        self._before, self._after = (tuple(one) for one in looks)
        self._told: dict[Speaker, bool] = {}
        self._networks = {NETWORKS} if any(map(_at_networks, (*self._before, *self._after))) else set()
        its = [look for look in self._after if _at_networks(look)]
        self._looked = looked_at(one for look in its for one in look.coverage if one.complete)
        self._mute = _places((old, new), {key for look in its for key in look.mute})
        self._covered: dict[UUID, bool] = {}

    def missing(self, node: Part | Edge) -> frozenset[Speaker]:
        """Those who told of the thing and have not looked again; empty where all have: if it is absent it is gone."""
        if self._everything:
            return frozenset()
        speakers = self._speakers(node) or {("", "")}
        return frozenset(one for one in speakers if not self.again(one, node))

    def ask(self, nodes: Iterable[Part | Edge]) -> None:
        """Find out which of these, all of the older state, lie in stretches that were completely looked at."""
        fresh = [node for node in nodes if node.id not in self._covered]
        if not fresh or not self._networks:
            return
        edges = {node.id: node for node in fresh if isinstance(node, Edge)}
        near = self._old.around([*(node.id for node in fresh), *(edge.source for edge in edges.values())], _leads)
        found = covered(Graph(parts=near.parts, edges=near.edges | edges), self._looked, self._mute)
        self._covered.update((node.id, node.id in found) for node in fresh)

    def again(self, speaker: Speaker, node: Part | Edge) -> bool:
        """Whether the speaker has looked completely at the thing's place since."""
        if self._everything:
            return True
        if speaker[0] in self._networks | {""} and self._networks:
            self.ask([node])
            if self._covered[node.id]:
                return True
        place = node.source if isinstance(node, Edge) else node.id
        if speaker == ("", "") or (speaker[0] in self._networks and _placed(self._old, place)):
            return False
        if speaker not in self._told:
            self._told[speaker] = _repeated(speaker, self._before, self._after)
        return self._told[speaker]

    def _speakers(self, node: Part | Edge) -> set[Speaker]:
        """Who told of it; of a bare edge who told of its ends, of a bare part who told of its neighbours."""
        own = _own(node)
        if own:
            return own
        if isinstance(node, Edge):
            ends = [self._old.parts[end] for end in (node.source, node.destination) if end in self._old.parts]
            return next((found for found in map(_own, ends) if found), set())
        edges = [*self._old.leaving.get(node.id, ()), *self._old.arriving.get(node.id, ())]
        return {one for edge in edges for one in self._speakers_of_edge(edge, node.id)}

    def _speakers_of_edge(self, edge: Edge, part: UUID) -> set[Speaker]:
        far = self._old.parts.get(edge.source if edge.destination == part else edge.destination)
        return _own(edge) or (_own(far) if far else set())


def judged(heard: Heard, absent: Iterable[Part | Edge]) -> Absence:
    """Which of the absent are gone, and which cannot be said to be."""
    nodes = list(absent)
    heard.ask(nodes)
    missing = {node.id: heard.missing(node) for node in nodes}
    return Absence(
        gone=frozenset(id_ for id_, speakers in missing.items() if not speakers),
        unsaid={id_: speakers for id_, speakers in missing.items() if speakers},
    )


def words_of(state: State, unsaid: Mapping[UUID, frozenset[Speaker]]) -> tuple[str, ...]:
    """One line for each kind of thing and set of speakers; an edge is named only where both its ends are still said."""
    lines: dict[tuple[str, str], list[str]] = {}
    relations: Counter[tuple[str, str]] = Counter()
    for id_, speakers in unsaid.items():
        why = ", ".join(sorted(_speaker(one) for one in speakers))
        if id_ in state.parts:
            part = state.parts[id_]
            lines.setdefault((part.kind, why), []).append(part.key)
        elif not {state.edges[id_].source, state.edges[id_].destination} & unsaid.keys():
            relations[state.edges[id_].kind, why] += 1
    told = [_line(len(keys), f"{kind} ({_some(sorted(keys))})", why) for (kind, why), keys in sorted(lines.items())]
    return (*told, *(_line(count, f"edge {kind}", why) for (kind, why), count in sorted(relations.items())))


def doubts_of(state: State, doubted: Mapping[tuple[UUID, str], frozenset[Speaker]]) -> tuple[str, ...]:
    """One line for each attribute and set of speakers: its older value is not known to have changed."""
    lines: dict[tuple[str, str], list[str]] = {}
    for (id_, name), speakers in doubted.items():
        part = state.parts.get(id_) or state.parts.get(state.edges[id_].source)
        why = ", ".join(sorted(_speaker(one) for one in speakers))
        lines.setdefault((name, why), []).append(part.key if part else "")
    return tuple(
        _line(len(keys), f"{name} of {_some(sorted(keys))}", why) for (name, why), keys in sorted(lines.items())
    )


def _line(count: int, what: str, why: str) -> str:
    return f"{count} x {what}: not looked for completely by {why}"


def _some(keys: list[str]) -> str:
    more = f" and {len(keys) - _NAMED} more" if len(keys) > _NAMED else ""
    return ", ".join(keys[:_NAMED]) + more


def _speaker(one: Speaker) -> str:
    surface, source = one
    return (surface if source in {surface, ""} else f"{surface}, {source}") or "anybody"


def _own(node: Part | Edge) -> set[Speaker]:
    return {(claim.surface, claim.source) for claims in node.attributes.values() for claim in claims}


def _at_networks(look: Look) -> bool:
    return look.surface == NETWORKS and bool(look.coverage)


def _leads(part: Part, edge: Edge) -> bool:
    """Whether what is known of the part's place depends on this edge."""
    return edge.source == part.id if edge.kind is E.LISTENS_ON else edge.kind in _LED and edge.destination == part.id


def _places(states: Iterable[State], keys: Collection[str]) -> set[Place]:
    listeners = (part for state in states for part in state.parts.values() if part.kind is PartKind.LISTENER)
    found = (place_of(part) for part in listeners if part.key in keys) if keys else ()
    return {place for place in found if place is not None}


def _placed(state: State, part: UUID) -> bool:
    """Whether it stands at a place of a network, so that a look at networks has a word on it."""
    near = state.around([part], _leads)
    return any(one.kind is PartKind.LISTENER for one in near.parts.values())


def _repeated(speaker: Speaker, before: Iterable[Look], after: Iterable[Look]) -> bool:
    """Whether complete looks of the newer state hold the whole scope in which the speaker looked before."""
    theirs = [look for look in before if _is(look, speaker)]
    ours = [look for look in after if _is(look, speaker) and look.complete and (look.coverage or not look.mute)]
    scope = {place for look in ours for place in look.scope}
    boundless = any(not look.scope for look in ours)
    return bool(theirs and ours) and all(scope >= {*look.scope} if look.scope else boundless for look in theirs)


def _is(look: Look, speaker: Speaker) -> bool:
    surface, source = speaker
    return look.surface == surface and _tool(look.source) in {_tool(source), OURS}


def _tool(source: str) -> str:
    """A source without its version: `syft 1.2.3` and `syft@1.3` are both `syft`."""
    return re.split(r"[\s@/]+v?\d", source, maxsplit=1)[0].strip().lower()
