"""The daemon at rest, and through a day of a fast clock: memory and processor of a real process with a real store.

At rest: `livebom daemon` with an empty store and a schedule that is not due, seen for 30 s after it settled. The day:
24 hours in 144 s, an hourly sweep of 512 closed loopback targets over a store that holds 10 000 services already; a
status and a page of services are asked for all along. The figure of the day is how much the proportional size (PSS)
grew from the sixth hour to the last. The 10 000 are not contacted again: that is what the bench `memory` is about.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benches.harness import ROOT, Result, judged, main

FIGURE = "the daemon"
TARGET = "ours <= 80"
SERVICES = 10_000
SPEED = 600.0
"""Seconds of the fast clock in one."""
_REST = 30.0
_HOURS = 24

_IDLE = "from livebom.cli import main; main(['daemon'])"
_DAY = """
import os, time
from datetime import UTC, datetime, timedelta
import anyio
import daemon.service
from daemon.clock import Moment
from daemon.logs import configure

began, wall = time.monotonic(), datetime(2026, 11, 21, tzinfo=UTC)
daemon.service._TICK = 0.05
daemon.service._STUCK = 1e9

def fast():
    passed = (time.monotonic() - began) * float(os.environ["SPEED"])
    return Moment(wall + timedelta(seconds=passed), passed, passed)

configure()
anyio.run(daemon.service.Service({}, os.environ, clock=fast).run)
"""


@contextmanager
def running(folder: Path, code: str, schedule: str) -> Iterator[tuple[int, Any]]:
    """A daemon in that folder, and a client of it; ended afterwards."""
    from daemon.client import Client

    config, targets, at = folder / "livebom.yaml", folder / "targets.yaml", folder / "control"
    targets.write_text("groups:\n  lab: {include: [127.9.0.0/24], ports: '2,3'}\n")
    config.write_text(
        f"db: {folder / 'livebom.duckdb'}\nrate: 20000\ntimeout: 1\ndaemon:\n  socket: {at}\n  socket_group: null\n"
        f"  targets: {targets}\n  schedules: {{s: {{{schedule}}}}}\n"
    )
    more = {"LIVEBOM_CONFIG": str(config), "SPEED": str(SPEED), "HOME": str(folder)}
    environment = {**os.environ, **allocator(), **more}
    with (folder / "log").open("wb") as log:
        child = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=environment, stderr=log)
    try:
        client = Client(at)
        wait_for(client, child, folder / "log")
        yield child.pid, client
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(60)


def allocator() -> dict[str, str]:
    """How the unit lets the daemon allocate memory."""
    unit = (ROOT / "systemd" / "system" / "livebom.service").read_text(encoding="utf-8")
    words = [word for line in re.findall(r"^Environment=(.*)$", unit, re.MULTILINE) for word in line.split()]
    return {name: value for name, _, value in (word.partition("=") for word in words) if "MALLOC" in name}


def wait_for(client: Any, child: "subprocess.Popen[bytes]", log: Path) -> None:
    from daemon.client import NoDaemon
    from daemon.wire import Status

    end = time.monotonic() + 60
    while time.monotonic() < end and child.poll() is None:
        try:
            if client.get("/v1/status", Status).store.open:
                return
        except NoDaemon:
            pass
        time.sleep(0.1)  # noqa: TID251 - until it listens
    raise RuntimeError(f"the daemon does not run: {log.read_text()[-500:]}")


def pss(pid: int) -> float:
    """Proportional size in MB (smaps_rollup, proc(5))."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(text.partition("\nPss:")[2].split()[0]) / 1024


def cpu(pid: int) -> float:
    """Seconds of user and system time until now."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rest() -> tuple[float, float]:
    """PSS in MB, and per cent of a core, of a daemon that waits."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder), _IDLE, "every: 7d") as (pid, _):
        time.sleep(5)  # noqa: TID251 - what its start takes is not meant
        before = cpu(pid)
        time.sleep(_REST)  # noqa: TID251 - the figure is of this time
        return pss(pid), (cpu(pid) - before) / _REST * 100


def day() -> dict[str, float]:
    """PSS in MB by the hour, as `first` (after six) and `last`, and how many sweeps ended."""
    from daemon.wire import ServiceList, Status, SweepList

    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder) / "livebom.duckdb", SERVICES)
        with running(Path(folder), _DAY, "every: 1h") as (pid, client):
            sizes, began = [], time.monotonic()
            for hour in range(1, _HOURS + 1):
                left = began + hour * 3600 / SPEED - time.monotonic()
                time.sleep(max(0.0, left))  # noqa: TID251 - an hour of the fast clock
                total = client.get("/v1/services", ServiceList, limit=100).total
                client.get("/v1/status", Status)
                sizes.append(pss(pid))
            done = [one for one in client.get("/v1/sweeps", SweepList).sweeps if one.complete]
    return {"first": max(sizes[4:7]), "last": max(sizes[-3:]), "sweeps": len(done), "services": total}


def fill(path: Path, services: int) -> None:
    """A store that has seen so many services a day ago."""
    from livebom import __version__
    from livebom.bom.graph import fold
    from livebom.bom.identity import host_key, server_key
    from livebom.bom.observation import EdgeTo, Fact, Listener, Observation
    from livebom.bom.parts import EdgeKind, PartKind
    from livebom.store import Store, SweepRow

    at = datetime(2026, 11, 20, tzinfo=UTC)
    seen = []
    for number in range(services):
        host = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        place, server = Listener(host=host, port=11434, zone="lab"), server_key("lab", host, "ollama")
        said = {"zone": Fact("lab"), "host": Fact(host), "port": Fact(11434), "product": Fact("ollama")}
        edges = (
            EdgeTo(kind=EdgeKind.LISTENS_ON, to_kind=PartKind.LISTENER, to=place.key),
            EdgeTo(kind=EdgeKind.RUNS_ON, to_kind=PartKind.HOST, to=host_key("lab", host)),
        )
        common: dict[str, Any] = {"sweep": "0" * 32, "at": at, "surface": "runtime", "source": "connect"}
        seen.append(Observation(**common, kind=PartKind.LISTENER, subject=place.key, facts=said))
        of = {name: said[name] for name in ("zone", "host", "product")}
        seen.append(Observation(**common, kind=PartKind.SERVER, subject=server, facts=of, edges=edges))
    row = SweepRow(id="0" * 32, surface="runtime", scope=("10.0.0.0/8",), started_at=at, version=__version__)
    with Store.open(path) as store:
        store.begin_sweep(row)
        store.add(seen)
        store.settle(fold(seen), sweep_id=row.id, seen_at=at, covered=lambda _: False, gone_after=3)
        store.end_sweep(row.id, at + timedelta(minutes=5), complete=True, tally={})
        store.publish()


def run() -> list[Result]:
    """Measure it at rest, then through the day."""
    size, share = rest()
    its = day()
    growth = (its["last"] / its["first"] - 1) * 100
    note = (
        f"{its['sweeps']:.0f} sweeps over {its['services']:.0f} services; "
        f"{its['first']:.0f} MB after six hours, {its['last']:.0f} MB at the end"
    )
    return [
        judged("daemon at rest, memory", "ours <= 80", "MB PSS", [size]),
        judged("daemon at rest, processor", "ours <= 0.5", "% of a core over 30 s", [share]),
        judged("daemon, 24 h of a fast clock", "ours <= 10", "% more PSS from hour 6 to 24", [growth], note=note),
    ]


if __name__ == "__main__":
    main(run)
