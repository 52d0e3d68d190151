"""The outbox: there with the changes it tells or not at all, in order, and never twice."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import anyio
import pytest
from msgspec import structs

from livebom.alerts import Courier, carriers, letters
from livebom.alerts import Outbox as Wanted
from livebom.bom.alerting import File, Letter, LetterState
from livebom.store import Store
from tests.livebom.alerts.made import SINK, alerts, policy
from tests.livebom.store.made import ROOT
from tests.sample import NOW

MINUTE = timedelta(minutes=1)
POST = """
import sys
from pathlib import Path
from livebom.alerts import letters
from livebom.store import Store
from tests.livebom.alerts.made import alerts
store = Store.open(Path(sys.argv[1]))
with store.together():
    store.outbox.post(letters(alerts()))
    if sys.argv[2] == "within":
        print("posted", flush=True)
        sys.stdin.read()
print("posted", flush=True)
sys.stdin.read()
"""


def made(*sinks: str, sweep: str = "one") -> list[Letter]:
    return letters(alerts(rules=policy(**dict.fromkeys(sinks or ("soc",), SINK)), sweep=sweep))


DELIVER = """
import sys
from pathlib import Path
import anyio
from livebom.alerts import Courier, carriers, letters
from livebom.bom.alerting import File
from livebom.store import Outbox, Store
from tests.livebom.alerts.made import alerts, policy
from tests.livebom.export.comparisons import CHANGES
class Watched(Outbox):
    def sent(self, id_, at):
        print("delivered", flush=True)
        sys.stdin.read()
rules = policy(soc=File(path=sys.argv[2]))
store = Store.open(Path(sys.argv[1]))
store.outbox.post(letters(alerts(CHANGES[:2], rules)))
anyio.run(Courier(Watched(store._database), carriers(rules, {}, "scanner.example")).run)
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "x.duckdb") as opened:
        yield opened


def order(store: Store, sink: str) -> list[str]:
    """The ids in the order in which a courier gets them."""
    found = []
    while head := store.outbox.head(sink):
        found.append(head.id)
        store.outbox.sent(head.id, NOW)
    return found


def test_letters_come_back_as_they_went_in_and_in_their_order(store: Store) -> None:
    outbox: Wanted = store.outbox
    its = made("a", "b")
    assert store.outbox.post(its) == len(its)
    head = outbox.head("a")
    assert head == its[0]
    assert outbox.head("nobody") is None
    assert order(store, "a") == [one.id for one in its if one.sink == "a"]
    assert order(store, "b") == [one.id for one in its if one.sink == "b"]


def test_a_letter_is_posted_once_and_a_later_turn_comes_later(store: Store) -> None:
    first, second = made(), made(sweep="two")
    assert store.outbox.post(first) == len(first)
    assert store.outbox.post([*first, *first]) == 0
    earlier = [structs.replace(one, created=one.created - MINUTE) for one in second]  # a clock that was set back
    assert store.outbox.post(earlier) == len(second)
    assert order(store, "soc") == [one.id for one in (*first, *second)]
    assert store.outbox.post(()) == 0
    assert store.outbox.post(first) == 0


def test_what_an_attempt_came_to_is_kept(store: Store) -> None:
    [one, two, *_] = made()
    store.outbox.post([one, two])
    store.outbox.failed(one.id, NOW + MINUTE, "down \ud800")
    head = store.outbox.head("soc")
    assert head
    assert (head.id, head.due, head.attempts, head.told) == (one.id, NOW + MINUTE, 1, "down ?")
    store.outbox.failed(one.id, None, "given up")
    assert store.outbox.head("soc") == structs.replace(two, created=two.created + timedelta(microseconds=1))
    store.outbox.sent(two.id, NOW)
    assert store.outbox.counts() == {("soc", LetterState.DEAD): 1, ("soc", LetterState.SENT): 1}
    assert [letter.told for letter in store.outbox.letters(LetterState.SENT)] == ["delivered at 2026-11-21T08:00:00Z"]


def test_the_dead_wait_again_when_they_are_asked_to(store: Store) -> None:
    store.outbox.post(made("a", "b"))
    assert store.outbox.bury(("a",), "no such sink") == len(made())
    dead = store.outbox.letters(LetterState.DEAD)
    assert {(one.sink, one.told) for one in dead} == {("b", "no such sink")}
    assert store.outbox.retry(NOW + MINUTE, sink="a") == 0
    assert store.outbox.retry(NOW + MINUTE, [dead[-1].id[:8], "%"]) == 1
    head = store.outbox.head("b")
    assert head
    assert (head.id, head.due, head.attempts) == (dead[-1].id, NOW + MINUTE, 0)
    assert store.outbox.retry(NOW) == len(dead) - 1
    assert len(store.outbox.letters(sink="b", limit=2)) == 2


def test_what_is_long_done_is_forgotten_and_what_waits_never(store: Store) -> None:
    sent, dead, *rest = made()
    store.outbox.post([sent, dead, *rest])
    store.outbox.sent(sent.id, NOW)
    store.outbox.failed(dead.id, None, "down")
    assert store.outbox.forget(NOW, NOW) == 0
    assert store.outbox.forget(NOW + MINUTE, NOW) == 1
    assert store.outbox.forget(NOW + MINUTE, NOW + MINUTE) == 1
    assert len(store.outbox.letters()) == len(rest)


def test_an_error_in_the_transaction_takes_the_letters_back(store: Store) -> None:
    def turn() -> None:
        with store.together():
            store.outbox.post(made())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        turn()
    assert store.outbox.letters() == []


@pytest.mark.parametrize(("when", "kept"), [("within", False), ("after", True)])
def test_a_kill_leaves_all_letters_of_a_transaction_or_none(tmp_path: Path, when: str, kept: bool) -> None:
    path = tmp_path / "x.duckdb"
    argv = [sys.executable, "-c", POST, str(path), when]
    with subprocess.Popen(argv, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout
        assert child.stdout.readline() == b"posted\n"
        child.kill()
        child.wait()
    with Store.open(path) as store:
        assert len(store.outbox.letters()) == (len(alerts()) if kept else 0)


@pytest.mark.slow
def test_a_kill_between_delivery_and_mark_delivers_again_with_the_same_id(tmp_path: Path) -> None:
    path, file = tmp_path / "x.duckdb", tmp_path / "alerts.jsonl"
    argv = [sys.executable, "-c", DELIVER, str(path), str(file)]
    with subprocess.Popen(argv, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout
        assert child.stdout.readline() == b"delivered\n"
        child.kill()
        child.wait()
    rules = policy(soc=File(path=str(file)))
    with Store.open(path) as store:
        assert anyio.run(Courier(store.outbox, carriers(rules, {}, "scanner.example")).once) == 2
        assert {one.state for one in store.outbox.letters()} == {LetterState.SENT}
    first, again, other = (json.loads(line)["id"] for line in file.read_text().splitlines())
    assert first == again != other
