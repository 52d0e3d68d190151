"""Protocols that are not HTTP: one harmless exchange on their own port, and not a byte of HTTP after it."""

import base64
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.lab import own_prefix
from tests.livebom.cli.runner import Run, discovered, runner

# What a real Triton 2.51.0 sent to one ServerMetadata call on its gRPC port: settings, headers, message, trailers.
TRITON_GRPC = base64.b64decode(
    "AAAYBAAAAAAAAAQAQAAAAAUAQAAAAAYAAEAA/gMAAAABAAAECAAAAAAAAD8AAQAAAAQBAAAAAAAABAgAAAAAAAAAAAUAAAgGAAAA"
    "AAAAAAAAAAAAAAAATgEEAAAAAYhADGNvbnRlbnQtdHlwZRBhcHBsaWNhdGlvbi9ncnBjQBRncnBjLWFjY2VwdC1lbmNvZGluZxdp"
    "ZGVudGl0eSwgZGVmbGF0ZSwgZ3ppcAAA8gAAAAAAAQAAAADtCgZ0cml0b24SBjIuNTEuMBoOY2xhc3NpZmljYXRpb24aCHNlcXVl"
    "bmNlGhBtb2RlbF9yZXBvc2l0b3J5GiNtb2RlbF9yZXBvc2l0b3J5KHVubG9hZF9kZXBlbmRlbnRzKRoPc2NoZWR1bGVfcG9saWN5"
    "GhNtb2RlbF9jb25maWd1cmF0aW9uGhRzeXN0ZW1fc2hhcmVkX21lbW9yeRoSY3VkYV9zaGFyZWRfbWVtb3J5GhJiaW5hcnlfdGVu"
    "c29yX2RhdGEaCnBhcmFtZXRlcnMaCnN0YXRpc3RpY3MaBXRyYWNlGgdsb2dnaW5nAAAPAQUAAAABQAtncnBjLXN0YXR1cwEw"
)


class Peer:
    """A listener that answers the first bytes with fixed ones and remembers everything it was sent."""

    def __init__(self, host: str, port: int, answer: bytes) -> None:
        """Listen; `serve` answers."""
        self.answer = answer
        self.heard: list[bytes] = []
        self.socket = socket.create_server((host, port))

    def serve(self) -> None:
        """Answer one connection after the other, until the listener is closed."""
        while True:
            try:
                one, _ = self.socket.accept()
            except OSError:
                return
            with one:
                one.settimeout(5)
                try:
                    data = one.recv(4096)
                    if data:
                        self.heard.append(data)
                        one.sendall(self.answer)
                        one.recv(4096)
                except OSError:
                    continue


@contextmanager
def peer(port: int, answer: bytes) -> Iterator[tuple[str, Peer]]:
    """A peer on the port a product usually has."""
    host = f"{own_prefix(100)}.{port % 200 + 1}"
    one = Peer(host, port, answer)
    thread = threading.Thread(target=one.serve)
    thread.start()
    try:
        yield f"{host}:{port}", one
    finally:
        one.socket.shutdown(socket.SHUT_RDWR)
        one.socket.close()
        thread.join()


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command line with a home of its own."""
    return runner(tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("port", "answer", "layer", "product", "auth"),
    [
        (6379, b"+PONG\r\n", "redis", None, "none"),
        (6379, b"-NOAUTH Authentication required.\r\n", "redis", None, "required"),
        (5432, b"N", "postgresql", None, "unknown"),
        (8001, TRITON_GRPC, "triton", "triton", "unknown"),
    ],
)
def test_one_exchange_is_enough(run: Run, port: int, answer: bytes, layer: str, product: str | None, auth: str) -> None:
    with peer(port, answer) as (place, listener):
        [line] = discovered(run, place, "--all")
    assert [one["product"] for one in line["stack"]] == [layer]
    assert (line["product"], line["auth"], line["outcome"], line["scheme"]) == (product, auth, "ok", None)
    assert len(listener.heard) == line["requests"] == 1
    assert b"GET" not in listener.heard[0]


def test_the_version_is_read_from_the_grpc_metadata(run: Run) -> None:
    with peer(8001, TRITON_GRPC) as (place, _):
        [line] = discovered(run, place)
    assert line["version"] == "2.51.0"
    assert line["version_source"].startswith("RAW grpc")


def test_an_open_redis_is_a_finding_and_a_closed_one_is_not(run: Run) -> None:
    for answer, state in ((b"+PONG\r\n", "fail"), (b"-NOAUTH Authentication required.\r\n", "pass")):
        with peer(6379, answer) as (place, _):
            [line] = discovered(run, place, "--all")
        assert [(f["id"], f["state"]) for f in line["findings"]] == [("redis-no-auth", state)]


def test_something_else_on_that_port_is_asked_in_http_after_all(run: Run) -> None:
    reply = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    with peer(6379, reply) as (place, listener):
        [line] = discovered(run, place, "--all")
    assert line["outcome"] == "ok"
    assert line["stack"] == []
    assert any(data.startswith(b"GET /livebom-") for data in listener.heard)
