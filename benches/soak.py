"""The daemon sweeps an estate again and again in which one service in twenty is a rogue: its memory, and who suffers.

Their number is in the environment's SERVICES, 10,000 where it is not set, and that of the sweeps in SWEEPS. All of them
are listeners of one other process on addresses of 127.96.0.0/16, so that the limit of open files must allow them.
"""

import os
import re
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from msgspec import Struct

from benches.daemon import pss
from benches.estate import EVERY, HONEST, estate
from benches.harness import ROOT, Result, judged, main, skipped

FIGURE = "soak: the daemon's memory over ten sweeps of 10,000 services, 5 % of them rogues"
TARGET = "ours <= 10"
UNIT = "% more PSS from the third sweep to the last"
NETWORK, PORT = "127.96.0.0/16", 18123
_SETTLED = 3
"""Sweeps after which everything there is to keep was kept once."""
_SPARE = 4000
"""Open files beyond one for each service."""
_SWEEP_SECONDS = 1800


def run() -> list[Result]:
    """Sweep, and hold every answer against what an undisturbed sweep said of the same recording."""
    services, sweeps = int(os.environ.get("SERVICES", "10000")), int(os.environ.get("SWEEPS", "10"))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < services + _SPARE:
        return [skipped(FIGURE, TARGET, UNIT, f"needs {services + _SPARE} open files, the hard limit is {hard}")]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        with tempfile.TemporaryDirectory() as folder, _estate(services):
            soaked = _soak(Path(folder), services, sweeps)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    sizes, seconds, wrong = soaked.sizes, soaked.seconds, soaked.wrong
    settled = sizes[min(_SETTLED, len(sizes)) - 1]
    growth = (sizes[-1] / settled - 1) * 100
    note = (
        f"{services} services, {services // EVERY} rogues, {sweeps} sweeps, "
        f"{min(seconds):.0f} to {max(seconds):.0f} s each; "
        f"{settled:.0f} MB after the third, {sizes[-1]:.0f} MB at the end, {soaked.cached[-1]:.0f} MB of it cache; "
        f"{soaked.peak:.0f} MB at most while a sweep is settled"
    )
    runs = {"mb": sizes, "cached": soaked.cached, "seconds": seconds}
    return [
        judged(
            FIGURE,
            TARGET,
            UNIT,
            [growth],
            note=note,
            extra={f"{k}_{n}": v for k, r in runs.items() for n, v in enumerate(r)},
        ),
        judged("soak: services told wrongly", "ours <= 0", "of all honest ones, the worst sweep", [max(wrong)]),
    ]


