"""Requests per second of the HTTP stage, one ask per service, against wrk, which is C and reads next to nothing."""

import asyncio
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benches.harness import ROOT, Cost, Result, by_turns, call, command, judged, main, skipped

FIGURE = "HTTP, one ask per service, to wrk"
TARGET = "ratio >= 0.5"
UNIT = "requests/s"
REQUESTS = 6000
"""Of one run, shared by all connections."""
AT_ONCE = 64
WRK_SECONDS = 1
BODY = b'{"object":"list","data":[' + b",".join(b'{"id":"model-%02d","object":"model"}' % n for n in range(17)) + b"]}"


@contextmanager
def responder() -> Iterator[int]:
    """The port on which a C program answers on every address of the loopback device. Raises OSError without gcc."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "responder"
        subprocess.run(["gcc", "-O2", "-o", program, ROOT / "benches/responder.c"], check=True)
        with subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
            assert child.stdin is not None
            assert child.stdout is not None
            try:
                yield int(child.stdout.readline())
            finally:
                child.stdin.close()


Took = tuple[int, float, float]
"""Whole answers, seconds, CPU seconds; imports are not counted."""


def ours(port: int, each: int) -> Took:
    """Ask with the HTTP stage, so many asks of each service."""
    from livebom.net.reply import Ask
    from probes.engine.http import Job, Talker

    began, used = time.monotonic(), time.process_time()
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
    return good, time.monotonic() - began, time.process_time() - used


class _Unpaced:
    """A pace that never holds anybody up, as aiohttp has none."""

    def take(self, n: int) -> int:
        return n

    def wait(self) -> float:
        return 0.0


def aiohttp(port: int, each: int) -> Took:
    """Ask with aiohttp."""
    import aiohttp  # noqa: F401 - so that it is not counted

    began, used = time.monotonic(), time.process_time()
    return asyncio.run(_aiohttp(port, each)), time.monotonic() - began, time.process_time() - used


async def _aiohttp(port: int, each: int) -> int:
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
    return [f"127.7.{n >> 8}.{n & 255}" for n in range(1, REQUESTS // each + 1)]


def checked(cost: Cost, each: int) -> Took:
    """What `ours` or `aiohttp` took. Raises RuntimeError unless every answer came whole."""
    good, wall, cpu = cost.answer
    if good != REQUESTS // each * each:
        raise RuntimeError(f"{good} of {REQUESTS} answers came whole: nothing was measured")
    return good, wall, cpu


def wrk(port: int) -> Cost:
    """wrk, one thread, as many connections; its answer is its text."""
    url = f"http://127.7.0.1:{port}/close"
    return command(["wrk", "-t1", f"-c{AT_ONCE}", f"-d{WRK_SECONDS}s", "-H", "Connection: close", url])


def wrk_took(cost: Cost) -> Took:
    """What wrk took. Raises RuntimeError where some request failed."""
    found = re.search(r"(\d+) requests in ([\d.]+)s", cost.answer)
    if found is None or "Non-2xx" in cost.answer:
        raise RuntimeError(f"wrk measured nothing: {cost.answer}")
    return int(found[1]), float(found[2]), cost.cpu


def rates(took: list[Took]) -> list[float]:
    """Requests per second of each run."""
    return [good / wall for good, wall, _ in took]


def per_request(took: list[Took]) -> float:
    """Microseconds of CPU, of the cheapest run."""
    return min(cpu / good for good, _, cpu in took) * 1e6


def run() -> Result:
    """Measure both. Nearly all that either costs is the kernel's: socket, connect, close."""
    if not shutil.which("wrk") or not shutil.which("gcc"):
        return skipped(FIGURE, TARGET, UNIT, "needs wrk and gcc")
    with responder() as port:
        costs = by_turns(lambda: call("benches.http:ours", port, 1), lambda: wrk(port))
    mine, theirs = [checked(cost, 1) for cost in costs[0]], [wrk_took(cost) for cost in costs[1]]
    extra = {"ours, us of CPU": per_request(mine), "wrk, us of CPU": per_request(theirs)}
    note = f"CPU a request {extra['ours, us of CPU']:.0f} us, of wrk {extra['wrk, us of CPU']:.0f} us"
    return judged(FIGURE, TARGET, UNIT, rates(mine), rates(theirs), note=note, extra=extra)


if __name__ == "__main__":
    main(run)
