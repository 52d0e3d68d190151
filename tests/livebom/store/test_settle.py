"""Looks become intervals: what is new, changed, seen again, missed, gone and back again."""

import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livebom.bom.diff import Delta, Step, apply
from livebom.bom.graph import values
from livebom.bom.identity import alias, part_id
from livebom.bom.parts import Confidence, Edge, EdgeKind, Graph, Part, PartKind
from livebom.store import Store, StoreError
from livebom.store.shapes import PARTS
from tests.livebom.store.made import (
    MONDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    claim,
    edge,
    graph,
    ollama,
    part,
    settle,
)

SERVER = part_id(PartKind.SERVER, "default/10.0.0.5/ollama")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "livebom.duckdb") as opened:
        yield opened


def intervals(store: Store, table: str = "part_interval") -> list[tuple[datetime, datetime | None]]:
    """When each interval of the server began and ended."""
    found = store._database.connection.execute(
        f"SELECT valid_from, valid_to FROM {table} WHERE id = ? ORDER BY ALL",  # noqa: S608 - a name of our own
        [SERVER],
    )
    return found.fetchall()


def naive(*times: datetime | None) -> tuple[datetime | None, ...]:
    return tuple(time and time.replace(tzinfo=None) for time in times)


def test_first_look_is_all_new_and_reads_back_whole(store: Store) -> None:
    assert store.graph() == Graph()
    first = ollama()
    settled = settle(store, first, MONDAY)
    assert {after.id: after for _, after in settled.parts if after} == first.parts
    assert {after.id: after for _, after in settled.edges if after} == first.edges
    assert all(before is None for before, _ in (*settled.parts, *settled.edges))
    assert [after.id for _, after in settled.parts if after] == sorted(first.parts)
    assert store.graph() == first


def test_same_look_again_moves_only_the_last_sight(store: Store) -> None:
    settle(store, ollama(MONDAY), MONDAY)
    settled = settle(store, ollama(TUESDAY), TUESDAY)
    assert (settled.parts, settled.edges, settled.missed) == ((), (), frozenset())
    assert intervals(store) == [naive(MONDAY, None)]
    server = store.graph().parts[SERVER]
    assert (server.first_seen, server.last_seen) == (MONDAY, TUESDAY)


def test_changed_value_closes_one_interval_and_opens_the_next(store: Store) -> None:
    settle(store, ollama(MONDAY), MONDAY)
    settled = settle(store, ollama(TUESDAY, version="0.9.1"), TUESDAY)
    [(before, after)] = settled.parts
    assert before is not None
    assert after is not None
    assert (values(before)["version"], values(after)["version"]) == ("0.9.0", "0.9.1")
    assert (after.first_seen, after.last_seen) == (MONDAY, TUESDAY)
    assert intervals(store) == [naive(MONDAY, TUESDAY), naive(TUESDAY, None)]
    assert store.graph().parts[SERVER] == after
    assert store.graph(MONDAY) == ollama(MONDAY)


def test_better_known_value_is_kept_without_a_new_interval(store: Store) -> None:
    settle(store, graph([part(PartKind.HOST, "h", os="linux")]), MONDAY)
    sure = (claim("linux"), claim("linux", TUESDAY, source="process", confidence=Confidence.VERIFIED))
    settled = settle(store, graph([part(PartKind.HOST, "h", TUESDAY, os=sure)]), TUESDAY)
    assert settled.parts == ()
    [host] = store.graph().parts.values()
    assert host.attributes["os"] == sure
    assert (host.first_seen, host.last_seen) == (MONDAY, TUESDAY)


@pytest.mark.parametrize(
    ("old", "new"),
    [(1, True), (1, 1.0), ("a", ["a"]), (None, ""), ((claim("a"), claim("b", source="nmap")), "a")],
    ids=["bool", "float", "list", "empty", "fewer claims"],
)
def test_values_that_differ_only_in_kind_are_a_change(store: Store, old: object, new: object) -> None:
    for value, at in ((old, MONDAY), (new, TUESDAY)):
        settled = settle(store, graph([part(PartKind.HOST, "h", at, x=value)]), at)  # type: ignore[arg-type]
        assert len(settled.parts) == 1


