"""From what differs to what is told: each step under the first rule that fits, and each thing once."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final
from uuid import UUID

from livebom.bom.diff import Step
from livebom.bom.events.absence import Heard
from livebom.bom.events.case import Case, On
from livebom.bom.events.cases import Cases, instead, shown
from livebom.bom.events.reach import leading_to
from livebom.bom.events.rule import Rule
from livebom.bom.events.rules import rules_of
from livebom.bom.events.state import State
from livebom.bom.graph import winner
from livebom.bom.parts import Edge, EdgeKind, Part, PartKind

K = PartKind
E = EdgeKind

Told = tuple[Rule, Case]

ORDER: Final = (
    K.SERVER, K.AGENT, K.MCP_SERVER, K.ENDPOINT, K.MODEL, K.ADAPTER, K.VECTOR_STORE, K.DATASET, K.API_PROVIDER,
    K.FINDING, K.CONTAINER, K.REPOSITORY, K.HOST, K.IMAGE, K.LISTENER, K.MODEL_VERSION, K.WEIGHTS, K.TOOL, K.PROMPT,
    K.GUARDRAIL, K.SECRET_REFERENCE, K.PRINCIPAL, K.PROCESS, K.PACKAGE,
)  # fmt: skip
"""Kinds in the order in which parts that came or went are told: what comes with one that was told is told by it."""

ALWAYS: Final = frozenset(ORDER[: ORDER.index(K.CONTAINER)])
"""Kinds that are told when they come, even with another."""

ALWAYS_GONE: Final = ALWAYS - {K.MODEL, K.ADAPTER, K.FINDING, K.ENDPOINT}
"""Kinds that are told when they go, even with another."""

_BY_SERVER: Final = frozenset({"auth", "exposure", "product", "owner", "certificate"})
"""Attributes of a listener that its server's events tell, or its owner's change."""


class Teller:
    """One comparison on its way: what was told, and what was told along with it."""

    def __init__(self, old: State, new: State, cases: Cases, heard: Heard) -> None:
        """Take both states, the maker of their cases, and who has looked again."""
        self._old, self._new, self._cases, self._heard = old, new, cases, heard
        self._mentioned: set[UUID] = set()
        self.replaced: set[UUID] = set()
        """Absent parts that a new one stands instead of."""
        self.doubted: dict[tuple[UUID, str], frozenset[tuple[str, str]]] = {}
        """Part or edge and attribute, whose value differs because who said it before has not looked again: who."""

    def came(self, parts: list[Part], edges: list[Edge]) -> Iterator[Told]:
        """What the newer state has and the older has not."""
        yield from (told for part in parts for told in self._besides(self._cases.came(part)))
        for edge in edges:
            yield from self._tell(self._cases.edge(On.EDGE_NEW, edge, now=edge))
        yield from self._in_order(parts, edges, ALWAYS, self._cases.came)

    def went(self, parts: list[Part], edges: list[Edge]) -> Iterator[Told]:
        """What is gone; of edges those that a standing thing lost: to another that stands, or a model or guardrail."""
        for edge in edges:
            stands = edge.destination in self._new.parts or edge.kind in (E.SERVES, E.GUARDED_BY)
            if edge.source in self._new.parts and stands:
                yield from self._tell(self._cases.edge(On.EDGE_GONE, edge, was=edge))
        yield from self._in_order(parts, edges, ALWAYS_GONE, self._cases.went)

    def differs(self, steps: Iterable[Step[Part] | Step[Edge]]) -> Iterator[Told]:
        """What both states have, with another value."""
        for step in steps:
            if step.before is None or step.after is None:
                continue
            for name in step.values:
                if self._stands(step.before, step.after, name):
                    yield from self._tell(self._cases.changed(step, name))

    def reaches(self, edges: Iterable[Edge]) -> Iterator[Told]:
        """Endpoints of both states behind which more stands than before."""
        for part in leading_to(self._new, edges):
            if part.id in self._old.parts:
                yield from self._tell(self._cases.grown(part))

    def not_seen(self, before: dict[UUID, int], after: dict[UUID, int]) -> Iterator[Told]:
        """What still stands though the last complete looks did not see it: of a missing server only the server."""
        fresh = {id_: count for id_, count in after.items() if count > before.get(id_, 0)}
        parts = [part for part in self._new.known(fresh) if self._stands_alone(part, fresh.keys())]
        edges = [edge for id_ in fresh if (edge := self._new.edges.get(id_)) and edge.kind is E.SERVES]
        lost = [edge.id for edge in sorted(edges, key=_number) if edge.source not in fresh]
        named = {self._new.edges[id_].destination for id_ in lost}
        for id_ in [part.id for part in parts if part.id not in named] + lost:
            yield from self._tell(self._cases.unseen(id_, fresh[id_]))

    def _stands_alone(self, part: Part, missed: Iterable[UUID]) -> bool:
        around = [*self._new.leaving.get(part.id, ()), *self._new.arriving.get(part.id, ())]
        near = {end for edge in around for end in (edge.source, edge.destination)} - {part.id}
        return part.kind in ALWAYS_GONE or not near & set(missed)

    def _in_order(
        self, parts: list[Part], edges: list[Edge], always: frozenset[PartKind], make: Callable[[Part], Case]
    ) -> Iterator[Told]:
        """Parts by kind; what hangs on a told one and need not be told for itself is told with it."""
        hanging: dict[UUID, list[UUID]] = {}
        for edge in edges:
            hanging.setdefault(edge.source, []).append(edge.destination)
            hanging.setdefault(edge.destination, []).append(edge.source)
        ids = {part.id: part for part in parts}
        for part in sorted(parts, key=lambda one: (ORDER.index(one.kind), one.key)):
            if part.id not in self._mentioned:
                yield from self._tell(make(part))
            self._mentioned.add(part.id)
            waiting = [part.id]
            while waiting:
                near = (ids[one] for one in hanging.get(waiting.pop(), ()) if one in ids)
                carried = {one.id for one in near if one.kind not in always and _below(one, part)} - self._mentioned
                self._mentioned |= carried
                waiting += carried

    def _besides(self, case: Case) -> Iterator[Told]:
        """The rules that tell a step whatever else is told of it."""
        for rule in rules_of(case):
            one = shown(rule, case)
            if rule.besides and all(gate(one) for gate in rule.when):
                self._mentioned.add(case.part.id)
                yield rule, one

    def _tell(self, case: Case | None) -> Iterator[Told]:
        """The step under the first rule that fits; its ends are told by it, save a beginning that is `ALWAYS`."""
        for rule in rules_of(case) if case else ():
            one = shown(rule, case) if case else None
            if one is None or rule.besides or not all(gate(one) for gate in rule.when):
                continue
            older = rule.instead(one) if rule.instead else None
            if older == ():
                continue
            if older:
                one = instead(one, older)
                self.replaced.update(part.id for part in older)
                self._mentioned.update(part.id for part in older)
            if one.edge is not None and one.other is not None:
                self._mentioned.update(
                    part.id for part in (one.other, one.part) if part is one.other or part.kind not in ALWAYS
                )
            yield rule, one
            return

    def _stands(self, before: Part | Edge, after: Part | Edge, name: str) -> bool:
        """Whether a change of value is one: who said the older has looked again, and no server tells it instead."""
        if after.kind is K.LISTENER and name in _BY_SERVER and self._new.sources(after.id, E.LISTENS_ON):
            return False
        claims = before.attributes.get(name)
        if not claims:
            return True
        said = winner(claims)
        speaker = (said.surface, said.source)
        again = any((one.surface, one.source) == speaker for one in after.attributes.get(name, ()))
        if again or self._heard.again(speaker, before):
            return True
        self.doubted[before.id, name] = frozenset({speaker})
        return False


def _below(one: Part, other: Part) -> bool:
    return ORDER.index(one.kind) > ORDER.index(other.kind)


def _number(edge: Edge) -> int:
    return edge.id.int
