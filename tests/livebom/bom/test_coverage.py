"""Which silences are statements: stretches of addresses, and the servers, models and findings that stand there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livebom.bom.coverage import covered, looked_at
from livebom.bom.document import Stretch
from livebom.bom.graph import fold
from livebom.bom.identity import part_id
from livebom.bom.observation import EdgeTo, Fact, Observation
from livebom.bom.parts import EdgeKind, Graph, PartKind
from tests.livebom.bom.graphs import START

K, E = PartKind, EdgeKind


def stretch(first: str, last: str, *ports: int, zone: str = "lab") -> Stretch:
    return Stretch(zone=zone, first=first, last=last, ports=ports, complete=True)


def seen(kind: PartKind, key: str, *edges: tuple[EdgeKind, PartKind, str], **values: str | int) -> Observation:
    return Observation(
        sweep="1",
        at=START,
        surface="runtime",
        source="connect",
        kind=kind,
        subject=key,
        facts={name: Fact(value) for name, value in values.items()},
        edges=tuple(EdgeTo(kind=edge, to_kind=to_kind, to=to) for edge, to_kind, to in edges),
    )


def estate() -> Graph:
    """A server with a model and a finding, at one listener."""
    server = seen(
        K.SERVER,
        "s",
        (E.LISTENS_ON, K.LISTENER, "l"),
        (E.SERVES, K.MODEL, "m"),
        (E.HAS_FINDING, K.FINDING, "open@s"),
    )
    return fold([server, seen(K.LISTENER, "l", zone="lab", host="10.0.0.5", port=80)])


@pytest.mark.parametrize(
    ("place", "holds"),
    [
        (("lab", "10.0.0.0", 80), True),
        (("lab", "10.0.1.255", 80), True),
        (("lab", "10.0.2.0", 80), False),
        (("lab", "10.0.0.7", 443), False),
        (("lab", "10.0.3.9", 443), True),
        (("home", "10.0.0.7", 80), False),
        (("lab", "2001:db8::9", 80), True),
        (("lab", "2001:db8:0:0::9", 80), True),
        (("lab", "::ffff:10.0.0.7", 80), False),
        (("lab", "server.example", 80), False),
    ],
)
def test_a_place_lies_in_a_stretch_by_zone_family_value_and_port(place: tuple[str, str, int], holds: bool) -> None:
    looked = looked_at(
        [
            stretch("10.0.1.0", "10.0.1.255", 80),
            stretch("10.0.0.0", "10.0.0.255", 80, 81),
            stretch("10.0.3.0", "10.0.3.255", 443),
            stretch("2001:db8::", "2001:db8::ff", 80),
        ]
    )
    assert looked(*place) is holds


def test_a_stretch_that_is_none_holds_nothing() -> None:
    looked = looked_at(
        [stretch("10.0.0.9", "10.0.0.1", 80), stretch("here", "there", 80), stretch("10.0.0.0", "::1", 80)]
    )
    assert not looked("lab", "10.0.0.5", 80)


@given(st.lists(st.tuples(st.integers(0, 250), st.integers(0, 5), st.sampled_from([80, 443])), max_size=12))
def test_joined_runs_hold_what_the_stretches_hold_one_by_one(runs: list[tuple[int, int, int]]) -> None:
    looked = looked_at(stretch(f"10.0.0.{at}", f"10.0.0.{at + size}", port) for at, size, port in runs)
    for number in range(256):
        for port in (80, 443):
            alone = any(at <= number <= at + size and port == its for at, size, its in runs)
            assert looked("lab", f"10.0.0.{number}", port) is alone


def test_what_stands_at_a_place_is_covered_with_it() -> None:
    graph = estate()
    assert covered(graph, lambda *_: True, ()) == graph.parts.keys() | graph.edges.keys()
    assert covered(graph, lambda *_: False, ()) == frozenset()


def test_a_mute_server_is_covered_and_neither_its_models_nor_its_findings_are() -> None:
    found = covered(estate(), lambda *_: True, [("lab", "10.0.0.5", 80)])
    assert {part_id(K.SERVER, "s"), part_id(K.LISTENER, "l")} <= found
    assert not {part_id(K.MODEL, "m"), part_id(K.FINDING, "open@s")} & found


def test_a_model_of_two_servers_is_covered_only_with_both() -> None:
    other = seen(K.SERVER, "t", (E.LISTENS_ON, K.LISTENER, "k"), (E.SERVES, K.MODEL, "m"))
    listeners = [
        seen(K.LISTENER, key, zone="lab", host=host, port=80) for key, host in (("k", "10.0.0.6"), ("l", "10.0.0.5"))
    ]
    one = seen(K.SERVER, "s", (E.LISTENS_ON, K.LISTENER, "l"), (E.SERVES, K.MODEL, "m"))
    graph = fold([one, other, *listeners])
    model = part_id(K.MODEL, "m")
    assert model in covered(graph, lambda *_: True, ())
    assert model not in covered(graph, lambda zone, host, port: host == "10.0.0.5", ())