def test_missed_counts_and_is_gone_after_so_many_looks(store: Store) -> None:
    settle(store, ollama(MONDAY), MONDAY)
    once = settle(store, Graph(), TUESDAY, gone_after=2)
    assert (once.parts, once.edges) == ((), ())
    assert once.missed == frozenset((*ollama().parts, *ollama().edges))
    assert store.graph() == ollama(MONDAY)
    twice = settle(store, Graph(), WEDNESDAY, gone_after=2)
    assert {before.id: before for before, _ in twice.parts if before} == ollama().parts
    assert {before.id: before for before, _ in twice.edges if before} == ollama().edges
    assert twice.missed == frozenset()
    assert store.graph() == Graph()
    assert store.graph(TUESDAY) == ollama(MONDAY)
    assert store.services() == []


def test_sight_in_between_starts_the_count_again(store: Store) -> None:
    for at, seen in ((MONDAY, ollama(MONDAY)), (TUESDAY, Graph()), (WEDNESDAY, ollama(WEDNESDAY))):
        settle(store, seen, at, gone_after=2)
    assert settle(store, Graph(), THURSDAY, gone_after=2).parts == ()


def test_what_was_not_looked_for_is_not_missed(store: Store) -> None:
    settle(store, ollama(MONDAY), MONDAY)
    settled = settle(store, Graph(), TUESDAY, covered=False)
    assert (settled.parts, settled.edges, settled.missed) == ((), (), frozenset())
    assert store.graph() == ollama(MONDAY)


def test_edge_goes_with_either_of_its_ends(store: Store) -> None:
    settle(store, ollama(MONDAY), MONDAY)
    model = next(p for p in ollama().parts.values() if p.kind is PartKind.MODEL)

    def covered(one: Part | Edge) -> bool:
        return one.id == model.id

    settled = store.settle(Graph(), sweep_id="two", seen_at=TUESDAY, covered=covered, gone_after=1)
    assert [before for before, _ in settled.parts] == [model]
    assert [(before.kind, before.destination) for before, _ in settled.edges if before] == [(EdgeKind.SERVES, model.id)]


def test_thing_that_comes_back_is_the_same_thing(store: Store) -> None:
    for at, seen in ((MONDAY, ollama(MONDAY)), (TUESDAY, Graph()), (WEDNESDAY, ollama(WEDNESDAY))):
        settled = settle(store, seen, at)
    assert len(settled.parts) == 4
    assert intervals(store) == [naive(MONDAY, TUESDAY), naive(WEDNESDAY, None)]
    assert store.graph().parts[SERVER].first_seen == MONDAY
    assert SERVER not in store.graph(TUESDAY).parts


def test_clock_that_goes_back_makes_no_negative_interval(store: Store) -> None:
    settle(store, ollama(TUESDAY), TUESDAY)
    settle(store, ollama(MONDAY, version="0.9.1"), MONDAY)
    assert intervals(store) == [naive(TUESDAY, TUESDAY), naive(TUESDAY, None)]
    settle(store, Graph(), MONDAY)
    assert intervals(store) == [naive(TUESDAY, TUESDAY)] * 2


def test_aliases_are_added_once_and_told_by_time(store: Store) -> None:
    row = alias(PartKind.MODEL, "served:s/llama", "hf:meta/llama", "connect")
    ends = [part(PartKind.MODEL, "served:s/llama"), part(PartKind.MODEL, "hf:meta/llama")]
    assert settle(store, graph(ends), MONDAY).aliases_added == ()
    assert settle(store, graph(ends, aliases=[row]), TUESDAY).aliases_added == (row,)
    assert settle(store, graph(ends, aliases=[row]), WEDNESDAY).aliases_added == ()
    assert store.graph().aliases == {row}
    times = store._database.connection.execute("SELECT first_seen, last_seen FROM alias").fetchall()
    assert times == [naive(TUESDAY, WEDNESDAY)]
    assert store.graph(MONDAY).aliases == frozenset()