@contextmanager
def _estate(services: int, network: str = NETWORK) -> Iterator[None]:
    command = [sys.executable, "-m", "benches.estate", network, str(services), str(PORT)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout
        if child.stdout.readline() != b"ready\n":
            raise RuntimeError("the estate could not be started")
        yield


class Soaked(Struct, frozen=True):
    """What was measured after each sweep, sizes in MB."""

    sizes: list[float]
    """PSS."""
    cached: list[float]
    """Of it, pages of the store."""
    seconds: list[float]
    wrong: list[float]
    peak: float


def _soak(folder: Path, services: int, sweeps: int) -> Soaked:
    from daemon.wire import SweepRequest, SweepState

    wanted = {host: name for host, name in estate(NETWORK, services) if name in HONEST}
    sizes, cached, seconds, wrong = [], [], [], []
    with _daemon(folder, services) as (pid, client):
        truth = _truth(client)
        for _ in range(sweeps):
            began = time.monotonic()
            done = _swept(client, SweepRequest(groups=("estate",)))
            seconds.append(time.monotonic() - began)
            if done.state is not SweepState.DONE:
                raise RuntimeError(f"the sweep is {done.state}: {done.said}")
            told = {one["host"]: _facts(one) for one in _services(client)}
            wrong.append(float(sum(told.get(host) != truth[name] for host, name in wanted.items())))
            cached.append(_cached(folder / "control"))
            sizes.append(pss(pid))
            words = f"{seconds[-1]:.0f} s, {sizes[-1]:.0f} MB, {cached[-1]:.0f} MB of them cache, {wrong[-1]:.0f} wrong"
            print(f"  {words}", file=sys.stderr, flush=True)
        peak = int(re.findall(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[0]) / 1024
    return Soaked(sizes, cached, seconds, wrong, peak)


def _cached(at: Path) -> float:
    """MB of its store that the daemon holds in memory, as it tells Prometheus."""
    with socket.socket(socket.AF_UNIX) as one:
        one.connect(str(at))
        one.sendall(b"GET /v1/metrics HTTP/1.1\r\nHost: livebom\r\nConnection: close\r\n\r\n")
        text = b"".join(iter(lambda: one.recv(1 << 16), b"")).decode()
    return int(re.findall(r"^livebom_store_memory_bytes (\d+)", text, re.MULTILINE)[0]) / 2**20


def _truth(client: Any) -> dict[str, tuple[Any, ...]]:
    """What is told of each honest recording where it stands alone."""
    from daemon.wire import SweepRequest

    hosts = [host for host, name in estate(NETWORK, len(HONEST)) if name in HONEST]
    _swept(client, SweepRequest(targets=tuple(hosts), ports=str(PORT)))
    truth = dict(zip(HONEST, (_facts(one) for one in sorted(_services(client), key=_last)), strict=True))
    if not all(product for product, *_ in truth.values()):
        raise RuntimeError(f"an honest server is not known: {truth}")
    return truth


def _last(one: dict[str, Any]) -> int:
    return int(one["host"].rpartition(".")[2])


def _facts(one: dict[str, Any]) -> tuple[Any, ...]:
    models = one.get("models")
    return one.get("product"), one.get("version"), one.get("auth"), models and sorted(models)


def _swept(client: Any, request: Any) -> Any:
    """Order it, and wait until it has ended."""
    from daemon.wire import Sweep, SweepState

    sweep = client.ask("POST", "/v1/sweeps", Sweep, body=request, key=uuid.uuid4().hex)
    end = time.monotonic() + _SWEEP_SECONDS
    while sweep.state in (SweepState.WAITING, SweepState.RUNNING, SweepState.HELD):
        if time.monotonic() > end:
            raise RuntimeError(f"the sweep has not ended after {_SWEEP_SECONDS} s")
        time.sleep(0.5)  # noqa: TID251 - until it has ended
        sweep = client.get(f"/v1/sweeps/{sweep.id}", Sweep)
    return sweep


def _services(client: Any) -> Iterator[dict[str, Any]]:
    from daemon.wire import ServiceList

    after: str | None = None
    while True:
        more = {} if after is None else {"cursor": after}
        page = client.get("/v1/services", ServiceList, limit=1000, **more)
        yield from page.services
        if (after := page.next) is None:
            return


@contextmanager
def _daemon(folder: Path, services: int) -> Iterator[tuple[int, Any]]:
    """A daemon that does nothing unasked, and a client of it."""
    from benches.daemon import allocator, wait_for
    from daemon.client import Client

    hosts = [host for host, _ in estate(NETWORK, services)]
    config, targets, at = folder / "livebom.yaml", folder / "targets.yaml", folder / "control"
    targets.write_text(f"groups:\n  estate: {{include: ['{hosts[0]}-{hosts[-1]}'], ports: '{PORT}'}}\n")
    config.write_text(
        f"db: {folder / 'livebom.duckdb'}\nrate: 50000\ntimeout: 1\n"
        f"daemon:\n  socket: {at}\n  socket_group: null\n  targets: {targets}\n"
    )
    environment = {**os.environ, **allocator(), "LIVEBOM_CONFIG": str(config), "HOME": str(folder)}
    with (folder / "log").open("wb") as log:
        child = subprocess.Popen([sys.executable, "-m", "livebom", "daemon"], cwd=ROOT, env=environment, stderr=log)
    try:
        client = Client(at)
        wait_for(client, child, folder / "log")
        yield child.pid, client
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(60)


if __name__ == "__main__":
    main(run)
