"""Many slow hosts beside many good ones: the good are done while the slow are still at it."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from livebom.bom.observation import Outcome
from livebom.net.reply import Reply
from probes.engine.http import Job
from tests.probes.engine.peers import OK, ask, asking, make_talker

HOSTS = 200
"""Of each kind; both together are more than the conversations that are had at once."""
DRIP = 0.1
"""Seconds between two bytes of an answer that never ends."""
DEADLINE = 1.0


class _Good(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, _data: bytes) -> None:
        self.transport.write(OK)


class _Dripping(_Good):
    def data_received(self, _data: bytes) -> None:
        self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        self._drip()

    def _drip(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(b"x")
            asyncio.get_running_loop().call_later(DRIP, self._drip)


@contextmanager
def hosts() -> Iterator[tuple[list[tuple[str, int]], list[tuple[str, int]]]]:
    """The places of dripping and of good servers, each at an address of its own, all in one thread."""
    told: list[list[tuple[str, int]]] = []
    ready = threading.Event()
    stop: list[Callable[[], object]] = []

    async def serve() -> None:
        loop, over = asyncio.get_running_loop(), asyncio.Event()
        stop.append(lambda: loop.call_soon_threadsafe(over.set))
        servers = []
        for kind, net in ((_Dripping, 21), (_Good, 22)):
            mine = [await loop.create_server(kind, f"127.0.{net}.{last}", 0) for last in range(1, HOSTS + 1)]
            told.append([server.sockets[0].getsockname() for server in mine])
            servers += mine
        ready.set()
        await over.wait()
        for server in servers:
            server.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield told[0], told[1]
    finally:
        stop[0]()
        thread.join(10)


@pytest.mark.slow
def test_two_hundred_dripping_hosts_hold_up_none_of_two_hundred_good_ones() -> None:
    at: dict[int, float] = {}
    replies: dict[int, list[Reply]] = {}

    def done(job: Job, result: list[Reply], fault: BaseException | None) -> None:
        at[job.number] = time.monotonic() - began
        replies[job.number] = result
        assert fault is None

    with hosts() as (dripping, good):
        talker = make_talker([], done=done, timeout=10.0)
        for number, (address, port) in enumerate([*dripping, *good]):
            asks = (ask(),) if number < HOSTS else (ask(), ask(), ask())
            talker.submit(Job(address=address, port=port, talk=asking(*asks), deadline=DEADLINE, number=number))
        talker.close()
        began = time.monotonic()
        talker.run()
    assert len(at) == 2 * HOSTS
    slow, quick = [at[n] for n in range(HOSTS)], [at[n] for n in range(HOSTS, 2 * HOSTS)]
    assert max(quick) < DEADLINE <= min(slow) + 0.05
    assert max(slow) < 3 * DEADLINE  # each has its own time, not one after the other
    for number in range(HOSTS, 2 * HOSTS):
        assert [(one.status, one.body) for one in replies[number]] == [(200, b"ok")] * 3
    assert {one.outcome for number in range(HOSTS) for one in replies[number]} <= {Outcome.OK, Outcome.GAVE_UP}
