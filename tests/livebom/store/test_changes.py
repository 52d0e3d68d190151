"""Changes are written with the look that showed them: once, whatever is killed when, and as soon as they are sure."""

from datetime import date, datetime
from pathlib import Path

import pytest
from msgspec import structs

from livebom.answers import changes
from livebom.bom.parts import Confidence, EdgeKind, Graph, PartKind
from livebom.bom.policy import Accept, Damping, Policy
from livebom.bom.service import Severity
from livebom.store import Store
from tests.livebom.store.looks import HOUR, events, look
from tests.livebom.store.made import MONDAY, THURSDAY, TUESDAY, WEDNESDAY, child, claim, edge, graph, ollama, part

KILLED = """
from tests.livebom.store.looks import look
store = Store.open(Path(sys.argv[1]))
def stop(words):
    if words == sys.argv[2]:
        print(words, flush=True)
        sys.stdin.read()
look(store, "two", ollama(TUESDAY, version="0.9.1"), TUESDAY, step=stop)
"""


@pytest.mark.slow
def test_a_kill_within_a_looks_end_undoes_it_and_the_next_look_tells_its_changes(tmp_path: Path) -> None:
    path = tmp_path / "livebom.duckdb"
    with Store.open(path) as store:
        look(store, "one", ollama(), MONDAY)
    with child(KILLED, path, "settled") as writer:
        assert writer.stdout
        assert writer.stdout.readline() == "settled\n"
        writer.kill()
        writer.wait()
    with Store.open(path) as store:
        assert {past.sweep.id for past in store.sweeps() if past.ended_at} == {"one"}
        assert events(store) == []
        look(store, "three", ollama(WEDNESDAY, version="0.9.1"), WEDNESDAY)
    with Store.open(path) as store:
        again = look(store, "four", ollama(THURSDAY, version="0.9.1"), THURSDAY)
        assert again
        assert again.changes == ()
        assert events(store) == ["server.version_changed"]


def test_an_error_within_a_looks_end_undoes_all_of_it(tmp_path: Path) -> None:
    def fail(_: str) -> None:
        raise ZeroDivisionError

    with Store.open(tmp_path / "x.duckdb") as store:
        look(store, "one", ollama(), MONDAY)
        with pytest.raises(ZeroDivisionError):
            look(store, "two", ollama(TUESDAY, version="0.9.1"), TUESDAY, step=fail)
        assert store.graph() == ollama()
        look(store, "two", ollama(TUESDAY, version="0.9.1"), TUESDAY)
        assert events(store) == ["server.version_changed"]


def test_changes_are_told_by_time_severity_event_and_page(tmp_path: Path) -> None:
    with Store.open(tmp_path / "x.duckdb") as store:
        look(store, "one", ollama(), MONDAY)
        look(store, "two", ollama(TUESDAY, version="0.9.1", models=("llama3:8b", "qwen3:8b")), TUESDAY)
        look(store, "three", ollama(WEDNESDAY, version="0.9.2", models=("llama3:8b", "qwen3:8b", "phi4")), WEDNESDAY)
        everything = store.changes(MONDAY)
        assert [(one.sweep, one.at) for one in everything] == [("two", TUESDAY)] * 2 + [("three", WEDNESDAY)] * 2
        assert events(store, TUESDAY) == [one.change.event for one in everything[2:]]
        assert store.changes(MONDAY, TUESDAY) == everything[:2]
        pages = [store.changes(MONDAY, limit=1)]
        while pages[-1]:
            pages.append(store.changes(MONDAY, limit=1, after=pages[-1][-1].id))
        assert [one for page in pages for one in page] == everything
        models = store.changes(MONDAY, event="model.*")
        assert models == store.changes(MONDAY, severity=Severity.MEDIUM)
        assert len(models) == store.count_changes(MONDAY, event="model.*") == 2
        assert store.count_changes(MONDAY) == 4


def inferred(at: datetime, model: str | None = "phi4") -> Graph:
    """An Ollama that is known well, and perhaps a model of it that is not."""
    known = ollama(at)
    if model is None:
        return known
    server = next(one for one in known.parts.values() if one.kind is PartKind.SERVER)
    words = (claim("phi", at, confidence=Confidence.INFERRED),)
    guessed = part(PartKind.MODEL, f"served:{server.key}/{model}", at, family=words)
    serves = structs.replace(edge(EdgeKind.SERVES, server, guessed, at), attributes={"name": words})
    return graph([*known.parts.values(), guessed], [*known.edges.values(), serves])


