"""Requests per CPU second of the HTTP stage against aiohttp's client, one and eight requests per connection."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

from benches.harness import ROOT, Cost, Result, by_turns, call, judged, main

FIGURE = "HTTP stage against aiohttp"
TARGET = "ratio >= 3"
UNIT = "requests per CPU second"
ADDRESSES = [f"127.0.7.{last}" for last in range(1, 65)]
REQUESTS = 6000
"""Of one run, shared by all connections."""
AT_ONCE = 64
BODY = b'{"object":"list","data":[' + b",".join(b'{"id":"model-%02d","object":"model"}' % n for n in range(17)) + b"]}"


def respond() -> None:
    """Answer every request on every address of ADDRESSES until standard input closes; prints the port."""
    asyncio.run(_respond())


async def _respond() -> None:
    loop = asyncio.get_running_loop()
    port = 0
    servers = []
    for address in ADDRESSES:
        server = await loop.create_server(_Responder, address, port, backlog=1024)
        port = server.sockets[0].getsockname()[1]
        servers.append(server)
    print(port, flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    for server in servers:
        server.close()


class _Responder(asyncio.Protocol):
    """Says `Connection: close` where the path asks for it, else keeps the connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        close = data.startswith(b"GET /close")
        self.transport.write(
            b"HTTP/1.1 200 OK\r\nDate: Fri, 20 Nov 2026 21:24:57 GMT\r\nServer: uvicorn\r\n"
            b"Content-Type: application/json\r\nContent-Length: %d\r\n%s\r\n%s"
            % (len(BODY), b"Connection: close\r\n" if close else b"", BODY)
        )
        if close:
            self.transport.close()


@contextmanager
def _responder() -> Iterator[int]:
    argv = [sys.executable, "-c", "from benches.http import respond; respond()"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            yield int(child.stdout.readline())
        finally:
            child.stdin.close()


def ours(port: int, each: int) -> tuple[int, float]:
    """Ask with the HTTP stage; returns how many whole answers came, and the CPU seconds without the imports."""
    from livebom.net.reply import Ask
    from probes.engine.http import Job, Talker

    began = time.process_time()
    asks = [Ask(id="models", path=path) for path in _paths(each)]
    good = 0

    def conversation() -> Generator[Ask, Any, int]:
        whole = 0
        for ask in asks:
            reply = yield ask
            whole += reply.status == 200 and reply.body == BODY
        return whole

    def done(_job: Job, result: Any, fault: BaseException | None) -> None:
        nonlocal good
        assert fault is None
        good += result

    talker = Talker(
        pace=_Unpaced(), allowed=lambda _host, _port: True, concurrency=AT_ONCE, user_agent="livebom-bench", done=done
    )
    for address in _targets(each):
        talker.submit(Job(address=address, port=port, talk=conversation, deadline=60.0))
    talker.close()
    talker.run()
    return good, time.process_time() - began


class _Unpaced:
    """A pace that never holds anybody up, as aiohttp has none."""

    def take(self, n: int) -> int:
        return n

    def wait(self) -> float:
        return 0.0


def peer(port: int, each: int) -> tuple[int, float]:
    """Ask with aiohttp; returns what `ours` does."""
    import aiohttp  # noqa: F401 - so that it is not counted

    began = time.process_time()
    return asyncio.run(_peer(port, each)), time.process_time() - began


async def _peer(port: int, each: int) -> int:
    import aiohttp

    targets = iter(_targets(each))
    paths = _paths(each)
    good = 0

    async def worker(session: aiohttp.ClientSession) -> None:
        nonlocal good
        for address in targets:
            for path in paths:
                async with session.get(f"http://{address}:{port}{path}", allow_redirects=False) as reply:
                    good += reply.status == 200 and await reply.read() == BODY

    connector = aiohttp.TCPConnector(limit=AT_ONCE, limit_per_host=4)
    async with aiohttp.ClientSession(connector=connector) as session, asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(worker(session))
    return good


def _paths(each: int) -> list[str]:
    """What is asked over one connection; the last answer closes it, so both sides make the same number of them."""
    return ["/v1/models"] * (each - 1) + ["/close"]


def _targets(each: int) -> list[str]:
    return [ADDRESSES[n % len(ADDRESSES)] for n in range(REQUESTS // each)]


def _rates(costs: list[Cost], each: int) -> list[float]:
    whole = REQUESTS // each * each
    for cost in costs:
        if cost.answer[0] != whole:
            raise RuntimeError(f"{cost.answer[0]} of {whole} answers came whole: nothing was measured")
    return [whole / cost.answer[1] for cost in costs]


def run() -> Result:
    """Measure both; the gate is on asks that share a connection, which is how the stage works; one alone stands beside.

    With one ask per connection most of our cost is the kernel's (socket, connect, close), which both pay.
    """
    found: dict[int, tuple[list[float], list[float]]] = {}
    with _responder() as port:
        for each in (1, 8):
            mine, theirs = by_turns(
                lambda each=each: call("benches.http:ours", port, each),  # type: ignore[misc]
                lambda each=each: call("benches.http:peer", port, each),  # type: ignore[misc]
            )
            found[each] = _rates(mine, each), _rates(theirs, each)
    ratios = {each: median(mine) / median(theirs) for each, (mine, theirs) in found.items()}
    extra: dict[str, float] = {}
    for each, (ours_each, peer_each) in found.items():
        extra[f"ours, {each} per connection"] = median(ours_each)
        extra[f"aiohttp, {each} per connection"] = median(peer_each)
    told = ", ".join(f"{ratio:.1f}x with {each} per connection" for each, ratio in ratios.items())
    return judged(FIGURE, TARGET, UNIT, *found[8], note=told, extra=extra)


if __name__ == "__main__":
    main(run)
