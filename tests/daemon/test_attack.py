"""Requests that schemathesis makes of docs/openapi.json, allowed and forbidden ones, to a daemon that reaches nobody.

The daemon runs in a network namespace of its own, since an order that happens to be a good one is carried out.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest

from tests.daemon.running import FORKS, Forks, Running
from tests.daemon.test_surface import GROWS, size, well
from tests.lab import ROOT

PROGRAM = ROOT / ".cache" / "attack" / "bin" / "schemathesis"
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
ENDLESS = ("/v1/events", "/v1/sweeps/{id}/events")
"""Streams, which are followed and not asked."""
FENCE = ("unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")


class Fenced(Forks):
    """Starts daemons that have a loopback interface of their own and no other."""

    def __enter__(self) -> Self:
        command = [*FENCE, sys.executable, "-c", FORKS.replace(", probes.sources.auto", "")]
        self._child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, text=True)
        return self


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Running]:
    with Fenced() as forks:
        one = Running(forks, tmp_path, groups={"a": "{include: [127.9.9.9], ports: '9'}"}).start()
        try:
            yield one
        finally:
            one.close()


BRIDGE = """
import asyncio, sys
async def carry(reader, writer):
    try:
        while part := await reader.read(65536):
            writer.write(part)
            await writer.drain()
    except OSError:
        pass
    writer.close()
async def come(reader, writer):
    far_reader, far_writer = await asyncio.open_unix_connection(sys.argv[1])
    async with asyncio.TaskGroup() as group:
        group.create_task(carry(reader, far_writer))
        group.create_task(carry(far_reader, writer))
async def main():
    server = await asyncio.start_server(come, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""
"""Carries connections to a port of loopback on to the unix socket, which schemathesis cannot reach by itself."""


def asking(port: int) -> list[str]:
    command = [
        str(PROGRAM),
        "run",
        str(ROOT / "docs" / "openapi.json"),
        "--url",
        f"http://localhost:{port}",
        "--no-color",
    ]
    command += ["--phases", "examples,coverage,fuzzing", "--checks", CHECKS, "--max-examples", "25", "--seed", "7"]
    command += ["--generation-deterministic", "--request-timeout", "20", "--workers", "1"]
    return command + [word for path in ENDLESS for word in ("--exclude-path", path)]


@pytest.mark.root
@pytest.mark.timeout(200)
@pytest.mark.skipif(not PROGRAM.exists() and not os.environ.get("CI"), reason="make test-root installs it")
def test_no_request_of_the_document_or_against_it_is_an_error_of_ours(daemon: Running, tmp_path: Path) -> None:
    well(daemon)
    memory, files = size(daemon)
    carrying = [sys.executable, "-c", BRIDGE, str(daemon.socket)]
    with subprocess.Popen(carrying, stdout=subprocess.PIPE, text=True) as bridge:
        try:
            assert bridge.stdout is not None
            port = int(bridge.stdout.readline())
            done = subprocess.run(asking(port), cwd=tmp_path, capture_output=True, text=True, timeout=180, check=False)
        finally:
            bridge.kill()
    sys.stdout.write(done.stdout[-1500:])
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-1000:]
    assert "500" not in [line.split()[-1] for line in daemon.log.read_text().splitlines() if line.split()]
    assert '"event":"request failed"' not in daemon.log.read_text()
    assert well(daemon) < 3.0
    after, open_ = size(daemon)
    assert open_ <= files + 8
    assert after < memory + 3 * GROWS