def test_error_in_the_middle_leaves_everything_as_it_was(store: Store) -> None:
    settle(store, ollama(MONDAY), MONDAY)

    def covered(_: Part | Edge) -> bool:
        raise LookupError("the caller's own")

    with pytest.raises(LookupError, match="own"):
        store.settle(
            graph([part(PartKind.HOST, "new")]), sweep_id="two", seen_at=TUESDAY, covered=covered, gone_after=1
        )
    assert store.graph() == ollama(MONDAY)
    assert len(settle(store, graph([part(PartKind.HOST, "new")]), WEDNESDAY).parts) == 5


def test_gone_after_no_look_at_all_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="gone_after"):
        settle(store, Graph(), MONDAY, gone_after=0)


@pytest.mark.slow
def test_look_larger_than_a_row_group_arrives_whole(store: Store) -> None:
    """DuckDB 2.0.0 can lose sight of more than 122,880 rows that were appended to a table of the same transaction."""
    count, database, at = 130_000, store._database, MONDAY.replace(tzinfo=None)
    with database.transaction():
        database.run("stage")
        database.fill("staged_part", ((UUID(int=n), "host", str(n), "{}", at, at, b"v", b"c") for n in range(count)))
        database.run("settle_open", {"seen_at": at, "sweep_id": "one"}, PARTS.tables)
    assert len(database.run("graph", {"moment": at}, PARTS.tables)) == count


def test_graph_whose_parts_do_not_all_arrive_is_refused(store: Store) -> None:
    settle(store, ollama(), MONDAY)
    [twice] = graph([part(PartKind.HOST, "h")]).parts.values()
    with pytest.raises(StoreError, match="2 things were seen and 1 arrived"):
        settle(store, Graph(parts={twice.id: twice, SERVER: twice}), TUESDAY)
    assert store.graph() == ollama()


keys = st.sampled_from("abcd")
looks = st.lists(st.dictionaries(keys, st.sampled_from([1, 2, "x"]), max_size=4), min_size=2, max_size=4)


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Iterator[datetime]]]:
    """One store for all examples, and a time that goes on; an example leaves nothing open."""
    with Store.open(tmp_path_factory.mktemp("looks") / "x.duckdb") as opened:
        yield opened, (MONDAY + timedelta(days=number) for number in itertools.count())


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(looks)
def test_every_state_can_be_told_again(
    days: tuple[Store, Iterator[datetime]], seen: list[dict[str, int | str]]
) -> None:
    """Each look covers all: the graph now, and as of that look, is what it saw; the pairs lead from one to the next."""
    store, times = days
    states: list[tuple[datetime, Graph]] = []
    for look, at in zip([*seen, {}], times, strict=False):
        parts = {key: part(PartKind.HOST, key, at, x=value) for key, value in look.items()}
        ends = [(parts[a], parts[b]) for a, b in ("ab", "bc", "ca") if a in parts and b in parts]
        now = graph(parts.values(), [edge(EdgeKind.RUNS_ON, a, b, at, x=len(look)) for a, b in ends])
        before = store.graph()
        settled = settle(store, now, at)
        steps = Delta(
            parts=tuple(Step(*pair) for pair in settled.parts), edges=tuple(Step(*pair) for pair in settled.edges)
        )
        assert said(apply(before, steps)) == said(store.graph()) == said(now)
        states.append((at, now))
    assert [said(store.graph(at)) for at, _ in states] == [said(state) for _, state in states]


def said(state: Graph) -> dict[object, object]:
    """The values of a graph without its times."""
    nodes: list[Part | Edge] = [*state.parts.values(), *state.edges.values()]
    return {one.id: values(one) for one in nodes}


def test_values_digest_ignores_the_order_of_names_and_claims(store: Store) -> None:
    one = part(PartKind.HOST, "h", a=(claim("x"), claim("y", source="nmap")), b=2)
    turned = {name: tuple(reversed(claims)) for name, claims in reversed(one.attributes.items())}
    settle(store, graph([one]), MONDAY)
    assert settle(store, graph([msgspec.structs.replace(one, attributes=turned)]), TUESDAY).parts == ()
