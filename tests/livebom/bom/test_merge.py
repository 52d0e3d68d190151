"""Merging is a join: the order and the number of times graphs are merged never matter."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from livebom.bom.document import Document
from livebom.bom.graph import fold, winner
from livebom.bom.identity import canonical, part_id
from livebom.bom.merge import join, merge, merged_documents, resolve
from livebom.bom.observation import Observation
from livebom.bom.parts import Graph, Part, PartKind
from livebom.bom.policy import Distinct
from tests.livebom.bom.documents import documents, everything, written
from tests.livebom.bom.graphs import START, graphs, looks
from tests.sample import older, sample


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


@given(documents, documents, documents)
def test_merging_documents_has_no_order_to_the_last_byte(a: Document, b: Document, c: Document) -> None:
    merged = written(merged_documents([a, b, c]))
    assert merged == written(merged_documents([c, a, b]))
    assert merged == written(merged_documents([merged_documents([b, a]), c]))
    assert merged == written(merged_documents([a, merged_documents([b, c])]))


@given(documents, documents)
def test_merging_the_result_again_changes_nothing(a: Document, b: Document) -> None:
    merged = merged_documents([a, b])
    assert written(merged) == written(merged_documents([merged])) == written(merged_documents([merged, b, merged, a]))
    assert not merged.settled
    assert not merged.missed


def test_one_document_read_back_merges_as_it_was() -> None:
    merged = merged_documents([sample(), older()])
    again = msgspec.json.decode(written(merged), type=Document)
    assert written(merged_documents([again, older()])) == written(merged)
    assert set(merged.looks) == {*sample().looks, *older().looks}


def test_a_conflict_stands_side_by_side_and_says_who_said_what() -> None:
    [server] = [part for part in merged_documents([sample(), older()]).parts if part.key == "lab/10.0.0.5/vllm"]
    assert {(c.value, c.source) for c in server.attributes["version"]} == {
        ("0.32.0", "livebom"),
        ("0.31.0", "cmdb-export"),
    }
    assert {c.value for c in server.attributes["auth"]} == {"none", "required"}
    assert winner(server.attributes["auth"]).value == "none"


def test_a_made_up_id_does_not_make_the_order_matter() -> None:
    id_ = part_id(PartKind.MODEL, "a")
    graphs = [
        Graph(parts={id_: Part(id=id_, kind=PartKind.MODEL, key=key, first_seen=START, last_seen=START)})
        for key in ("a", "made-up")
    ]
    assert merge(graphs) == merge(reversed(graphs))


@given(documents, documents)
def test_a_merge_can_be_undone(a: Document, b: Document) -> None:
    merged = merged_documents([a, b])
    said = merge([a.graph, b.graph])
    assert merged.graph.parts == said.parts
    for row in merged.aliases:
        rest = merged.graph.aliases - {row}
        resolved = resolve(Graph(parts=said.parts, edges=said.edges, aliases=rest), canonical(rest))
        alone = {row.id, row.same_as} - canonical(rest).keys()
        assert {id_: resolved.parts[id_] for id_ in alone} == {id_: said.parts[id_] for id_ in alone}


def test_a_row_of_the_policy_brings_the_original_parts_back() -> None:
    one = everything()
    keys = "http://10.0.0.5:8000", "lab/10.0.0.5/vllm"
    ids = {part_id(PartKind.SERVER, key) for key in keys}
    joined, split = merged_documents([one]), merged_documents([one], [Distinct(one=keys[0], other=keys[1])])
    assert len(ids & resolve(joined.graph, canonical(joined.aliases)).parts.keys()) == 1
    apart = resolve(split.graph, canonical(split.aliases))
    assert {id_: apart.parts[id_] for id_ in ids} == {id_: one.graph.parts[id_] for id_ in ids}
    assert written(merged_documents([split])) == written(joined)
