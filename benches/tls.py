"""TLS handshakes per CPU second of the HTTP stage, each with one request, against `openssl s_time -new`."""

import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benches.harness import Cost, Result, by_turns, call, command, judged, main, skipped

FIGURE = "TLS handshakes to openssl s_time"
TARGET = "ratio >= 0.8"
UNIT = "handshakes per CPU second"
HANDSHAKES = 2000
SECONDS = 2
"""Of one run of the peer."""
AT_ONCE = 16


@contextmanager
def _server() -> Iterator[int]:
    """The port of an `openssl s_server` with a P-256 certificate that gives out no tickets."""
    with tempfile.TemporaryDirectory() as folder:
        key, certificate = Path(folder) / "key.pem", Path(folder) / "certificate.pem"
        made = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost"]
        subprocess.run(
            ["openssl", "req", *made, "-keyout", key, "-out", certificate], check=True, stderr=subprocess.DEVNULL
        )
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        argv: list[str | Path] = [
            "openssl",
            "s_server",
            "-accept",
            f"127.0.0.1:{port}",
            "-cert",
            certificate,
            "-key",
            key,
        ]
        argv += ["-www", "-no_ticket", "-num_tickets", "0", "-quiet"]
        with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as child:
            try:
                _wait(port)
                yield port
            finally:
                child.terminate()


def _wait(port: int) -> None:
    """Until it listens. Raises TimeoutError."""
    until = time.monotonic() + 5
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except ConnectionRefusedError:
            continue
        return
    raise TimeoutError("openssl s_server does not listen")


def ours(port: int) -> tuple[int, float]:
    """Shake hands and ask once, over and over; returns the whole answers and the CPU seconds without the imports."""
    from livebom.net.reply import Ask
    from probes.engine.http import Job, Talker

    began = time.process_time()
    good = 0

    def conversation() -> Generator[Ask, Any, int]:
        reply = yield Ask(id="root", scheme="https")
        return reply.status == 200 and reply.tls is not None

    def done(_job: Job, result: Any, fault: BaseException | None) -> None:
        nonlocal good
        assert fault is None
        good += result

    talker = Talker(
        pace=_Unpaced(),
        allowed=lambda _host, _port: True,
        concurrency=AT_ONCE,
        per_host=AT_ONCE,
        user_agent="livebom-bench",
        done=done,
    )
    for _ in range(HANDSHAKES):
        talker.submit(Job(address="127.0.0.1", port=port, talk=conversation, deadline=60.0))
    talker.close()
    talker.run()
    return good, time.process_time() - began


class _Unpaced:
    """A pace that never holds anybody up."""

    def take(self, n: int) -> int:
        return n

    def wait(self) -> float:
        return 0.0


def _rate(cost: Cost) -> float:
    good: int = cost.answer[0]
    cpu: float = cost.answer[1]
    if good != HANDSHAKES:
        raise RuntimeError(f"{good} of {HANDSHAKES} answers came whole: nothing was measured")
    return good / cpu


def _peers_rate(cost: Cost) -> float:
    found = re.search(r"(\d+) connections in [\d.]+s;", cost.answer)
    if found is None:
        raise RuntimeError(f"s_time measured nothing: {cost.answer[-200:]}")
    return int(found[1]) / cost.cpu


def run() -> Result:
    """Measure both: user and system time, since each has its own way to the kernel."""
    if not shutil.which("openssl"):
        return skipped(FIGURE, TARGET, UNIT, "needs openssl")
    with _server() as port:
        peer = ["openssl", "s_time", "-connect", f"127.0.0.1:{port}", "-new", "-www", "/", "-time", str(SECONDS)]
        mine, theirs = by_turns(lambda: call("benches.tls:ours", port), lambda: command(peer))
    return judged(FIGURE, TARGET, UNIT, [_rate(cost) for cost in mine], [_peers_rate(cost) for cost in theirs])


if __name__ == "__main__":
    main(run)
