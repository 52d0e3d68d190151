"""Whatever two states hold: nothing differs from itself, order does not matter, nothing that came or went is lost."""

from datetime import timedelta
from random import Random

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from livebom.bom.change import Comparison
from livebom.bom.document import Document, Look, document
from livebom.bom.events import compare
from livebom.bom.events.telling import ALWAYS, ALWAYS_GONE
from livebom.bom.graph import fold
from livebom.bom.observation import EdgeTo, Observation
from livebom.bom.parts import Graph, PartKind
from livebom.bom.policy import Policy
from livebom.bom.vocabulary import EDGES
from tests.livebom.bom.graphs import START, facts, graphs
from tests.sample import older, sample

TODAY = START.date()
QUIET = {PartKind.FINDING, PartKind.PROCESS}

_FORMS = [
    (source, kind, destination)
    for kind, word in EDGES.items()
    for source in word.sources or PartKind
    for destination in word.destinations or PartKind
]


@st.composite
def estates(draw: st.DrawFn) -> Graph:
    """A few parts of any kinds, and edges as the vocabulary allows them; no aliases."""
    said = [
        Observation(sweep="s", at=START, surface="code", source="code", kind=kind, subject=key, facts=draw(facts))
        for kind, key in draw(st.lists(st.tuples(st.sampled_from(PartKind), st.sampled_from("ab")), max_size=4))
    ]
    for source, kind, destination in draw(st.lists(st.sampled_from(_FORMS), max_size=5)):
        ends = [draw(st.sampled_from("ab")) for _ in range(2)]
        to = EdgeTo(kind=kind, to_kind=destination, to=ends[1])
        said.append(
            Observation(
                sweep="s", at=START, surface="code", source="code", kind=source, subject=ends[0], edges=(to,)
            )
        )  # fmt: skip
    return fold(said)


def told(old: Document, new: Document, *, complete: bool = False) -> Comparison:
    return compare(old, new, Policy(), TODAY, assume_complete=complete)


def state(graph: Graph, *looks: Look) -> Document:
    return document(graph, looks)


@given(graphs)
def test_a_state_does_not_differ_from_itself(graph: Graph) -> None:
    one = state(graph)
    assert told(one, one, complete=True) == Comparison(old="old", new="new", old_at=one.at, new_at=one.at)


def test_the_sample_estate_does_not_differ_from_itself() -> None:
    for one in (sample(), older()):
        assert told(one, one).changes == ()


@given(graphs, graphs, st.randoms(use_true_random=False))
def test_order_within_the_documents_does_not_matter(old: Graph, new: Graph, dice: Random) -> None:
    looks = [
        Look(at=START + timedelta(hours=n), id=str(n), surface=surface, source="livebom 1", complete=True)
        for n, surface in enumerate(["runtime", "code"])
    ]
    one, other = state(old, *looks), state(new, *looks)
    mixed = [
        msgspec.structs.replace(
            each,
            parts=tuple(dice.sample(each.parts, len(each.parts))),
            edges=tuple(dice.sample(each.edges, len(each.edges))),
            aliases=tuple(dice.sample(each.aliases, len(each.aliases))),
            looks=tuple(dice.sample(each.looks, len(each.looks))),
        )
        for each in (one, other)
    ]
    assert told(*mixed) == told(one, other)


@given(estates(), estates())
def test_what_came_is_told_or_came_with_something(old: Graph, new: Graph) -> None:
    found = told(state(old), state(new))
    named = {id_ for change in found.changes for id_ in (change.part, change.other)}
    for part in new.parts.keys() - old.parts.keys():
        kind = new.parts[part].kind
        with_another = _neighbours(new, part) - old.parts.keys()
        assert part in named or kind in QUIET or (with_another and kind not in ALWAYS), new.parts[part]


@given(estates(), estates())
def test_what_went_is_told_or_went_with_something(old: Graph, new: Graph) -> None:
    found = told(state(old), state(new), complete=True)
    named = {id_ for change in found.changes for id_ in (change.part, change.other)}
    for part in old.parts.keys() - new.parts.keys():
        kind = old.parts[part].kind
        with_another = _neighbours(old, part) - new.parts.keys()
        replaced = kind in {PartKind.MODEL_VERSION, PartKind.WEIGHTS, PartKind.PACKAGE}
        spared = kind in QUIET or replaced or (with_another and kind not in ALWAYS_GONE)
        assert part in named or spared, old.parts[part]
    assert found.unsaid_count == 0


@given(estates(), estates())
def test_without_a_look_nothing_is_gone_and_all_of_it_is_counted(old: Graph, new: Graph) -> None:
    found = told(state(old), state(new))
    assert not [change.event for change in found.changes if change.event.endswith((".gone", "removed"))]
    absent = len(old.parts.keys() - new.parts.keys()) + len(old.edges.keys() - new.edges.keys())
    replaced = [change for change in found.changes if change.event in _REPLACING]
    assert found.unsaid_count >= absent - 4 * len(replaced)


_REPLACING = {"package.version_changed", "model.version_changed", "weights.hash_changed"}


def _neighbours(graph: Graph, part: object) -> set[object]:
    ends = [(edge.source, edge.destination) for edge in graph.edges.values()]
    return {far for near, far in ends + [(b, a) for a, b in ends] if near == part and far != part}
