"""The stages of a sweep run at once: conversations while ports are still looked for, and the search waits for them."""

import socket
import threading
from functools import partial

import anyio
import anyio.to_thread
import pytest

from livebom.bom.observation import Outcome
from livebom.net.ranges import read_address
from probes import sweep as sweeping
from probes.engine.plan import Block
from probes.engine.tally import Open
from probes.inspect import Seen
from probes.sources import Hunt
from probes.sweep import Order, Progress, sweep
from tests.playback import catalog
from tests.probes.engine.peers import OK, Peer, read_request

WAITING = 4
"""Open ports that may wait for their conversation."""
FOUND = 12


class Source:
    """Has found open ports already, and counts those that it could hand over."""

    NAME = "found"

    def __init__(self, port: int, progress: Progress) -> None:
        self.port = port
        self.progress = progress
        self.handed = 0
        self.finished_before_the_last = 0

    def refusal(self, hunt: Hunt) -> str:
        return ""

    def find(self, hunt: Hunt) -> None:
        for _ in range(FOUND):
            self.finished_before_the_last = self.progress.finished
            hunt.on_open([Open(address="127.0.0.1", port=self.port, rtt=0.001)])
            self.handed += 1


async def test_the_search_waits_for_conversations_that_run_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "WAITING", WAITING)
    gate, arrived, progress = threading.Event(), threading.Semaphore(0), Progress()
    seen: list[Seen] = []

    def handler(connection: socket.socket) -> None:
        while read_request(connection):
            arrived.release()
            gate.wait(10)
            connection.sendall(OK)

    with Peer(handler) as peer:
        source = Source(peer.port, progress)
        order = Order(
            blocks=(Block(ranges=(read_address("127.0.0.1"),), ports=(peer.port,)),),
            exposure=lambda _address: "loopback",
            allowed=lambda _address, _port: True,
            user_agent="livebom/test",
            key=b"a key for tests",
            rate=0,
            per_host=FOUND,
            source=source,
        )
        async with anyio.create_task_group() as group:
            group.start_soon(sweep, order, catalog(), seen.append, progress)
            for _ in range(WAITING):
                assert await anyio.to_thread.run_sync(partial(arrived.acquire, timeout=10))
            await anyio.sleep(0.2)
            held = source.handed, peer.connections
            gate.set()
    assert held == (WAITING, WAITING)
    assert source.finished_before_the_last >= FOUND - WAITING - 1
    assert [one.service.outcome for one in seen] == [Outcome.OK] * FOUND
