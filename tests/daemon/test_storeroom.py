"""The store's own thread: however busy it is, the event loop that asks it goes on."""

import threading
from pathlib import Path

import anyio
import pytest
from anyio import to_thread

from daemon.storeroom import Storeroom
from livebom.store import Store

LONG = 5.0


async def test_a_busy_store_stops_nobody_else(tmp_path: Path) -> None:
    begun, done = threading.Event(), threading.Event()

    def busy(_: Store) -> None:
        begun.set()
        done.wait(LONG)

    with Storeroom(tmp_path / "livebom.duckdb") as room:
        async with anyio.create_task_group() as group:
            group.start_soon(room.call, busy)
            await to_thread.run_sync(begun.wait)
            with anyio.move_on_after(0.2) as impatient:
                await room.answers()
            assert impatient.cancelled_caught  # and that before the store had time
            done.set()
        assert await room.answers()


async def test_calls_come_in_their_order(tmp_path: Path) -> None:
    heard: list[int] = []

    async def call(number: int) -> None:
        await room.call(lambda _: heard.append(number))

    with Storeroom(tmp_path / "livebom.duckdb") as room:
        async with anyio.create_task_group() as group:
            for number in range(20):
                group.start_soon(call, number)
    assert heard == list(range(20))


async def test_what_fails_there_is_raised_here(tmp_path: Path) -> None:
    with Storeroom(tmp_path / "livebom.duckdb") as room:
        with pytest.raises(ZeroDivisionError):
            await room.call(lambda _: 1 // 0)
        assert await room.call(lambda store: store.baselines()) == []


async def test_the_end_waits_for_what_runs_there(tmp_path: Path) -> None:
    over = []

    async def slow() -> None:
        await anyio.sleep(0.2)
        over.append(True)

    with Storeroom(tmp_path / "livebom.duckdb") as room:
        running = room.soon(slow)
        await room.answers()
    assert over == [True]
    await running
