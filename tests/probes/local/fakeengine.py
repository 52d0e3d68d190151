"""A small HTTP server on a unix socket that answers as an engine would, or as it should not."""

import json
import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from queue import Queue
from typing import Any

from msgspec import Struct

ID = "ab" * 32
IMAGE = "sha256:" + "cd" * 32


def container(id_: str = ID, **given: Any) -> dict[str, Any]:
    """What `inspect` says of a container, as Docker 20.10 has it, with the parts in `given` in place of its own."""
    return {
        "Id": id_, "Name": "/vllm", "Path": "vllm", "Args": ["serve", "--api-key", "sk-0123456789abcdef"],
        "Image": IMAGE, "State": {"Status": "running", "Pid": 77, "StartedAt": "2026-11-21T09:00:00.123456789Z"},
        "Config": {"Image": "vllm/vllm-openai:latest", "User": "", "Env": ["HF_TOKEN=hf_" + "a" * 30, "MODEL=tiny"],
                   "Labels": {"com.docker.compose.project": "lab", "com.docker.compose.service": "llm"}},
        "HostConfig": {"NetworkMode": "default", "Privileged": True, "CapAdd": ["CAP_SYS_ADMIN"],
                       "RestartPolicy": {"Name": "always"},
                       "DeviceRequests": [{"Count": -1, "DeviceIDs": None, "Capabilities": [["gpu"]]}]},
        "NetworkSettings": {"Networks": {"bridge": {"IPAddress": "172.17.0.2"}},
                            "Ports": {"8000/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8000"}], "9/tcp": None}},
        "Mounts": [{"Source": "/var/run/docker.sock", "Destination": "/var/run/docker.sock", "RW": True}],
    } | given  # fmt: skip


class Stalled(Struct, frozen=True):
    """An answer that promises more than it says, and then hangs."""

    body: bytes


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 32
    answers: Mapping[str, Any]
    headers: Mapping[str, str]
    asked: list[str]
    hang: threading.Event


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        answer = self.server.answers.get(self.path.partition("?")[0], 404)
        if answer == "hang":
            self.server.hang.wait(20)
            self.close_connection = True
            return
        if isinstance(answer, Queue):
            self._stream(answer)
            return
        if isinstance(answer, Stalled):
            self._head(200, len(answer.body) + 100)
            self.wfile.write(answer.body)
            self.server.hang.wait(20)
            self.close_connection = True
            return
        status, body = (answer, b"{}") if isinstance(answer, int) else (200, answer)
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self._head(status, len(body))
        self.wfile.write(body)

    def _head(self, status: int, length: int) -> None:
        self.send_response(status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def _stream(self, events: "Queue[Any]") -> None:
        """Each thing of the queue as a line, until a None."""
        self.close_connection = True
        self.send_response(200)
        self.end_headers()
        for event in iter(events.get, None):
            self.wfile.write(json.dumps(event).encode() + b"\n")

    def address_string(self) -> str:
        return "unix"

    def log_message(self, format: str, *args: object) -> None:
        return


@contextmanager
def engine(
    path: Path, answers: Mapping[str, Any], headers: Mapping[str, str] = {"Api-Version": "1.41"}
) -> Iterator[tuple[str, list[str]]]:
    """Its address and the paths it was asked for."""
    with _Server(str(path), _Handler) as server:
        server.answers, server.headers = {"/_ping": b"OK", **answers}, headers
        server.asked, server.hang = [], threading.Event()
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"unix://{path}", server.asked
        finally:
            server.hang.set()
            server.shutdown()
            thread.join()
