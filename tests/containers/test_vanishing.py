"""A real container that is removed after the list was told and before it is inspected is a fact, and no more."""

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socket import AF_UNIX, socket

import pytest

from livebom.net.engine_api import EngineDoor
from probes.local.engine import Engine
from probes.local.workload import Window
from tests.containers.engines import Engines

pytestmark = [pytest.mark.containers, pytest.mark.timeout(90)]


class _Handler(BaseHTTPRequestHandler):
    engine: Path
    after: Callable[[str], None]

    def do_GET(self) -> None:
        """Asks the engine, lets happen what shall, and passes the answer on."""
        connection = HTTPConnection("localhost", timeout=20)
        with socket(AF_UNIX) as connection.sock:
            connection.sock.connect(str(self.engine))
            connection.request("GET", self.path)
            response = connection.getresponse()
            body = response.read()
        type(self).after(self.path)
        self.send_response(response.status)
        for name in ("Api-Version", "Libpod-Api-Version"):
            if told := response.headers[name]:
                self.send_header(name, told)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self) -> str:
        """Nobody has an address here."""
        return "unix"

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def _before(engine: Path, path: Path, after: Callable[[str], None]) -> Iterator[EngineDoor]:
    """A door to the engine; `after` is called between the engine's answer and the moment it is told."""
    handler = type("Handler", (_Handler,), {"engine": engine, "after": staticmethod(after)})
    with socketserver.ThreadingUnixStreamServer(str(path), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield EngineDoor(address=f"unix://{path}")
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("name", ["docker", "podman"])
def test_a_container_that_vanishes_between_list_and_inspection(real: Engines, tmp_path: Path, name: str) -> None:
    client, engine = (
        (real.docker, real.docker_socket) if name == "docker" else (real.podman, real.podman_socket)
    )  # fmt: skip
    stays, goes = (
        client("create", "--network", "none", "livebom/busy:1", "/bin/sleep", "1").split()[-1] for _ in range(2)
    )
    removed: list[str] = []

    def after(path: str) -> None:
        if "/containers/json" in path and not removed:
            removed.append(client("rm", "-f", goes))

    try:
        with _before(engine, tmp_path / "s", after) as door:
            looked = Engine(name, door).look(Window(deadline=30))
    finally:
        client("rm", "-f", stays)

    assert removed
    assert looked.complete, looked.not_seen
    told = {one.id for one in looked.workloads}
    assert stays in told
    assert goes not in told
    (line,) = looked.not_seen
    assert "1 containers vanished before a look" in line
    assert goes[:12] in line