@pytest.mark.slow
def test_what_is_only_inferred_is_told_by_the_look_that_saw_it_often_enough(tmp_path: Path) -> None:
    policy = Policy(damping=Damping(sightings=3))
    with Store.open(tmp_path / "x.duckdb") as store:
        look(store, "0", inferred(MONDAY, None), MONDAY)
        first, told = store.document(), []
        for number in range(1, 6):
            at = MONDAY + number * HOUR
            comparison = look(store, str(number), inferred(at), at, policy)
            assert comparison
            told.append([one.event for one in comparison.changes])
            assert bool(store.sightings()) == (number < 3)
            since = changes(first, store.document(), policy, at.date(), names=("a", "b"), store=store)
            assert ["model.new"] * (number > 2) == [one.event for one in since.changes], "as diff asks"
        assert told == [[], [], ["model.new"], [], []]
        assert events(store) == ["model.new"]


@pytest.mark.slow
def test_a_look_that_misses_it_begins_the_count_anew(tmp_path: Path) -> None:
    policy = Policy(damping=Damping(sightings=2))
    with Store.open(tmp_path / "x.duckdb") as store:
        look(store, "0", inferred(MONDAY, None), MONDAY)
        for number, model in enumerate(("phi4", None, "phi4", "phi4"), start=1):
            at = MONDAY + number * HOUR
            look(store, str(number), inferred(at, model), at, policy)
        [one] = store.changes(MONDAY, event="model.new")
        assert one.sweep == "4"
        elsewhere = "phi4-mini"
        for number, (model, covered) in enumerate(((elsewhere, True), (None, False), (elsewhere, True)), start=5):
            at = MONDAY + number * HOUR
            look(store, str(number), inferred(at, model), at, policy, covered=covered)
        assert [one.sweep for one in store.changes(MONDAY, event="model.new")] == ["4", "7"]


@pytest.mark.slow
def test_what_hangs_on_a_thing_held_back_is_told_once(tmp_path: Path) -> None:
    policy = Policy(damping=Damping(sightings=2))
    with Store.open(tmp_path / "x.duckdb") as store:
        look(store, "0", inferred(MONDAY, None), MONDAY)
        told = []
        for number in range(1, 4):
            at = MONDAY + number * HOUR
            server = part(PartKind.SERVER, "guessed", at, product=(claim("tgi", at, confidence=Confidence.INFERRED),))
            model = part(PartKind.MODEL, "hf:a/b", at, family="llama")
            known = ollama(at)
            serves = edge(EdgeKind.SERVES, server, model, at, name="b")
            seen = graph([*known.parts.values(), server, model], [*known.edges.values(), serves])
            comparison = look(store, str(number), seen, at, policy)
            assert comparison
            told.append([one.event for one in comparison.changes])
        assert told == [["model.new"], ["server.new"], []]


def weak(at: datetime, state: str | None) -> Graph:
    """An Ollama with a finding in that state."""
    known = ollama(at)
    if state is None:
        return known
    server = next(one for one in known.parts.values() if one.kind is PartKind.SERVER)
    key = f"no-auth@{server.key}"
    said = {"rule": "no-auth", "title": "Open to all", "severity": "high", "remediation": "Set a key."}
    finding = part(PartKind.FINDING, key, at, state=state, **said)
    has = edge(EdgeKind.HAS_FINDING, server, finding, at)
    return graph([*known.parts.values(), finding], [*known.edges.values(), has])


@pytest.mark.slow
def test_findings_say_since_when_they_are_open_and_who_accepted_them(tmp_path: Path) -> None:
    with Store.open(tmp_path / "x.duckdb") as store:
        for sweep, state, at in (("1", "fail", MONDAY), ("2", "pass", TUESDAY), ("3", "fail", WEDNESDAY)):
            look(store, sweep, weak(at, state), at)
        look(store, "4", weak(THURSDAY, "fail"), THURSDAY)
        [one] = store.findings()
        assert (one.since, one.last_seen) == (WEDNESDAY, THURSDAY)
        assert (one.finding.rule, one.finding.remediation) == ("no-auth", "Set a key.")
        assert store.findings(TUESDAY) == []
        assert [then.since for then in store.findings(MONDAY + HOUR)] == [MONDAY]
        row = Accept(finding="no-auth", where="*", reason="a lab", expires=date(2026, 11, 30))
        [accepted] = store.findings(policy=Policy(accept=(row,)))
        assert accepted.finding.accepted == (row,)
        [later] = store.findings(policy=Policy(accept=(row,)), today=date(2026, 12, 1))
        assert later.finding.accepted == ()
