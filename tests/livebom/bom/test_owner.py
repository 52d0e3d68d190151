"""Whom to call: one's own word first, then labels, then what a thing belongs to, and nobody where they differ."""

import pytest
from hypothesis import given

from livebom.bom.graph import fold
from livebom.bom.identity import part_id
from livebom.bom.observation import EdgeTo, Fact, Observation
from livebom.bom.owner import WAYS, owners
from livebom.bom.parts import EdgeKind, Graph, PartKind, Value
from livebom.bom.vocabulary import EDGES
from tests.livebom.bom.graphs import START, graphs

K, E = PartKind, EdgeKind


def seen(kind: PartKind, key: str, *edges: tuple[EdgeKind, PartKind, str], **values: Value) -> Observation:
    return Observation(
        sweep="1",
        at=START,
        surface="code",
        source="code",
        kind=kind,
        subject=key,
        facts={name: Fact(value) for name, value in values.items()},
        edges=tuple(EdgeTo(kind=edge, to_kind=to_kind, to=to) for edge, to_kind, to in edges),
    )


def owner(kind: PartKind, key: str, *said: Observation) -> str | None:
    return owners(fold(said)).get(part_id(kind, key))


@pytest.mark.parametrize(
    ("labels", "name"),
    [
        (["team=speech"], "speech"),
        (["maintainer=bo", "team=speech"], "speech"),
        (["team=speech", "com.livebom.owner=ana", "owner=bo"], "ana"),
        (["Owner = bo "], "bo"),
        (["owner="], None),
        (["app.kubernetes.io/managed-by=Helm"], None),
        ("owner=bo", None),
        ([], None),
    ],
)
def test_labels_name_somebody(labels: Value, name: str | None) -> None:
    assert owner(K.CONTAINER, "c", seen(K.CONTAINER, "c", labels=labels)) == name


def test_ones_own_word_counts_more_than_labels_and_neighbours() -> None:
    host = seen(K.HOST, "h", owner="host-team")
    server = seen(K.SERVER, "s", (E.RUNS_ON, K.HOST, "h"), owner="ana", labels=["team=speech"])
    assert owner(K.SERVER, "s", host, server) == "ana"
    assert owner(K.SERVER, "s", host, seen(K.SERVER, "s", (E.RUNS_ON, K.HOST, "h"))) == "host-team"


def test_an_owner_is_passed_on_from_listener_to_server_to_model_to_weights_and_finding() -> None:
    said = [
        seen(K.LISTENER, "l", owner="ana"),
        seen(
            K.SERVER,
            "s",
            (E.LISTENS_ON, K.LISTENER, "l"),
            (E.SERVES, K.MODEL, "m"),
            (E.HAS_FINDING, K.FINDING, "open@s"),
        ),
        seen(K.MODEL, "m", (E.HAS_WEIGHTS, K.WEIGHTS, "w")),
    ]
    assert set(owners(fold(said)).values()) == {"ana"}
    assert len(owners(fold(said))) == 5


def test_where_neighbours_differ_nobody_is_named() -> None:
    servers = [seen(K.SERVER, key, (E.SERVES, K.MODEL, "m"), owner=name) for key, name in (("s", "ana"), ("t", "bo"))]
    assert owner(K.MODEL, "m", *servers) is None
    assert owner(K.MODEL, "m", servers[0], seen(K.SERVER, "u", (E.SERVES, K.MODEL, "m"))) == "ana"


def test_every_way_is_one_the_vocabulary_allows() -> None:
    for kind, edge, way in WAYS:
        ends = EDGES[edge].destinations if way == "from" else EDGES[edge].sources
        assert kind in (ends or (kind,)), (kind, edge, way)


@given(graphs)
def test_the_order_of_parts_and_edges_does_not_matter(graph: Graph) -> None:
    turned = Graph(
        parts=dict(reversed(graph.parts.items())), edges=dict(reversed(graph.edges.items())), aliases=graph.aliases
    )
    assert owners(turned) == owners(graph)
