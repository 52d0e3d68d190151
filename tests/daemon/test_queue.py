"""The queue: who goes first, what is the same order twice, and what outlives the process."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from daemon.memory import Memory, recall, remember
from daemon.queue import MOST_WAITING, Ask, KeyReused, NoSweep, NotKept, Queue, QueueFull
from daemon.wire import Sweep, SweepRequest, SweepState

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


def ask(priority: int = 0, by: str = "uid 7", key: str = "", **more: object) -> Ask:
    return Ask(request=SweepRequest(priority=priority, **more), by=by, key=key)  # type: ignore[arg-type]


def test_the_higher_priority_goes_first_and_then_the_older_one() -> None:
    queue = Queue(())
    for number, priority in enumerate((0, 5, 5, -1)):
        queue.add(ask(priority), NOON + timedelta(seconds=number))
    order = []
    while sweep := queue.first(NOON):
        order.append((sweep.priority, (sweep.asked_at - NOON).seconds))
        queue.put(replace(sweep, state=SweepState.DONE))
    assert order == [(5, 1), (5, 2), (0, 0), (-1, 3)]


def test_a_schedule_waits_in_the_queue_once() -> None:
    queue = Queue(())
    first, _ = queue.add(ask(by="schedule night"), NOON)
    assert queue.add(ask(by="schedule night"), NOON) == (first, False)
    queue.put(replace(first, state=SweepState.DONE))
    assert queue.add(ask(by="schedule night"), NOON)[1]


def test_a_key_is_its_callers_own_and_lasts_a_day() -> None:
    queue = Queue(())
    first, _ = queue.add(ask(key="k"), NOON)
    assert queue.add(ask(key="k"), NOON) == (first, False)
    assert queue.add(ask(key="k", by="uid 8"), NOON)[1]
    with pytest.raises(KeyReused):
        queue.add(ask(1, key="k"), NOON)
    assert queue.add(ask(1, key="k"), NOON + timedelta(days=2))[1]


def test_a_full_queue_takes_no_more_and_what_cannot_be_written_is_not_taken() -> None:
    queue = Queue(())
    for _ in range(MOST_WAITING):
        queue.add(ask(), NOON)
    with pytest.raises(QueueFull):
        queue.add(ask(), NOON)
    empty = Queue((), keep=lambda: False)
    with pytest.raises(NotKept):
        empty.add(ask(), NOON)
    assert empty.sweeps == {}


def test_an_attempt_that_failed_waits_longer_each_time_and_at_last_ends() -> None:
    queue = Queue(())
    sweep, _ = queue.add(ask(), NOON)
    waits = []
    while not sweep.state.over:
        sweep = queue.failed(replace(sweep, attempts=sweep.attempts + 1), "no", NOON, hopeless=False)
        waits.append((sweep.not_before or NOON) - NOON)
    assert waits[:4] == [timedelta(seconds=2**n) for n in range(1, 5)]
    assert sweep.state is SweepState.FAILED
    with pytest.raises(NoSweep):
        queue.find("zz")


def test_what_is_remembered_comes_back_and_what_ran_waits_again(tmp_path: Path) -> None:
    queue = Queue(())
    sweep, _ = queue.add(ask(targets=("127.0.0.1",), by="uid 7"), NOON)
    running: Sweep = queue.put(replace(sweep, state=SweepState.RUNNING, begun_at=NOON))
    path = tmp_path / "m.json"
    remember(path, Memory(sweeps=(running,), handled={"night": NOON}, paused=True, paused_by="uid 7"))
    memory, trouble = recall(path)
    assert (memory.handled, memory.paused, trouble) == ({"night": NOON}, True, "")
    again = Queue(memory.sweeps).first(NOON)
    assert again is not None
    assert (again.id, again.request, again.state) == (sweep.id, sweep.request, SweepState.WAITING)


def test_a_memory_that_cannot_be_read_is_moved_aside_and_told(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    path.write_text('{"sweeps": [')
    memory, trouble = recall(path)
    assert memory == Memory()
    assert "m.json.bad" in trouble
    assert recall(path) == (Memory(), "")
