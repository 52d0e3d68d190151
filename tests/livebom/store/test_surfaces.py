"""Several surfaces speak of one part: none takes the others' words away, and it is gone only when none is left."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livebom.bom.graph import fold, values
from livebom.bom.observation import EdgeTo, Fact, Observation
from livebom.bom.parts import EdgeKind, Graph, PartKind, Value
from livebom.store import Settled, Store, SweepRow
from tests.livebom.store.made import MONDAY, THURSDAY, TUESDAY, WEDNESDAY

HOUR = timedelta(hours=1)
KEY = "default/10.0.0.5/ollama"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "livebom.duckdb") as opened:
        yield opened


def seen(at: datetime, surface: str, source: str = "", key: str = KEY, **said: Value) -> Graph:
    """A look's graph of one server; a register also lists the model that it should serve."""

    def told(kind: PartKind, subject: str, words: dict[str, Value], *edges: EdgeTo) -> Observation:
        facts = {name: Fact(value) for name, value in words.items()}
        return Observation(
            sweep="x", at=at, surface=surface, source=source or surface, kind=kind, subject=subject,
            facts=facts, edges=edges,
        )  # fmt: skip

    if surface != "register":
        return fold([told(PartKind.SERVER, key, said)])
    serves = EdgeTo(kind=EdgeKind.SERVES, to_kind=PartKind.MODEL, to="m", facts={"register_status": Fact("listed")})
    listed: dict[str, Value] = {"register_status": "listed"}
    return fold([told(PartKind.SERVER, key, said, serves), told(PartKind.MODEL, "m", listed)])


def look(
    store: Store, graph: Graph, at: datetime, surface: str, *, gone_after: int = 1, covered: bool = True
) -> Settled:
    sweep = f"{surface}-{at:%d%H%M}"
    store.begin_sweep(SweepRow(id=sweep, surface=surface, started_at=at))
    return store.settle(graph, sweep_id=sweep, seen_at=at, covered=lambda _: covered, gone_after=gone_after)


def said(store: Store, at: datetime | None = None) -> dict[str, Value]:
    """What is believed of the one server there is; empty where it is gone."""
    servers = [part for part in store.graph(at).parts.values() if part.kind is PartKind.SERVER]
    return values(servers[0]) if servers else {}


def test_register_does_not_take_the_networks_words_away_nor_the_other_way_round(store: Store) -> None:
    look(store, seen(MONDAY, "runtime", version="1"), MONDAY, "runtime")
    look(store, seen(TUESDAY, "register", register_status="approved"), TUESDAY, "register", covered=False)
    assert said(store) == {"version": "1", "register_status": "approved"}
    settled = look(store, seen(WEDNESDAY, "runtime", version="2"), WEDNESDAY, "runtime", covered=False)
    [(before, after)] = settled.parts
    assert before is not None
    assert after is not None
    assert values(before) == {"version": "1", "register_status": "approved"}
    assert values(after) == said(store) == {"version": "2", "register_status": "approved"}
    assert said(store, MONDAY) == {"version": "1"}


def test_same_words_again_open_no_interval(store: Store) -> None:
    look(store, seen(MONDAY, "runtime", version="1"), MONDAY, "runtime")
    look(store, seen(TUESDAY, "register", register_status="approved"), TUESDAY, "register", covered=False)
    for day in (WEDNESDAY, THURSDAY):
        assert look(store, seen(day, "runtime", version="1"), day, "runtime", covered=False).parts == ()
    count = store._database.connection.execute("SELECT count(*) FROM part_interval WHERE kind = 'server'").fetchall()
    assert count == [(2,)]


def test_part_is_gone_when_nobody_speaks_of_it_any_more(store: Store) -> None:
    look(store, seen(MONDAY, "runtime", version="1"), MONDAY, "runtime")
    look(
        store,
        seen(MONDAY, "register", register_status="approved"),
        MONDAY + HOUR,
        "register",
        covered=False,
    )
    gone = look(store, Graph(), TUESDAY, "runtime")
    assert [(values(before), values(after)) for before, after in gone.parts if before and after] == [
        ({"version": "1", "register_status": "approved"}, {"register_status": "approved"})
    ]
    assert said(store) == {"register_status": "approved"}
    again = look(store, Graph(), WEDNESDAY, "runtime")
    assert (again.parts, again.missed) == ((), frozenset())
    other = seen(THURSDAY, "register", key="another", register_status="approved")
    last = look(store, other, THURSDAY, "register")
    assert [before.key for before, after in last.parts if before and after is None] == [KEY]
    assert said(store, WEDNESDAY) == {"register_status": "approved"}


def test_two_registers_stand_apart(store: Store) -> None:
    look(store, seen(MONDAY, "register", "cmdb", owner="a"), MONDAY, "register", covered=False)
    look(store, seen(TUESDAY, "register", "office", register_status="approved"), TUESDAY, "register", covered=False)
    assert said(store) == {"owner": "a", "register_status": "approved"}
    look(store, seen(WEDNESDAY, "register", "cmdb", owner="b"), WEDNESDAY, "register")
    assert said(store) == {"owner": "b", "register_status": "approved"}


def test_register_does_not_start_the_networks_count_again(store: Store) -> None:
    look(store, seen(MONDAY, "runtime", version="1"), MONDAY, "runtime")
    look(store, seen(MONDAY, "register", owner="a"), MONDAY + HOUR, "register", covered=False)
    look(store, Graph(), TUESDAY, "runtime", gone_after=2)
    look(store, seen(TUESDAY, "register", owner="a"), TUESDAY + HOUR, "register", covered=False)
    look(store, Graph(), WEDNESDAY, "runtime", gone_after=2)
    assert said(store) == {"owner": "a"}


def test_edge_of_a_register_stays_where_the_network_does_not_see_it(store: Store) -> None:
    look(store, seen(MONDAY, "register", owner="a"), MONDAY, "register", covered=False)
    look(store, seen(TUESDAY, "runtime", version="1"), TUESDAY, "runtime")
    assert [edge.kind for edge in store.graph().edges.values()] == [EdgeKind.SERVES]


SPEAKERS = (("runtime", "connect"), ("code", "code"), ("register", "one"), ("register", "two"))
turns = st.lists(st.tuples(st.sampled_from(SPEAKERS), st.one_of(st.none(), st.integers(0, 2))), min_size=1, max_size=6)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, list[int]]]:
    """One store for all examples, and how many looks it has had."""
    with Store.open(tmp_path_factory.mktemp("surfaces") / "x.duckdb") as opened:
        yield opened, [0]


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(turns)
def test_everybodys_last_word_is_what_stands(
    kept: tuple[Store, list[int]], turns: list[tuple[tuple[str, str], int | None]]
) -> None:
    """Whatever the order of the looks: each speaker's last words, and nothing of one who saw nothing last."""
    store, count = kept
    last: dict[tuple[str, str], int] = {}
    key = f"server-{count[0]}"
    for (surface, source), word in turns:
        count[0] += 1
        at = MONDAY + timedelta(minutes=count[0])
        if word is None:
            last.pop((surface, source), None)
            graph = seen(at, surface, source, key="elsewhere", x=0)
        else:
            last[surface, source] = word
            graph = seen(at, surface, source, key=key, x=word)
        look(store, graph, at, surface)
    claims = {
        (claim.surface, claim.source): claim.value
        for part in store.graph().parts.values()
        if part.key == key
        for claim in part.attributes.get("x", ())
    }
    assert claims == last
