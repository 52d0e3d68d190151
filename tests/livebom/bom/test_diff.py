"""The raw delta: empty for equal graphs, exact otherwise, and silent about times alone."""

from datetime import timedelta

import msgspec
from hypothesis import given

from livebom.bom.diff import Delta, apply, delta
from livebom.bom.graph import fold
from livebom.bom.observation import Fact, Observation
from livebom.bom.parts import Graph, PartKind
from tests.livebom.bom.graphs import START, graphs


@given(graphs)
def test_a_graph_does_not_differ_from_itself(one: Graph) -> None:
    assert delta(one, one) == Delta()


@given(graphs, graphs)
def test_applying_the_delta_gives_the_new_graph(old: Graph, new: Graph) -> None:
    assert apply(old, delta(old, new)) == new


@given(graphs, graphs)
def test_the_delta_back_is_the_delta_turned_round(old: Graph, new: Graph) -> None:
    there, back = delta(old, new), delta(new, old)
    assert [(s.before, s.after) for s in there.parts] == [(s.after, s.before) for s in back.parts]
    assert there.aliases_added == back.aliases_removed


def test_a_part_merely_seen_again_does_not_speak() -> None:
    first = Observation(
        sweep="1", at=START, surface="runtime", source="connect", kind=PartKind.SERVER, subject="s",
        facts={"auth": Fact("required")},
    )  # fmt: skip
    again = msgspec.structs.replace(first, at=START + timedelta(days=1))
    open_now = msgspec.structs.replace(again, facts={"auth": Fact("none")})
    assert [step.speaks for step in delta(fold([first]), fold([again])).parts] == [False]
    [step] = delta(fold([first]), fold([open_now])).parts
    assert step.speaks
    assert step.values == {"auth": ("required", "none")}
