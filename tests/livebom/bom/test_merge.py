"""Merging is a join: the order and the number of times graphs are merged never matter."""

from hypothesis import given
from hypothesis import strategies as st

from livebom.bom.graph import fold, winner
from livebom.bom.identity import canonical
from livebom.bom.merge import join, merge, resolve
from livebom.bom.observation import Observation
from livebom.bom.parts import Graph
from tests.livebom.bom.graphs import graphs, looks


@given(graphs, graphs)
def test_merge_is_commutative(one: Graph, other: Graph) -> None:
    assert join(one, other) == join(other, one)


@given(graphs, graphs, graphs)
def test_merge_is_associative(a: Graph, b: Graph, c: Graph) -> None:
    assert join(join(a, b), c) == join(a, join(b, c)) == merge([c, a, b])


@given(graphs)
def test_merge_is_idempotent_and_the_empty_graph_adds_nothing(one: Graph) -> None:
    assert join(one, one) == one == join(one, Graph())


@given(looks, st.randoms(use_true_random=False))
def test_the_order_of_observations_does_not_matter(seen: list[Observation], random: object) -> None:
    shuffled = list(seen)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert fold(seen) == fold(shuffled)


@given(looks, looks)
def test_folding_all_is_merging_the_folds(one: list[Observation], other: list[Observation]) -> None:
    assert fold(one + other) == join(fold(one), fold(other))


@given(graphs)
def test_resolving_is_idempotent_and_leaves_no_member_beside_its_root(one: Graph) -> None:
    roots = canonical(one.aliases)
    resolved = resolve(one, roots)
    assert resolve(resolved, roots) == resolved
    assert all(roots.get(id_, id_) == id_ for id_ in resolved.parts)
    assert all({edge.source, edge.destination} <= resolved.parts.keys() for edge in resolved.edges.values())


@given(graphs)
def test_the_winner_is_one_of_the_claims_whatever_their_order(one: Graph) -> None:
    for part in one.parts.values():
        for claims in part.attributes.values():
            assert winner(claims) in claims
            assert winner(claims) == winner(tuple(reversed(claims)))
